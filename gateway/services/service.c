#include "gateway/services/service.h"

#include "gateway/shell/clock.h"
#include "gateway/shell/signals.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct service_thread {
    pthread_t thread;
    const struct service *service;
    atomic_bool stop;
    struct service_config config;
};

bool service_stopped(const struct service_config *config)
{
    return atomic_load(config->stop) ||
           (config->signals_fd >= 0 && signals_take(config->signals_fd) > 0);
}

static void *run_thread(void *context)
{
    struct service_thread *thread = context;
    char error[SERVICE_ERROR_BYTES_MAX] = "";
    if (thread->service->run(&thread->config, error) != STATUS_OK) {
        /* The gateway goes on without it; the engine tells that its posts have ceased. */
        (void)fprintf(stderr, "fixgate service %s: %s\n", thread->service->name, error);
    }
    return NULL;
}

enum status service_thread_start(const struct service *service,
                                 const struct gateway_config *gateway, struct zeromq *zeromq,
                                 struct service_thread **out, char error[SERVICE_ERROR_BYTES_MAX])
{
    *out = NULL;
    struct service_thread *thread = calloc(1, sizeof(*thread));
    if (thread == NULL) {
        (void)snprintf(error, SERVICE_ERROR_BYTES_MAX, "service %s: out of memory", service->name);
        return STATUS_FULL;
    }
    thread->service = service;
    atomic_init(&thread->stop, false);
    thread->config = (struct service_config){
        .gateway = gateway, .zeromq = zeromq, .stop = &thread->stop, .signals_fd = -1};
    if (pthread_create(&thread->thread, NULL, run_thread, thread) != 0) {
        (void)snprintf(error, SERVICE_ERROR_BYTES_MAX, "service %s: cannot start a thread",
                       service->name);
        free(thread);
        return STATUS_IO;
    }
    *out = thread;
    return STATUS_OK;
}

void service_thread_stop(struct service_thread *thread)
{
    if (thread == NULL) {
        return;
    }
    atomic_store(&thread->stop, true);
    (void)pthread_join(thread->thread, NULL);
    free(thread);
}

#include "gateway/shell/resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct lookup {
    atomic_int owners; /* The thread and the loop; the last one frees. */
    int fd;
    uint16_t port;
    char host[RESOLVER_HOST_BYTES_MAX + 1];
    struct resolved result; /* Written by the thread before it signals. */
};

static void let_go(struct lookup *lookup)
{
    if (atomic_fetch_sub(&lookup->owners, 1) == 1) {
        (void)close(lookup->fd);
        free(lookup);
    }
}

static void look_up(const char *host, uint16_t port, int flags, struct resolved *out)
{
    char service[8];
    (void)snprintf(service, sizeof(service), "%u", (unsigned)port);
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV | flags,
    };
    struct addrinfo *found = NULL;
    out->count = 0;
    out->error[0] = '\0';
    int result = getaddrinfo(host, service, &hints, &found);
    if (result != 0) {
        (void)snprintf(out->error, sizeof(out->error), "cannot resolve the name: %s",
                       gai_strerror(result));
        return;
    }
    for (struct addrinfo *one = found; one != NULL && out->count < RESOLVER_ADDRESSES_MAX;
         one = one->ai_next) {
        struct resolver_address *address = &out->list[out->count++];
        memcpy(&address->address, one->ai_addr, one->ai_addrlen);
        address->size = one->ai_addrlen;
    }
    freeaddrinfo(found);
}

bool resolver_numeric(const char *host, uint16_t port, struct resolved *out)
{
    look_up(host, port, AI_NUMERICHOST, out);
    return out->count > 0;
}

static void *run(void *argument)
{
    struct lookup *lookup = argument;
    look_up(lookup->host, lookup->port, 0, &lookup->result);
    uint64_t one = 1;
    ssize_t written = write(lookup->fd, &one, sizeof(one));
    ASSERT(written == (ssize_t)sizeof(one));
    let_go(lookup);
    return NULL;
}

struct lookup *resolver_start(const char *host, uint16_t port)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    if (lookup == NULL) {
        return NULL;
    }
    lookup->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    lookup->port = port;
    span_to_text(span_text(host), lookup->host, sizeof(lookup->host));
    atomic_init(&lookup->owners, 2);
    pthread_t thread;
    if (lookup->fd < 0) {
        free(lookup);
        return NULL;
    }
    if (pthread_create(&thread, NULL, run, lookup) != 0) {
        (void)close(lookup->fd);
        free(lookup);
        return NULL;
    }
    (void)pthread_detach(thread);
    return lookup;
}

int resolver_fd(const struct lookup *lookup)
{
    return lookup->fd;
}

bool resolver_finish(struct lookup *lookup, struct resolved *out)
{
    uint64_t ended = 0;
    ssize_t got = read(lookup->fd, &ended, sizeof(ended));
    if (got != (ssize_t)sizeof(ended)) {
        return false;
    }
    *out = lookup->result;
    let_go(lookup);
    return true;
}

void resolver_abandon(struct lookup *lookup)
{
    let_go(lookup);
}

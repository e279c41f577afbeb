#include "gateway/console/command_run.h"

#include "gateway/console/command_line.h"
#include "gateway/services/router.h"
#include "gateway/shell/run.h"

_Static_assert((int)RUN_EXIT_CONFIG == (int)EXIT_CODE_USAGE, "one meaning per exit code");
_Static_assert((int)RUN_EXIT_ENVIRONMENT == (int)EXIT_CODE_ENVIRONMENT,
               "one meaning per exit code");

static const char help[] =
    "usage: fixgate run -c FILE\n"
    "\n"
    "Runs the gateway in the foreground until SIGTERM or SIGINT: then it logs out of\n"
    "all sessions and ends (a second signal ends it at once). When it is ready it says\n"
    "so in one line on standard output:\n"
    "\n"
    "  fixgate ready pid=4711 orders=ipc://… bus=ipc://… replay=ipc://…\n"
    "\n"
    "  -c, --config FILE   the configuration\n"
    "\n"
    "Exit code: 0 ended by a signal, 2 the configuration is wrong, 3 the store, the disk\n"
    "or an endpoint failed; nothing was sent that is not in the store.\n"
    "\n"
    "examples:\n"
    "  fixgate run -c config/fixgate.cfg\n"
    "  fixgate run -c config/fixgate.cfg > ready.txt 2> fixgate.log &\n";

static enum status start_service(const void *service, const struct gateway_config *config,
                                 struct zeromq *zeromq, void **handle,
                                 char error[SERVICE_ERROR_BYTES_MAX])
{
    struct service_thread *thread = NULL;
    TRY(service_thread_start(service, config, zeromq, &thread, error));
    *handle = thread;
    return STATUS_OK;
}

static void stop_service(void *handle)
{
    service_thread_stop(handle);
}

int command_run(int argc, char **argv)
{
    const char *path = NULL;
    const struct command_option options[] = {{.name = "config", .letter = 'c', .value = &path}};
    const struct command_words words = {.command = "run",
                                        .help = help,
                                        .options = options,
                                        .options_count = ARRAY_LEN(options),
                                        .arguments_max = 0};
    uint32_t count = 0;
    enum command_parsed parsed = command_parse(&words, argc, argv, &count);
    if (parsed != COMMAND_GO) {
        return command_ended(parsed);
    }
    struct gateway_config *config = command_config("run", path, CONFIG_NEED_ALL);
    if (config == NULL) {
        return EXIT_CODE_USAGE;
    }
    const struct run_service router = {
        .context = &router_service, .start = start_service, .stop = stop_service};
    const struct run_options run = {
        .name = "fixgate", .services = &router, .services_count = config->router.run ? 1 : 0};
    enum run_exit code = run_program(config, &run);
    gateway_config_free(config);
    return (int)code;
}

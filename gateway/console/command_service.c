/* `fixgate service`: a service beside a running gateway, as a process of its own. */
#include "gateway/console/command_line.h"
#include "gateway/services/router.h"
#include "gateway/shell/signals.h"

static const char help[] =
    "usage: fixgate service router -c FILE [--shadow]\n"
    "\n"
    "Runs a service of the gateway as a process of its own, in the foreground, until SIGTERM or\n"
    "SIGINT. The gateway may come, go and come again meanwhile.\n"
    "\n"
    "  router   measures the brokers by what the bus tells, and posts breakers and scores to the\n"
    "           gateway's routing table. With two or more brokers `fixgate run` has it as a\n"
    "           thread already: set Run=N in [ROUTER] to run it like this\n"
    "\n"
    "When it has read what it missed and follows the present it says so in one line:\n"
    "\n"
    "  fixgate service router ready pid=4711\n"
    "\n"
    "  -c, --config FILE   the configuration of the gateway\n"
    "      --shadow        only tell what would have been done; the gateway routes as without it\n"
    "\n"
    "Exit code: 0 ended by a signal, 2 wrong options or configuration, 3 a socket or the log\n"
    "cannot be opened, or another router posts.\n"
    "\n"
    "examples:\n"
    "  fixgate service router -c config/fixgate.cfg\n"
    "  fixgate service router -c config/fixgate.cfg --shadow 2> router.log &\n";

static int run_service(const struct service *service, const struct gateway_config *gateway)
{
    struct zeromq zeromq;
    atomic_bool stop;
    struct service_config config = {.gateway = gateway,
                                    .zeromq = &zeromq,
                                    .stop = &stop,
                                    .signals_fd = -1,
                                    .own_process = true};
    char error[SERVICE_ERROR_BYTES_MAX] = "";
    atomic_init(&stop, false);
    /* Before libzmq starts its threads, so that they leave signals alone. */
    if (signals_open(&config.signals_fd) != STATUS_OK) {
        command_say("service", "the system refuses a signal descriptor");
        return EXIT_CODE_ENVIRONMENT;
    }
    int code = EXIT_CODE_ENVIRONMENT;
    if (zeromq_open(&zeromq) != STATUS_OK) {
        command_say("service", "cannot make a ZeroMQ context");
    } else {
        enum status status = service->run(&config, error);
        code = status == STATUS_OK ? EXIT_CODE_OK : EXIT_CODE_ENVIRONMENT;
        if (status != STATUS_OK) {
            command_say("service", "%s: %s", service->name, error);
        }
        zeromq_close(&zeromq);
    }
    signals_close(config.signals_fd);
    return code;
}

static const struct service *service_find(const char *name)
{
    static const struct service *const services[] = {&router_service};
    for (size_t i = 0; i < ARRAY_LEN(services); i++) {
        if (strcmp(name, services[i]->name) == 0) {
            return services[i];
        }
    }
    return NULL;
}

int command_service(int argc, char **argv)
{
    const char *path = NULL;
    bool shadow = false;
    const struct command_option options[] = {{.name = "config", .letter = 'c', .value = &path},
                                             {.name = "shadow", .flag = &shadow}};
    const struct command_words words = {.command = "service",
                                        .help = help,
                                        .options = options,
                                        .options_count = ARRAY_LEN(options),
                                        .arguments_max = 1};
    uint32_t count = 0;
    enum command_parsed parsed = command_parse(&words, argc, argv, &count);
    if (parsed != COMMAND_GO) {
        return command_ended(parsed);
    }
    const struct service *service = count == 1 ? service_find(argv[0]) : NULL;
    if (service == NULL) {
        command_say("service", "which service? There is `fixgate service router`");
        return EXIT_CODE_USAGE;
    }
    struct gateway_config *config = command_config("service", path, CONFIG_NEED_SETTINGS);
    if (config == NULL) {
        return EXIT_CODE_USAGE;
    }
    if (config->router.run) {
        command_say("service",
                    "by %s the router runs within `fixgate run` already ([ROUTER] Run=Y, which is "
                    "the default with two or more brokers); set Run=N there to run it like this",
                    path);
        gateway_config_free(config);
        return EXIT_CODE_USAGE;
    }
    config->router.shadow = config->router.shadow || shadow;
    int code = run_service(service, config);
    gateway_config_free(config);
    return code;
}

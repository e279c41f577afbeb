/* The reflector: our session engine as a counterparty for conformance tests. */
#include "gateway/shell/run.h"
#include "tests/tools/reflector_echo.h"
#include "tests/tools/reflector_options.h"
#include "tests/tools/reflector_script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { REFLECTOR_PATH_BYTES_MAX = 4000, REFLECTOR_STORE_BYTES_MAX = 200 };

/* The directory and those above it. */
static bool make_directories(const char *path)
{
    char part[REFLECTOR_PATH_BYTES_MAX + 1];
    size_t size = strlen(path);
    if (size > REFLECTOR_PATH_BYTES_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return false;
        }
    }
    return true;
}

/* A path that is longer than a store's may be, by way of an open descriptor. */
static const char *short_path(const char *path)
{
    static char alias[64];
    if (strlen(path) <= REFLECTOR_STORE_BYTES_MAX) {
        return path;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    (void)snprintf(alias, sizeof(alias), "/proc/self/fd/%d", fd);
    return fd >= 0 ? alias : path;
}

/* What a line of a configuration cannot say: long paths, and a port of 0. */
static void adjust(struct gateway_config *config, const struct options *options,
                   const char *log_path)
{
    config->store_path = short_path(options->store);
    if (config->log.path == NULL) {
        config->log.path = log_path;
    }
    for (uint32_t i = 0; i < config->listeners_count; i++) {
        bool ours = options->has_port && options->port == 0;
        if (ours && !options_have(options, "SocketAcceptPort")) {
            config->listeners[i].port = 0;
        }
    }
}

static enum run_exit reflect(const struct options *options, struct gateway_config *config)
{
    static char log_path[REFLECTOR_PATH_BYTES_MAX + 32];
    if (!make_directories(options->store)) {
        (void)fprintf(stderr, "reflector: --store %s: %s\n", options->store, strerror(errno));
        return RUN_EXIT_ENVIRONMENT;
    }
    (void)snprintf(log_path, sizeof(log_path), "%s/reflector.log", options->store);
    adjust(config, options, log_path);
    if (options->scripted) {
        struct run_options run = {
            .name = "reflector",
            .application = script_begin(options->scripted_seq_in, options->scripted_seq_out),
            .ahead_ns = script_ahead_ns(),
            .sessions_only = true};
        return run_program(config, &run);
    }
    struct echo *echo = echo_open(config->engine.sessions_count);
    if (echo == NULL) {
        (void)fprintf(stderr, "reflector: out of memory\n");
        return RUN_EXIT_ENVIRONMENT;
    }
    struct run_options run = {
        .name = "reflector", .application = echo_application(echo), .sessions_only = true};
    enum run_exit code = run_program(config, &run);
    echo_close(echo);
    return code;
}

int main(int argc, char **argv)
{
    static struct options options;
    static char text[OPTIONS_TEXT_BYTES_MAX];
    static struct config_errors errors;
    char error[OPTIONS_ERROR_BYTES_MAX];
    if (!options_read(&options, argc, argv, error)) {
        (void)fprintf(stderr, "reflector: %s\n", error);
        return RUN_EXIT_CONFIG;
    }
    if (options.help) {
        (void)fputs(options_help, stdout);
        return RUN_EXIT_OK;
    }
    config_errors_init(&errors, "reflector");
    struct gateway_config *config =
        gateway_config_parse("reflector", options_text(&options, text), CONFIG_NEED_ALL, &errors);
    if (config == NULL) {
        config_errors_print(&errors, stderr);
        return RUN_EXIT_CONFIG;
    }
    enum run_exit code = reflect(&options, config);
    gateway_config_free(config);
    return (int)code;
}

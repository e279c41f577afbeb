/* `fixgate COMMAND …`: finds the command and hands over. */
#include "gateway/console/command_dict.h"
#include "gateway/console/command_line.h"
#include "gateway/console/command_run.h"
#include "gateway/shell/nearest.h"

#include <stdio.h>

static int command_help(int argc, char **argv);

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *about;
};

static const struct command commands[] = {
    {"run", command_run, "start the gateway"},
    {"check", command_check, "check a configuration and print the effective settings"},
    {"submit", command_submit, "send orders and print each durable answer"},
    {"tail", command_tail, "print the events of the bus"},
    {"log", command_log, "show what was said on the sessions, readably"},
    {"session", command_session, "show the sessions of a running gateway, and steer them"},
    {"ctl", command_ctl, "ask anything of a running gateway: orders, brokers, limits, audit"},
    {"service", command_service, "run the router as a process of its own"},
    {"keys", command_keys, "make a pair of keys for the control socket"},
    {"dict", command_dict, "check a dictionary, or look up a message or field"},
    {"version", command_version, "print the version"},
    {"help", command_help, "explain a command, or all keys of the configuration"},
};

static void print_commands(FILE *out)
{
    (void)fputs("usage: fixgate COMMAND [options]\n"
                "\n"
                "fixgate is an order gateway: orders in over ZeroMQ, FIX 4.4 to the brokers.\n"
                "\n",
                out);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        (void)fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].about);
    }
    (void)fputs("\n"
                "`fixgate COMMAND --help` explains a command with examples; `fixgate help config`\n"
                "lists the keys of a configuration. Data goes to standard output, messages to\n"
                "standard error. Exit codes: 0 done, 1 the answer is no, 2 wrong options or\n"
                "configuration, 3 file, socket or gateway not there.\n",
                out);
}

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    struct nearest nearest;
    nearest_init(&nearest, span_text(name));
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        nearest_offer(&nearest, commands[i].name);
    }
    (void)fprintf(stderr, "fixgate: unknown command '%s'%s%s%s. See `fixgate help`\n", name,
                  nearest.best != NULL ? "; did you mean '" : "",
                  nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "'" : "");
    return EXIT_CODE_USAGE;
}

static void print_keys(void)
{
    static const struct {
        enum config_place place;
        const char *name;
    } places[] = {{CONFIG_GATEWAY, "GATEWAY"},   {CONFIG_BROKER, "BROKER"},
                  {CONFIG_OPERATOR, "OPERATOR"}, {CONFIG_LIMIT, "LIMIT"},
                  {CONFIG_SESSION, "SESSION"},   {CONFIG_ROUTER, "ROUTER"}};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        (void)printf("%s[%s]\n", i > 0 ? "\n" : "", places[i].name);
        for (uint32_t key = 0; key < CONFIG_KEYS_COUNT; key++) {
            const struct config_key_definition *definition =
                config_key_definition((enum config_key)key);
            if ((definition->places & (unsigned)places[i].place) == 0) {
                continue;
            }
            const char *fallback = definition->fallback == NULL ? "none"
                                   : definition->fallback[0] == CONFIG_REQUIRED[0]
                                       ? "required"
                                       : definition->fallback;
            (void)printf("  %-29s %s (%s; default: %s)\n", definition->name, definition->help,
                         definition->form, fallback);
        }
    }
    (void)puts("\n[DEFAULT] may hold any of these keys; all other sections inherit from it.");
}

static int command_help(int argc, char **argv)
{
    if (argc < 2 || strncmp(argv[1], "--", 2) == 0) {
        print_commands(stdout);
        return EXIT_CODE_OK;
    }
    if (strcmp(argv[1], "config") == 0) {
        print_keys();
        return EXIT_CODE_OK;
    }
    const struct command *command = command_find(argv[1]);
    if (command == NULL) {
        return unknown_command(argv[1]);
    }
    if (command->run == command_help) {
        print_commands(stdout);
        return EXIT_CODE_OK;
    }
    char option[] = "--help";
    char *words[] = {argv[1], option, NULL};
    return command->run(2, words);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_commands(stderr);
        return EXIT_CODE_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_commands(stdout);
        return EXIT_CODE_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        return command_version(1, argv + 1);
    }
    const struct command *command = command_find(argv[1]);
    if (command == NULL) {
        return unknown_command(argv[1]);
    }
    int exit_code = command->run(argc - 1, argv + 1);
    /* Output that did not arrive (a full disk, a closed pipe) is no success. */
    bool written = fflush(stdout) == 0 && ferror(stdout) == 0;
    return written || exit_code != EXIT_CODE_OK ? exit_code : EXIT_CODE_ENVIRONMENT;
}

/* A gateway, `fixgate run`, as a child process with a configuration that the test writes: its
 * sessions by configuration keys alone, its states by `fixgate session`, its reasons by its log.
 *
 * One thread. ASSERTs what the system should grant; what waits gives up after
 * GATEWAY_WAIT_MS, prints the end of the log and returns false. */
#ifndef TESTS_TOOLS_GATEWAY_PROCESS_H
#define TESTS_TOOLS_GATEWAY_PROCESS_H

#include "tests/tools/process.h"

enum {
    GATEWAY_WAIT_MS = 20000, /* Under sanitizers, on a busy machine. */
    GATEWAY_VALUE_BYTES_MAX = 256,
    GATEWAY_OUTPUT_BYTES_MAX = 64 * 1024,
    SETTINGS_BYTES_MAX = 16 * 1024,
    SETTINGS_WORDS_MAX = 31,
};

struct gateway_process {
    struct process process;
    char directory[PROCESS_PATH_BYTES_MAX]; /* Of its own. */
    char config[PROCESS_PATH_BYTES_MAX];
    char output[GATEWAY_OUTPUT_BYTES_MAX]; /* Of the last `fixgate` that ran to its end. */
    char value[GATEWAY_VALUE_BYTES_MAX];
};

/* Makes its directory. */
void gateway_open(struct gateway_process *gateway);

/* Writes the configuration: a store in its directory, a broker ALPHA, SenderCompID=FIXGATE and
 * a quick ReconnectInterval for all; `sections` follow, [SESSION]s as a rule. */
void gateway_configure(const struct gateway_process *gateway, const char *sections);

/* Starts it and waits until it is ready. ASSERTs that it comes up. */
void gateway_start(struct gateway_process *gateway);

/* SIGTERM, and waits; its exit code. */
int gateway_stop(struct gateway_process *gateway);

/* Ends it, and its directory unless `keep`. */
void gateway_remove(struct gateway_process *gateway, bool keep);

/* With all that is in it. */
void directory_remove(const char *path);

/* `fixgate WORDS… -c CONFIG` to its end; words parted by blanks. Its exit code; what it said
 * is in `output`. */
int gateway_ask(struct gateway_process *gateway, const char *words);

/* What `fixgate session show SESSION --json` says under `name`; "" if it does not. */
const char *gateway_value(struct gateway_process *gateway, const char *session, const char *name);

/* Waits until that is `wanted`. */
MUST_USE bool gateway_awaits(struct gateway_process *gateway, const char *session, const char *name,
                             const char *wanted);

/* Waits for a log line with `text`; the `count`-th of them. */
MUST_USE bool gateway_logs(struct gateway_process *gateway, const char *text);
MUST_USE bool gateway_logs_again(struct gateway_process *gateway, const char *text, uint32_t count);

/* Lines "Key=Value" and "[SESSION]" as a reflector's options. */
struct settings_words {
    char text[SETTINGS_BYTES_MAX];
    const char *list[SETTINGS_WORDS_MAX + 1]; /* NULL at the end. */
};

void settings_split(struct settings_words *words, const char *lines);

#endif

#include "tests/tools/gateway_process.h"

#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PAUSE_MS = 5, END_MS = 15000, RUN_MS = 20000, TAIL_LINES = 30 };

/* --- Life ------------------------------------------------------------------- */

void gateway_open(struct gateway_process *gateway)
{
    *gateway = (struct gateway_process){.directory = "/tmp/fixgate-gateway-XXXXXX"};
    char *made = mkdtemp(gateway->directory);
    ASSERT(made != NULL);
    (void)snprintf(gateway->config, sizeof gateway->config, "%.400s/fixgate.cfg",
                   gateway->directory);
}

void gateway_configure(const struct gateway_process *gateway, const char *sections)
{
    FILE *file = fopen(gateway->config, "we");
    ASSERT(file != NULL);
    (void)fprintf(file,
                  "[GATEWAY]\nStorePath=%s/store\nDurability=process\nStoreMapInitial=16M\n"
                  "StoreReserve=1M\nInternalDictionary=%s/dictionaries/FIX44-internal.xml\n\n"
                  "[DEFAULT]\nSenderCompID=FIXGATE\nReconnectInterval=1\n"
                  "DataDictionary=%s/dictionaries/FIX44.xml\n\n"
                  "[BROKER]\nName=ALPHA\nWeight=50\n\n%s",
                  gateway->directory, FIXGATE_SOURCE_DIR, FIXGATE_SOURCE_DIR, sections);
    int closed = fclose(file);
    ASSERT(closed == 0);
}

static void program_path(char path[PROCESS_PATH_BYTES_MAX])
{
    char directory[PROCESS_PATH_BYTES_MAX];
    process_programs(directory);
    (void)snprintf(path, PROCESS_PATH_BYTES_MAX, "%.400s/fixgate", directory);
}

static bool give_up(const struct gateway_process *gateway, const char *what)
{
    (void)fprintf(stderr, "\nnever seen: %s\n", what);
    process_print_tail(&gateway->process, stderr, TAIL_LINES);
    return false;
}

void gateway_start(struct gateway_process *gateway)
{
    char program[PROCESS_PATH_BYTES_MAX];
    char log[PROCESS_PATH_BYTES_MAX];
    program_path(program);
    (void)snprintf(log, sizeof log, "%.400s/log", gateway->directory);
    const char *const arguments[] = {program, "run", "-c", gateway->config, NULL};
    bool started = process_start(&gateway->process, "fixgate", log, arguments);
    ASSERT(started);
    bool ready = gateway_logs(gateway, "fixgate ready");
    ASSERT(ready);
}

int gateway_stop(struct gateway_process *gateway)
{
    return process_end(&gateway->process, SIGTERM, END_MS);
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

void directory_remove(const char *path)
{
    int removed = nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    ASSERT(removed == 0);
}

void gateway_remove(struct gateway_process *gateway, bool keep)
{
    if (process_running(&gateway->process)) {
        (void)process_end(&gateway->process, SIGKILL, END_MS);
    }
    if (keep) {
        (void)fprintf(stderr, "kept: %s\n", gateway->directory);
        return;
    }
    directory_remove(gateway->directory);
}

/* --- Questions -------------------------------------------------------------- */

int gateway_ask(struct gateway_process *gateway, const char *words)
{
    char program[PROCESS_PATH_BYTES_MAX];
    char copy[512];
    const char *arguments[PROCESS_ARGUMENTS_MAX + 1] = {program};
    size_t count = 1;
    program_path(program);
    ASSERT(strlen(words) < sizeof copy);
    memcpy(copy, words, strlen(words) + 1);
    char *rest = NULL;
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        ASSERT(count + 3 < PROCESS_ARGUMENTS_MAX);
        arguments[count++] = word;
    }
    arguments[count++] = "-c";
    arguments[count] = gateway->config;
    return process_run(arguments, NULL, gateway->output, sizeof gateway->output, RUN_MS);
}

/* Rows are flat: "name":"text" or "name":number. */
const char *gateway_value(struct gateway_process *gateway, const char *session, const char *name)
{
    char words[256];
    char start[64];
    (void)snprintf(words, sizeof words, "session show %s --json", session);
    (void)snprintf(start, sizeof start, "\"%s\":", name);
    gateway->value[0] = '\0';
    const char *found = gateway_ask(gateway, words) == 0 ? strstr(gateway->output, start) : NULL;
    if (found != NULL) {
        found += strlen(start);
        bool quoted = *found == '"';
        found += quoted ? 1 : 0;
        span_to_text(span_of(found, strcspn(found, quoted ? "\"" : ",}")), gateway->value,
                     sizeof gateway->value);
    }
    return gateway->value;
}

static uint64_t wait_end_ns(void)
{
    return process_now_ns() + (uint64_t)GATEWAY_WAIT_MS * UINT64_C(1000000);
}

bool gateway_awaits(struct gateway_process *gateway, const char *session, const char *name,
                    const char *wanted)
{
    char what[512];
    uint64_t end_ns = wait_end_ns();
    while (strcmp(gateway_value(gateway, session, name), wanted) != 0) {
        if (process_now_ns() > end_ns || !process_running(&gateway->process)) {
            (void)snprintf(what, sizeof what, "%s of %s is \"%s\", not \"%s\"", name, session,
                           gateway->value, wanted);
            return give_up(gateway, what);
        }
        process_pause(PAUSE_MS);
    }
    return true;
}

bool gateway_logs_again(struct gateway_process *gateway, const char *text, uint32_t count)
{
    uint64_t end_ns = wait_end_ns();
    while (process_log_count(&gateway->process, text) < count) {
        if (process_now_ns() > end_ns || !process_running(&gateway->process)) {
            return give_up(gateway, text);
        }
        process_pause(PAUSE_MS);
    }
    return true;
}

bool gateway_logs(struct gateway_process *gateway, const char *text)
{
    return gateway_logs_again(gateway, text, 1);
}

/* --- Settings --------------------------------------------------------------- */

void settings_split(struct settings_words *words, const char *lines)
{
    size_t count = 0;
    size_t size = 0;
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");
        bool session = length == 9 && memcmp(lines, "[SESSION]", 9) == 0;
        ASSERT(count < SETTINGS_WORDS_MAX);
        words->list[count++] = words->text + size;
        int put = session ? snprintf(words->text + size, sizeof words->text - size, "--session")
                          : snprintf(words->text + size, sizeof words->text - size,
                                     "--setting=%.*s", (int)length, lines);
        ASSERT(put > 0 && (size_t)put < sizeof words->text - size);
        size += (size_t)put + 1;
        lines += length + (lines[length] == '\n' ? 1 : 0);
    }
    words->list[count] = NULL;
}

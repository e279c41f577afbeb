#include "gateway/console/command_line.h"
#include "gateway/console/log_dictionaries.h"
#include "gateway/console/log_files.h"
#include "gateway/console/log_filter.h"
#include "gateway/console/log_print.h"
#include "gateway/console/log_time.h"
#include "gateway/shell/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
    "usage: fixgate log show [FILE|DIRECTORY…] [-c CONFIG] [options]\n"
    "\n"
    "Prints the message log readably: names for tags, words for enumerated values, groups\n"
    "indented. Sessions are merged by time; rotated files are read from the oldest on. Of a\n"
    "DIRECTORY all message logs are read, '-' is standard input. QuickFIX's own message logs\n"
    "are understood as well, and passwords in them masked. What is torn or damaged is shown\n"
    "as such.\n"
    "\n"
    "  -c, --config FILE       read the logs at MessageLogPath of a configuration\n"
    "      --session TEXT      sessions whose ID holds TEXT\n"
    "      --type LIST         MsgTypes or their names: D,8,NewOrderSingle\n"
    "      --clordid ID        ClOrdID(11) or OrigClOrdID(41) is ID. On the sessions that is\n"
    "                          the attempt's, which the bus tells as Attempt(10004)\n"
    "      --from TIME         not before TIME\n"
    "      --to TIME           before TIME; a day by itself counts to its end\n"
    "      --in, --out         what was received, what was sent\n"
    "      --raw               one line per message, '|' for SOH\n"
    "      --json              {\"Time\":…,\"Session\":…,\"Direction\":…,\"Message\":{FIX JSON}}\n"
    "      --follow            go on as the files grow; until then print what is there\n"
    "  -n, --count N           end after N records\n"
    "      --dictionary FILE   FIX dictionary; overlays behind it with commas\n"
    "\n"
    "TIME is UTC: 2026-11-21, 2026-11-21T08:00, 2026-11-21T08:00:05.250, 08:00 (today), now.\n"
    "Exit code: 0 printed, 1 nothing matched, 2 wrong options, 3 a file cannot be read.\n"
    "\n"
    "examples:\n"
    "  fixgate log show -c config/fixgate.cfg --from 08:00 --to 08:15\n"
    "  fixgate log show -c config/fixgate.cfg --clordid WR4BTJGA1 --session ALPHA\n"
    "  fixgate log show run/messages --type Logon,Logout,Reject\n"
    "  fixgate log show run/messages --follow --from now --type 8 --in\n"
    "  fixgate log show FIX.4.4-US-THEM.messages.current.log --raw | grep '|39=8|'\n"
    "  fixgate log show run/messages --json | jq -r "
    "'select(.Type==\"Reject\").Message.Body.Text'\n";

#define POLL_NS 200000000L

/* One session's chain of files, and its next record. */
struct source {
    struct log_reader reader;
    struct log_record record;
    bool ready;
    bool ended;
};

struct show {
    const char *config_path;
    const char *from_text;
    const char *to_text;
    const char *types_text;
    const char *count_text;
    const char *dictionary_text;
    bool raw;
    bool json;
    bool follow;
    uint64_t count;
    struct log_filter filter;
    struct log_files files;
    struct gateway_config *config;
    struct log_dictionaries dictionaries;
    struct log_printer *printer;
    struct source sources[LOG_CHAINS_MAX];
    uint64_t read;
    uint64_t printed;
    uint64_t passed_over; /* Damaged records and notes, while messages are chosen. */
    bool failed;
};

/* --- Options ------------------------------------------------------------------------ */

static bool read_time(const char *option, const char *text, bool end, uint64_t *out)
{
    struct clock clock = {.engine_ns = 0};
    uint64_t now_ns = clock_read(&clock).engine_ns;
    uint64_t span_ns = 0;
    if (text == NULL) {
        return true;
    }
    if (strcmp(text, "now") == 0) {
        *out = now_ns;
        return true;
    }
    if (!log_time_parse(span_text(text), now_ns, out, &span_ns)) {
        command_say("log",
                    "--%s: '%s' is no time; write 2026-11-21, 2026-11-21T08:00, or 08:00 for "
                    "today (UTC)",
                    option, text);
        return false;
    }
    *out += end ? span_ns : 0;
    return true;
}

static bool read_options(struct show *show)
{
    show->count = UINT64_MAX;
    show->filter.to_ns = UINT64_MAX;
    if (show->raw && show->json) {
        command_say("log", "--raw and --json exclude each other");
        return false;
    }
    return read_time("from", show->from_text, false, &show->filter.from_ns) &&
           read_time("to", show->to_text, true, &show->filter.to_ns) &&
           (show->count_text == NULL ||
            option_number("log", "count", show->count_text, 1, INT64_MAX, &show->count));
}

/* --- Files --------------------------------------------------------------------------- */

static int add_files(struct show *show, char **names, uint32_t count)
{
    char error[LOG_FILES_ERROR_BYTES_MAX];
    const char *directory = NULL;
    if (show->config != NULL && count == 0) {
        directory = show->config->settings.list[CONFIG_KEY_MessageLogPath].value;
        if (directory == NULL) {
            command_say("log", "%s has no MessageLogPath: no message log is written",
                        show->config_path);
            return EXIT_CODE_USAGE;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (log_files_add(&show->files, names[i], error) != STATUS_OK) {
            command_say("log", "%s", error);
            return EXIT_CODE_ENVIRONMENT;
        }
    }
    if ((directory != NULL && log_files_add(&show->files, directory, error) != STATUS_OK) ||
        log_files_sort(&show->files, error) != STATUS_OK) {
        command_say("log", "%s", error);
        return EXIT_CODE_ENVIRONMENT;
    }
    return EXIT_CODE_OK;
}

static bool open_sources(struct show *show)
{
    for (uint32_t i = 0; i < show->files.chains_count; i++) {
        const struct log_chain *chain = &show->files.chains[i];
        if (log_reader_open(&show->sources[i].reader,
                            (const char *const *)show->files.paths + chain->begin, chain->count,
                            show->follow) != STATUS_OK) {
            command_say("log", "no memory");
            return false;
        }
    }
    return true;
}

/* --- Showing ------------------------------------------------------------------------- */

static void pull(struct show *show, struct source *source)
{
    if (source->ready || (source->ended && !show->follow)) {
        return;
    }
    enum log_read read = log_reader_next(&source->reader, &source->record);
    while (read == LOG_READ_FAILED) {
        command_say("log", "%s: %s", log_reader_file(&source->reader), strerror(errno));
        show->failed = true;
        read = log_reader_next(&source->reader, &source->record);
    }
    source->ready = read == LOG_READ_RECORD;
    source->ended = read == LOG_READ_END;
}

/* The oldest of the records at hand; NULL: there is none. */
static struct source *oldest(struct show *show)
{
    struct source *first = NULL;
    for (uint32_t i = 0; i < show->files.chains_count; i++) {
        struct source *source = &show->sources[i];
        pull(show, source);
        if (source->ready && (first == NULL || source->record.time_ns < first->record.time_ns)) {
            first = source;
        }
    }
    return first;
}

static void take(struct show *show, const struct log_record *record)
{
    struct log_message message = {.readable = false};
    show->read += 1;
    if (!log_filter_record(&show->filter, record)) {
        return;
    }
    const struct dictionary *dictionary = log_dictionary_of(&show->dictionaries, record->session);
    if (record->kind == LOG_RECORD_BYTES) {
        log_printer_read(show->printer, dictionary, record, &message);
    }
    if (log_filter_reads(&show->filter)) {
        if (!message.readable) {
            show->passed_over += 1;
            return;
        }
        if (!log_filter_message(&show->filter, &message.fields)) {
            return;
        }
    }
    log_printer_print(show->printer, dictionary, record, &message);
    show->printed += 1;
}

static int show_records(struct show *show)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    while (show->printed < show->count && !ferror(stdout)) {
        struct source *source = oldest(show);
        if (source != NULL) {
            take(show, &source->record);
            source->ready = false;
        } else if (show->follow) {
            (void)fflush(stdout);
            (void)nanosleep(&pause, NULL);
        } else {
            break;
        }
    }
    if (show->passed_over > 0) {
        command_say("log", "passed over: %" PRIu64 " damaged or unreadable records and notes",
                    show->passed_over);
    }
    if (show->failed) {
        return EXIT_CODE_ENVIRONMENT;
    }
    if (show->printed == 0) {
        command_say("log", "nothing matches, out of %" PRIu64 " records", show->read);
        return EXIT_CODE_REFUSED;
    }
    return EXIT_CODE_OK;
}

static int show_logs(struct show *show, char **names, uint32_t count)
{
    if (show->config_path == NULL && count == 0) {
        command_say("log", "which log? Give FILE or DIRECTORY, or -c CONFIG");
        return EXIT_CODE_USAGE;
    }
    if (show->config_path != NULL) {
        show->config = command_config("log", show->config_path, CONFIG_NEED_ENDPOINTS);
        if (show->config == NULL) {
            return EXIT_CODE_USAGE;
        }
    }
    int exit_code = log_dictionaries_load(&show->dictionaries, show->dictionary_text, show->config);
    if (exit_code != EXIT_CODE_OK) {
        return exit_code;
    }
    char error[LOG_FILTER_ERROR_BYTES_MAX];
    if (show->types_text != NULL &&
        !log_filter_types(&show->filter, show->dictionaries.usual, show->types_text, error)) {
        command_say("log", "--type: %s", error);
        return EXIT_CODE_USAGE;
    }
    exit_code = add_files(show, names, count);
    if (exit_code != EXIT_CODE_OK) {
        return exit_code;
    }
    bool colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
    show->printer = log_printer_new(show->raw    ? LOG_PRINT_RAW
                                    : show->json ? LOG_PRINT_JSON
                                                 : LOG_PRINT_FIELDS,
                                    colour);
    return show->printer != NULL && open_sources(show) ? show_records(show) : EXIT_CODE_ENVIRONMENT;
}

static void show_free(struct show *show)
{
    for (uint32_t i = 0; i < show->files.chains_count; i++) {
        if (show->sources[i].reader.buffer != NULL) {
            log_reader_close(&show->sources[i].reader);
        }
    }
    log_files_free(&show->files);
    log_printer_free(show->printer);
    log_dictionaries_free(&show->dictionaries);
    gateway_config_free(show->config);
    free(show);
}

static int run_show(struct show *show, int argc, char **argv)
{
    const struct command_option options[] = {
        {.name = "config", .letter = 'c', .value = &show->config_path},
        {.name = "session", .value = &show->filter.session},
        {.name = "type", .value = &show->types_text},
        {.name = "clordid", .value = &show->filter.cl_ord_id},
        {.name = "from", .value = &show->from_text},
        {.name = "to", .value = &show->to_text},
        {.name = "in", .flag = &show->filter.in},
        {.name = "out", .flag = &show->filter.out},
        {.name = "raw", .flag = &show->raw},
        {.name = "json", .flag = &show->json},
        {.name = "follow", .letter = 'f', .flag = &show->follow},
        {.name = "count", .letter = 'n', .value = &show->count_text},
        {.name = "dictionary", .letter = 'd', .value = &show->dictionary_text},
    };
    const struct command_words words = {.command = "log",
                                        .help = help,
                                        .options = options,
                                        .options_count = ARRAY_LEN(options),
                                        .arguments_max = LOG_FILES_MAX};
    uint32_t count = 0;
    enum command_parsed parsed = command_parse(&words, argc, argv, &count);
    if (parsed != COMMAND_GO) {
        return command_ended(parsed);
    }
    return read_options(show) ? show_logs(show, argv, count) : EXIT_CODE_USAGE;
}

int command_log(int argc, char **argv)
{
    bool asks = argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if (asks) {
        (void)fputs(help, stdout);
        return EXIT_CODE_OK;
    }
    if (argc < 2 || strcmp(argv[1], "show") != 0) {
        command_say("log", "%s%s; see `fixgate log --help`",
                    argc < 2 ? "say what to do: show" : "unknown command ",
                    argc < 2 ? "" : argv[1]);
        return EXIT_CODE_USAGE;
    }
    struct show *show = calloc(1, sizeof(*show));
    if (show == NULL) {
        command_say("log", "no memory");
        return EXIT_CODE_ENVIRONMENT;
    }
    int exit_code = run_show(show, argc - 1, argv + 1);
    show_free(show);
    return exit_code;
}

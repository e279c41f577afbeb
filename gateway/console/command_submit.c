#include "gateway/console/command_line.h"
#include "gateway/console/submit.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/fix_json.h"
#include "gateway/shell/readable.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
    "usage: fixgate submit [FILE] (-c FILE | --to ENDPOINT) [options]\n"
    "\n"
    "Sends one request per line of FILE (or standard input) and prints each durable answer.\n"
    "A line is FIX JSON, or tag=value with '|' or SOH between the fields; session fields\n"
    "may be left out. What stays unanswered is sent again with the same bytes: that is\n"
    "safe, for the gateway knows its ClOrdID. '#' begins a comment.\n"
    "\n"
    "  -c, --config FILE      take OrderEntryEndpoint from a configuration\n"
    "      --to ENDPOINT      OrderEntryEndpoint of the gateway\n"
    "  -w, --window N         requests out at a time (default 64)\n"
    "  -t, --timeout SECONDS  wait for an answer before sending again (default 5)\n"
    "      --tries N          give up after so many times (default 3)\n"
    "      --json             print answers as FIX JSON\n"
    "      --raw              print answers as they came, '|' for SOH\n"
    "  -q, --quiet            print no answers, only the summary\n"
    "\n"
    "Exit code: 0 all accepted, 1 something was rejected or not answered, 2 wrong\n"
    "options, 3 file or socket failed.\n"
    "\n"
    "examples:\n"
    "  echo '35=D|49=OMS|11=1|55=VOD|54=1|38=100|40=2|44=72.5|60=20261121-10:00:00' |\n"
    "    fixgate submit -c config/fixgate.cfg\n"
    "  fixgate submit -c config/fixgate.cfg --json orders.jsonl | jq .Body.ExecType\n"
    "  fixgate submit --to tcp://127.0.0.1:5601 --window 500 --quiet orders.txt\n";

enum { SUBMIT_TEXT_BYTES_MAX = 8 * FIX_MESSAGE_BYTES_MAX };

struct options {
    const char *config;
    const char *to;
    const char *window_text;
    const char *timeout_text;
    const char *tries_text;
    bool json;
    bool raw;
    bool quiet;
    struct submit submit;
    uint8_t text[SUBMIT_TEXT_BYTES_MAX];
    uint8_t fields[FIX_MESSAGE_BYTES_MAX];
};

/* An answer comes in the encoding of its request; it is printed in the one asked for. */
static struct span answer_text(struct options *options, struct span answer)
{
    const struct dictionary *dictionary = options->submit.dictionary;
    bool is_json = answer.size > 0 && answer.data[0] == '{';
    struct span text = answer;
    if (options->raw && !is_json) {
        size_t size = log_mask_fix(answer, (char *)options->text, sizeof(options->text));
        return span_of(options->text, size);
    }
    if (options->raw || (options->json && is_json)) {
        return answer;
    }
    if (options->json) {
        return fix_json_encode(dictionary, answer, options->text, sizeof(options->text), &text)
                   ? text
                   : span_text("null");
    }
    char error[FIX_JSON_ERROR_BYTES_MAX];
    if (is_json && !fix_json_decode(dictionary, answer, options->fields, sizeof(options->fields),
                                    &text, error)) {
        return answer;
    }
    size_t size = readable_format(dictionary, text, READABLE_LINE, (char *)options->text,
                                  sizeof(options->text));
    return span_of(options->text, size);
}

static void answered(void *context, uint32_t line, struct span answer, bool rejected)
{
    (void)line;
    (void)rejected;
    struct options *options = context;
    if (!options->quiet) {
        struct span text = answer_text(options, answer);
        (void)fwrite(text.data, 1, text.size, stdout);
        (void)fputc('\n', stdout);
        (void)fflush(stdout);
    }
}

static void failed(void *context, uint32_t line, const char *id, const char *why)
{
    (void)context;
    command_say("submit", "line %u%s%s: %s", line, id[0] != '\0' ? ", ClOrdID " : "", id, why);
}

static bool read_options(struct options *options)
{
    uint64_t window = 64;
    uint64_t timeout_seconds = 5;
    uint64_t tries = 3;
    if (options->to == NULL && options->config == NULL) {
        command_say("submit", "which gateway? Give -c FILE or --to ENDPOINT");
        return false;
    }
    if (options->json && options->raw) {
        command_say("submit", "--json and --raw exclude each other");
        return false;
    }
    bool right =
        (options->window_text == NULL ||
         option_number("submit", "window", options->window_text, 1, SUBMIT_WINDOW_MAX, &window)) &&
        (options->timeout_text == NULL ||
         option_number("submit", "timeout", options->timeout_text, 1, 3600, &timeout_seconds)) &&
        (options->tries_text == NULL ||
         option_number("submit", "tries", options->tries_text, 1, 1000, &tries));
    options->submit.window = (uint32_t)window;
    options->submit.timeout_ns = timeout_seconds * UINT64_C(1000000000);
    options->submit.tries_max = (uint32_t)tries;
    return right;
}

static int send_file(struct options *options, const char *path)
{
    struct submit *submit = &options->submit;
    bool from_file = path != NULL && strcmp(path, "-") != 0;
    int fd = from_file ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (fd < 0) {
        command_say("submit", "%s cannot be opened (%s)", path, strerror(errno));
        return EXIT_CODE_ENVIRONMENT;
    }
    submit->context = options;
    submit->answered = answered;
    submit->failed = failed;
    struct zeromq zeromq;
    char error[ZEROMQ_ERROR_BYTES_MAX] = "no ZeroMQ context can be made";
    uint64_t begun_ns = clock_monotonic_ns();
    enum status status = zeromq_open(&zeromq);
    if (status == STATUS_OK) {
        status = submit_run(submit, &zeromq, options->to, fd, error);
        zeromq_close(&zeromq);
    }
    uint64_t took_ms = (clock_monotonic_ns() - begun_ns) / 1000000;
    if (from_file) {
        (void)close(fd);
    }
    const struct submit_summary *summary = &submit->summary;
    command_say("submit",
                "%" PRIu64 " submitted: %" PRIu64 " accepted, %" PRIu64 " rejected, %" PRIu64
                " unanswered, %" PRIu64 " lines not sent; %" PRIu64 " sent again; %" PRIu64
                ".%03" PRIu64 " s",
                summary->submitted, summary->accepted, summary->rejected, summary->unanswered,
                summary->unreadable, summary->resent, took_ms / 1000, took_ms % 1000);
    if (status != STATUS_OK) {
        command_say("submit", "%s", error);
        return EXIT_CODE_ENVIRONMENT;
    }
    bool all = summary->accepted == summary->submitted && summary->unreadable == 0;
    return all ? EXIT_CODE_OK : EXIT_CODE_REFUSED;
}

static int submit_file(struct options *options, const char *path)
{
    struct gateway_config *config = NULL;
    struct dictionary *dictionary = NULL;
    if (options->config != NULL) {
        config = command_config("submit", options->config, CONFIG_NEED_ENDPOINTS);
        if (config == NULL) {
            return EXIT_CODE_USAGE;
        }
        options->submit.dictionary = config->engine.dictionary;
        options->to = options->to != NULL ? options->to : config->order_entry_endpoint;
    } else {
        dictionary = command_dictionary("submit");
        if (dictionary == NULL) {
            return EXIT_CODE_ENVIRONMENT;
        }
        options->submit.dictionary = dictionary;
    }
    int exit_code = send_file(options, path);
    gateway_config_free(config);
    if (dictionary != NULL) {
        dictionary_free(dictionary);
    }
    return exit_code;
}

int command_submit(int argc, char **argv)
{
    struct options *options = calloc(1, sizeof(*options));
    if (options == NULL) {
        command_say("submit", "no memory");
        return EXIT_CODE_ENVIRONMENT;
    }
    const struct command_option list[] = {
        {.name = "config", .letter = 'c', .value = &options->config},
        {.name = "to", .value = &options->to},
        {.name = "window", .letter = 'w', .value = &options->window_text},
        {.name = "timeout", .letter = 't', .value = &options->timeout_text},
        {.name = "tries", .value = &options->tries_text},
        {.name = "json", .flag = &options->json},
        {.name = "raw", .flag = &options->raw},
        {.name = "quiet", .letter = 'q', .flag = &options->quiet},
    };
    const struct command_words words = {.command = "submit",
                                        .help = help,
                                        .options = list,
                                        .options_count = ARRAY_LEN(list),
                                        .arguments_max = 1};
    uint32_t count = 0;
    enum command_parsed parsed = command_parse(&words, argc, argv, &count);
    int exit_code = command_ended(parsed);
    if (parsed == COMMAND_GO && read_options(options)) {
        exit_code = submit_file(options, count == 1 ? argv[0] : NULL);
    }
    free(options);
    return exit_code;
}

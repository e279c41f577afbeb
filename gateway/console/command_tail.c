#include "gateway/bus_client.h"
#include "gateway/console/command_line.h"
#include "gateway/shell/fix_json.h"
#include "gateway/shell/json_text.h"
#include "gateway/shell/readable.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: fixgate tail [TOPIC…] (-c FILE | --bus ENDPOINT --replay ENDPOINT) [options]\n"
    "\n"
    "Prints the events of the bus, each once and in order, one per line: BusSeq, topic,\n"
    "message. TOPIC is a prefix (ER, ER.ALPHA, SE …); without one, all are printed.\n"
    "\n"
    "  -c, --config FILE      take the endpoints from a configuration\n"
    "      --bus ENDPOINT     BusEndpoint of the gateway\n"
    "      --replay ENDPOINT  ReplayEndpoint of the gateway\n"
    "  -f, --from SEQ         begin with that BusSeq (1 = the first); default: from now on\n"
    "  -n, --count N          end after N events\n"
    "      --idle SECONDS     end when nothing came for so long\n"
    "      --json             {\"BusSeq\":…,\"Topic\":…,\"Message\":{FIX JSON}} per line\n"
    "      --raw              the FIX message itself, '|' for SOH\n"
    "      --lines            one field per line\n"
    "\n"
    "Exit code: 0 ended as asked, 2 wrong options, 3 a socket failed.\n"
    "\n"
    "examples:\n"
    "  fixgate tail -c config/fixgate.cfg ER\n"
    "  fixgate tail -c config/fixgate.cfg --from 1 --json | jq -c .Message.Body\n"
    "  fixgate tail --bus tcp://127.0.0.1:5602 --replay tcp://127.0.0.1:5603 --from 1 --count 10\n";

enum { TAIL_TEXT_BYTES_MAX = 8 * FIX_MESSAGE_BYTES_MAX };

struct tail {
    const char *config;
    const char *bus;
    const char *replay;
    const char *from_text;
    const char *count_text;
    const char *idle_text;
    bool json;
    bool raw;
    bool lines;
    uint64_t from;
    uint64_t count;
    uint64_t idle_seconds;
    const struct dictionary *dictionary;
    uint8_t text[TAIL_TEXT_BYTES_MAX];
};

static void print_json(struct tail *tail, const struct bus_event *event)
{
    struct span json;
    if (!fix_json_encode(tail->dictionary, event->message, tail->text, sizeof(tail->text), &json)) {
        json = span_text("null");
    }
    char head_bytes[2 * ENGINE_TOPIC_BYTES_MAX + 256];
    struct json_text head;
    json_text_init(&head, head_bytes, sizeof(head_bytes));
    json_text_words(&head, "{\"BusSeq\":");
    json_text_uint(&head, event->bus_seq);
    json_text_pair(&head, false, "Topic", event->topic);
    json_text_words(&head, ",\"Message\":");
    struct span words = json_text_span(&head);
    (void)fwrite(words.data, 1, words.size, stdout);
    (void)fwrite(json.data, 1, json.size, stdout);
    (void)fputs("}\n", stdout);
}

static void print_event(struct tail *tail, const struct bus_event *event)
{
    if (tail->json) {
        print_json(tail, event);
        return;
    }
    char *text = (char *)tail->text;
    size_t size = 0;
    if (tail->raw) {
        size = log_mask_fix(event->message, text, sizeof(tail->text));
    } else {
        size =
            readable_format(tail->dictionary, event->message,
                            tail->lines ? READABLE_LINES : READABLE_LINE, text, sizeof(tail->text));
    }
    (void)printf("%" PRIu64 " %.*s ", event->bus_seq, (int)event->topic.size,
                 (const char *)event->topic.data);
    (void)fwrite(text, 1, size, stdout);
    (void)fputc('\n', stdout);
}

/* What happened besides an event, for people. */
static void say_result(enum bus_client_result result, const struct bus_event *event)
{
    switch (result) {
    case BUS_CLIENT_NEW_INSTANCE:
        command_say("tail", "the gateway runs on another store now; its events begin at 1");
        break;
    case BUS_CLIENT_MISSING:
        command_say("tail", "older events are not kept any more; going on with %" PRIu64,
                    event->bus_seq);
        break;
    case BUS_CLIENT_BACKWARD:
        command_say("tail", "the store went back; going on with %" PRIu64, event->bus_seq);
        break;
    case BUS_CLIENT_FAILED:
        command_say("tail", "a socket failed");
        break;
    case BUS_CLIENT_EVENT:
    case BUS_CLIENT_TIMEOUT:
        break;
    }
}

static int follow(struct tail *tail, struct bus_client *client)
{
    uint64_t printed = 0;
    uint64_t idle_seconds = 0;
    /* The first look does not wait, so that what is printed already is flushed before
     * any waiting, and not after each line. */
    int timeout_ms = 0;
    while (printed < tail->count && idle_seconds < tail->idle_seconds && !ferror(stdout)) {
        struct bus_event event;
        enum bus_client_result result = bus_client_next(client, timeout_ms, &event);
        if (result == BUS_CLIENT_EVENT) {
            print_event(tail, &event);
            printed += 1;
            idle_seconds = 0;
            timeout_ms = 0;
        } else if (result == BUS_CLIENT_TIMEOUT) {
            idle_seconds += timeout_ms > 0 ? 1 : 0;
            timeout_ms = 1000;
            (void)fflush(stdout);
        } else {
            say_result(result, &event);
        }
        if (result == BUS_CLIENT_FAILED) {
            return EXIT_CODE_ENVIRONMENT;
        }
    }
    return EXIT_CODE_OK;
}

static bool read_options(struct tail *tail)
{
    tail->count = UINT64_MAX;
    tail->idle_seconds = UINT64_MAX;
    if ((unsigned)tail->json + (unsigned)tail->raw + (unsigned)tail->lines > 1) {
        command_say("tail", "--json, --raw and --lines exclude each other");
        return false;
    }
    if ((tail->bus == NULL || tail->replay == NULL) && tail->config == NULL) {
        command_say("tail", "which gateway? Give -c FILE, or --bus and --replay");
        return false;
    }
    return (tail->from_text == NULL ||
            option_number("tail", "from", tail->from_text, 1, INT64_MAX, &tail->from)) &&
           (tail->count_text == NULL ||
            option_number("tail", "count", tail->count_text, 1, INT64_MAX, &tail->count)) &&
           (tail->idle_text == NULL ||
            option_number("tail", "idle", tail->idle_text, 1, 86400, &tail->idle_seconds));
}

static int tail_topics(struct tail *tail, char **topics, uint32_t count)
{
    struct gateway_config *config = NULL;
    struct dictionary *dictionary = NULL;
    if (tail->config != NULL) {
        config = command_config("tail", tail->config, CONFIG_NEED_ENDPOINTS);
        if (config == NULL) {
            return EXIT_CODE_USAGE;
        }
        tail->dictionary = config->engine.dictionary;
        tail->bus = tail->bus != NULL ? tail->bus : config->bus_endpoint;
        tail->replay = tail->replay != NULL ? tail->replay : config->replay_endpoint;
    } else {
        dictionary = command_dictionary("tail");
        if (dictionary == NULL) {
            return EXIT_CODE_ENVIRONMENT;
        }
        tail->dictionary = dictionary;
    }
    const char *wanted[BUS_CLIENT_TOPICS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        wanted[i] = topics[i];
    }
    const struct bus_client_config bus = {.bus_endpoint = tail->bus,
                                          .replay_endpoint = tail->replay,
                                          .from_seq = tail->from,
                                          .topics = wanted,
                                          .topics_count = count};
    struct bus_client client;
    char error[BUS_CLIENT_ERROR_BYTES_MAX];
    int exit_code = EXIT_CODE_ENVIRONMENT;
    if (bus_client_open(&client, &bus, error) != STATUS_OK) {
        command_say("tail", "%s", error);
    } else {
        exit_code = follow(tail, &client);
        bus_client_close(&client);
    }
    gateway_config_free(config);
    if (dictionary != NULL) {
        dictionary_free(dictionary);
    }
    return exit_code;
}

int command_tail(int argc, char **argv)
{
    struct tail *tail = calloc(1, sizeof(*tail));
    if (tail == NULL) {
        command_say("tail", "no memory");
        return EXIT_CODE_ENVIRONMENT;
    }
    const struct command_option options[] = {
        {.name = "config", .letter = 'c', .value = &tail->config},
        {.name = "bus", .value = &tail->bus},
        {.name = "replay", .value = &tail->replay},
        {.name = "from", .letter = 'f', .value = &tail->from_text},
        {.name = "count", .letter = 'n', .value = &tail->count_text},
        {.name = "idle", .value = &tail->idle_text},
        {.name = "json", .flag = &tail->json},
        {.name = "raw", .flag = &tail->raw},
        {.name = "lines", .flag = &tail->lines},
    };
    const struct command_words words = {.command = "tail",
                                        .help = help,
                                        .options = options,
                                        .options_count = ARRAY_LEN(options),
                                        .arguments_max = BUS_CLIENT_TOPICS_MAX};
    uint32_t count = 0;
    enum command_parsed parsed = command_parse(&words, argc, argv, &count);
    int exit_code = command_ended(parsed);
    if (parsed == COMMAND_GO && read_options(tail)) {
        exit_code = tail_topics(tail, argv, count);
    }
    free(tail);
    return exit_code;
}

#include "gateway/services/router.h"

#include "gateway/bus_client.h"
#include "gateway/core/event.h"
#include "gateway/core/router/router.h"
#include "gateway/services/control_link.h"
#include "gateway/shell/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MILLISECOND_NS UINT64_C(1000000)

enum { WISH_POST = 1, WISH_ROWS, WISH_PROBE };

static const char *const topics[] = {"OR.", "ER.", "SE."};
static const char operator_name[] = "router";

struct router_run {
    const struct service_config *config;
    const struct gateway_config *gateway;
    struct log log;
    struct clock clock;
    struct instant now;
    struct zeromq_socket replay; /* For the question where the stream is. */
    struct zeromq_frames replay_frames;
    bool replay_asked;
    uint64_t replay_asked_ns;
    struct bus_client bus;
    bool bus_open;
    bool live; /* It has read all that there was. */
    struct control_link control;
    struct json_flat row;
    uint64_t started_ns; /* Part of the keys of its posts. */
    uint64_t posts_count;
    uint64_t rows_asked_ns; /* Monotonic. */
    bool rows_wanted;       /* No answer is on its way. */
    bool said_ready;
    struct router router;
};

/* --- Words ------------------------------------------------------------------------------- */

static void say(struct router_run *run, enum effect_severity severity, const char *words)
{
    char line[ENGINE_LINE_BYTES_MAX + 1];
    (void)snprintf(line, sizeof(line), "router: %s", words);
    log_text(&run->log, run->now.engine_ns, severity, line);
}

static void tell_news(struct router_run *run)
{
    struct router_news news;
    while (router_news_next(&run->router, &news)) {
        if (run->live) { /* What was rebuilt was told when it happened. */
            say(run, news.severity, news.text.data);
        }
    }
}

/* --- Requests ---------------------------------------------------------------------------- */

static void pair_uint(struct json_text *text, const char *name, uint64_t value)
{
    json_text_words(text, ",\"");
    json_text_words(text, name);
    json_text_words(text, "\":");
    json_text_uint(text, value);
}

static struct json_text request_begin(char *bytes, const char *command)
{
    struct json_text text;
    json_text_init(&text, bytes, CONTROL_LINK_REQUEST_BYTES_MAX);
    json_text_words(&text, "{");
    json_text_pair(&text, true, "command", span_text(command));
    json_text_pair(&text, false, "operator", span_text(operator_name));
    return text;
}

static bool request_send(struct router_run *run, struct json_text *text, uint32_t kind,
                         uint32_t number)
{
    json_text_words(text, "}");
    struct span request = json_text_span(text);
    ASSERT(request.size > 0);
    struct control_wish wish = {.kind = kind, .number = number};
    return control_link_send(&run->control, wish, request) == STATUS_OK;
}

static bool send_post(struct router_run *run, const struct router_post *post)
{
    char bytes[CONTROL_LINK_REQUEST_BYTES_MAX];
    char key[64];
    struct json_text text = request_begin(bytes, "broker.measure");
    run->posts_count += 1;
    (void)snprintf(key, sizeof(key), "router-%" PRIx64 "-%" PRIu64, run->started_ns,
                   run->posts_count);
    json_text_pair(&text, false, "key", span_text(key));
    json_text_pair(&text, false, "broker", span_text(run->gateway->brokers[post->broker].name));
    json_text_pair(&text, false, "breaker", span_text(breaker_state_name(post->breaker)));
    pair_uint(&text, "score", post->score);
    pair_uint(&text, "ramp", post->ramp);
    pair_uint(&text, "probes", post->probes);
    json_text_pair(&text, false, "reason", text_span(&post->reason));
    return request_send(run, &text, WISH_POST, post->broker);
}

static void send_posts(struct router_run *run)
{
    struct router_post post;
    for (uint32_t i = 0; i < ENGINE_BROKERS_MAX && router_post_next(&run->router, &post); i++) {
        if (!send_post(run, &post)) {
            router_post_failed(&run->router, post.broker);
            return;
        }
    }
}

static void send_probes(struct router_run *run)
{
    uint32_t session = 0;
    for (uint32_t i = 0; i < ENGINE_SESSIONS_MAX && router_probe_next(&run->router, &session);
         i++) {
        char bytes[CONTROL_LINK_REQUEST_BYTES_MAX];
        struct json_text text = request_begin(bytes, "session.probe");
        json_text_pair(&text, false, "session", span_text(run->gateway->sessions[session].id));
        bool sent = request_send(run, &text, WISH_PROBE, session);
        router_probed(&run->router, session, sent);
    }
}

static bool echo_awaited(const struct router *router)
{
    for (uint32_t i = 0; i < router->sessions_count; i++) {
        if (router->sessions[i].tested_ns != 0) {
            return true;
        }
    }
    return false;
}

static void ask_rows(struct router_run *run)
{
    uint64_t interval_ms = echo_awaited(&run->router) ? ROUTER_ROWS_SOON_MS : ROUTER_ROWS_MS;
    uint64_t past_ns = run->now.monotonic_ns - run->rows_asked_ns;
    if (!run->rows_wanted || past_ns < interval_ms * MILLISECOND_NS) {
        return;
    }
    char bytes[CONTROL_LINK_REQUEST_BYTES_MAX];
    struct json_text text = request_begin(bytes, "session.list");
    run->rows_asked_ns = run->now.monotonic_ns;
    run->rows_wanted = !request_send(run, &text, WISH_ROWS, 0);
}

/* --- Answers ------------------------------------------------------------------------------- */

static uint64_t row_uint(const struct json_flat *row, const char *name)
{
    const char *value = json_flat_find(row, name);
    return value != NULL ? strtoull(value, NULL, 10) : 0;
}

static void take_rows(struct router_run *run, uint64_t now_ns)
{
    const struct zeromq_frames *frames = &run->control.frames;
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    for (uint32_t i = 1; i < frames->count; i++) {
        struct json_flat *row = &run->row;
        if (!json_flat_read(frames->list[i], row, error)) {
            continue;
        }
        const char *session = json_flat_find(row, "session");
        const char *state = json_flat_find(row, "state");
        if (session == NULL || state == NULL) {
            continue;
        }
        struct router_row told = {
            .session = span_text(session),
            .ready = strcmp(state, "READY") == 0,
            .backlog_bytes = row_uint(row, "unsent_bytes"),
            .echoes = row_uint(row, "echoes"),
            .round_trip_ns = row_uint(row, "round_trip_ns"),
        };
        router_row(&run->router, now_ns, &told);
    }
}

/* The answer's first frame says that it was done; else it is told what was not, and why. */
static bool was_done(struct router_run *run, const char *what)
{
    const struct zeromq_frames *frames = &run->control.frames;
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    char words[512];
    if (frames->count > 0 && json_flat_read(frames->list[0], &run->row, error)) {
        if (json_flat_true(&run->row, "ok")) {
            return true;
        }
        const char *answer = json_flat_find(&run->row, "answer");
        (void)snprintf(words, sizeof(words), "%s is refused: %.300s", what,
                       answer != NULL ? answer : "");
    } else {
        (void)snprintf(words, sizeof(words), "the answer to %s cannot be read", what);
    }
    say(run, SEVERITY_WARNING, words);
    return false;
}

static void take_answer(struct router_run *run, struct control_wish wish, uint64_t now_ns)
{
    switch (wish.kind) {
    case WISH_POST:
        (void)was_done(run, "broker.measure");
        return;
    case WISH_ROWS:
        run->rows_wanted = true;
        if (was_done(run, "session.list")) {
            take_rows(run, now_ns);
        }
        return;
    case WISH_PROBE:
        if (!was_done(run, "session.probe")) {
            router_probed(&run->router, wish.number, false);
        }
        return;
    default:
        return;
    }
}

static void take_loss(struct router_run *run, struct control_wish wish)
{
    switch (wish.kind) {
    case WISH_POST:
        router_post_failed(&run->router, wish.number);
        return;
    case WISH_ROWS:
        run->rows_wanted = true;
        return;
    case WISH_PROBE: /* It may have gone out, yet nothing is known of it. */
        router_probed(&run->router, wish.number, false);
        return;
    default:
        return;
    }
}

static bool take_answers(struct router_run *run, uint64_t now_ns)
{
    struct control_wish wish = {.kind = 0};
    for (uint32_t i = 0; i < 2 * CONTROL_LINK_WAITING_MAX; i++) {
        switch (control_link_next(&run->control, &wish)) {
        case CONTROL_LINK_ANSWER:
            take_answer(run, wish, now_ns);
            break;
        case CONTROL_LINK_LOST:
            take_loss(run, wish);
            break;
        case CONTROL_LINK_NONE:
            return true;
        case CONTROL_LINK_FAILED:
            return false;
        }
    }
    return true;
}

/* --- The bus --------------------------------------------------------------------------------- */

static void begin_anew(struct router_run *run)
{
    router_init(&run->router, &run->gateway->router, &run->gateway->engine, 0);
    run->live = false;
}

static enum status bus_follow(struct router_run *run, uint64_t from_seq, char *error)
{
    const struct bus_client_config config = {
        .zeromq = run->config->zeromq,
        .bus_endpoint = run->gateway->bus_endpoint,
        .replay_endpoint = run->gateway->replay_endpoint,
        .from_seq = from_seq,
        .topics = topics,
        .topics_count = ARRAY_LEN(topics),
    };
    TRY(bus_client_open(&run->bus, &config, error));
    run->bus_open = true;
    begin_anew(run);
    return STATUS_OK;
}

/* Where the stream is, so that the last part of it can be read. Asked again and again while the
 * gateway is away. */
static enum status find_stream(struct router_run *run, char *error)
{
    struct span request = span_text("LAST");
    uint64_t now_ns = clock_monotonic_ns();
    if (run->replay.handle == NULL) {
        const struct zeromq_options options = {.kind = ZEROMQ_DEALER, .connected_only_off = true};
        TRY(zeromq_socket_open(run->config->zeromq, &options, &run->replay, error));
        TRY(zeromq_connect(&run->replay, run->gateway->replay_endpoint, error));
        run->replay_asked = false;
    }
    if (!run->replay_asked) {
        run->replay_asked = zeromq_send(&run->replay, &request, 1) == STATUS_OK;
        run->replay_asked_ns = now_ns;
    }
    struct zeromq_poll item = {.socket = &run->replay};
    TRY(zeromq_poll(&item, 1, ROUTER_WAIT_MS));
    const struct zeromq_frames *frames = &run->replay_frames;
    bool answered = zeromq_receive(&run->replay, &run->replay_frames) == STATUS_OK &&
                    frames->count == 4 && span_is(frames->list[0], "END") &&
                    frames->list[2].size == 8;
    if (!answered && now_ns - run->replay_asked_ns < BUS_CLIENT_ANSWER_MS * MILLISECOND_NS) {
        return STATUS_OK;
    }
    uint64_t last = answered ? bus_seq_decode(frames->list[2]) : 0;
    zeromq_frames_release(&run->replay_frames);
    zeromq_socket_close(&run->replay);
    if (!answered) {
        return STATUS_OK;
    }
    uint64_t from = last > ROUTER_REBUILD_EVENTS ? last - ROUTER_REBUILD_EVENTS + 1 : 1;
    return bus_follow(run, from, error);
}

/* Takes what the bus has; false: a socket of it failed. */
static bool take_events(struct router_run *run)
{
    for (uint32_t i = 0; i < ROUTER_TURN_EVENTS_MAX; i++) {
        struct bus_event event;
        switch (bus_client_next(&run->bus, i == 0 ? ROUTER_WAIT_MS : 0, &event)) {
        case BUS_CLIENT_EVENT:
            router_event(&run->router, event.topic, event.message);
            break;
        case BUS_CLIENT_TIMEOUT:
            /* Nothing has been heard at all: then it is not known that nothing is missing. */
            if (!run->live && !run->bus.behind && run->bus.seq_next > 0) {
                run->live = true;
                say(run, SEVERITY_INFO, "its picture is rebuilt; it follows the present");
            }
            return true;
        case BUS_CLIENT_NEW_INSTANCE:
            say(run, SEVERITY_WARNING, "the gateway runs on another store: begins anew");
            begin_anew(run);
            break;
        case BUS_CLIENT_BACKWARD:
            say(run, SEVERITY_WARNING, "the store went back: begins anew from there");
            begin_anew(run);
            break;
        case BUS_CLIENT_MISSING:
            break;
        case BUS_CLIENT_FAILED:
            return false;
        }
    }
    return true;
}

/* The engine's time up to which nothing can be missing: while it is silent, its time stands. */
static uint64_t time_heard(const struct router_run *run)
{
    uint64_t heard_ns =
        run->bus.heard_ns > run->control.heard_ns ? run->bus.heard_ns : run->control.heard_ns;
    uint64_t silent_ns = run->now.monotonic_ns > heard_ns ? run->now.monotonic_ns - heard_ns : 0;
    return run->now.engine_ns > silent_ns ? run->now.engine_ns - silent_ns : 0;
}

/* --- Turns ----------------------------------------------------------------------------------- */

static void say_ready(struct router_run *run)
{
    if (run->config->say_ready && !run->said_ready) {
        (void)printf("fixgate service router ready pid=%ld\n", (long)getpid());
        (void)fflush(stdout);
    }
    run->said_ready = true;
}

static bool turn(struct router_run *run)
{
    bool heard = take_events(run);
    run->now = clock_read(&run->clock);
    uint64_t now_ns = time_heard(run);
    if (!heard || !take_answers(run, now_ns)) {
        return false;
    }
    if (run->live) {
        router_tick(&run->router, now_ns);
        send_posts(run);
        send_probes(run);
        ask_rows(run);
        say_ready(run);
    }
    tell_news(run);
    return true;
}

static void close_sockets(struct router_run *run)
{
    if (run->bus_open) {
        bus_client_close(&run->bus);
    }
    run->bus_open = false;
    control_link_close(&run->control);
    memset(&run->control, 0, sizeof(run->control));
    run->rows_wanted = true;
}

/* A socket failed: all of them begin anew. */
static enum status recover(struct router_run *run, char *error)
{
    say(run, SEVERITY_WARNING, "a socket failed: connects anew");
    close_sockets(run);
    return control_link_open(&run->control, run->config->zeromq, run->gateway->control_endpoint,
                             error);
}

static enum status follow(struct router_run *run, char *error)
{
    say(run, SEVERITY_INFO,
        run->gateway->router.shadow ? "begins, in shadow mode: it steers nothing" : "begins");
    TRY(control_link_open(&run->control, run->config->zeromq, run->gateway->control_endpoint,
                          error));
    run->rows_wanted = true;
    while (!service_stopped(run->config)) {
        if (!run->bus_open) {
            run->now = clock_read(&run->clock);
            TRY(find_stream(run, error));
        } else if (!turn(run)) {
            TRY(recover(run, error));
        }
        log_flush(&run->log, run->now.engine_ns);
    }
    say(run, SEVERITY_INFO, "ends in good order");
    return STATUS_OK;
}

static enum status run_router(const struct service_config *config,
                              char error[SERVICE_ERROR_BYTES_MAX])
{
    struct router_run *run = calloc(1, sizeof(*run));
    if (run == NULL) {
        (void)snprintf(error, SERVICE_ERROR_BYTES_MAX, "out of memory");
        return STATUS_FULL;
    }
    run->config = config;
    run->gateway = config->gateway;
    run->now = clock_read(&run->clock);
    run->started_ns = run->now.engine_ns;
    enum status status = log_open(&run->log, &config->gateway->log);
    if (status != STATUS_OK) {
        (void)snprintf(error, SERVICE_ERROR_BYTES_MAX, "LogFile %s: cannot open",
                       config->gateway->log.path);
        free(run);
        return status;
    }
    status = follow(run, error);
    close_sockets(run);
    zeromq_frames_release(&run->replay_frames);
    if (run->replay.handle != NULL) {
        zeromq_socket_close(&run->replay);
    }
    log_close(&run->log, run->now.engine_ns);
    free(run);
    return status;
}

const struct service router_service = {.name = "router", .run = run_router};

/* What the router service says to the control socket, and what it is answered. */
#include "gateway/core/routing/routing_post.h"
#include "gateway/services/router_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MILLISECOND_NS UINT64_C(1000000)

enum { WISH_POST = 1, WISH_ROWS, WISH_PROBE, WISH_ALERT };

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
    json_text_pair(&text, false, "operator", span_text(OPERATOR_ROUTER));
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

/* One that changes something: it has a key, and is done once however often it comes. */
static struct json_text post_begin(struct router_run *run, char *bytes, const char *command)
{
    char key[64];
    struct json_text text = request_begin(bytes, command);
    run->posts_count += 1;
    (void)snprintf(key, sizeof(key), "router-%" PRIx64 "-%" PRIu64, run->started_ns,
                   run->posts_count);
    json_text_pair(&text, false, "key", span_text(key));
    return text;
}

static bool send_post(struct router_run *run, const struct router_post *post)
{
    char bytes[CONTROL_LINK_REQUEST_BYTES_MAX];
    struct json_text text = post_begin(run, bytes, "broker.measure");
    json_text_pair(&text, false, "broker", span_text(run->gateway->brokers[post->broker].name));
    json_text_pair(&text, false, "breaker", span_text(breaker_state_name(post->breaker)));
    pair_uint(&text, "score", post->score);
    pair_uint(&text, "ramp", post->ramp);
    pair_uint(&text, "probes", post->probes);
    pair_uint(&text, "latency-us", post->figures.latency_us);
    pair_uint(&text, "pending", post->figures.pending);
    pair_uint(&text, "orders", post->figures.orders);
    pair_uint(&text, "failed", post->figures.failed);
    json_text_pair(&text, false, "reason", text_span(&post->reason));
    json_text_pair(&text, false, "router", span_text(run->name));
    return request_send(run, &text, WISH_POST, post->broker);
}

void router_run_send_posts(struct router_run *run)
{
    struct router_post post;
    for (uint32_t i = 0; i < ENGINE_BROKERS_MAX && router_post_next(&run->router, &post); i++) {
        if (!send_post(run, &post)) {
            router_post_failed(&run->router, post.broker);
            return;
        }
    }
}

void router_run_send_alert(struct router_run *run, const struct router_news *news)
{
    if (!news->alert) {
        return;
    }
    char bytes[CONTROL_LINK_REQUEST_BYTES_MAX];
    struct json_text text = post_begin(run, bytes, "alert.post");
    json_text_pair(&text, false, "severity", span_text("warning"));
    if (news->broker != ENGINE_BROKERS_MAX) {
        json_text_pair(&text, false, "broker", span_text(run->gateway->brokers[news->broker].name));
    }
    json_text_pair(&text, false, "reason", text_span(&news->text));
    (void)request_send(run, &text, WISH_ALERT, 0);
}

void router_run_send_probes(struct router_run *run)
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

void router_run_ask_rows(struct router_run *run)
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

/* NULL: the answer's first frame says that it was done. Else why not; valid until the next row. */
static const char *why_not(struct router_run *run)
{
    const struct zeromq_frames *frames = &run->control.frames;
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    if (frames->count == 0 || !json_flat_read(frames->list[0], &run->row, error)) {
        return "the answer cannot be read";
    }
    const char *answer = json_flat_find(&run->row, "answer");
    return json_flat_true(&run->row, "ok") ? NULL : answer != NULL ? answer : "";
}

static void tell_refused(struct router_run *run, const char *what, const char *why)
{
    char words[512];
    (void)snprintf(words, sizeof(words), "%s is refused: %.300s", what, why);
    router_run_say(run, SEVERITY_WARNING, words);
}

static bool was_done(struct router_run *run, const char *what)
{
    const char *why = why_not(run);
    if (why != NULL) {
        tell_refused(run, what, why);
    }
    return why == NULL;
}

/* Refused in each second: said once. */
static void take_rival(struct router_run *run, const char *why)
{
    uint64_t now_ns = run->now.monotonic_ns;
    uint64_t pause_ns = now_ns - run->refused_last_ns;
    run->refused_last_ns = now_ns;
    if (run->refused_ns == 0) {
        tell_refused(run, "broker.measure", why);
        run->refused_ns = now_ns;
    } else if (pause_ns > ROUTING_ROUTER_KEPT_MS * MILLISECOND_NS) {
        run->refused_ns = now_ns; /* The gateway was away meanwhile. */
    }
    run->given_up =
        run->config->own_process && now_ns - run->refused_ns >= ROUTER_REFUSED_MS * MILLISECOND_NS;
}

static void take_post(struct router_run *run)
{
    const char *why = why_not(run);
    if (why == NULL && run->refused_ns != 0) {
        run->refused_ns = 0;
        router_run_say(run, SEVERITY_INFO, "no other router posts any more: this one does");
    } else if (why != NULL && strstr(why, ROUTING_OTHER_POSTS) == why) {
        take_rival(run, why);
    } else if (why != NULL) {
        tell_refused(run, "broker.measure", why);
    }
}

static void take_answer(struct router_run *run, struct control_wish wish, uint64_t now_ns)
{
    switch (wish.kind) {
    case WISH_POST:
        take_post(run);
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
    case WISH_ALERT:
        (void)was_done(run, "alert.post");
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

bool router_run_take_answers(struct router_run *run, uint64_t now_ns)
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

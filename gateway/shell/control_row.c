/* A session as a row of session.list. */
#include "fix/timestamp.h"
#include "gateway/shell/config.h"
#include "gateway/shell/control.h"
#include "gateway/shell/json_text.h"

#include <stdio.h>

enum {
    ESCAPED_BYTES_MAX = 6, /* Of one byte: \u0001 */
    ADDRESS_BYTES_MAX = 200,
    PLAIN_BYTES_MAX = 2048, /* Everything else of a row: names, numbers, times. */
};

_Static_assert((int)CONTROL_ROW_BYTES_MAX >=
                   (int)PLAIN_BYTES_MAX + (int)ESCAPED_BYTES_MAX *
                                              ((int)CONFIG_SESSION_ID_BYTES_MAX +
                                               (int)ENGINE_NAME_BYTES_MAX + (int)ADDRESS_BYTES_MAX),
               "a row holds the longest names");
_Static_assert((int)JSON_FLAT_BYTES_MAX >= (int)CONTROL_ROW_BYTES_MAX, "a row can be read again");

/* --- Members ------------------------------------------------------------------------- */

static void pair_text(struct json_text *text, const char *name, const char *value)
{
    json_text_pair(text, false, name, span_text(value));
}

/* A number beyond 2^63, which many readers of JSON refuse, is text: a peer may set numbers. */
static void pair_uint(struct json_text *text, const char *name, uint64_t value)
{
    json_text_words(text, ",\"");
    json_text_words(text, name);
    json_text_words(text, value > INT64_MAX ? "\":\"" : "\":");
    json_text_uint(text, value);
    json_text_words(text, value > INT64_MAX ? "\"" : "");
}

static void pair_bool(struct json_text *text, const char *name, bool value)
{
    json_text_words(text, ",\"");
    json_text_words(text, name);
    json_text_words(text, value ? "\":true" : "\":false");
}

void control_pair_time(struct json_text *text, const char *name, uint64_t instant_ns)
{
    char words[TIMESTAMP_TEXT_BYTES_MAX];
    size_t size = 0;
    if (instant_ns != 0 && instant_ns != UINT64_MAX) {
        size = timestamp_format(instant_ns, 0, words);
    }
    json_text_pair(text, false, name, span_of(words, size));
}

/* --- When ---------------------------------------------------------------------------- */

struct window {
    struct session_day day; /* Of now, or the next one. */
    bool open;              /* The schedule lets the session be logged on. */
    uint64_t change_ns;     /* When that changes; UINT64_MAX: never. */
};

static struct window window_of(const struct schedule *schedule, uint64_t now_ns)
{
    struct window window = {.open = true, .change_ns = UINT64_MAX};
    if (schedule->kind == SCHEDULE_NON_STOP) {
        return window;
    }
    bool in_day = schedule_day(schedule, now_ns, &window.day);
    window.open = in_day && now_ns >= window.day.logon_ns && now_ns < window.day.logout_ns;
    if (window.open) {
        window.change_ns = window.day.logout_ns;
    } else if (now_ns < window.day.logon_ns) {
        window.change_ns = window.day.logon_ns;
    } else { /* Between the end of its window and its own. */
        struct session_day next;
        (void)schedule_day(schedule, window.day.end_ns, &next);
        window.change_ns = next.logon_ns;
    }
    return window;
}

/* --- What ---------------------------------------------------------------------------- */

static const char *role_name(enum session_role role)
{
    switch (role) {
    case ROLE_ORDERS:
        return "orders";
    case ROLE_DROPCOPY:
        return "dropcopy";
    case ROLE_MARKETDATA:
        return "marketdata";
    }
    return "";
}

/* The session's state; of one without a connection, why. */
static const char *state_name(const struct link *link, const struct window *window)
{
    if (link->connected) {
        return session_state_name(link->session.state);
    }
    if (link->down) {
        return "LOGGED_OFF";
    }
    if (!window->open) {
        return "OFF_SCHEDULE";
    }
    return link->connecting ? "CONNECTING" : session_state_name(SESSION_DISCONNECTED);
}

/* host:port where it connects to, or where its peer does. */
static void address_of(const struct control *control, const struct link *link,
                       char text[ADDRESS_BYTES_MAX + 1])
{
    const char *host = NULL;
    uint16_t port = 0;
    text[0] = '\0';
    if (link->config->fix.acceptor) {
        if (link->config->listener >= control->listeners->count) {
            return;
        }
        const struct listener *listener = &control->listeners->list[link->config->listener];
        host = listener->config->host;
        port = listener->port;
    } else {
        const struct connection_config *config = &control->connections[link->number];
        if (link->endpoint >= config->endpoints_count) {
            return;
        }
        host = config->endpoints[link->endpoint].host;
        port = config->endpoints[link->endpoint].port;
    }
    bool six = host != NULL && strchr(host, ':') != NULL;
    (void)snprintf(text, ADDRESS_BYTES_MAX + 1, "%s%.180s%s:%u", six ? "[" : "",
                   host != NULL ? host : "*", six ? "]" : "", (unsigned)port);
}

static void add_connection(struct json_text *text, const struct control *control,
                           const struct link *link, const struct window *window)
{
    char address[ADDRESS_BYTES_MAX + 1];
    address_of(control, link, address);
    pair_text(text, "address", address);
    if (link->config->fix.acceptor) {
        return;
    }
    bool waits = !link->connected && !link->connecting && !link->down && window->open;
    pair_uint(text, "endpoint", (uint64_t)link->endpoint + 1);
    pair_uint(text, "endpoints", link->config->endpoints_count);
    pair_uint(text, "tries", link->tries);
    control_pair_time(text, "next_try", waits ? link->connect_at_ns : 0);
}

static void add_schedule(struct json_text *text, const struct link *link,
                         const struct window *window)
{
    if (link->config->schedule.kind != SCHEDULE_NON_STOP) {
        control_pair_time(text, "next_change", window->change_ns);
        control_pair_time(text, "day_begin", window->day.begin_ns);
        control_pair_time(text, "day_end", window->day.end_ns);
        control_pair_time(text, "logon_from", window->day.logon_ns);
        control_pair_time(text, "logout_at", window->day.logout_ns);
    }
    if (link->config->has_reset_time) {
        bool postponed = link->reset_told && link->reset_due_for_ns == link->session.created_ns;
        pair_bool(text, "reset_postponed", postponed);
    }
}

void control_row(const struct control *control, struct control_answer *answer,
                 const struct engine *engine, const struct link *link)
{
    const struct engine_session_config *config = link->config;
    const struct session *session = &link->session;
    struct window window = window_of(&config->schedule, control->now->engine_ns);
    struct json_text text = control_frame_begin(answer);
    uint64_t resend_next = 0;
    uint64_t resend_end = 0;
    json_text_words(&text, "{");
    json_text_pair(&text, true, "session", span_text(config->id));
    pair_text(&text, "broker", engine->config->brokers[config->broker].name);
    pair_text(&text, "role", role_name(config->role));
    pair_text(&text, "type", config->fix.acceptor ? "acceptor" : "initiator");
    pair_text(&text, "state", state_name(link, &window));
    pair_bool(&text, "connected", link->connected);
    pair_bool(&text, "down", link->down);
    pair_bool(&text, "in_session_time", window.open);
    pair_uint(&text, "seq_in_next", session->seq_in_next);
    pair_uint(&text, "seq_out_next", session->seq_out_next);
    control_pair_time(&text, "numbers_since", session->created_ns);
    pair_uint(&text, "open_orders", link->open_count);
    pair_uint(&text, "unacknowledged", link->unacked_count);
    pair_uint(&text, "unsent_bytes", link->backlog_bytes);
    if (session_resend_next(session, &resend_next, &resend_end)) {
        pair_uint(&text, "resending", resend_next);
        pair_uint(&text, "resending_to", resend_end);
    }
    add_connection(&text, control, link, &window);
    add_schedule(&text, link, &window);
    json_text_words(&text, "}");
    control_frame_end(answer, &text);
}

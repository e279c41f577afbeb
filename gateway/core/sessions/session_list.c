/* Sessions as rows of session.list. */
#include "gateway/core/commands/command_parts.h"

#include "gateway/core/sessions/links.h"

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

static void add_endpoints(struct command_row *row, const struct link *link,
                          const struct window *window)
{
    if (link->config->fix.acceptor) {
        return;
    }
    bool waits = !link->connected && !link->connecting && !link->down && window->open;
    row_number(row, "endpoint", (uint64_t)link->endpoint + 1);
    row_number(row, "endpoints", link->config->endpoints_count);
    row_number(row, "tries", link->tries);
    row_time(row, "next_try", waits ? link->connect_at_ns : 0);
}

static void add_schedule(struct command_row *row, const struct link *link,
                         const struct window *window)
{
    if (link->config->schedule.kind != SCHEDULE_NON_STOP) {
        row_time(row, "next_change", window->change_ns);
        row_time(row, "day_begin", window->day.begin_ns);
        row_time(row, "day_end", window->day.end_ns);
        row_time(row, "logon_from", window->day.logon_ns);
        row_time(row, "logout_at", window->day.logout_ns);
    }
    if (link->config->has_reset_time) {
        row_truth(row, "reset_postponed",
                  link->reset_told && link->reset_due_for_ns == link->session.created_ns);
    }
}

static bool list_one(struct command_call *call, const struct link *link)
{
    const struct engine_config *config = call->engine->config;
    const struct session *session = &link->session;
    struct window window = window_of(&link->config->schedule, call->engine->now_ns);
    struct command_row row = {.count = 0};
    uint64_t resend_next = 0;
    uint64_t resend_end = 0;
    row_text(&row, "session", link->config->id);
    row_text(&row, "broker", config->brokers[link->config->broker].name);
    row_text(&row, "role", role_name(link->config->role));
    row_text(&row, "type", link->config->fix.acceptor ? "acceptor" : "initiator");
    row_text(&row, "state", state_name(link, &window));
    row_time(&row, "since", link->told_ns);
    row_words(&row, "why", text_span(&link->why));
    row_truth(&row, "connected", link->connected);
    row_truth(&row, "down", link->down);
    row_truth(&row, "in_session_time", window.open);
    row_number(&row, "seq_in_next", session->seq_in_next);
    row_number(&row, "seq_out_next", session->seq_out_next);
    row_time(&row, "numbers_since", session->created_ns);
    row_number(&row, "open_orders", link->open_count);
    row_number(&row, "unacknowledged", link->unacked_count);
    row_number(&row, "unsent_bytes", link->backlog_bytes);
    row_number(&row, "echoes", session->echoes);
    row_number(&row, "round_trip_ns", session->round_trip_ns);
    if (session_resend_next(session, &resend_next, &resend_end)) {
        row_number(&row, "resending", resend_next);
        row_number(&row, "resending_to", resend_end);
    }
    add_endpoints(&row, link, &window);
    add_schedule(&row, link, &window);
    return command_row(call, &row);
}

bool session_list(struct command_call *call)
{
    uint32_t count = call->engine->config->sessions_count;
    for (uint32_t number = 0; number < count; number++) {
        if (!list_one(call, &call->engine->links[number])) {
            return command_refused(call, "the sessions do not fit into one answer");
        }
    }
    text_add_uint(&call->out->answer, count);
    return command_done(call, " sessions");
}

/* When a link may be logged on, and when its numbers begin anew. */
#include "gateway/core/sessions/link_parts.h"

/* A reset that the session could not begin just now is tried again after this. */
#define RESET_RETRY_NS UINT64_C(1000000000)

/* --- Session day ------------------------------------------------------------------ */

static uint64_t border_after(uint64_t border_ns, uint64_t now_ns)
{
    return border_ns > now_ns ? border_ns : UINT64_MAX;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void look_up_day(const struct engine *engine, struct link *link)
{
    uint64_t now_ns = engine->now_ns;
    if (link->config->schedule.kind == SCHEDULE_NON_STOP) {
        link->in_day = true;
        link->day = (struct session_day){.end_ns = UINT64_MAX, .logout_ns = UINT64_MAX};
        link->day_due_ns = UINT64_MAX;
        return;
    }
    link->in_day = schedule_day(&link->config->schedule, now_ns, &link->day);
    link->day_due_ns = sooner(
        sooner(border_after(link->day.begin_ns, now_ns), border_after(link->day.end_ns, now_ns)),
        sooner(border_after(link->day.logon_ns, now_ns),
               border_after(link->day.logout_ns, now_ns)));
}

static bool in_window(const struct engine *engine, const struct link *link)
{
    return link->in_day && engine->now_ns >= link->day.logon_ns &&
           engine->now_ns < link->day.logout_ns;
}

/* The numbers are those of a session day before this one. */
static bool day_is_new(const struct link *link)
{
    return link->in_day && link->session.created_ns < link->day.begin_ns;
}

const char *link_closed_now(const struct engine *engine, const struct link *link)
{
    if (engine->stopping) {
        return "fixgate is shutting down";
    }
    if (link->down) {
        return "an operator keeps the session logged off";
    }
    return in_window(engine, link) ? NULL : "it is not the session's time";
}

/* --- Resets ------------------------------------------------------------------------ */

void link_reset(struct engine *engine, struct link *link)
{
    ASSERT(!link->connected);
    effects_reset(&engine->effects);
    session_reset(&link->session, engine->now_ns, &engine->effects);
    link_carry_out(engine, link, NULL, span_of(NULL, 0));
}

void link_schedule_renew(struct engine *engine, struct link *link)
{
    if (engine->now_ns >= link->day_due_ns) {
        look_up_day(engine, link);
    }
    struct session *session = &link->session;
    if (link->connected || !day_is_new(link)) {
        return;
    }
    if (session->seq_in_next == 1 && session->seq_out_next == 1) {
        session->created_ns = engine->now_ns; /* Nothing was said on it yet. */
        return;
    }
    link_log(engine, SEVERITY_INFO, link, span_text("a new session day has begun"));
    link_reset(engine, link);
}

/* The first instant of ResetSeqTime since the numbers were 1: so it is remembered
 * over a restart, and over the time that the session was not logged on. */
static uint64_t reset_due_ns(struct link *link)
{
    if (!link->config->has_reset_time) {
        return UINT64_MAX;
    }
    if (link->reset_due_ns == 0 || link->reset_due_for_ns != link->session.created_ns) {
        link->reset_due_for_ns = link->session.created_ns;
        link->reset_due_ns = schedule_next_time_ns(
            link->config->reset_zone, link->config->reset_second, link->session.created_ns);
        link->reset_told = false;
    }
    return link->reset_due_ns;
}

static void tell_postponed(struct engine *engine, struct link *link)
{
    if (link->reset_told) {
        return;
    }
    link->reset_told = true;
    struct text text = {.size = 0};
    text_add(text_add(&text, "session "), link->config->id);
    text_add_uint(text_add(&text, ": ResetSeqTime has come, but "), link->open_count);
    text_add(&text, " orders are open there; its numbers are reset once none is, or when an "
                    "operator confirms it");
    bus_alert(engine, "warning", link_broker(engine, link), span_of(NULL, 0), text_span(&text));
}

static void reset_by_time(struct engine *engine, struct link *link)
{
    if (engine->now_ns < reset_due_ns(link) || link->closing || link->logging_out ||
        !session_can_send(&link->session)) {
        return;
    }
    if (link->open_count > 0) {
        tell_postponed(engine, link);
        return;
    }
    if (engine->now_ns < link->reset_retry_ns) {
        return;
    }
    link->reset_retry_ns = engine->now_ns + RESET_RETRY_NS;
    link_request_reset(engine, link);
}

void link_request_reset(struct engine *engine, struct link *link)
{
    effects_reset(&engine->effects);
    session_request_reset(&link->session, engine->now_ns, &engine->effects);
    link_carry_out(engine, link, NULL, span_of(NULL, 0));
}

/* --- Time --------------------------------------------------------------------------- */

void link_schedule_start(struct engine *engine, struct link *link)
{
    look_up_day(engine, link);
}

/* Why we log out, to the peer. */
static const char *parting_words(const struct engine *engine, const struct link *link)
{
    if (engine->stopping) {
        return "fixgate is shutting down";
    }
    return link->down ? "logged off by an operator" : "session time is over";
}

void link_schedule_tick(struct engine *engine, struct link *link)
{
    link_schedule_renew(engine, link);
    if (!link->connected || link->closing || link->logging_out) {
        return;
    }
    if (link_closed_now(engine, link) != NULL) {
        link_logout(engine, link, parting_words(engine, link));
    } else if (day_is_new(link)) {
        link_logout(engine, link, "a new session day begins");
    } else {
        reset_by_time(engine, link);
    }
}

static uint64_t reset_wanted_ns(const struct engine *engine, const struct link *link)
{
    uint64_t due_ns = link->config->has_reset_time ? link->reset_due_ns : UINT64_MAX;
    if (due_ns > engine->now_ns) {
        return due_ns;
    }
    bool now = link->connected && !link->closing && !link->logging_out && link->open_count == 0 &&
               session_can_send(&link->session);
    return now ? link->reset_retry_ns : UINT64_MAX;
}

uint64_t link_schedule_due_ns(const struct engine *engine, const struct link *link)
{
    return sooner(link->day_due_ns, reset_wanted_ns(engine, link));
}

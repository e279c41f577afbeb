/* What a session does because time passes. */
#include "tests/sim/broker_parts.h"
#include "tests/sim/gateway.h"

#define GAP_NS (10 * SIM_SECOND_NS) /* A gap that does not move is asked for again. */

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

bool broker_border_passed(const struct broker_session *session)
{
    uint64_t border_ns = session->set->day_border_ns;
    return border_ns != 0 && session->broker->sim->now_ns >= border_ns;
}

void broker_border(struct broker_session *session)
{
    if (!session->set->present || session->border_done || !broker_border_passed(session)) {
        return;
    }
    if (session->state == BROKER_LOGGED_ON) {
        broker_logout(session, "the session day is over");
        return;
    }
    if (session->state == BROKER_DOWN || session->state == BROKER_AWAITING) {
        trace_say(&session->broker->sim->trace, session->name, "a new session day: numbers are 1");
        broker_numbers_restart(session);
        session->reset_wanted = false;
        session->day_fresh = true;
    }
}

/* --- Deadlines ------------------------------------------------------------------------- */

static uint64_t heartbeat_ns(const struct broker_session *session)
{
    bool speaks = session->state == BROKER_LOGGED_ON && !session->broker->mute;
    return session->heart_ns == 0 || !speaks ? BROKER_NEVER : session->sent_ns + session->heart_ns;
}

static uint64_t test_ns(const struct broker_session *session)
{
    bool speaks = session->state == BROKER_LOGGED_ON && !session->broker->mute;
    return session->heart_ns == 0 || session->tested || !speaks
               ? BROKER_NEVER
               : session->received_ns + session->heart_ns / 5 * 6;
}

static uint64_t silence_ns(const struct broker_session *session)
{
    return session->heart_ns == 0 || session->state != BROKER_LOGGED_ON
               ? BROKER_NEVER
               : session->received_ns + session->heart_ns / 5 * 12;
}

static uint64_t gap_ns(const struct broker_session *session)
{
    bool asks = session->state == BROKER_LOGGED_ON && !session->broker->mute;
    return session->gap_end == 0 || !asks ? BROKER_NEVER : session->gap_moved_ns + GAP_NS;
}

static uint64_t dial_ns(const struct broker_session *session)
{
    return session->set->broker_dials && session->state == BROKER_DOWN ? session->redial_ns
                                                                       : BROKER_NEVER;
}

static uint64_t border_ns(const struct broker_session *session)
{
    bool waits =
        session->set->day_border_ns != 0 && !session->border_done && !broker_border_passed(session);
    return waits ? session->set->day_border_ns : BROKER_NEVER;
}

static uint64_t deadline_ns(const struct broker_session *session)
{
    uint64_t at_ns = sooner(heartbeat_ns(session), test_ns(session));
    at_ns = sooner(at_ns, silence_ns(session));
    at_ns = sooner(at_ns, gap_ns(session));
    at_ns = sooner(at_ns, session->until_ns);
    at_ns = sooner(at_ns, dial_ns(session));
    at_ns = sooner(at_ns, border_ns(session));
    return sooner(at_ns, broker_flush_due_ns(session));
}

/* --- Acting ---------------------------------------------------------------------------- */

void broker_test(struct broker_session *session)
{
    uint64_t number = session->out_next;
    struct wire_text body;
    body.size = 0;
    wire_add_uint(&body, 112, number);
    if (broker_send(session, "1", wire_fields(&body))) {
        session->tested = true;
        session->test_number = number;
    }
}

/* Nothing has delayed the gateway's Heartbeat. */
static void judge_silence(const struct broker_session *session)
{
    struct sim *sim = session->broker->sim;
    if (sim->settling && session->received_ns > sim->settling_ns &&
        sim_gateway_was_there(sim->gateway, session->set->number, session->received_ns)) {
        sim_violate(sim, ORACLE_DEADLINE, "%s has not had a Heartbeat for longer than agreed",
                    session->name);
    }
}

static void act_upon_time(struct broker_session *session)
{
    uint64_t now_ns = session->broker->sim->now_ns;
    broker_border(session);
    if (now_ns >= silence_ns(session)) {
        broker_line_drop(session, "the gateway was silent for too long");
    } else if (now_ns >= session->until_ns) {
        broker_line_drop(session, "no answer");
    } else if (now_ns >= dial_ns(session)) {
        broker_dial(session);
    }
    if (now_ns >= test_ns(session)) {
        judge_silence(session);
        broker_test(session);
    }
    if (now_ns >= gap_ns(session)) {
        session->gap_asked = false;
        session->gap_moved_ns = now_ns;
        broker_gap_ask(session);
    }
    if (now_ns >= heartbeat_ns(session)) {
        (void)broker_send(session, "0", span_of(NULL, 0));
    }
    broker_flush(session);
}

static void act_timer(void *actor, uint64_t number)
{
    struct broker_session *session = actor;
    (void)number;
    if (session->broker->sim->now_ns < session->timer_ns) {
        return; /* Of an entry that an earlier one has replaced. */
    }
    session->timer_ns = BROKER_NEVER;
    if (broker_awake(session->broker)) {
        act_upon_time(session);
        ASSERT(deadline_ns(session) > session->broker->sim->now_ns);
        broker_arm(session);
    }
}

void broker_arm(struct broker_session *session)
{
    struct sim *sim = session->broker->sim;
    if (!session->set->present || !broker_awake(session->broker)) {
        return;
    }
    uint64_t at_ns = deadline_ns(session);
    if (at_ns >= session->timer_ns) {
        return;
    }
    session->timer_ns = at_ns;
    sim_later(sim, at_ns > sim->now_ns ? at_ns - sim->now_ns : 0, act_timer, session, 0);
}

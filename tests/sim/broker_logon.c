/* The Logon exchange, and resets of the numbers. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/broker_parts.h"

/* The gateway's clock was on the other side of the day's border when it sent this. */
static bool of_another_day(const struct broker_session *session, const struct wire *wire)
{
    char border[WIRE_TIME_BYTES];
    if (session->set->day_border_ns == 0) {
        return false;
    }
    wire_time(session->set->day_border_ns, border);
    struct span sent = wire_value(wire, 52);
    size_t size = sent.size < strlen(border) ? sent.size : strlen(border);
    bool behind = memcmp(sent.data, border, size) < 0;
    return behind == session->border_done;
}

/* Numbers of another day are refused, even where they happen to fit, and say nothing about those of
 * this day. */
static bool notice_other_day(struct broker_session *session, const struct wire *wire)
{
    bool logout = session->day_fresh && span_is(wire->type, "5") && wire->seq != session->in_next;
    session->estranged = logout || of_another_day(session, wire);
    return session->estranged;
}

static void refuse(struct broker_session *session, const char *text)
{
    (void)broker_send_text(session, "5", text);
    broker_line_drop(session, text);
}

/* The gateway's Logon is right: numbers and gaps of both sides. `own` is the number of this side's
 * Logon. */
static void logged_on(struct broker_session *session, const struct wire *wire, uint64_t own)
{
    uint64_t expected;
    bool told = session->set->next_expected && wire_uint(wire, 789, &expected);
    broker_become(session, BROKER_LOGGED_ON);
    if (told) {
        broker_prove(session, expected);
    }
    if (told && expected < own) {
        broker_resend(session, expected, own - 1);
    }
    if (session->gap_end != 0 && told) {
        session->gap_asked = true; /* It resends unasked: it was told where to begin. */
    }
    broker_gap_ask(session);
    broker_border(session);
}

/* Uses the number of the gateway's Logon up, or sees the gap before it. */
static void take_logon(struct broker_session *session, const struct wire *wire)
{
    if (wire->seq == session->in_next) {
        session->in_next++;
        session->day_fresh = false;
        return;
    }
    if (wire->seq > session->in_next) {
        broker_gap_note(session, wire->seq);
        broker_early_keep(session, wire, true);
    }
}

static void take_heartbeat(struct broker_session *session, const struct wire *wire)
{
    uint64_t seconds;
    if (wire_uint(wire, 108, &seconds)) {
        session->heart_ns = seconds * SIM_SECOND_NS;
    }
}

/* A Logon that resets: both numbers are 1, and this is 1. */
static void take_restart(struct broker_session *session, const struct wire *wire)
{
    broker_tell_received(session, wire);
    session->in_next = 2;
    session->reset_wanted = false;
}

/* What the gateway expects was never sent. */
static bool expects_too_much(const struct broker_session *session, const struct wire *wire,
                             uint64_t most)
{
    uint64_t expected;
    return session->set->next_expected && wire_uint(wire, 789, &expected) && expected > most;
}

/* --- As acceptor -------------------------------------------------------------------------- */

/* Answers as if 141=Y had been asked for, and says so; the gateway's confirmation is to come. */
static void answer_with_reset(struct broker_session *session)
{
    broker_numbers_restart(session);
    broker_become(session, BROKER_LOGGED_ON);
    session->reset_wanted = true;
    session->reset_awaited = true;
    session->until_ns = session->broker->sim->now_ns + BROKER_ANSWER_NS;
    session->in_before = 0;
    (void)broker_send_logon(session, true);
}

static void accept(struct broker_session *session, const struct wire *wire)
{
    bool restart = wire_flag(wire, 141);
    take_heartbeat(session, wire);
    if (restart) {
        broker_numbers_restart(session);
        take_restart(session, wire);
        (void)broker_send_logon(session, true);
        logged_on(session, wire, 1);
        return;
    }
    if (session->set->resets_on_logon || session->reset_wanted) {
        answer_with_reset(session);
        return;
    }
    if (wire->seq < session->in_next && !wire->poss_dup) {
        broker_leave_too_low(session, wire->seq);
        return;
    }
    if (expects_too_much(session, wire, session->out_next)) {
        refuse(session, "NextExpectedMsgSeqNum too high");
        return;
    }
    take_logon(session, wire);
    uint64_t own = session->out_next;
    (void)broker_send_logon(session, false);
    logged_on(session, wire, own);
}

/* --- As initiator -------------------------------------------------------------------------- */

static void take_answer(struct broker_session *session, const struct wire *wire)
{
    bool restart = wire_flag(wire, 141);
    if (session->reset_wanted != restart) {
        refuse(session, restart ? "ResetSeqNumFlag was not asked for"
                                : "ResetSeqNumFlag was asked for and not given back");
        return;
    }
    if (restart) {
        take_restart(session, wire);
        logged_on(session, wire, 1);
        return;
    }
    if (wire->seq < session->in_next && !wire->poss_dup) {
        broker_leave_too_low(session, wire->seq);
        return;
    }
    if (expects_too_much(session, wire, session->out_next)) {
        refuse(session, "NextExpectedMsgSeqNum too high");
        return;
    }
    take_logon(session, wire);
    logged_on(session, wire, session->out_next - 1);
}

void broker_logon_first(struct broker_session *session, const struct wire *wire)
{
    struct sim *sim = session->broker->sim;
    bool acceptor = session->state == BROKER_AWAITING;
    bool logon = span_is(wire->type, "A");
    broker_border(session);
    bool other_day = notice_other_day(session, wire);
    bool resets = logon && wire_flag(wire, 141);
    if (resets && !acceptor && session->reset_wanted && !other_day) {
        oracle_numbers_reset(sim->oracle, session->set->number);
    }
    if (!resets) {
        broker_tell_received(session, wire);
    }
    if (session->broker->mute && logon) {
        return; /* It can give no answer: as if it had not come. */
    }
    if (!logon) {
        /* Of an acceptor a Logout, or a Reject: refused. Else its number is not used up: what
         * comes before the Logon (or behind one that we were too mute to take) is not taken. */
        bool refused = span_is(wire->type, "5") || span_is(wire->type, "3");
        bool due = refused && !acceptor && !other_day && wire->seq == session->in_next;
        session->in_next += due ? 1 : 0;
        broker_line_drop(session, acceptor ? "its first message is no Logon" : "refused");
    } else if (other_day) {
        refuse(session, "the numbers are those of another session day");
    } else if (resets && wire->seq != 1) {
        refuse(session, "a Logon with ResetSeqNumFlag=Y must have MsgSeqNum 1");
    } else if (acceptor) {
        accept(session, wire);
    } else {
        take_answer(session, wire);
    }
}

/* --- In a running session -------------------------------------------------------------------- */

void broker_logon_again(struct broker_session *session, const struct wire *wire)
{
    struct sim *sim = session->broker->sim;
    if (wire->seq != 1) {
        broker_tell_received(session, wire);
        broker_leave(session, "a Logon with ResetSeqNumFlag=Y must have MsgSeqNum 1");
        return;
    }
    if (session->reset_awaited) {
        oracle_numbers_reset(sim->oracle, session->set->number);
        session->reset_awaited = false;
        session->until_ns = BROKER_NEVER;
        take_restart(session, wire);
        trace_say(&sim->trace, session->name, "the reset is confirmed");
        return;
    }
    if (session->broker->mute) {
        return;
    }
    broker_numbers_restart(session);
    take_restart(session, wire);
    take_heartbeat(session, wire);
    (void)broker_send_logon(session, true);
}

void broker_reset(struct broker_session *session)
{
    struct sim *sim = session->broker->sim;
    if (!session->set->present || session->reset_awaited) {
        return;
    }
    session->reset_wanted = true;
    if (session->state != BROKER_LOGGED_ON || session->broker->mute) {
        return; /* With the next Logon. */
    }
    if (session->set->broker_dials) {
        broker_logout(session, "the sequence numbers are to be reset");
        return;
    }
    uint64_t in_before = session->in_next;
    broker_numbers_restart(session);
    session->in_before = in_before;
    session->reset_awaited = true;
    session->until_ns = sim->now_ns + BROKER_ANSWER_NS;
    (void)broker_send_logon(session, true);
}

void broker_logout(struct broker_session *session, const char *text)
{
    if (session->state == BROKER_LOGGED_ON && broker_send_text(session, "5", text)) {
        broker_become(session, BROKER_LOGOUT_SENT);
    }
}

/* Messages in, by their numbers: FIX 4.4 Volume 2, message recovery. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/broker_parts.h"

void broker_tell_received(struct broker_session *session, const struct wire *wire)
{
    if (!session->estranged) {
        oracle_received(session->broker->sim->oracle, session->set->number, wire->whole);
    }
}

/* --- Gaps ----------------------------------------------------------------------------- */

static void early_remove(struct broker_session *session, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        free(session->early[i].bytes);
    }
    session->early_count -= count;
    memmove(session->early, session->early + count, session->early_count * sizeof(*session->early));
}

void broker_early_clear(struct broker_session *session)
{
    early_remove(session, session->early_count);
    session->gap_end = 0;
    session->gap_asked = false;
}

void broker_early_keep(struct broker_session *session, const struct wire *wire, bool done)
{
    uint32_t place = session->early_count;
    while (place > 0 && session->early[place - 1].seq >= wire->seq) {
        place--;
    }
    bool known = place < session->early_count && session->early[place].seq == wire->seq;
    if (known || session->early_count == BROKER_EARLY_MAX || session->set->drops_early) {
        return;
    }
    memmove(session->early + place + 1, session->early + place,
            (session->early_count - place) * sizeof(*session->early));
    struct broker_early *early = &session->early[place];
    *early = (struct broker_early){.seq = wire->seq};
    if (!done) {
        early->size = wire->whole.size;
        early->bytes = malloc(early->size);
        ASSERT(early->bytes != NULL);
        memcpy(early->bytes, wire->whole.data, early->size);
    }
    session->early_count++;
}

void broker_gap_note(struct broker_session *session, uint64_t seq)
{
    if (session->gap_end == 0) {
        session->gap_moved_ns = session->broker->sim->now_ns;
    }
    session->gap_end = seq > session->gap_end ? seq : session->gap_end;
}

void broker_gap_ask(struct broker_session *session)
{
    struct wire_text body;
    if (session->gap_end == 0 || session->gap_asked) {
        return;
    }
    body.size = 0;
    wire_add_uint(&body, 7, session->in_next);
    wire_add(&body, 16, "0");
    session->gap_asked = broker_send(session, "2", wire_fields(&body));
}

/* --- Leaving --------------------------------------------------------------------------- */

void broker_leave(struct broker_session *session, const char *text)
{
    if (!broker_send_text(session, "5", text)) {
        broker_line_drop(session, text);
        return;
    }
    broker_become(session, BROKER_LEAVING);
}

void broker_leave_too_low(struct broker_session *session, uint64_t seq)
{
    char text[96];
    (void)snprintf(text, sizeof(text),
                   "MsgSeqNum too low, expecting %" PRIu64 " but received %" PRIu64,
                   session->in_next, seq);
    if (session->state == BROKER_LOGGED_ON || session->state == BROKER_LOGOUT_SENT) {
        broker_leave(session, text);
        return;
    }
    (void)broker_send_text(session, "5", text);
    broker_line_drop(session, text);
}

/* --- What each type does ----------------------------------------------------------------- */

static void act_heartbeat(struct broker_session *session, const struct wire *wire)
{
    uint64_t id;
    if (wire_uint(wire, 112, &id) && id != 0 && id == session->test_number) {
        broker_prove(session, session->test_number + 1);
        session->test_number = 0;
    }
}

static void act_test_request(struct broker_session *session, const struct wire *wire)
{
    struct wire_text body;
    body.size = 0;
    wire_add_span(&body, 112, wire_value(wire, 112));
    (void)broker_send(session, "0", wire_fields(&body));
}

static void act_resend_request(struct broker_session *session, const struct wire *wire)
{
    uint64_t begin;
    uint64_t end;
    uint64_t last = session->out_next - 1;
    if (!wire_uint(wire, 7, &begin) || !wire_uint(wire, 16, &end) || begin == 0 || begin > last ||
        (end != 0 && end < begin)) {
        broker_send_reject(session, wire, 5, 7, "no such range was ever sent");
        return;
    }
    broker_prove(session, begin);
    broker_resend(session, begin, end == 0 || end > last ? last : end);
}

static void act_gap_fill(struct broker_session *session, const struct wire *wire)
{
    uint64_t next;
    if (!wire_uint(wire, 36, &next) || next <= wire->seq) {
        session->in_next++;
        broker_send_reject(session, wire, 5, 36, "attempt to lower sequence number");
        return;
    }
    session->in_next = next;
}

/* SequenceReset-Reset: its own number does not matter. */
static void act_reset(struct broker_session *session, const struct wire *wire)
{
    uint64_t next;
    if (!wire_uint(wire, 36, &next) || next < session->in_next) {
        broker_send_reject(session, wire, 5, 36, "attempt to lower sequence number");
        return;
    }
    broker_early_clear(session);
    session->in_next = next;
}

static void act_logout(struct broker_session *session)
{
    if (session->state == BROKER_LOGOUT_SENT) {
        broker_line_drop(session, "both have logged out");
        return;
    }
    (void)broker_send_text(session, "5", "goodbye");
    broker_become(session, BROKER_LOGOUT_SENT);
    /* Whoever logged out first closes; it has not long to do so. */
    session->until_ns = session->broker->sim->now_ns + BROKER_LEAVE_NS;
}

static void act(struct broker_session *session, const struct wire *wire)
{
    char type = wire->type.size == 1 ? (char)wire->type.data[0] : '?';
    if (type == '4') {
        act_gap_fill(session, wire);
        return;
    }
    session->in_next++;
    session->day_fresh = false;
    switch (type) {
    case '0':
        act_heartbeat(session, wire);
        break;
    case '1':
        act_test_request(session, wire);
        break;
    case '2':
        act_resend_request(session, wire);
        break;
    case '5':
        act_logout(session);
        break;
    case '3':
    case 'A':
    case 'j':
        break; /* Nothing to be done about it. */
    default:
        broker_orders_receive(session, wire);
    }
}

/* PossDup wants to know when it was first sent, and not after this sending. */
static bool origin_right(struct broker_session *session, const struct wire *wire)
{
    struct span original = wire_value(wire, 122);
    struct span sent = wire_value(wire, 52);
    if (!wire->poss_dup || span_is(wire->type, "4")) {
        return true;
    }
    size_t size = original.size < sent.size ? original.size : sent.size;
    if (original.size == 0 || memcmp(original.data, sent.data, size) > 0) {
        if (wire->seq == session->in_next) {
            session->in_next++;
        }
        broker_send_reject(session, wire, original.size == 0 ? 1 : 10, 122, "OrigSendingTime");
        return false;
    }
    return true;
}

/* --- By number --------------------------------------------------------------------------- */

static bool is_reset(const struct wire *wire)
{
    return span_is(wire->type, "4") && !wire_flag(wire, 123);
}

static void receive_early(struct broker_session *session, const struct wire *wire)
{
    bool resend_request = span_is(wire->type, "2");
    bool logout = span_is(wire->type, "5");
    broker_gap_note(session, wire->seq);
    broker_early_keep(session, wire, resend_request || logout);
    if (resend_request) {
        act_resend_request(session, wire); /* First, or both could wait for each other. */
    }
    broker_gap_ask(session);
    if (logout) {
        act_logout(session);
    }
}

static void receive_late(struct broker_session *session, const struct wire *wire)
{
    if (wire->poss_dup) {
        (void)origin_right(session, wire);
    } else if (span_is(wire->type, "5")) {
        act_logout(session);
    } else {
        broker_leave_too_low(session, wire->seq);
    }
}

static void receive_numbered(struct broker_session *session, const struct wire *wire)
{
    if (is_reset(wire)) {
        act_reset(session, wire);
    } else if (wire->seq > session->in_next) {
        receive_early(session, wire);
    } else if (wire->seq < session->in_next) {
        receive_late(session, wire);
    } else if (origin_right(session, wire)) {
        session->gap_moved_ns = session->broker->sim->now_ns;
        act(session, wire);
    }
}

/* What was kept and is due now; and is the gap closed? */
static void receive_kept(struct broker_session *session)
{
    const struct line *line = session->line;
    while (session->line == line && session->early_count > 0 &&
           session->early[0].seq <= session->in_next) {
        struct broker_early first = session->early[0];
        session->early[0].bytes = NULL;
        early_remove(session, 1);
        struct wire wire;
        size_t size;
        if (first.seq == session->in_next && first.bytes == NULL) {
            session->in_next++;
        } else if (first.seq == session->in_next) {
            enum wire_result result = wire_read(span_of(first.bytes, first.size), &wire, &size);
            ASSERT(result == WIRE_WHOLE);
            if (origin_right(session, &wire)) {
                act(session, &wire);
            }
        }
        free(first.bytes);
    }
    if (session->gap_end != 0 && session->in_next > session->gap_end) {
        broker_early_clear(session);
    }
}

/* Its reset is under way, and this was sent before the gateway heard of it: the last of the old
 * numbers count. */
static void receive_before_reset(struct broker_session *session, const struct wire *wire)
{
    if (span_is(wire->type, "5")) {
        act_logout(session);
        return;
    }
    if (wire->seq != session->in_before) {
        return;
    }
    session->in_before++;
    char type = wire->type.size == 1 ? (char)wire->type.data[0] : '?';
    if (strchr("012345Aj", type) == NULL) {
        broker_orders_receive(session, wire);
    }
}

static bool is_restart(const struct wire *wire)
{
    return span_is(wire->type, "A") && wire_flag(wire, 141);
}

static void receive_running(struct broker_session *session, const struct wire *wire)
{
    uint64_t processed;
    if (is_restart(wire) && session->state == BROKER_LOGGED_ON) {
        broker_logon_again(session, wire);
        return;
    }
    broker_tell_received(session, wire);
    if (session->state == BROKER_LEAVING) {
        if (span_is(wire->type, "5")) {
            session->in_next += wire->seq == session->in_next ? 1 : 0;
            broker_line_drop(session, "the gateway answers the Logout");
        }
        return;
    }
    if (session->reset_awaited) {
        receive_before_reset(session, wire);
        return;
    }
    if (wire_uint(wire, 369, &processed)) {
        broker_prove(session, processed + 1);
    }
    receive_numbered(session, wire);
    receive_kept(session);
}

void broker_receive(struct broker_session *session, const struct wire *wire)
{
    struct sim *sim = session->broker->sim;
    trace_message(&sim->trace, session->from, wire->whole, NULL);
    session->received_ns = sim->now_ns;
    session->tested = false;
    if (!span_is(wire_value(wire, 49), session->set->gateway_comp) ||
        !span_is(wire_value(wire, 56), session->set->broker_comp) || wire->seq == 0) {
        sim_violate(sim, ORACLE_LEGAL_MOVES, "%s: a message without its comp IDs or MsgSeqNum",
                    session->name);
        return;
    }
    if (session->state == BROKER_AWAITING || session->state == BROKER_LOGON_SENT) {
        broker_logon_first(session, wire);
    } else {
        receive_running(session, wire);
    }
}

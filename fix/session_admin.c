/* What each type of message does once its checks are behind it (§12, step 9). */
#include "fix/session_internal.h"

static struct span no_text(void)
{
    return span_of(NULL, 0);
}

static void deliver(const struct inbound *in)
{
    struct effect *effect = effects_add(in->out, EFFECT_DELIVER);
    effect->poss_dup = in->poss_dup;
    bool poss_resend = false;
    effect->poss_resend =
        message_bool(in->message, TAG_PossResend, &poss_resend) == VALUE_OK && poss_resend;
}

static void act_heartbeat(struct session *session, const struct inbound *in)
{
    uint64_t echo = 0;
    if (message_uint(in->message, TAG_TestReqID, &echo) != VALUE_OK) {
        return;
    }
    if (session->test_request_sent_ns == 0 || echo != session->test_request_id) {
        return;
    }
    uint64_t sent_ns = session->test_request_sent_ns;
    session->round_trip_ns = in->now_ns > sent_ns ? in->now_ns - sent_ns : 0;
    session->echoes += 1;
    session->test_request_sent_ns = 0;
    session->echo_seen = true;
}

static void act_test_request(struct session *session, const struct inbound *in)
{
    struct span id = message_value(in->message, TAG_TestReqID);
    enum session_reject_reason reason = REJECT_NONE;
    if (id.data == NULL) {
        reason = REJECT_REQUIRED_TAG_MISSING;
    } else if (id.size == 0) {
        reason = REJECT_NO_VALUE;
    } else if (id.size > FIX_TEST_REQ_ID_BYTES_MAX) {
        reason = REJECT_VALUE_OUT_OF_RANGE;
    }
    if (reason != REJECT_NONE) {
        session_send_reject(session, in, (struct validate_fault){reason, TAG_TestReqID}, no_text());
        return;
    }
    /* After a Logout of either side nothing more is to be proven. */
    if (session->state != SESSION_LOGOUT_SENT) {
        session_send_heartbeat(session, in->now_ns, id, in->out);
    }
}

/* EndSeqNo(16). One that is too big to be read is beyond all that was sent: 0, as for
 * "to the last" (6.1). */
static enum session_reject_reason read_end(const struct inbound *in, uint64_t *end)
{
    enum value_result read = message_uint(in->message, TAG_EndSeqNo, end);
    if (read == VALUE_OUT_OF_RANGE && message_value(in->message, TAG_EndSeqNo).data[0] != '-') {
        *end = 0;
        return REJECT_NONE;
    }
    return session_value_fault(read);
}

void session_act_resend_request(struct session *session, const struct inbound *in)
{
    uint64_t begin = 0;
    uint64_t end = 0;
    uint64_t last = session->seq_out_next - 1;
    enum session_reject_reason reason =
        session_value_fault(message_uint(in->message, TAG_BeginSeqNo, &begin));
    if (reason == REJECT_NONE && (begin == 0 || begin > last)) {
        reason = REJECT_VALUE_OUT_OF_RANGE;
    }
    if (reason != REJECT_NONE) {
        session_send_reject(session, in, (struct validate_fault){reason, TAG_BeginSeqNo},
                            no_text());
        return;
    }
    reason = read_end(in, &end);
    if (reason == REJECT_NONE && end != 0 && end < begin) {
        reason = REJECT_VALUE_OUT_OF_RANGE;
    }
    if (reason != REJECT_NONE) {
        session_send_reject(session, in, (struct validate_fault){reason, TAG_EndSeqNo}, no_text());
        return;
    }
    if (end == 0 || end > last) {
        end = last;
    }
    session_resend_begin(session, begin, end, in->out);
}

bool session_is_sequence_reset(const struct inbound *in)
{
    bool gap_fill = false;
    enum value_result read = message_bool(in->message, TAG_GapFillFlag, &gap_fill);
    return span_is(in->type, "4") && (read == VALUE_ABSENT || (read == VALUE_OK && !gap_fill));
}

static void reject_lower(struct session *session, const struct inbound *in, uint64_t new_seq)
{
    struct text words = {.size = 0};
    text_add(&words, "attempt to lower sequence number, invalid value NewSeqNo(36)=");
    text_add_uint(&words, new_seq);
    session_send_reject(session, in,
                        (struct validate_fault){REJECT_VALUE_OUT_OF_RANGE, TAG_NewSeqNo},
                        text_span(&words));
}

/* The answer to our TestRequest may have been among early messages that are
 * void now: ask anew, or the session would wait for it in vain. */
static void test_again(struct session *session, const struct inbound *in)
{
    if (session->state == SESSION_SYNCHRONISING && !session->echo_seen) {
        session_prove(session, in->now_ns, in->out);
    }
}

/* SequenceReset-Reset: its own number does not matter (11a to 11c). */
static void sequence_reset(struct session *session, const struct inbound *in, uint64_t new_seq)
{
    uint64_t due = session->seq_in_next;
    if (new_seq < due) {
        session_send_reject(session, in,
                            (struct validate_fault){REJECT_VALUE_OUT_OF_RANGE, TAG_NewSeqNo},
                            no_text());
        return;
    }
    struct text words = {.size = 0};
    text_add(&words, new_seq == due ? "SequenceReset to the number that is due anyway: "
                                    : "SequenceReset jumps over messages, to ");
    text_add_uint(&words, new_seq);
    session_log(in->out, SEVERITY_WARNING, text_span(&words));
    /* What was kept had numbers that will now mean other messages. */
    bool thrown = session->early_count > 0;
    session_early_clear(session);
    if (new_seq > due) {
        session->skipped_begin = due;
        session->skipped_end = new_seq;
        session->seq_in_next = new_seq;
    }
    if (thrown) {
        test_again(session, in);
    }
}

static void gap_fill(struct session *session, const struct inbound *in, uint64_t new_seq)
{
    if (in->seq != session->seq_in_next) {
        return; /* Late with PossDup: of a range that jumped over was all (10c). */
    }
    if (new_seq <= in->seq) {
        session_take(session, in);
        reject_lower(session, in, new_seq);
        return;
    }
    session->seq_in_next = new_seq;
    session->gap_moved_ns = in->now_ns;
    if (session_early_void(session)) {
        test_again(session, in);
    }
}

/* A GapFillFlag that is neither Y nor N may not make a jump of a gap fill. */
static struct validate_fault sequence_reset_fault(const struct inbound *in, uint64_t *new_seq)
{
    bool gap_fill = false;
    enum value_result read = message_bool(in->message, TAG_GapFillFlag, &gap_fill);
    if (read != VALUE_OK && read != VALUE_ABSENT) {
        return (struct validate_fault){session_value_fault(read), TAG_GapFillFlag};
    }
    enum session_reject_reason reason =
        session_value_fault(message_uint(in->message, TAG_NewSeqNo, new_seq));
    if (reason == REJECT_NONE && *new_seq > SESSION_SEQ_MAX) {
        reason = REJECT_VALUE_OUT_OF_RANGE;
    }
    return (struct validate_fault){reason, TAG_NewSeqNo};
}

static void act_sequence_reset(struct session *session, const struct inbound *in)
{
    uint64_t new_seq = 0;
    struct validate_fault fault = sequence_reset_fault(in, &new_seq);
    if (fault.reason != REJECT_NONE) {
        session_take(session, in);
        session_send_reject(session, in, fault, no_text());
    } else if (session_is_sequence_reset(in)) {
        sequence_reset(session, in, new_seq);
    } else {
        gap_fill(session, in, new_seq);
    }
}

void session_act_logout(struct session *session, const struct inbound *in)
{
    struct text words = {.size = 0};
    text_add(&words, "the peer logs out: ");
    text_add_span(&words, message_value(in->message, TAG_Text));
    session_log(in->out, SEVERITY_INFO, text_span(&words));
    session->logout_received = true;
    session->logout_in_step = in->seq < session->seq_in_next;
    if (session->state == SESSION_LOGOUT_SENT) {
        return; /* It answers ours; session_settle() closes. */
    }
    session->deadline_state_ns =
        in->now_ns + session->config->logout_timeout_seconds * TIMESTAMP_SECOND_NS;
    session_send_logout(session, in->now_ns, no_text(), in->out);
    session_become(session, SESSION_LOGOUT_SENT, in->out);
}

static void act_reject(const struct inbound *in)
{
    struct text words = {.size = 0};
    text_add(&words, "the peer rejects our message ");
    text_add_span(&words, message_value(in->message, TAG_RefSeqNum));
    text_add(&words, ": ");
    text_add_span(&words, message_value(in->message, TAG_Text));
    session_log(in->out, SEVERITY_WARNING, text_span(&words));
    deliver(in);
}

static bool agreed(const struct session_names *names, const struct message *message, uint32_t tag)
{
    if (names->count == 0) {
        return true;
    }
    struct span name = message_value(message, tag);
    if (name.size == 0) {
        return true;
    }
    for (uint32_t i = 0; i < names->count; i++) {
        if (span_is(name, names->list[i])) {
            return true;
        }
    }
    return false;
}

/* 3.8: on whose behalf, and for whom. 0, or the tag whose name was not agreed. */
static uint32_t route_fault(const struct session *session, const struct inbound *in)
{
    const struct session_config *config = session->config;
    if (!agreed(&config->on_behalf_of, in->message, TAG_OnBehalfOfCompID)) {
        return TAG_OnBehalfOfCompID;
    }
    return agreed(&config->deliver_to, in->message, TAG_DeliverToCompID) ? 0 : TAG_DeliverToCompID;
}

void session_act(struct session *session, struct inbound *in)
{
    uint32_t wrong_tag = route_fault(session, in);
    if (wrong_tag != 0) {
        session_take(session, in);
        session_send_reject(session, in, (struct validate_fault){REJECT_COMP_ID, wrong_tag},
                            no_text());
        return;
    }
    uint8_t type = in->type.size == 1 ? in->type.data[0] : 0;
    if (type != '4') {
        session_take(session, in);
    }
    switch (type) {
    case '0':
        act_heartbeat(session, in);
        break;
    case '1':
        act_test_request(session, in);
        break;
    case '2':
        session_act_resend_request(session, in);
        break;
    case '3':
        act_reject(in);
        break;
    case '4':
        act_sequence_reset(session, in);
        break;
    case '5':
        session_act_logout(session, in);
        break;
    case 'A':
        /* Without 141 it asks for nothing, in a session that is logged on. */
        session_log(in->out, SEVERITY_WARNING, span_text("Logon in a running session ignored"));
        break;
    default:
        deliver(in);
    }
}

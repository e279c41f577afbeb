/* Logon (§4) and the resets that come with one (§8). */
#include "fix/session_internal.h"

/* 4.5, 4.10: before the Logon exchange is complete there is nothing to wait for,
 * so the connection is closed behind the Logout. */
static void refuse(struct session *session, const struct inbound *in, const struct refusal *refusal)
{
    struct text words = {.size = 0};
    text_add(&words, "Logon refused: ");
    text_add_span(&words, text_span(&refusal->why));
    session_log(in->out, SEVERITY_ERROR, text_span(&words));
    if (refusal->reject.reason != REJECT_NONE) {
        session_take(session, in);
        session_send_reject(session, in, refusal->reject, text_span(&refusal->why));
    }
    session_send_logout(session, in->now_ns, text_span(&refusal->why), in->out);
    session_close(session, in->now_ns, text_span(&words), in->out);
}

static bool refused(struct refusal *refusal, enum session_reject_reason reason, uint32_t tag,
                    const char *why)
{
    refusal->reject = (struct validate_fault){reason, tag};
    refusal->why.size = 0;
    text_add(&refusal->why, why);
    return false;
}

/* EncryptMethod and HeartBtInt; what an initiator offered must come back. */
static bool terms_right(const struct session *session, const struct inbound *in,
                        uint64_t *heart_bt_int, struct refusal *refusal)
{
    uint64_t encrypt_method = 0;
    enum session_reject_reason reason =
        session_value_fault(message_uint(in->message, TAG_EncryptMethod, &encrypt_method));
    if (reason == REJECT_NONE && encrypt_method != 0) {
        reason = REJECT_DECRYPTION;
    }
    if (reason != REJECT_NONE) {
        return refused(refusal, reason, TAG_EncryptMethod, "EncryptMethod must be 0");
    }
    reason = session_value_fault(message_uint(in->message, TAG_HeartBtInt, heart_bt_int));
    if (reason == REJECT_REQUIRED_TAG_MISSING) {
        return refused(refusal, reason, TAG_HeartBtInt, "HeartBtInt is missing");
    }
    if (reason == REJECT_NONE && *heart_bt_int > INT32_MAX) {
        reason = REJECT_VALUE_OUT_OF_RANGE;
    }
    if (reason != REJECT_NONE) {
        return refused(refusal, reason, TAG_HeartBtInt, "HeartBtInt is not a number of seconds");
    }
    if (!session->config->acceptor && *heart_bt_int != session->config->heart_bt_int_seconds) {
        return refused(refusal, REJECT_VALUE_OUT_OF_RANGE, TAG_HeartBtInt,
                       "HeartBtInt is not the one offered");
    }
    return true;
}

static bool credentials_right(const struct session *session, const struct inbound *in)
{
    const struct session_config *config = session->config;
    if (!config->acceptor || config->username == NULL) {
        return true;
    }
    return span_is(message_value(in->message, TAG_Username), config->username) &&
           (config->password == NULL ||
            span_is(message_value(in->message, TAG_Password), config->password));
}

bool session_logon_right(const struct session *session, struct inbound *in, uint64_t *heart_bt_int,
                         bool *restart, struct refusal *refusal)
{
    uint32_t wrong_tag = 0;
    if (!session_begin_string_right(session, in)) {
        (void)refused(refusal, REJECT_NONE, 0, "Incorrect BeginString, expecting ");
        text_add(&refusal->why, session->config->begin_string);
        return false;
    }
    if (!session_read_seq(in)) {
        return refused(refusal, REJECT_NONE, 0, "MsgSeqNum(34) missing or unreadable");
    }
    struct validate_fault fault = session_content_fault(session, in);
    if (fault.reason != REJECT_NONE) {
        return refused(refusal, fault.reason, fault.tag, session_reject_reason_text(fault.reason));
    }
    if (!session_comp_ids_right(session, in, &wrong_tag)) {
        return refused(refusal, REJECT_COMP_ID, wrong_tag,
                       session_reject_reason_text(REJECT_COMP_ID));
    }
    if (!session_sending_time_right(session, in)) {
        session_explain_sending_time(session, in);
        return refused(refusal, REJECT_SENDING_TIME, TAG_SendingTime,
                       session_reject_reason_text(REJECT_SENDING_TIME));
    }
    if (!terms_right(session, in, heart_bt_int, refusal)) {
        return false;
    }
    if (!credentials_right(session, in)) {
        return refused(refusal, REJECT_NONE, 0, "Username or Password is wrong");
    }
    enum value_result read = message_bool(in->message, TAG_ResetSeqNumFlag, restart);
    if (read == VALUE_ABSENT) {
        *restart = false;
    } else if (read != VALUE_OK) {
        return refused(refusal, REJECT_BAD_FORMAT, TAG_ResetSeqNumFlag,
                       "ResetSeqNumFlag is neither Y nor N");
    }
    if (*restart && in->seq != 1) {
        return refused(refusal, REJECT_VALUE_OUT_OF_RANGE, TAG_MsgSeqNum,
                       "a Logon with ResetSeqNumFlag=Y must have MsgSeqNum 1");
    }
    if (session->reset_sent && !*restart) {
        return refused(refusal, REJECT_NONE, 0,
                       "ResetSeqNumFlag=Y was asked for and not given back");
    }
    return true;
}

/* Logged on. Our own gap is asked for first; the TestRequest behind it, where one
 * is wanted, proves once it is answered that the peer has all of ours too (4.9). */
void session_logged_on_by(struct session *session, struct inbound *in)
{
    bool both_tell = session->config->next_expected_seq_num && session->peer_expects != 0;
    session->deadline_state_ns = SESSION_NEVER;
    session->echo_seen = false;
    if (session->state != SESSION_SYNCHRONISING) {
        session_become(session, SESSION_SYNCHRONISING, in->out);
    }
    if (in->seq > session->seq_in_next) {
        session_gap_note(session, in->seq);
        session_early_keep(session, in, true);
        if (both_tell) {
            session_gap_promised(session, in->now_ns);
        } else {
            session_gap_ask(session, in->now_ns, in->out);
        }
    } else {
        session_take(session, in);
    }
    /* Our Logon itself has arrived, or the peer would not know what it expects. */
    uint64_t logon = session->seq_out_next - 1;
    if (both_tell && session->peer_expects < logon) {
        session_resend_begin(session, session->peer_expects, logon - 1, in->out);
    } else {
        session_prove(session, in->now_ns, in->out);
    }
}

/* Notes the peer's NextExpectedMsgSeqNum(789). False: it expects what we never sent, so
 * we have lost numbers that were ours, and with them messages. */
static bool expected_right(struct session *session, const struct inbound *in,
                           struct refusal *refusal)
{
    bool used = session->config->next_expected_seq_num;
    uint64_t expects = 0;
    enum value_result read = message_uint(in->message, TAG_NextExpectedMsgSeqNum, &expects);
    if (read == VALUE_ABSENT) {
        return true;
    }
    if (read != VALUE_OK || expects == 0 || expects > SESSION_SEQ_MAX) {
        return !used || refused(refusal, REJECT_VALUE_OUT_OF_RANGE, TAG_NextExpectedMsgSeqNum,
                                "NextExpectedMsgSeqNum is no sequence number");
    }
    session->peer_expects = expects;
    if (!used || expects <= session->seq_out_next) {
        return true;
    }
    (void)refused(refusal, REJECT_NONE, 0, "NextExpectedMsgSeqNum(789) too high: you expect ");
    text_add_uint(&refusal->why, expects);
    text_add(&refusal->why, " but our next is ");
    text_add_uint(&refusal->why, session->seq_out_next);
    text_add(&refusal->why, "; we have lost our state, the numbers must be reset");
    return false;
}

static void set_heart_bt_int(struct session *session, uint64_t heart_bt_int)
{
    const struct session_config *config = session->config;
    if (config->acceptor && config->heart_bt_int_override) {
        heart_bt_int = config->heart_bt_int_seconds;
    }
    session->heart_bt_int_ns = heart_bt_int * TIMESTAMP_SECOND_NS;
}

static void first_logon(struct session *session, struct inbound *in)
{
    const struct session_config *config = session->config;
    struct refusal refusal;
    uint64_t heart_bt_int = 0;
    bool restart = false;
    if (!session_logon_right(session, in, &heart_bt_int, &restart, &refusal)) {
        refuse(session, in, &refusal);
        return;
    }
    bool unasked = restart && !session->reset_sent;
    bool fresh = unasked || (config->acceptor && config->reset_on_logon);
    if (fresh) {
        session_restart_numbers(session, in->now_ns, in->out);
    }
    session->reset_wanted = false;
    session->reset_sent = unasked && !config->acceptor;
    if (in->seq < session->seq_in_next && !in->poss_dup) {
        (void)refused(&refusal, REJECT_NONE, 0, "MsgSeqNum too low, expecting ");
        text_add_uint(&refusal.why, session->seq_in_next);
        text_add(&refusal.why, " but received ");
        text_add_uint(&refusal.why, in->seq);
        refuse(session, in, &refusal);
        return;
    }
    if (!fresh && !restart && !expected_right(session, in, &refusal)) {
        refuse(session, in, &refusal);
        return;
    }
    set_heart_bt_int(session, heart_bt_int);
    session_take(session, in); /* Our own Logon counts it already, in 789 and 369. */
    /* A reset that we did not ask for takes our Logon's number back with all
     * others: we give ours again, and both go on with 2 (8.1). */
    if (config->acceptor || unasked) {
        session_send_logon(session, in->now_ns, restart, in->out);
    }
    session_logged_on_by(session, in);
}

/* 4.11: what an initiator does about an answer that is no Logon. A Logout is a
 * refusal and uses its number up, so that the next connection is in step. */
static void first_not_logon(struct session *session, struct inbound *in)
{
    struct text words = {.size = 0};
    if (session->config->acceptor || !(span_is(in->type, "5") || span_is(in->type, "3"))) {
        text_add(&words, "first message not a Logon but of type ");
        text_add_span(&words, in->type);
    } else {
        text_add(&words, "our Logon was refused: ");
        text_add_span(&words, message_value(in->message, TAG_Text));
        uint32_t wrong_tag = 0;
        if (session_comp_ids_right(session, in, &wrong_tag) && session_read_seq(in)) {
            session_take(session, in);
        }
    }
    session_log(in->out, SEVERITY_ERROR, text_span(&words));
    session_close(session, in->now_ns, text_span(&words), in->out);
}

void session_first_message(struct session *session, struct inbound *in)
{
    if (!span_is(in->type, "A")) {
        first_not_logon(session, in);
        return;
    }
    /* A word to a stranger would use up a number of a session that is not
     * theirs (4.3). */
    uint32_t wrong_tag = 0;
    if (session->config->acceptor && (!session_comp_ids_right(session, in, &wrong_tag) ||
                                      message_value(in->message, TAG_SenderCompID).size == 0 ||
                                      message_value(in->message, TAG_TargetCompID).size == 0)) {
        session_log(in->out, SEVERITY_ERROR, span_text("Logon of an unknown peer"));
        session_close(session, in->now_ns, span_text("Logon of an unknown peer"), in->out);
        return;
    }
    first_logon(session, in);
}

void session_logon_leave(struct session *session, const struct inbound *in,
                         const struct refusal *refusal)
{
    session_take(session, in);
    if (refusal->reject.reason != REJECT_NONE) {
        session_send_reject(session, in, refusal->reject, text_span(&refusal->why));
    }
    session_leave(session, in->now_ns, text_span(&refusal->why), in->out);
}

void session_logon_again(struct session *session, struct inbound *in)
{
    if (session->state == SESSION_LOGOUT_SENT) {
        session_log(in->out, SEVERITY_WARNING, span_text("Logon after our Logout ignored"));
        return;
    }
    /* The answer to a Logon with 141=Y that was itself an answer: resetting on it
     * once more would go on for ever. */
    if (session->reset_sent) {
        session->reset_sent = false;
        session_log(in->out, SEVERITY_INFO, span_text("the peer confirms the reset"));
        session_take(session, in);
        return;
    }
    /* A peer whose reset crossed ours may answer ours besides; and one that did not ask
     * takes our answer for a request. */
    uint64_t patience_ns = session->config->logon_timeout_seconds * TIMESTAMP_SECOND_NS;
    if (session->reset_answered_ns != 0 && session->seq_in_next == 2 &&
        in->now_ns - session->reset_answered_ns < patience_ns) {
        session->reset_answered_ns = 0;
        session_log(in->out, SEVERITY_INFO, span_text("the peer confirms the reset again"));
        return;
    }
    struct refusal refusal;
    uint64_t heart_bt_int = 0;
    bool restart = true;
    if (!session_logon_right(session, in, &heart_bt_int, &restart, &refusal)) {
        session_logon_leave(session, in, &refusal);
        return;
    }
    session_log(in->out, SEVERITY_WARNING,
                span_text("the peer reset the sequence numbers of a running session"));
    session_restart_numbers(session, in->now_ns, in->out);
    set_heart_bt_int(session, heart_bt_int);
    session_take(session, in);
    session_send_logon(session, in->now_ns, true, in->out);
    session->reset_answered_ns = in->now_ns;
    session_logged_on_by(session, in);
}

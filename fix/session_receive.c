/* Checks on what arrives, in the order of §12 behind the framing: BeginString, type,
 * content, comp IDs, SendingTime, PossDup, number; then the type's own rules. */
#include "fix/session_internal.h"

void session_take(struct session *session, const struct inbound *in)
{
    if (in->seq != session->seq_in_next) {
        return;
    }
    session->seq_in_next += 1;
    if (session->gap_end != 0) {
        session->gap_moved_ns = in->now_ns;
    }
}

bool session_read_seq(struct inbound *in)
{
    return message_uint(in->message, TAG_MsgSeqNum, &in->seq) == VALUE_OK &&
           in->seq <= SESSION_SEQ_MAX;
}

bool session_begin_string_right(const struct session *session, const struct inbound *in)
{
    return span_is(message_value(in->message, TAG_BeginString), session->config->begin_string);
}

/* Absent or empty is a fault of content, with a Reject of its own (14b, 14d). */
static bool comp_id_right(const struct inbound *in, uint32_t tag, const char *expected)
{
    struct span value = message_value(in->message, tag);
    return value.size == 0 || span_is(value, expected);
}

bool session_comp_ids_right(const struct session *session, const struct inbound *in,
                            uint32_t *wrong_tag)
{
    const struct session_config *config = session->config;
    *wrong_tag = 0;
    if (!config->check_comp_id) {
        return true;
    }
    if (!comp_id_right(in, TAG_SenderCompID, config->target_comp_id)) {
        *wrong_tag = TAG_SenderCompID;
    } else if (!comp_id_right(in, TAG_TargetCompID, config->sender_comp_id)) {
        *wrong_tag = TAG_TargetCompID;
    }
    return *wrong_tag == 0;
}

bool session_sending_time_right(const struct session *session, const struct inbound *in)
{
    if (message_value(in->message, TAG_SendingTime).size == 0) {
        return true; /* A fault of content. */
    }
    uint64_t sent_ns = 0;
    if (message_timestamp(in->message, TAG_SendingTime, &sent_ns) != VALUE_OK) {
        return false;
    }
    uint64_t tolerance_ns = session->config->max_latency_seconds * TIMESTAMP_SECOND_NS;
    uint64_t distance_ns = sent_ns > in->now_ns ? sent_ns - in->now_ns : in->now_ns - sent_ns;
    return tolerance_ns == 0 || distance_ns <= tolerance_ns;
}

static void add_milliseconds(struct text *words, uint64_t duration_ns)
{
    uint64_t rest = duration_ns % TIMESTAMP_SECOND_NS / TIMESTAMP_MILLISECOND_NS;
    text_add_uint(words, duration_ns / TIMESTAMP_SECOND_NS);
    text_add(words, rest < 10 ? ".00" : rest < 100 ? ".0" : ".");
    text_add_uint(words, rest);
    text_add(words, " s");
}

void session_explain_sending_time(const struct session *session, const struct inbound *in)
{
    struct span value = message_value(in->message, TAG_SendingTime);
    struct text words = {.size = 0};
    text_add(&words, "SendingTime ");
    text_add_span(&words, value);
    uint64_t sent_ns = 0;
    if (message_timestamp(in->message, TAG_SendingTime, &sent_ns) != VALUE_OK) {
        text_add(&words, " is no UTC timestamp");
    } else {
        bool ahead = sent_ns > in->now_ns;
        text_add(&words, " is ");
        add_milliseconds(&words, ahead ? sent_ns - in->now_ns : in->now_ns - sent_ns);
        text_add(&words, ahead ? " ahead of our clock; MaxLatency is "
                               : " behind our clock; MaxLatency is ");
        text_add_uint(&words, session->config->max_latency_seconds);
        text_add(&words, " s");
    }
    session_log(in->out, SEVERITY_ERROR, text_span(&words));
}

enum session_reject_reason session_value_fault(enum value_result read)
{
    switch (read) {
    case VALUE_OK:
        return REJECT_NONE;
    case VALUE_ABSENT:
        return REJECT_REQUIRED_TAG_MISSING;
    case VALUE_EMPTY:
        return REJECT_NO_VALUE;
    case VALUE_BAD_FORMAT:
        return REJECT_BAD_FORMAT;
    case VALUE_OUT_OF_RANGE:
        return REJECT_VALUE_OUT_OF_RANGE;
    }
    return REJECT_NONE;
}

/* What the header needs, or may not have, even where no dictionary says so. */
static struct validate_fault header_fault(const struct inbound *in)
{
    static const uint32_t needed[] = {TAG_MsgType, TAG_SenderCompID, TAG_TargetCompID,
                                      TAG_SendingTime};
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        const struct field *field = message_find(in->message, needed[i]);
        if (field == NULL) {
            return (struct validate_fault){REJECT_REQUIRED_TAG_MISSING, needed[i]};
        }
        if (field->size == 0) {
            return (struct validate_fault){REJECT_NO_VALUE, needed[i]};
        }
    }
    /* Without encryption nobody can say whether this is the same as the clear text. */
    if (message_find(in->message, TAG_SecureData) != NULL) {
        return (struct validate_fault){REJECT_DECRYPTION, TAG_SecureData};
    }
    return (struct validate_fault){REJECT_NONE, 0};
}

/* RejectInvalidMessage=N */
static void log_tolerated(const struct inbound *in, struct validate_fault fault)
{
    struct text words = {.size = 0};
    text_add(&words, "invalid message of type ");
    text_add_span(&words, in->type);
    text_add(&words, " taken all the same: ");
    text_add(&words, session_reject_reason_text(fault.reason));
    if (fault.tag > 0) {
        text_add(&words, ", tag ");
        text_add_uint(&words, fault.tag);
    }
    session_log(in->out, SEVERITY_WARNING, text_span(&words));
}

static struct validate_fault dictionary_fault(const struct session_config *config,
                                              const struct inbound *in)
{
    if (config->dictionary == NULL || in->type.size == 0) {
        return (struct validate_fault){REJECT_NONE, 0};
    }
    if (dictionary_message(config->dictionary, in->type) == NULL) {
        return (struct validate_fault){REJECT_MSG_TYPE, 0};
    }
    return validate_message(config->dictionary, &config->validate, in->message);
}

struct validate_fault session_content_fault(const struct session *session, const struct inbound *in)
{
    const struct session_config *config = session->config;
    struct validate_fault fault = dictionary_fault(config, in);
    if (fault.reason == REJECT_NONE) {
        return header_fault(in);
    }
    if (!config->reject_invalid_message) {
        log_tolerated(in, fault);
        return header_fault(in);
    }
    /* A SendingTime that is no timestamp is judged as SendingTime (3.3). */
    if (fault.reason == REJECT_BAD_FORMAT && fault.tag == TAG_SendingTime) {
        return (struct validate_fault){REJECT_NONE, 0};
    }
    return fault;
}

/* Reject, number used up, Leave (3.2, 3.3, 3.4). */
static void reject_and_leave(struct session *session, const struct inbound *in,
                             struct validate_fault fault)
{
    struct span why = span_text(session_reject_reason_text(fault.reason));
    session_take(session, in);
    session_send_reject(session, in, fault, why);
    session_leave(session, in->now_ns, why, in->out);
}

/* §12, steps 5 and 6. An early message is checked at its arrival: when its turn
 * comes its SendingTime may be old. */
static bool check_origin(struct session *session, const struct inbound *in)
{
    uint32_t wrong_tag = 0;
    if (!session_comp_ids_right(session, in, &wrong_tag)) {
        reject_and_leave(session, in, (struct validate_fault){REJECT_COMP_ID, wrong_tag});
        return false;
    }
    if (!session_sending_time_right(session, in)) {
        session_explain_sending_time(session, in);
        reject_and_leave(session, in,
                         (struct validate_fault){REJECT_SENDING_TIME, TAG_SendingTime});
        return false;
    }
    return true;
}

/* §12, step 7: OrigSendingTime (3.4, 3.5). */
static bool check_poss_dup(struct session *session, const struct inbound *in)
{
    if (!in->poss_dup) {
        return true;
    }
    uint64_t original_ns = 0;
    uint64_t sent_ns = 0;
    enum value_result read = message_timestamp(in->message, TAG_OrigSendingTime, &original_ns);
    if (read == VALUE_ABSENT &&
        (span_is(in->type, "4") || !session->config->requires_orig_sending_time)) {
        return true; /* Not to be insisted on. */
    }
    if (read != VALUE_OK) {
        struct validate_fault fault = {session_value_fault(read), TAG_OrigSendingTime};
        session_take(session, in);
        session_send_reject(session, in, fault, span_of(NULL, 0));
        return false;
    }
    if (message_timestamp(in->message, TAG_SendingTime, &sent_ns) == VALUE_OK &&
        original_ns > sent_ns) {
        reject_and_leave(session, in,
                         (struct validate_fault){REJECT_SENDING_TIME, TAG_OrigSendingTime});
        return false;
    }
    return true;
}

static void leave_too_low(struct session *session, const struct inbound *in)
{
    struct text words = {.size = 0};
    text_add(&words, "MsgSeqNum too low, expecting ");
    text_add_uint(&words, session->seq_in_next);
    text_add(&words, " but received ");
    text_add_uint(&words, in->seq);
    session_leave(session, in->now_ns, text_span(&words), in->out);
}

static void process_late(struct session *session, struct inbound *in)
{
    if (in->poss_dup) {
        bool never_had = in->seq >= session->skipped_begin && in->seq < session->skipped_end;
        if (never_had) {
            session->skipped_begin = in->seq + 1;
            session_act(session, in);
        }
        return;
    }
    if (span_is(in->type, "5")) {
        session_act_logout(session, in);
        return;
    }
    leave_too_low(session, in);
}

/* 2.2 and 2.3: what is done at once with a message that is early. */
static void process_early(struct session *session, struct inbound *in)
{
    session_gap_note(session, in->seq);
    if (span_is(in->type, "2")) {
        session_early_keep(session, in, true);
        session_act_resend_request(session, in);
        session_gap_ask(session, in->now_ns, in->out);
        return;
    }
    /* Not on a ResendRequest: two sides with a gap would ask each other for ever. */
    if (session->config->redundant_resend_requests) {
        session->gap_asked = false;
    }
    bool logout = span_is(in->type, "5");
    session_early_keep(session, in, logout);
    session_gap_ask(session, in->now_ns, in->out);
    if (logout) {
        session_act_logout(session, in);
    }
}

/* After we sent a Logout because of the peer's fault nothing counts but its own,
 * whose number and comp IDs may be as wrong as the rest. */
static void process_leaving(struct session *session, struct inbound *in)
{
    if (!span_is(in->type, "5")) {
        return;
    }
    if (session_read_seq(in)) {
        session_take(session, in);
    }
    session_close(session, in->now_ns, span_text("left: the peer answered our Logout"), in->out);
}

/* True if the message may be acted upon as far as its content goes. */
static bool check_content(struct session *session, const struct inbound *in)
{
    struct validate_fault fault = session_content_fault(session, in);
    if (fault.reason == REJECT_NONE) {
        return true;
    }
    session_take(session, in);
    session_send_reject(session, in, fault, span_of(NULL, 0));
    return false;
}

/* A Logon with 141=Y sets the numbers that it is judged by. */
static bool is_restart(const struct inbound *in)
{
    bool restart = false;
    return span_is(in->type, "A") &&
           message_bool(in->message, TAG_ResetSeqNumFlag, &restart) == VALUE_OK && restart;
}

void session_process_numbered(struct session *session, struct inbound *in)
{
    if (!check_content(session, in)) {
        return;
    }
    if (!in->kept && !check_origin(session, in)) {
        return;
    }
    if (!check_poss_dup(session, in)) {
        return;
    }
    if (is_restart(in)) {
        session_logon_again(session, in);
    } else if (in->seq < session->seq_in_next && !session_is_sequence_reset(in)) {
        process_late(session, in);
    } else {
        session_act(session, in);
    }
}

static void process_logged_on(struct session *session, struct inbound *in)
{
    if (!session_begin_string_right(session, in)) {
        struct text words = {.size = 0};
        text_add(&words, "Incorrect BeginString, expecting ");
        text_add(&words, session->config->begin_string);
        text_add(&words, " but received ");
        text_add_span(&words, message_value(in->message, TAG_BeginString));
        session_leave(session, in->now_ns, text_span(&words), in->out);
        return;
    }
    if (!session_read_seq(in)) {
        session_leave(session, in->now_ns, span_text("MsgSeqNum(34) missing or unreadable"),
                      in->out);
        return;
    }
    bool restart = is_restart(in);
    if (session->reset_awaited) {
        session_receive_before_reset(session, in, restart);
        return;
    }
    if (in->seq > session->seq_in_next && !restart && !session_is_sequence_reset(in)) {
        if (check_origin(session, in)) {
            process_early(session, in);
        }
        return;
    }
    session_process_numbered(session, in);
}

void session_process(struct session *session, struct inbound *in)
{
    in->type = message_type(in->message);
    if (message_bool(in->message, TAG_PossDupFlag, &in->poss_dup) != VALUE_OK) {
        in->poss_dup = false;
    }
    if (!in->kept) {
        session->received_last_ns = in->now_ns;
        session->silence_tested = false;
    }
    switch (session->state) {
    case SESSION_LOGON_SENT:
    case SESSION_LOGON_AWAITED:
        session_first_message(session, in);
        break;
    case SESSION_SYNCHRONISING:
    case SESSION_READY:
    case SESSION_LOGOUT_SENT:
        if (session->leaving) {
            process_leaving(session, in);
        } else {
            process_logged_on(session, in);
        }
        break;
    case SESSION_DISCONNECTED:
        ASSERT(false); /* session_receive() swallows what comes after the end. */
    }
    session_settle(session, in->now_ns, in->out);
}

/* Checks on what arrives, in the order of §12: framing, BeginString, type,
 * content, comp IDs, SendingTime, PossDup, number; then the type's own rules. */
#include "fix/session_internal.h"

static void garbled(enum frame_fault fault, size_t size, struct effects *out)
{
    static const char *const reasons[] = {
        [FRAME_FAULT_NONE] = "",
        [FRAME_FAULT_NOISE] = "bytes before 8=",
        [FRAME_FAULT_BEGIN_STRING] = "BeginString is no FIX version",
        [FRAME_FAULT_BODY_LENGTH] = "BodyLength is not the true length",
        [FRAME_FAULT_MSG_TYPE] = "the third field is not MsgType",
        [FRAME_FAULT_CHECK_SUM] = "CheckSum is missing or wrong",
        [FRAME_FAULT_FIELD] = "a piece without tag=",
        [FRAME_FAULT_FIELDS_MAX] = "too many fields",
    };
    struct text words = {.size = 0};
    text_add(&words, "garbled message dropped: ");
    text_add(&words, reasons[fault]);
    text_add(&words, " (");
    text_add_uint(&words, size);
    text_add(&words, " bytes)");
    session_log(out, SEVERITY_WARNING, text_span(&words));
}

size_t session_receive(struct session *session, uint64_t now_ns, struct span bytes,
                       struct message *message, struct effects *out)
{
    if (session->state == SESSION_DISCONNECTED) {
        return bytes.size;
    }
    ASSERT(session->resend_next == 0);
    struct frame frame;
    enum frame_result result = frame_find(bytes, &frame);
    ASSERT(frame.consumed <= bytes.size);
    if (result == FRAME_PARTIAL) {
        return frame.consumed;
    }
    ASSERT(frame.consumed > 0);
    if (result == FRAME_GARBLED) {
        garbled(frame.fault, frame.consumed, out);
        return frame.consumed;
    }
    enum frame_fault fault = message_index(message, frame.bytes, session->config->dictionary);
    if (fault != FRAME_FAULT_NONE) {
        garbled(fault, frame.consumed, out);
        return frame.consumed;
    }
    struct inbound in = {.message = message, .now_ns = now_ns, .out = out};
    session_process(session, &in);
    return frame.consumed;
}

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

/* What the header needs even where no dictionary says so. */
static struct validate_fault header_fault(const struct inbound *in)
{
    static const uint32_t needed[] = {TAG_SenderCompID, TAG_TargetCompID, TAG_SendingTime};
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        const struct field *field = message_find(in->message, needed[i]);
        if (field == NULL) {
            return (struct validate_fault){REJECT_REQUIRED_TAG_MISSING, needed[i]};
        }
        if (field->size == 0) {
            return (struct validate_fault){REJECT_NO_VALUE, needed[i]};
        }
    }
    return (struct validate_fault){REJECT_NONE, 0};
}

struct validate_fault session_content_fault(const struct session *session, const struct inbound *in)
{
    const struct session_config *config = session->config;
    if (config->dictionary == NULL) {
        return header_fault(in);
    }
    if (dictionary_message(config->dictionary, in->type) == NULL) {
        return (struct validate_fault){REJECT_MSG_TYPE, 0};
    }
    struct validate_fault fault =
        validate_message(config->dictionary, &config->validate, in->message);
    /* A SendingTime that is no timestamp is judged as SendingTime (3.3). */
    if (fault.reason == REJECT_BAD_FORMAT && fault.tag == TAG_SendingTime) {
        return (struct validate_fault){REJECT_NONE, 0};
    }
    return fault.reason == REJECT_NONE ? header_fault(in) : fault;
}

/* Reject, number used up, Leave (3.2, 3.3, 3.4). */
static void reject_and_leave(struct session *session, const struct inbound *in,
                             struct validate_fault fault)
{
    struct span why = span_text(session_reject_reason_text(fault.reason));
    session_send_reject(session, in, fault, why);
    session_take(session, in);
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
    if (read == VALUE_ABSENT) {
        if (span_is(in->type, "4")) {
            return true; /* Not to be insisted on. */
        }
        session_send_reject(
            session, in, (struct validate_fault){REJECT_REQUIRED_TAG_MISSING, TAG_OrigSendingTime},
            span_of(NULL, 0));
        session_take(session, in);
        return false;
    }
    if (read != VALUE_OK) {
        enum session_reject_reason reason =
            read == VALUE_EMPTY ? REJECT_NO_VALUE : REJECT_BAD_FORMAT;
        session_send_reject(session, in, (struct validate_fault){reason, TAG_OrigSendingTime},
                            span_of(NULL, 0));
        session_take(session, in);
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
    session_send_reject(session, in, fault, span_of(NULL, 0));
    session_take(session, in);
    return false;
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
    bool restart = false; /* A Logon with 141=Y: it sets the numbers it is judged by. */
    if (span_is(in->type, "A") &&
        message_bool(in->message, TAG_ResetSeqNumFlag, &restart) != VALUE_OK) {
        restart = false;
    }
    bool numberless = restart || session_is_sequence_reset(in);
    if (in->seq > session->seq_in_next && !numberless) {
        if (check_origin(session, in)) {
            process_early(session, in);
        }
        return;
    }
    if (!check_content(session, in)) {
        return;
    }
    if (!in->kept && !check_origin(session, in)) {
        return;
    }
    if (!check_poss_dup(session, in)) {
        return;
    }
    if (restart) {
        session_logon_again(session, in);
    } else if (in->seq < session->seq_in_next && !numberless) {
        process_late(session, in);
    } else {
        session_act(session, in);
    }
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

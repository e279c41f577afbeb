/* Sending again what the peer asks for (§6), out of the outbound queue. */
#include "fix/builder.h"
#include "fix/session_internal.h"
#include "fix/timestamp.h"

void session_resend_begin(struct session *session, uint64_t begin, uint64_t end,
                          struct effects *out)
{
    ASSERT(session->resend_next == 0);
    ASSERT(begin >= 1);
    ASSERT(begin <= end);
    ASSERT(end < session->seq_out_next);
    session->resend_next = begin;
    session->resend_end = end;
    session->resend_gap = 0;
    /* The TestRequest that is out may lie in the range and be filled over: only
     * one that is sent after the resend proves anything. */
    session->echo_seen = false;
    session->test_request_sent_ns = 0;
    struct text words = {.size = 0};
    text_add(&words, "resending ");
    text_add_uint(&words, begin);
    text_add(&words, " to ");
    text_add_uint(&words, end);
    session_log(out, SEVERITY_INFO, text_span(&words));
}

bool session_resend_next(const struct session *session, uint64_t *next, uint64_t *end)
{
    if (session->resend_next == 0) {
        return false;
    }
    *next = session->resend_next;
    *end = session->resend_end;
    return true;
}

/* One SequenceReset-GapFill for the run from resend_gap up to `next`. */
static void resend_fill(struct session *session, uint64_t now_ns, uint64_t next,
                        struct effects *out)
{
    if (session->resend_gap == 0) {
        return;
    }
    uint8_t bytes[64];
    struct builder body;
    builder_init(&body, bytes, sizeof(bytes));
    builder_bool(&body, TAG_GapFillFlag, true);
    builder_uint(&body, TAG_NewSeqNo, next);
    struct outbound message = {
        .msg_type = span_text("4"),
        .seq = session->resend_gap,
        .poss_dup = true,
        .body = builder_fields(&body),
        .kind = MESSAGE_ADMIN,
    };
    session_emit(session, now_ns, &message, out);
    session->resend_gap = 0;
}

/* The parts of a message of ours: session_emit() wrote it, so its header stands
 * first, in fields that hold no SOH, and the body runs up to the CheckSum. */
struct own_message {
    struct span msg_type;
    struct span sending_time;
    struct span body;
    uint64_t seq;
};

static bool is_own_header(uint64_t tag)
{
    static const uint64_t header[] = {
        TAG_BeginString,      TAG_BodyLength,       TAG_MsgType,         TAG_SenderCompID,
        TAG_TargetCompID,     TAG_SenderSubID,      TAG_TargetSubID,     TAG_MsgSeqNum,
        TAG_PossDupFlag,      TAG_SendingTime,      TAG_OrigSendingTime, TAG_LastMsgSeqNumProcessed,
        TAG_SenderLocationID, TAG_TargetLocationID,
    };
    for (size_t i = 0; i < ARRAY_LEN(header); i++) {
        if (header[i] == tag) {
            return true;
        }
    }
    return false;
}

static struct own_message own_message_read(struct span bytes)
{
    enum { CHECK_SUM_BYTES = 7 }; /* 10=ccc and SOH. */
    ASSERT(bytes.size > CHECK_SUM_BYTES);
    size_t end = bytes.size - CHECK_SUM_BYTES;
    ASSERT(memcmp(bytes.data + end, "10=", 3) == 0);
    struct own_message own = {.body = span_of(bytes.data + end, 0)};
    size_t at = 0;
    while (at < end) {
        const uint8_t *begin = bytes.data + at;
        const uint8_t *equal = memchr(begin, '=', end - at);
        ASSERT(equal != NULL);
        const uint8_t *soh = memchr(begin, FIX_SOH, end - at);
        ASSERT(soh != NULL);
        uint64_t tag = 0;
        enum value_result tag_read = value_uint(span_of(begin, (size_t)(equal - begin)), &tag);
        ASSERT(tag_read == VALUE_OK);
        if (!is_own_header(tag)) {
            own.body = span_of(begin, end - at);
            break;
        }
        struct span value = span_of(equal + 1, (size_t)(soh - equal - 1));
        if (tag == TAG_MsgType) {
            own.msg_type = value;
        } else if (tag == TAG_SendingTime) {
            own.sending_time = value;
        } else if (tag == TAG_MsgSeqNum) {
            enum value_result seq_read = value_uint(value, &own.seq);
            ASSERT(seq_read == VALUE_OK);
        }
        at = (size_t)(soh - bytes.data) + 1;
    }
    ASSERT(own.msg_type.size > 0);
    ASSERT(own.sending_time.size > 0);
    return own;
}

/* When it was first sent; empty if that is unknown, and then it is as if it were sent now. A
 * clock that was set back since makes it unknown: peers reject what was first sent later than
 * it is sent (3.4), and would never take it. */
static struct span original_time(const struct session *session, uint64_t now_ns,
                                 struct span sending_time)
{
    uint64_t sent_ns = 0;
    uint64_t grain_ns = TIMESTAMP_SECOND_NS;
    for (unsigned digits = 0; digits < session->config->timestamp_precision; digits++) {
        grain_ns /= 10;
    }
    bool known = timestamp_parse(sending_time, &sent_ns);
    ASSERT(known);
    return sent_ns > now_ns - now_ns % grain_ns ? span_of(NULL, 0) : sending_time;
}

/* What had to wait for the resend (6.4). */
static void resend_end(struct session *session, uint64_t now_ns, struct effects *out)
{
    session->resend_next = 0;
    session->resend_end = 0;
    /* Nothing was read meanwhile, so nothing is known about the peer's silence. */
    session->received_last_ns = now_ns;
    session_settle(session, now_ns, out);
    bool reset = session->reset_pending && !session->logout_pending;
    session->reset_pending = false;
    if (session->state == SESSION_SYNCHRONISING && !reset &&
        now_ns - session->proof_sent_ns >= SESSION_PROOF_PAUSE_NS) {
        session->proof_sent_ns = now_ns;
        session_prove(session, now_ns, out);
    }
    if (session->logout_pending) {
        session->logout_pending = false;
        session_logout(session, now_ns, session->logout_text, out);
    }
    if (reset) {
        session_request_reset(session, now_ns, out);
    }
}

void session_resend_message(struct session *session, uint64_t now_ns, struct span bytes,
                            enum message_kind kind, bool gap_fill, struct effects *out)
{
    ASSERT(session->resend_next != 0);
    uint64_t number = session->resend_next;
    if (bytes.size == 0 || kind == MESSAGE_ADMIN || gap_fill) {
        if (session->resend_gap == 0) {
            session->resend_gap = number;
        }
    } else {
        struct own_message own = own_message_read(bytes);
        ASSERT(own.seq == number);
        resend_fill(session, now_ns, number, out);
        struct outbound message = {
            .msg_type = own.msg_type,
            .seq = number,
            .poss_dup = true,
            .orig_sending_time = original_time(session, now_ns, own.sending_time),
            .body = own.body,
            .kind = MESSAGE_APPLICATION,
        };
        session_emit(session, now_ns, &message, out);
    }
    if (number < session->resend_end) {
        session->resend_next = number + 1;
        return;
    }
    resend_fill(session, now_ns, number + 1, out);
    resend_end(session, now_ns, out);
}

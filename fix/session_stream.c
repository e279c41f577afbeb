/* Frames out of the stream, and what is done about garbled ones (§1). */
#include "fix/session_internal.h"

static const char *fault_text(enum frame_fault fault)
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
    return reasons[fault];
}

/* The value behind the first SOH, `name` and '='; empty if there is none. */
static struct span garbled_value(struct span bytes, const char *name)
{
    size_t name_size = strlen(name);
    for (size_t i = 0; i + name_size + 2 < bytes.size; i++) {
        const uint8_t *at = bytes.data + i;
        if (at[0] != FIX_SOH || memcmp(at + 1, name, name_size) != 0 || at[name_size + 1] != '=') {
            continue;
        }
        const uint8_t *value = at + name_size + 2;
        const uint8_t *soh = memchr(value, FIX_SOH, (size_t)(bytes.data + bytes.size - value));
        return span_of(value, soh == NULL ? 0 : (size_t)(soh - value));
    }
    return span_of(NULL, 0);
}

/* RejectGarbledMessage=Y. Only the number that is due is believed: a garbled message
 * that seems to be early or late may as well have a garbled number. */
static bool garbled_rejected(struct session *session, struct inbound *in, struct span bytes,
                             struct span why)
{
    if (!session->config->reject_garbled_message || !session_logged_on(session) ||
        session->leaving || session->reset_awaited) {
        return false;
    }
    if (value_uint(garbled_value(bytes, "34"), &in->seq) != VALUE_OK ||
        in->seq != session->seq_in_next) {
        return false;
    }
    in->type = garbled_value(bytes, "35");
    in->message->count = 0; /* Nothing else of it is to be believed. */
    session_take(session, in);
    session_send_reject(session, in, (struct validate_fault){REJECT_NONE, 0}, why);
    session_settle(session, in->now_ns, in->out);
    return true;
}

static void garbled(struct session *session, struct inbound *in, enum frame_fault fault,
                    struct span bytes)
{
    struct text words = {.size = 0};
    text_add(&words, "garbled message dropped: ");
    text_add(&words, fault_text(fault));
    text_add(&words, " (");
    text_add_uint(&words, bytes.size);
    text_add(&words, " bytes)");
    if (!garbled_rejected(session, in, bytes, text_span(&words))) {
        session_log(in->out, SEVERITY_WARNING, text_span(&words));
    }
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
    struct inbound in = {.message = message, .now_ns = now_ns, .out = out};
    if (result == FRAME_GARBLED) {
        garbled(session, &in, frame.fault, span_of(bytes.data, frame.consumed));
        return frame.consumed;
    }
    enum frame_fault fault = message_index(message, frame.bytes, session->config->dictionary);
    if (fault != FRAME_FAULT_NONE) {
        garbled(session, &in, fault, frame.bytes);
        return frame.consumed;
    }
    session_process(session, &in);
    return frame.consumed;
}

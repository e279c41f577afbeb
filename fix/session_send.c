/* Building what the session sends, right into the effects' own bytes. */
#include "fix/builder.h"
#include "fix/session_internal.h"

enum { SESSION_BODY_BYTES_MAX = 1024 }; /* Body of any session message of ours. */

_Static_assert(SESSION_BODY_BYTES_MAX > 2 * FIX_TEXT_BYTES_MAX + 256, "a Reject's body must fit");

static void write_optional(struct builder *builder, uint32_t tag, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        builder_text(builder, tag, value);
    }
}

void session_emit(struct session *session, uint64_t now_ns, const struct outbound *message,
                  struct effects *out)
{
    const struct session_config *config = session->config;
    uint8_t *room = out->bytes + out->bytes_used;
    struct builder builder;
    builder_begin(&builder, room, FIX_EFFECT_BYTES_MAX - out->bytes_used,
                  span_text(config->begin_string), message->msg_type);
    builder_text(&builder, TAG_SenderCompID, config->sender_comp_id);
    builder_text(&builder, TAG_TargetCompID, config->target_comp_id);
    write_optional(&builder, TAG_SenderSubID, config->sender_sub_id);
    write_optional(&builder, TAG_SenderLocationID, config->sender_location_id);
    write_optional(&builder, TAG_TargetSubID, config->target_sub_id);
    write_optional(&builder, TAG_TargetLocationID, config->target_location_id);
    builder_uint(&builder, TAG_MsgSeqNum, message->seq);
    if (message->poss_dup) {
        builder_bool(&builder, TAG_PossDupFlag, true);
    }
    builder_timestamp(&builder, TAG_SendingTime, now_ns, config->timestamp_precision);
    if (message->orig_sending_time.size > 0) {
        builder_span(&builder, TAG_OrigSendingTime, message->orig_sending_time);
    } else if (message->poss_dup) {
        builder_timestamp(&builder, TAG_OrigSendingTime, now_ns, config->timestamp_precision);
    }
    if (config->last_seq_num_processed) {
        builder_uint(&builder, TAG_LastMsgSeqNumProcessed, session->seq_in_next - 1);
    }
    builder_raw(&builder, message->header);
    builder_raw(&builder, message->body);
    struct span whole = builder_finish(&builder);
    ASSERT(whole.size > 0);

    /* The message begins some bytes into the room it was given. */
    size_t lead = (size_t)(whole.data - room);
    struct span taken = effects_take(out, lead + whole.size);
    struct effect *effect = effects_add(out, EFFECT_SEND);
    effect->bytes = span_of(taken.data + lead, whole.size);
    effect->msg_seq_num = message->seq;
    effect->message = message->kind;
    effect->keep = message->keep;
    session->sent_last_ns = now_ns;
}

static uint64_t next_number(struct session *session)
{
    uint64_t seq = session->seq_out_next;
    session->seq_out_next += 1;
    return seq;
}

void session_emit_admin(struct session *session, uint64_t now_ns, const char *msg_type,
                        struct span body, struct effects *out)
{
    struct outbound message = {
        .msg_type = span_text(msg_type),
        .seq = next_number(session),
        .body = body,
        .kind = MESSAGE_ADMIN,
        .keep = true,
    };
    session_emit(session, now_ns, &message, out);
}

uint64_t session_send(struct session *session, uint64_t now_ns, struct span msg_type,
                      struct span body, struct effects *out)
{
    ASSERT(session_can_send(session));
    struct outbound message = {
        .msg_type = msg_type,
        .seq = next_number(session),
        .body = body,
        .kind = MESSAGE_APPLICATION,
        .keep = true,
    };
    session_emit(session, now_ns, &message, out);
    return message.seq;
}

void session_send_logon(struct session *session, uint64_t now_ns, bool reset, struct effects *out)
{
    const struct session_config *config = session->config;
    uint8_t bytes[FIX_LOGON_BYTES_MAX];
    struct builder body;
    builder_init(&body, bytes, sizeof(bytes));
    builder_uint(&body, TAG_EncryptMethod, 0);
    builder_uint(&body, TAG_HeartBtInt, session->heart_bt_int_ns / TIMESTAMP_SECOND_NS);
    if (reset) {
        builder_bool(&body, TAG_ResetSeqNumFlag, true);
    }
    if (config->next_expected_seq_num) {
        builder_uint(&body, TAG_NextExpectedMsgSeqNum, session->seq_in_next);
    }
    if (!config->acceptor) {
        write_optional(&body, TAG_Username, config->username);
        write_optional(&body, TAG_Password, config->password);
        write_optional(&body, TAG_NewPassword, config->new_password);
    }
    for (uint32_t i = 0; i < config->logon_tags_count; i++) {
        builder_text(&body, config->logon_tags[i].tag, config->logon_tags[i].value);
    }
    ASSERT(!body.overflow);
    session_emit_admin(session, now_ns, "A", builder_fields(&body), out);
}

void session_send_heartbeat(struct session *session, uint64_t now_ns, struct span test_req_id,
                            struct effects *out)
{
    uint8_t bytes[SESSION_BODY_BYTES_MAX];
    struct builder body;
    builder_init(&body, bytes, sizeof(bytes));
    if (test_req_id.size > 0) {
        builder_span(&body, TAG_TestReqID, test_req_id);
    }
    session_emit_admin(session, now_ns, "0", builder_fields(&body), out);
}

void session_send_test_request(struct session *session, uint64_t now_ns, struct effects *out)
{
    /* The clock makes the ID fresh across connections and restarts; the sum
     * keeps it fresh within one instant. */
    uint64_t next = session->test_request_id + 1;
    session->test_request_id = next > now_ns ? next : now_ns;
    session->test_request_sent_ns = now_ns;
    session->test_request_seq = session->seq_out_next;
    uint8_t bytes[SESSION_BODY_BYTES_MAX];
    struct builder body;
    builder_init(&body, bytes, sizeof(bytes));
    builder_uint(&body, TAG_TestReqID, session->test_request_id);
    session_emit_admin(session, now_ns, "1", builder_fields(&body), out);
}

void session_prove(struct session *session, uint64_t now_ns, struct effects *out)
{
    if (session->config->test_request_at_logon) {
        session_send_test_request(session, now_ns, out);
    }
}

void session_send_resend_request(struct session *session, uint64_t now_ns, uint64_t begin,
                                 uint64_t end, struct effects *out)
{
    uint8_t bytes[SESSION_BODY_BYTES_MAX];
    struct builder body;
    builder_init(&body, bytes, sizeof(bytes));
    builder_uint(&body, TAG_BeginSeqNo, begin);
    builder_uint(&body, TAG_EndSeqNo, end);
    session_emit_admin(session, now_ns, "2", builder_fields(&body), out);
}

void session_send_logout(struct session *session, uint64_t now_ns, struct span text,
                         struct effects *out)
{
    uint8_t bytes[SESSION_BODY_BYTES_MAX];
    struct builder body;
    builder_init(&body, bytes, sizeof(bytes));
    if (text.size > 0) {
        builder_span(&body, TAG_Text, text);
    }
    session_emit_admin(session, now_ns, "5", builder_fields(&body), out);
}

/* Who sent on whose behalf, turned round, so that an answer finds its way (3.8). */
static void write_route(struct builder *builder, const struct message *message)
{
    static const uint32_t turned[][2] = {
        {TAG_OnBehalfOfCompID, TAG_DeliverToCompID},
        {TAG_OnBehalfOfSubID, TAG_DeliverToSubID},
        {TAG_OnBehalfOfLocationID, TAG_DeliverToLocationID},
        {TAG_DeliverToCompID, TAG_OnBehalfOfCompID},
        {TAG_DeliverToSubID, TAG_OnBehalfOfSubID},
        {TAG_DeliverToLocationID, TAG_OnBehalfOfLocationID},
    };
    for (size_t i = 0; i < ARRAY_LEN(turned); i++) {
        struct span value = message_value(message, turned[i][0]);
        if (value.size > 0 && value.size <= FIX_COMP_ID_BYTES_MAX) {
            builder_span(builder, turned[i][1], value);
        }
    }
}

static void write_reference(struct builder *body, uint64_t seq, struct span type)
{
    builder_uint(body, TAG_RefSeqNum, seq);
    if (type.size > 0 && type.size <= FIX_COMP_ID_BYTES_MAX) {
        builder_span(body, TAG_RefMsgType, type);
    }
}

/* 371. A tag that is none at all ("0", "-1") is named as the peer wrote it, as far as
 * that is a number. */
static void write_ref_tag(struct builder *body, const struct message *message,
                          struct validate_fault fault)
{
    enum { NUMBER_BYTES_MAX = 10 };
    if (fault.tag > 0) {
        builder_uint(body, TAG_RefTagID, fault.tag);
        return;
    }
    const struct field *field =
        fault.reason == REJECT_INVALID_TAG ? message_find(message, 0) : NULL;
    if (field == NULL || field->value - 1 - field->start > NUMBER_BYTES_MAX) {
        return;
    }
    int64_t number = 0;
    struct span text = span_of(message->bytes.data + field->start, field->value - 1 - field->start);
    if (value_int(text, &number) == VALUE_OK) {
        builder_int(body, TAG_RefTagID, number);
    }
}

static void log_reject(const struct inbound *in, struct validate_fault fault, struct span text)
{
    struct text words = {.size = 0};
    text_add(&words, "message ");
    text_add_uint(&words, in->seq);
    text_add(&words, " of type ");
    text_add_span(&words, in->type);
    text_add(&words, " rejected: ");
    text_add_span(&words, text);
    if (fault.tag > 0) {
        text_add(&words, ", tag ");
        text_add_uint(&words, fault.tag);
    }
    session_log(in->out, SEVERITY_WARNING, text_span(&words));
}

void session_send_reject(struct session *session, const struct inbound *in,
                         struct validate_fault fault, struct span text)
{
    ASSERT(fault.reason != REJECT_NONE || text.size > 0); /* REJECT_NONE: 373=99, Other. */
    if (text.size == 0) {
        text = span_text(session_reject_reason_text(fault.reason));
    }
    log_reject(in, fault, text);
    if (span_is(in->type, "3")) {
        return; /* A Reject is never answered, whatever is wrong with it (5.6). */
    }
    uint8_t header_bytes[SESSION_BODY_BYTES_MAX];
    struct builder header;
    builder_init(&header, header_bytes, sizeof(header_bytes));
    write_route(&header, in->message);

    uint8_t bytes[SESSION_BODY_BYTES_MAX];
    struct builder body;
    builder_init(&body, bytes, sizeof(bytes));
    write_reference(&body, in->seq, in->type);
    write_ref_tag(&body, in->message, fault);
    builder_uint(&body, TAG_SessionRejectReason, (uint64_t)fault.reason);
    builder_span(&body, TAG_Text, text);

    struct outbound message = {
        .msg_type = span_text("3"),
        .seq = next_number(session),
        .header = builder_fields(&header),
        .body = builder_fields(&body),
        .kind = MESSAGE_ADMIN,
        .keep = true,
    };
    session_emit(session, in->now_ns, &message, in->out);
}

void session_business_reject(struct session *session, uint64_t now_ns,
                             const struct message *message, int reason, const char *text,
                             struct effects *out)
{
    struct span type = message_type(message);
    uint64_t seq = 0;
    bool numbered = message_uint(message, TAG_MsgSeqNum, &seq) == VALUE_OK;
    /* An answer to a reject could be answered by a reject, for ever (5.6). */
    if (span_is(type, "3") || span_is(type, "j")) {
        return;
    }
    if (!session_logged_on(session) || session->leaving) {
        return;
    }
    ASSERT(numbered);
    ASSERT(session->resend_next == 0);
    uint8_t header_bytes[SESSION_BODY_BYTES_MAX];
    struct builder header;
    builder_init(&header, header_bytes, sizeof(header_bytes));
    write_route(&header, message);

    uint8_t bytes[SESSION_BODY_BYTES_MAX];
    struct builder body;
    builder_init(&body, bytes, sizeof(bytes));
    write_reference(&body, seq, type);
    builder_int(&body, TAG_BusinessRejectReason, reason);
    struct text words = {.size = 0};
    text_add(&words, text);
    if (words.size > 0) {
        builder_span(&body, TAG_Text, text_span(&words));
    }
    struct outbound answer = {
        .msg_type = span_text("j"),
        .seq = next_number(session),
        .header = builder_fields(&header),
        .body = builder_fields(&body),
        .kind = MESSAGE_APPLICATION,
        .keep = true,
    };
    session_emit(session, now_ns, &answer, out);
}

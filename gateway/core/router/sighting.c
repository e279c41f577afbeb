#include "gateway/core/router/sighting.h"

#include "fix/tags.h"

/* BusinessRejectReason(380): 1 unknown id, 2 unknown security, 5 a required field is missing. */
static bool is_business_380(int64_t reason)
{
    return reason == 1 || reason == 2 || reason == 5;
}

enum {
    BUSINESS_REJECT_UNAVAILABLE = 4, /* BusinessRejectReason(380): application not available. */
    ORD_REJ_BROKER_OPTION = 0,       /* OrdRejReason(103): broker or exchange option; */
    ORD_REJ_OTHER = 99,              /* other. */
};

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

static bool holds(struct span text, const char *word)
{
    size_t size = strlen(word);
    for (size_t at = 0; at + size <= text.size; at++) {
        size_t same = 0;
        while (same < size && lower(text.data[at + same]) == (uint8_t)word[same]) {
            same += 1;
        }
        if (same == size) {
            return true;
        }
    }
    return false;
}

bool sighting_is_business(int64_t ord_rej_reason, struct span text)
{
    if (ord_rej_reason != ORD_REJ_BROKER_OPTION && ord_rej_reason != ORD_REJ_OTHER) {
        return true;
    }
    /* FIX 4.4 has no reason for a halted instrument: brokers write it in the text. */
    return holds(text, "halt") || holds(text, "suspended");
}

static enum sighting_verdict verdict_of(const struct message *message)
{
    int64_t reason = 0;
    if (!span_is(message_value(message, TAG_ExecType), "8")) {
        return VERDICT_TAKEN;
    }
    if (message_int(message, TAG_BusinessRejectReason, &reason) == VALUE_OK) {
        if (reason == BUSINESS_REJECT_UNAVAILABLE) {
            return VERDICT_REFUSED;
        }
        return is_business_380(reason) ? VERDICT_BUSINESS : VERDICT_FAILED;
    }
    if (message_find(message, TAG_RefSeqNum) != NULL) {
        return VERDICT_REFUSED; /* What came of a session's Reject(3). */
    }
    if (message_int(message, TAG_OrdRejReason, &reason) != VALUE_OK) {
        reason = ORD_REJ_OTHER;
    }
    return sighting_is_business(reason, message_value(message, TAG_Text)) ? VERDICT_BUSINESS
                                                                          : VERDICT_FAILED;
}

static bool is_one_of(struct span word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_is(word, words[i])) {
            return true;
        }
    }
    return false;
}

/* In these states the broker has spoken. */
static enum sighting_kind report_kind(const struct message *message)
{
    static const char *const answered[] = {"ACKED",     "PARTIAL",  "FILLED",
                                           "CANCELLED", "REJECTED", "EXPIRED"};
    bool report = span_is(message_type(message), MSG_ExecutionReport) &&
                  is_one_of(message_value(message, TAG_OrderState), answered, ARRAY_LEN(answered));
    return report ? SIGHTING_ANSWERED : SIGHTING_NONE;
}

static enum sighting_kind order_kind(const struct message *message)
{
    struct span state = message_value(message, TAG_OrderState);
    if (span_is(state, "SENT")) {
        return SIGHTING_SENT;
    }
    return span_is(state, "QUEUED") || span_is(state, "DEAD_LETTER") ? SIGHTING_WITHDRAWN
                                                                     : SIGHTING_NONE;
}

static enum sighting_kind session_kind(const struct message *message)
{
    struct span state = message_value(message, TAG_SessionStateName);
    if (span_is(state, "READY")) {
        return SIGHTING_READY;
    }
    return span_is(state, "DISCONNECTED") ? SIGHTING_DOWN : SIGHTING_NONE;
}

static bool begins(struct span topic, const char *prefix)
{
    return topic.size >= strlen(prefix) && memcmp(topic.data, prefix, strlen(prefix)) == 0;
}

struct sighting sighting_of(struct span topic, struct span event, struct field *fields,
                            uint32_t fields_max)
{
    struct sighting sighting = {.kind = SIGHTING_NONE};
    struct message message;
    bool order = begins(topic, "OR.");
    bool report = begins(topic, "ER.");
    if (!order && !report && !begins(topic, "SE.")) {
        return sighting;
    }
    message_init(&message, fields, fields_max);
    if (message_index(&message, event, NULL) != FRAME_FAULT_NONE ||
        message_timestamp(&message, TAG_SendingTime, &sighting.at_ns) != VALUE_OK) {
        return sighting;
    }
    sighting.kind = order    ? order_kind(&message)
                    : report ? report_kind(&message)
                             : session_kind(&message);
    sighting.broker = message_value(&message, TAG_Broker);
    sighting.attempt = message_value(&message, TAG_Attempt);
    sighting.symbol = message_value(&message, TAG_Symbol);
    sighting.session = message_value(&message, TAG_SessionName);
    sighting.text = message_value(&message, TAG_Text);
    if (sighting.kind == SIGHTING_ANSWERED) {
        sighting.verdict = verdict_of(&message);
    }
    return sighting;
}

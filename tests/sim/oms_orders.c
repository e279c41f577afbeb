#include "tests/sim/oms_parts.h"

#include <stdlib.h>

enum { SOH = '\001', TAG_DIGITS_MAX = 5 };

/* --- Names -------------------------------------------------------------------- */

static uint32_t bucket_of(struct span id)
{
    uint32_t hash = UINT32_C(2166136261);
    for (size_t i = 0; i < id.size; i++) {
        hash = (hash ^ id.data[i]) * UINT32_C(16777619);
    }
    return (hash ^ hash >> 16) % OMS_BUCKETS;
}

uint32_t oms_request_find(const struct sim_oms *oms, struct span id)
{
    uint32_t at = oms->buckets[bucket_of(id)];
    while (at != 0 && !span_is(id, oms->requests[at - 1].id)) {
        at = oms->requests[at - 1].next;
    }
    return at != 0 ? at - 1 : OMS_NONE;
}

/* Garbage and status requests give no name; other content under a known one is not meant. */
void oms_request_index(struct sim_oms *oms, uint32_t index)
{
    struct oms_request *request = &oms->requests[index];
    struct span id = span_text(request->id);
    bool names = request->kind == 'D' || request->kind == 'F' || request->kind == 'G';
    if (!names || oms_request_find(oms, id) != OMS_NONE) {
        return;
    }
    uint32_t *bucket = &oms->buckets[bucket_of(id)];
    request->next = *bucket;
    *bucket = index + 1;
}

uint32_t oms_order_add(struct sim_oms *oms, const char *id)
{
    uint32_t known = oms_request_find(oms, span_text(id));
    if (known != OMS_NONE) {
        return oms->requests[known].order;
    }
    for (uint32_t i = 0; i < oms->orders_count; i++) {
        if (strcmp(oms->orders[i].id, id) == 0) {
            return i; /* Made up, to be cancelled. */
        }
    }
    if (oms->orders_count == oms->orders_capacity) {
        oms->orders_capacity = oms->orders_capacity == 0 ? 64 : 2 * oms->orders_capacity;
        ASSERT(oms->orders_capacity <= OMS_REQUESTS_MAX);
        oms->orders = realloc(oms->orders, oms->orders_capacity * sizeof(oms->orders[0]));
        ASSERT(oms->orders != NULL);
    }
    struct oms_order *order = &oms->orders[oms->orders_count];
    *order = (struct oms_order){.side = '1'};
    span_to_text(span_text(id), order->id, sizeof(order->id));
    span_to_text(span_text(id), order->latest, sizeof(order->latest));
    return oms->orders_count++;
}

bool oms_order_ended(const struct oms_order *order)
{
    return order->status != 0 && strchr("248C", order->status) != NULL;
}

/* --- What the gateway says ------------------------------------------------------- */

static struct span *word_of(struct oms_words *words, uint32_t tag)
{
    switch (tag) {
    case 11:
        return &words->cl_ord_id;
    case 35:
        return &words->msg_type;
    case 38:
        return &words->quantity;
    case 39:
        return &words->ord_status;
    case 41:
        return &words->orig;
    case 44:
        return &words->price;
    case 56:
        return &words->client;
    case 150:
        return &words->exec_type;
    case 379:
        return &words->business_ref;
    default:
        return NULL;
    }
}

/* Of a field "tag=value"; 0 if it is none. */
static uint32_t tag_of(const uint8_t *field, const uint8_t *equals)
{
    uint32_t tag = 0;
    if (equals == NULL || equals - field > TAG_DIGITS_MAX) {
        return 0;
    }
    for (const uint8_t *at = field; at < equals; at++) {
        if (*at < '0' || *at > '9') {
            return 0;
        }
        tag = tag * 10 + (uint32_t)(*at - '0');
    }
    return tag;
}

void oms_read(struct span message, struct oms_words *words)
{
    *words = (struct oms_words){.msg_type = {0}};
    const uint8_t *at = message.data;
    const uint8_t *end = at + message.size;
    while (at < end) {
        const uint8_t *soh = memchr(at, SOH, (size_t)(end - at));
        soh = soh != NULL ? soh : end;
        const uint8_t *equals = memchr(at, '=', (size_t)(soh - at));
        struct span *word = word_of(words, tag_of(at, equals));
        if (word != NULL && word->data == NULL) {
            *word = span_of(equals + 1, (size_t)(soh - equals - 1));
        }
        at = soh + 1;
    }
}

bool oms_is_refusal(const struct oms_words *words)
{
    return !span_is(words->msg_type, "8") || span_is(words->exec_type, "8");
}

/* A replace is accepted when a report says so; names that merely stand in a report are those
 * of the latest accepted request, unless it answers another one, which 41 or an answer to a
 * status request shows. */
static bool names_latest(const struct oms_words *words)
{
    return span_is(words->exec_type, "5") ||
           (words->orig.size == 0 && !span_is(words->exec_type, "I"));
}

void oms_order_learn(struct sim_oms *oms, const struct oms_words *words)
{
    uint32_t request = oms_request_find(oms, words->cl_ord_id);
    if (words->cl_ord_id.size == 0 || request == OMS_NONE ||
        oms->requests[request].order == OMS_NONE) {
        return;
    }
    struct oms_order *order = &oms->orders[oms->requests[request].order];
    if (!span_is(words->msg_type, "8") && !span_is(words->msg_type, "U1")) {
        return;
    }
    if (words->ord_status.size == 1) {
        order->status = (char)words->ord_status.data[0];
    }
    if (names_latest(words)) {
        span_to_text(words->cl_ord_id, order->latest, sizeof(order->latest));
    }
    if (words->quantity.size > 0) {
        span_to_text(words->quantity, order->terms.quantity, sizeof(order->terms.quantity));
    }
    if (words->price.size > 0) {
        span_to_text(words->price, order->terms.price, sizeof(order->terms.price));
    }
}

void sim_oms_event(struct sim_oms *oms, struct span message)
{
    struct oms_words words;
    if (oms->dead) {
        return;
    }
    oms_read(message, &words);
    if (span_is(words.client, oms->name)) {
        oms_order_learn(oms, &words);
    }
}

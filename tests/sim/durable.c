#include "tests/sim/durable.h"

#include "fix/effects.h"
#include "gateway/core/engine/event.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/engine/tables.h"
#include "gateway/core/orders/order.h"

#include <inttypes.h>
#include <stdlib.h>

/* The first field with that tag, as "35="; empty if there is none. */
static struct span value_of(struct span message, const char *tag)
{
    const uint8_t *end = message.data + message.size;
    for (const uint8_t *at = message.data; at < end;) {
        const uint8_t *soh = memchr(at, '\001', (size_t)(end - at));
        size_t size = (size_t)((soh != NULL ? soh : end) - at);
        if (size >= strlen(tag) && memcmp(at, tag, strlen(tag)) == 0) {
            return span_of(at + strlen(tag), size - strlen(tag));
        }
        at += size + 1;
    }
    return span_of(NULL, 0);
}

static uint64_t number_of(struct span message, const char *tag)
{
    char text[24];
    span_to_text(value_of(message, tag), text, sizeof(text));
    return strtoull(text, NULL, 10);
}

static bool committed(struct store_reader *reader, uint32_t table, struct span key,
                      struct span *value)
{
    enum status status = store_get(reader, table, key, value);
    ASSERT(status == STATUS_OK || status == STATUS_NOT_FOUND);
    return status == STATUS_OK;
}

static void begin(struct store_reader *reader)
{
    enum status status = store_read_begin(reader);
    ASSERT(status == STATUS_OK);
}

bool durable_numbers_of(struct store_reader *reader, const char *session_id, uint32_t *resets,
                        uint64_t *in_next, uint64_t *out_next)
{
    struct span value;
    if (!committed(reader, TABLE_SESSION, span_text(session_id), &value)) {
        return false;
    }
    struct record_reader record = record_reader_of(value);
    (void)record_get_u8(&record);
    *in_next = record_get_u64(&record);
    *out_next = record_get_u64(&record);
    (void)record_get_u64(&record);
    *resets = record_get_u32(&record);
    ASSERT(!record.bad);
    return true;
}

/* --- Sent ------------------------------------------------------------------------- */

/* The outbound queue's record of that number and day says what was sent. */
static bool is_queued(struct store_reader *reader, const struct engine_config *config,
                      uint32_t session, uint32_t day, struct span message)
{
    uint8_t key[12];
    struct record_writer writer = record_writer_on(key, sizeof(key));
    record_put_u32(&writer, day);
    record_put_u64(&writer, number_of(message, "34="));
    struct span value;
    if (!committed(reader, TABLE_OUT + session, record_written(&writer), &value)) {
        return false;
    }
    struct record_reader record = record_reader_of(value);
    (void)record_get_u8(&record);
    enum message_kind kind = (enum message_kind)record_get_u8(&record);
    (void)record_get_u64(&record);
    (void)record_get_span(&record);
    ASSERT(!record.bad);
    if (kind == MESSAGE_ADMIN || !config->sessions[session].persist_messages) {
        return record.next == value.size;
    }
    return span_equal(span_of(value.data + record.next, value.size - record.next), message);
}

void durable_sent(struct sim *sim, struct durable *durable, struct store_reader *reader,
                  const struct engine_config *config, uint32_t session, struct span message)
{
    uint64_t seq = number_of(message, "34=");
    uint32_t resets = 0;
    uint64_t in_next = 0;
    uint64_t out_next = 0;
    begin(reader);
    bool known =
        durable_numbers_of(reader, config->sessions[session].id, &resets, &in_next, &out_next);
    bool again = span_is(value_of(message, "43="), "Y");
    bool queued = again;
    /* What went out before a reset in this very turn is of the day before. */
    uint32_t day = resets;
    while (known && !queued) {
        queued = is_queued(reader, config, session, day, message);
        if (queued || day == durable->resets[session]) {
            break;
        }
        day--;
    }
    store_read_end(reader);
    if (!known || !queued) {
        sim_violate(sim, ORACLE_DURABLE_FIRST,
                    "%s: MsgSeqNum %" PRIu64 " went out, and is not in "
                    "the committed outbound queue",
                    config->sessions[session].id, seq);
    } else if (day == resets && seq >= out_next && !(again && resets != durable->resets[session])) {
        sim_violate(sim, ORACLE_DURABLE_FIRST,
                    "%s: MsgSeqNum %" PRIu64 " went out, and the "
                    "committed next one is %" PRIu64,
                    config->sessions[session].id, seq, out_next);
    }
}

void durable_numbers(struct sim *sim, struct durable *durable, struct store_reader *reader,
                     const struct engine_config *config)
{
    begin(reader);
    for (uint32_t session = 0; session < config->sessions_count; session++) {
        uint32_t resets = 0;
        uint64_t in_next = 0;
        uint64_t out_next = 0;
        const char *id = config->sessions[session].id;
        if (!durable_numbers_of(reader, id, &resets, &in_next, &out_next)) {
            continue;
        }
        bool same_day = resets == durable->resets[session];
        if (resets < durable->resets[session] ||
            (same_day &&
             (in_next < durable->in_next[session] || out_next < durable->out_next[session]))) {
            sim_violate(
                sim, ORACLE_NUMBERS_AGREE,
                "%s: stored numbers went back from %" PRIu64 "/%" PRIu64 " to %" PRIu64 "/%" PRIu64,
                id, durable->in_next[session], durable->out_next[session], in_next, out_next);
        }
        if (resets > durable->resets[session]) {
            oracle_numbers_reset(sim->oracle, session);
        }
        durable->resets[session] = resets;
        durable->in_next[session] = in_next;
        durable->out_next[session] = out_next;
    }
    store_read_end(reader);
}

/* --- Answered and published ---------------------------------------------------------- */

/* An answer that says so stands for a record: the order's, or the request's. */
void durable_answered(struct sim *sim, struct store_reader *reader, struct span message)
{
    struct span exec_type = value_of(message, "150=");
    bool durable = span_is(value_of(message, "35="), "8") && exec_type.size == 1 &&
                   memchr("AE6", exec_type.data[0], 3) != NULL;
    if (!durable) {
        return;
    }
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct span value;
    struct span client = value_of(message, "56=");
    struct span cl_ord_id = value_of(message, "11=");
    begin(reader);
    bool found = committed(reader, TABLE_ORDER, order_key(key, client, cl_ord_id), &value);
    store_read_end(reader);
    if (!found) {
        sim_violate(sim, ORACLE_DURABLE_FIRST,
                    "%.*s was told that %.*s is durable, and it is not in the committed store",
                    (int)client.size, (const char *)client.data, (int)cl_ord_id.size,
                    (const char *)cl_ord_id.data);
    }
}

void durable_published(struct sim *sim, struct store_reader *reader, uint64_t bus_seq,
                       struct span topic, struct span message)
{
    uint8_t key[EVENT_KEY_BYTES];
    struct span value;
    struct event event;
    bus_seq_encode(bus_seq, key);
    begin(reader);
    bool same = committed(reader, TABLE_EVENT, span_of(key, sizeof(key)), &value) &&
                event_decode(span_of(key, sizeof(key)), value, &event) &&
                span_equal(event.topic, topic) && span_equal(event.message, message);
    store_read_end(reader);
    if (!same) {
        sim_violate(sim, ORACLE_DURABLE_FIRST,
                    "BusSeq %" PRIu64 " was published, and the committed store has not just that",
                    bus_seq);
    }
}

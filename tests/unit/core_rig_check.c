/* The rule (design §1), looked at from outside: what a port is given must be found in the
 * committed store, whatever the engine believes. */
#include <string.h>

#include "fix/tags.h"
#include "gateway/core/engine/event.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/engine/tables.h"
#include "gateway/core/orders/order.h"
#include "tests/unit/core_rig_parts.h"

static struct field fields[FIX_FIELDS_MAX];

static void index_whole(const struct rig *rig, struct message *message, struct span bytes)
{
    struct frame frame;
    enum frame_result result = frame_find(bytes, &frame);
    ASSERT(result == FRAME_FOUND);
    ASSERT(frame.bytes.size == bytes.size);
    message_init(message, fields, FIX_FIELDS_MAX);
    enum frame_fault fault = message_index(message, bytes, rig->dictionary);
    ASSERT(fault == FRAME_FAULT_NONE);
}

static bool committed(const struct rig *rig, uint32_t table, struct span key, struct span *value)
{
    enum status status = store_get(rig->store_reader, table, key, value);
    ASSERT(status == STATUS_OK || status == STATUS_NOT_FOUND);
    return status == STATUS_OK;
}

static void begin(const struct rig *rig)
{
    enum status status = store_read_begin(rig->store_reader);
    ASSERT(status == STATUS_OK);
}

/* --- Sent ------------------------------------------------------------------------- */

struct stored_numbers {
    uint64_t seq_in_next;
    uint64_t seq_out_next;
    uint32_t resets;
};

static struct stored_numbers numbers_of(const struct rig *rig, uint32_t session)
{
    struct span value;
    bool found = committed(rig, TABLE_SESSION, span_text(rig->sessions[session].id), &value);
    ASSERT(found);
    struct record_reader reader = record_reader_of(value);
    struct stored_numbers numbers;
    (void)record_get_u8(&reader);
    numbers.seq_in_next = record_get_u64(&reader);
    numbers.seq_out_next = record_get_u64(&reader);
    (void)record_get_u64(&reader);
    numbers.resets = record_get_u32(&reader);
    ASSERT(!reader.bad);
    return numbers;
}

/* The record of that number and day says what was sent. */
static bool is_queued(const struct rig *rig, uint32_t session, uint32_t day, uint64_t seq,
                      struct span bytes)
{
    uint8_t key[12];
    struct record_writer writer = record_writer_on(key, sizeof(key));
    record_put_u32(&writer, day);
    record_put_u64(&writer, seq);
    struct span value;
    if (!committed(rig, TABLE_OUT + session, record_written(&writer), &value)) {
        return false;
    }
    struct record_reader reader = record_reader_of(value);
    (void)record_get_u8(&reader);
    enum message_kind kind = (enum message_kind)record_get_u8(&reader);
    (void)record_get_u64(&reader);
    (void)record_get_span(&reader);
    ASSERT(!reader.bad);
    if (kind == MESSAGE_ADMIN || !rig->sessions[session].persist_messages) {
        return reader.next == value.size;
    }
    return span_equal(span_of(value.data + reader.next, value.size - reader.next), bytes);
}

void rig_check_sent(struct rig *rig, uint32_t session, struct span bytes)
{
    struct message message;
    index_whole(rig, &message, bytes);
    uint64_t seq = 0;
    enum value_result read = message_uint(&message, TAG_MsgSeqNum, &seq);
    ASSERT(read == VALUE_OK);
    begin(rig);
    struct stored_numbers numbers = numbers_of(rig, session);
    /* What went out before a reset in this very turn is of the day before. */
    uint32_t day = numbers.resets;
    bool again = span_is(message_value(&message, TAG_PossDupFlag), "Y");
    while (!again && !is_queued(rig, session, day, seq, bytes)) {
        ASSERT(day > rig->checked.resets[session]);
        day -= 1;
    }
    ASSERT(day != numbers.resets || seq < numbers.seq_out_next);
    store_read_end(rig->store_reader);
}

void rig_check_turn(struct rig *rig)
{
    begin(rig);
    for (uint32_t session = 0; session < RIG_BROKERS; session++) {
        struct span value;
        if (!committed(rig, TABLE_SESSION, span_text(rig->sessions[session].id), &value)) {
            continue;
        }
        struct stored_numbers now = numbers_of(rig, session);
        struct rig_checked *checked = &rig->checked;
        ASSERT(now.resets >= checked->resets[session]);
        if (now.resets == checked->resets[session]) {
            ASSERT(now.seq_in_next >= checked->seq_in_next[session]);
            ASSERT(now.seq_out_next >= checked->seq_out_next[session]);
        }
        checked->resets[session] = now.resets;
        checked->seq_in_next[session] = now.seq_in_next;
        checked->seq_out_next[session] = now.seq_out_next;
    }
    store_read_end(rig->store_reader);
}

/* --- Answered and published ---------------------------------------------------------- */

/* An answer that says so stands for a record: the order's, or the request's. */
void rig_check_reply(struct rig *rig, struct span bytes)
{
    struct message message;
    index_whole(rig, &message, bytes);
    static const char accepting[] = {'A', 'E', '6'}; /* New, replaced or cancelled: pending. */
    struct span exec_type = message_value(&message, TAG_ExecType);
    bool accepted = span_is(message_type(&message), MSG_ExecutionReport) && exec_type.size == 1 &&
                    memchr(accepting, exec_type.data[0], sizeof(accepting)) != NULL;
    if (!accepted) {
        return;
    }
    uint8_t key[ORDER_KEY_BYTES_MAX];
    struct span value;
    begin(rig);
    struct span client = message_value(&message, TAG_TargetCompID);
    bool found = committed(rig, TABLE_ORDER,
                           order_key(key, client, message_value(&message, TAG_ClOrdID)), &value);
    ASSERT(found);
    store_read_end(rig->store_reader);
}

void rig_check_published(struct rig *rig, struct span topic, uint64_t bus_seq, struct span bytes)
{
    uint8_t key[EVENT_KEY_BYTES];
    struct span value;
    struct event event;
    ASSERT(bus_seq == rig->checked.bus_seq + 1);
    rig->checked.bus_seq = bus_seq;
    bus_seq_encode(bus_seq, key);
    begin(rig);
    bool found = committed(rig, TABLE_EVENT, span_of(key, sizeof(key)), &value);
    ASSERT(found);
    bool decoded = event_decode(span_of(key, sizeof(key)), value, &event);
    ASSERT(decoded);
    ASSERT(span_equal(event.topic, topic));
    ASSERT(span_equal(event.message, bytes));
    store_read_end(rig->store_reader);
}

/* The audit's first part: what the OMS wrote down. */
#include "tests/tools/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "tests/tools/broker_fields.h"

enum {
    TAG_AVG_PX = 6,
    TAG_CL_ORD_ID = 11,
    TAG_CUM_QTY = 14,
    TAG_EXEC_ID = 17,
    TAG_LAST_PX = 31,
    TAG_LAST_QTY = 32,
    TAG_MSG_TYPE = 35,
    TAG_ORDER_QTY = 38,
    TAG_ORD_STATUS = 39,
    TAG_ORIG_CL_ORD_ID = 41,
    TAG_EXEC_TYPE = 150,
    TAG_REF_ID = 379,
    TAG_SECONDARY_EXEC_ID = 527,
    TAG_BROKER = 10003,
    TAG_ATTEMPT = 10004,
    TAG_ORDER_STATE = 10005,
    NAME_BYTES_MAX = 256,
};

void audit_init(struct audit *audit)
{
    memset(audit, 0, sizeof *audit);
}

void audit_free(struct audit *audit)
{
    name_map_free(&audit->ids);
    name_map_free(&audit->attempts);
    name_map_free(&audit->executions_by_id);
    name_map_free(&audit->exec_ids);
    name_map_free(&audit->wire);
    free(audit->requests);
    free(audit->attempt_orders);
    free(audit->executions);
    free(audit->event_hashes);
    free(audit->frame_hashes);
    free(audit->wire_messages);
    audit_init(audit);
}

void audit_fault(struct audit *audit, const char *format, ...)
{
    if (audit->counts.faults < AUDIT_FAULTS_MAX) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(audit->faults[audit->counts.faults], AUDIT_FAULT_BYTES_MAX, format,
                        arguments);
        va_end(arguments);
    }
    audit->counts.faults++;
}

void *audit_room(void *array, uint32_t *capacity, uint32_t count, size_t size)
{
    if (count < *capacity) {
        return array;
    }
    uint32_t before = *capacity;
    *capacity = before == 0 ? 1024 : 2 * before;
    uint8_t *bigger = realloc(array, *capacity * size);
    ASSERT(bigger != NULL);
    memset(bigger + before * size, 0, (*capacity - before) * size);
    return bigger;
}

/* A FIX message as text with SOH. */
struct text {
    const char *data;
    size_t size;
};

static int64_t number_of(struct text message, int tag)
{
    char value[BROKER_NUMBER_BYTES_MAX];
    int64_t number = 0;
    if (!fields_get(message.data, message.size, tag, value, sizeof value) ||
        !broker_number_parse(value, &number)) {
        return 0;
    }
    return number;
}

static uint32_t find_request(const struct audit *audit, struct text message, int tag)
{
    char id[AUDIT_ID_BYTES_MAX + 1];
    uint32_t index = UINT32_MAX;
    if (!fields_get(message.data, message.size, tag, id, sizeof id) ||
        !name_map_find(&audit->ids, span_text(id), &index)) {
        return UINT32_MAX;
    }
    return index;
}

static void take_submit(struct audit *audit, struct text message)
{
    char id[AUDIT_ID_BYTES_MAX + 1];
    bool added = false;
    bool named = fields_get(message.data, message.size, TAG_CL_ORD_ID, id, sizeof id);
    ASSERT(named);
    uint32_t index = name_map_add(&audit->ids, span_text(id), &added);
    if (!added) {
        audit_fault(audit, "the OMS gave ClOrdID %s twice", id);
        return;
    }
    audit->requests =
        audit_room(audit->requests, &audit->requests_capacity, index, sizeof audit->requests[0]);
    audit->requests_count = index + 1;
    uint32_t origin = find_request(audit, message, TAG_ORIG_CL_ORD_ID);
    struct audit_request *request = &audit->requests[index];
    *request = (struct audit_request){
        .msg_type = fields_char(message.data, message.size, TAG_MSG_TYPE, '?'),
        .order = origin == UINT32_MAX ? index : audit->requests[origin].order,
        .quantity = number_of(message, TAG_ORDER_QTY),
    };
    (void)snprintf(request->id, sizeof request->id, "%s", id);
    struct audit_request *order = &audit->requests[request->order];
    if (request->quantity > order->quantity_most) {
        order->quantity_most = request->quantity;
    }
}

static void take_answer(struct audit *audit, struct text message)
{
    uint32_t index = find_request(audit, message, TAG_CL_ORD_ID);
    if (index == UINT32_MAX) {
        index = find_request(audit, message, TAG_REF_ID);
    }
    if (index == UINT32_MAX) {
        return; /* To something that was no request. */
    }
    struct audit_request *request = &audit->requests[index];
    char type = fields_char(message.data, message.size, TAG_MSG_TYPE, '?');
    char exec_type = fields_char(message.data, message.size, TAG_EXEC_TYPE, '?');
    bool refused = type != '8' || exec_type == '8';
    if (refused && request->acknowledged && request->msg_type == 'D') {
        audit_fault(audit, "%s was acknowledged, and then refused (35=%c 150=%c)", request->id,
                    type, exec_type);
    }
    if (!refused && request->refused && request->msg_type == 'D') {
        audit_fault(audit, "%s was refused, and then acknowledged (150=%c)", request->id,
                    exec_type);
    }
    request->refused = request->refused || refused;
    request->acknowledged = request->acknowledged || !refused;
}

static void bus_room(struct audit *audit, uint64_t bus_seq)
{
    if (bus_seq < audit->bus_capacity) {
        return;
    }
    uint64_t capacity = audit->bus_capacity == 0 ? 4096 : audit->bus_capacity;
    while (capacity <= bus_seq) {
        capacity *= 2;
    }
    ASSERT(capacity < UINT64_C(1) << 32);
    audit->event_hashes = realloc(audit->event_hashes, capacity * sizeof audit->event_hashes[0]);
    audit->frame_hashes = realloc(audit->frame_hashes, capacity * sizeof audit->frame_hashes[0]);
    ASSERT(audit->event_hashes != NULL);
    ASSERT(audit->frame_hashes != NULL);
    size_t grown = (capacity - audit->bus_capacity) * sizeof audit->event_hashes[0];
    memset(audit->event_hashes + audit->bus_capacity, 0, grown);
    memset(audit->frame_hashes + audit->bus_capacity, 0, grown);
    audit->bus_capacity = capacity;
}

static void take_attempt(struct audit *audit, struct text message, uint32_t order)
{
    char attempt[AUDIT_ID_BYTES_MAX + 1];
    if (!fields_get(message.data, message.size, TAG_ATTEMPT, attempt, sizeof attempt)) {
        return;
    }
    bool added = false;
    uint32_t index = name_map_add(&audit->attempts, span_text(attempt), &added);
    audit->attempt_orders = audit_room(audit->attempt_orders, &audit->attempts_capacity, index,
                                       sizeof audit->attempt_orders[0]);
    if (added) {
        audit->attempt_orders[index] = order;
    } else if (audit->attempt_orders[index] != order) {
        audit_fault(audit, "attempt %s belongs to %s and to %s", attempt,
                    audit->requests[audit->attempt_orders[index]].id, audit->requests[order].id);
    }
}

static void take_execution(struct audit *audit, struct text message, uint32_t order)
{
    char broker[AUDIT_ID_BYTES_MAX + 1];
    char exec_id[NAME_BYTES_MAX - AUDIT_ID_BYTES_MAX - 2];
    char name[NAME_BYTES_MAX];
    (void)fields_get(message.data, message.size, TAG_BROKER, broker, sizeof broker);
    (void)fields_get(message.data, message.size, TAG_SECONDARY_EXEC_ID, exec_id, sizeof exec_id);
    (void)snprintf(name, sizeof name, "%s %s", broker, exec_id);
    bool added = false;
    uint32_t index = name_map_add(&audit->executions_by_id, span_text(name), &added);
    if (!added) {
        audit_fault(audit, "execution %s stands on the bus twice (order %s)", name,
                    audit->requests[order].id);
        return;
    }
    audit->executions = audit_room(audit->executions, &audit->executions_capacity, index,
                                   sizeof audit->executions[0]);
    audit->executions[index] = (struct audit_execution){
        .order = order,
        .quantity = number_of(message, TAG_LAST_QTY),
        .price = number_of(message, TAG_LAST_PX),
    };
    audit->requests[order].executed_on_bus += audit->executions[index].quantity;
}

/* An entry that is about an order of ours. */
static void take_order_event(struct audit *audit, struct text message, uint32_t order_index)
{
    struct audit_request *order = &audit->requests[order_index];
    char state[AUDIT_STATE_BYTES_MAX + 1];
    char type = fields_char(message.data, message.size, TAG_MSG_TYPE, '?');
    order->events++;
    order->ord_status = fields_char(message.data, message.size, TAG_ORD_STATUS, order->ord_status);
    if (fields_get(message.data, message.size, TAG_ORDER_STATE, state, sizeof state)) {
        memcpy(order->state, state, sizeof order->state);
    }
    take_attempt(audit, message, order_index);
    if (type != '8') {
        return;
    }
    order->cumulative = number_of(message, TAG_CUM_QTY);
    order->average = number_of(message, TAG_AVG_PX);
    char exec_id[NAME_BYTES_MAX];
    bool added = false;
    if (!fields_get(message.data, message.size, TAG_EXEC_ID, exec_id, sizeof exec_id)) {
        audit_fault(audit, "an ExecutionReport of %s has no ExecID", order->id);
        return;
    }
    (void)name_map_add(&audit->exec_ids, span_text(exec_id), &added);
    if (!added) {
        audit_fault(audit, "ExecID %s stands on the bus twice", exec_id);
    }
    if (fields_char(message.data, message.size, TAG_EXEC_TYPE, '?') == 'F') {
        take_execution(audit, message, order_index);
    }
}

static void take_event(struct audit *audit, const struct oms_journal_line *line)
{
    struct text message = {(const char *)line->message.data, line->message.size};
    if (line->bus_seq != audit->bus_last + 1) {
        audit_fault(audit, "the bus goes from %" PRIu64 " to %" PRIu64, audit->bus_last,
                    line->bus_seq);
    }
    if (audit->instance != 0 && line->instance != audit->instance) {
        audit_fault(audit, "the bus became another instance at %" PRIu64, line->bus_seq);
    }
    audit->instance = line->instance;
    audit->bus_last = line->bus_seq;
    audit->counts.events++;
    bus_room(audit, line->bus_seq);
    audit->event_hashes[line->bus_seq] = name_map_hash(line->message);
    uint32_t index = find_request(audit, message, TAG_CL_ORD_ID);
    if (index != UINT32_MAX) {
        take_order_event(audit, message, audit->requests[index].order);
    }
}

static void take_frame(struct audit *audit, const struct oms_journal_line *line)
{
    char text[24];
    span_to_text(line->message, text, sizeof text);
    uint64_t hash = strtoull(text, NULL, 16);
    bus_room(audit, line->bus_seq);
    if (audit->frame_hashes[line->bus_seq] != 0) {
        audit_fault(audit, "BusSeq %" PRIu64 " was published twice%s", line->bus_seq,
                    audit->frame_hashes[line->bus_seq] == hash ? "" : " with other bytes");
    }
    audit->frame_hashes[line->bus_seq] = hash;
    audit->counts.frames++;
}

bool audit_journal(struct audit *audit, const char *path)
{
    struct oms_journal journal;
    if (!oms_journal_open(&journal, path)) {
        audit_fault(audit, "%s: %s", path, strerror(errno));
        return false;
    }
    struct oms_journal_line line;
    while (oms_journal_read(&journal, &line)) {
        struct text message = {(const char *)line.message.data, line.message.size};
        switch (line.kind) {
        case JOURNAL_SUBMIT:
            take_submit(audit, message);
            break;
        case JOURNAL_AGAIN:
            break;
        case JOURNAL_ANSWER:
            take_answer(audit, message);
            break;
        case JOURNAL_EVENT:
            take_event(audit, &line);
            break;
        case JOURNAL_BREAK:
            audit_fault(audit, "the bus broke before %" PRIu64 ": %.*s", line.bus_seq,
                        (int)message.size, message.data);
            audit->bus_last = line.bus_seq > 0 ? line.bus_seq - 1 : 0;
            break;
        case JOURNAL_FRAME:
            take_frame(audit, &line);
            break;
        }
    }
    oms_journal_close(&journal);
    return true;
}

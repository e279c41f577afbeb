#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fix/builder.h"
#include "fix/tags.h"
#include "tests/unit/core_rig_parts.h"

void rig_log_line(struct rig_log *log, struct span topic, struct span message, uint64_t bus_seq)
{
    ASSERT(log->count < RIG_LOG_MAX);
    char *line = malloc(topic.size + message.size + 3);
    size_t size = 0;
    if (topic.size > 0) {
        memcpy(line, topic.data, topic.size);
        size = topic.size;
        line[size++] = ' ';
    }
    line[size++] = '|';
    for (size_t i = 0; i < message.size; i++) {
        line[size++] = message.data[i] == FIX_SOH ? '|' : (char)message.data[i];
    }
    line[size] = '\0';
    log->line[log->count] = line;
    log->bus_seq[log->count] = bus_seq;
    log->count += 1;
}

size_t rig_with_soh(const char *text, uint8_t *bytes)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = text[i] == '|' ? FIX_SOH : (uint8_t)text[i];
    }
    return size;
}

/* --- Lines ---------------------------------------------------------------------- */

void rig_line_add(struct rig_line *line, struct span bytes)
{
    ASSERT(bytes.size <= RIG_LINE_BYTES - line->size);
    memcpy(line->bytes + line->size, bytes.data, bytes.size);
    line->size += bytes.size;
}

void rig_line_take(struct rig_line *line, size_t size)
{
    memmove(line->bytes, line->bytes + size, line->size - size);
    line->size -= size;
}

/* --- The brokers ------------------------------------------------------------------ */

static void broker_effects(struct rig *rig, struct rig_broker *broker,
                           const struct message *message);

/* Its reports wait, in their order, until its session can send. */
static void broker_flush(struct rig *rig, struct rig_broker *broker)
{
    while (broker->waiting != NULL && broker->connected && session_can_send(&broker->session)) {
        struct rig_waiting *first = broker->waiting;
        broker->waiting = first->next;
        effects_reset(&rig->effects);
        (void)session_send(&broker->session, rig->now_ns, span_text(first->msg_type),
                           span_of(first->body, first->size), &rig->effects);
        free(first);
        broker_effects(rig, broker, NULL);
    }
}

static void broker_send(struct rig *rig, struct rig_broker *broker, const char *msg_type,
                        struct span body)
{
    struct rig_waiting **last = &broker->waiting;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = calloc(1, sizeof(**last));
    span_to_text(span_text(msg_type), (*last)->msg_type, sizeof((*last)->msg_type));
    ASSERT(body.size <= sizeof((*last)->body));
    memcpy((*last)->body, body.data, body.size);
    (*last)->size = body.size;
    broker_flush(rig, broker);
}

static void report(struct rig *rig, struct rig_broker *broker, const struct message *order,
                   char exec_type, char ord_status, bool fill)
{
    uint8_t bytes[2048];
    struct builder body;
    char id[32];
    broker->executions += fill ? 1 : 0;
    builder_init(&body, bytes, sizeof(bytes));
    (void)snprintf(id, sizeof(id), "O%u", broker->orders);
    builder_text(&body, TAG_OrderID, id);
    broker->reports += 1;
    (void)snprintf(id, sizeof(id), "E%u", broker->reports);
    builder_text(&body, TAG_ExecID, id);
    builder_span(&body, TAG_ClOrdID, message_value(order, TAG_ClOrdID));
    if (message_find(order, TAG_OrigClOrdID) != NULL) {
        builder_span(&body, TAG_OrigClOrdID, message_value(order, TAG_OrigClOrdID));
    }
    builder_char(&body, TAG_ExecType, exec_type);
    builder_char(&body, TAG_OrdStatus, ord_status);
    builder_span(&body, TAG_Symbol, message_value(order, TAG_Symbol));
    builder_span(&body, TAG_Side, message_value(order, TAG_Side));
    struct span quantity = message_value(order, TAG_OrderQty);
    if (fill) {
        builder_span(&body, TAG_LastQty, quantity);
        builder_text(&body, TAG_LastPx, "10.5");
    }
    builder_span(&body, TAG_CumQty, fill ? quantity : span_text("0"));
    builder_text(&body, TAG_LeavesQty, "0");
    builder_text(&body, TAG_AvgPx, fill ? "10.5" : "0");
    struct span fields = builder_fields(&body);
    ASSERT(fields.size <= sizeof(broker->last_report));
    memcpy(broker->last_report, fields.data, fields.size);
    broker->last_report_size = fields.size;
    broker_send(rig, broker, MSG_ExecutionReport, fields);
}

static void broker_answer(struct rig *rig, struct rig_broker *broker, const struct message *message)
{
    struct span type = message_type(message);
    span_to_text(message_value(message, TAG_ClOrdID), broker->last_cl_ord_id, 64);
    span_to_text(message_value(message, TAG_OrigClOrdID), broker->last_orig_cl_ord_id, 64);
    span_to_text(type, broker->last_msg_type, 4);
    if (span_is(type, MSG_NewOrderSingle)) {
        broker->orders += 1;
        rig_log_line(&rig->taken, span_of(NULL, 0), message_value(message, TAG_SecondaryClOrdID),
                     0);
    }
    if (broker->manner == RIG_SILENT) {
        return;
    }
    if (broker->manner == RIG_REFUSE) {
        session_business_reject(&broker->session, rig->now_ns, message, 4, "closed", &rig->effects);
        broker_effects(rig, broker, NULL);
        return;
    }
    if (span_is(type, MSG_OrderCancelRequest)) {
        report(rig, broker, message, ExecType_CANCELED, OrdStatus_CANCELED, false);
    } else if (span_is(type, MSG_OrderCancelReplaceRequest)) {
        report(rig, broker, message, ExecType_REPLACED, OrdStatus_NEW, false);
    } else if (span_is(type, MSG_NewOrderSingle)) {
        report(rig, broker, message, ExecType_NEW, OrdStatus_NEW, false);
        if (broker->manner == RIG_FILL) {
            report(rig, broker, message, ExecType_TRADE, OrdStatus_FILLED, true);
        }
    }
}

static void broker_keep(struct rig_broker *broker, const struct effect *effect)
{
    ASSERT(effect->msg_seq_num < RIG_KEPT_MAX);
    struct rig_kept *kept = &broker->kept[effect->msg_seq_num];
    free(kept->bytes);
    kept->bytes = malloc(effect->bytes.size);
    memcpy(kept->bytes, effect->bytes.data, effect->bytes.size);
    kept->size = effect->bytes.size;
    kept->kind = effect->message;
}

static bool is_echo(struct rig *rig, struct span bytes)
{
    struct message sent;
    struct field fields[32];
    message_init(&sent, fields, 32);
    return message_index(&sent, bytes, rig->dictionary) == FRAME_FAULT_NONE &&
           span_is(message_type(&sent), MSG_Heartbeat) &&
           message_find(&sent, TAG_TestReqID) != NULL;
}

static void broker_effects(struct rig *rig, struct rig_broker *broker,
                           const struct message *message)
{
    struct effect list[FIX_EFFECTS_MAX];
    size_t count = rig->effects.count;
    bool deliver = false;
    memcpy(list, rig->effects.list, sizeof(list[0]) * count);
    rig->effects.count = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i].kind == EFFECT_SEND) {
            if (list[i].keep) {
                broker_keep(broker, &list[i]);
            }
            if (!broker->keeps_echoes || !is_echo(rig, list[i].bytes)) {
                rig_line_add(&broker->to_gateway, list[i].bytes);
            }
        } else if (list[i].kind == EFFECT_DELIVER) {
            deliver = true;
        }
    }
    if (deliver) {
        broker_answer(rig, broker, message);
    }
}

static void broker_resend(struct rig *rig, struct rig_broker *broker)
{
    uint64_t next;
    uint64_t end;
    while (session_resend_next(&broker->session, &next, &end)) {
        const struct rig_kept *kept = &broker->kept[next];
        effects_reset(&rig->effects);
        session_resend_message(&broker->session, rig->now_ns, span_of(kept->bytes, kept->size),
                               kept->kind, false, &rig->effects);
        broker_effects(rig, broker, NULL);
    }
}

bool rig_broker_move(struct rig *rig, struct rig_broker *broker)
{
    bool moved = false;
    struct message message;
    message_init(&message, rig->fields, FIX_FIELDS_MAX);
    while (broker->connected && !broker->deaf && broker->to_broker.size > 0) {
        effects_reset(&rig->effects);
        size_t taken = session_receive(&broker->session, rig->now_ns,
                                       span_of(broker->to_broker.bytes, broker->to_broker.size),
                                       &message, &rig->effects);
        broker_effects(rig, broker, &message);
        broker_resend(rig, broker);
        effects_reset(&rig->effects);
        while (session_receive_kept(&broker->session, rig->now_ns, &message, &rig->effects)) {
            broker_effects(rig, broker, &message);
            effects_reset(&rig->effects);
        }
        if (taken == 0) {
            break;
        }
        rig_line_take(&broker->to_broker, taken);
        moved = true;
    }
    broker_flush(rig, broker);
    if (broker->connected && !broker->deaf &&
        rig->now_ns >= session_deadline_ns(&broker->session)) {
        effects_reset(&rig->effects);
        session_tick(&broker->session, rig->now_ns, &rig->effects);
        broker_effects(rig, broker, NULL);
    }
    return moved;
}

void rig_broker_repeats(struct rig *rig, unsigned number)
{
    struct rig_broker *broker = &rig->broker[number];
    if (broker->last_report_size > 0) {
        broker_send(rig, broker, MSG_ExecutionReport,
                    span_of(broker->last_report, broker->last_report_size));
        rig_settle(rig);
    }
}

void rig_broker_says(struct rig *rig, unsigned number, const char *msg_type, const char *body)
{
    uint8_t bytes[4096];
    size_t size = rig_with_soh(body, bytes);
    broker_send(rig, &rig->broker[number], msg_type, span_of(bytes, size));
    rig_settle(rig);
}

void rig_broker_reports(struct rig *rig, unsigned broker, const char *cl_ord_id, const char *fields)
{
    static unsigned exec_id;
    char body[512];
    exec_id += 1;
    (void)snprintf(body, sizeof(body), "37=O1|17=R%u|11=%s|55=VOD|54=1|%s", exec_id, cl_ord_id,
                   fields);
    rig_broker_says(rig, broker, "8", body);
}

void rig_broker_logs_out(struct rig *rig, unsigned number, const char *text)
{
    struct rig_broker *broker = &rig->broker[number];
    effects_reset(&rig->effects);
    session_logout(&broker->session, rig->now_ns, text, &rig->effects);
    broker_effects(rig, broker, NULL);
    rig_settle(rig);
}

void rig_broker_hang_up(struct rig *rig, struct rig_broker *broker)
{
    broker->connected = false;
    broker->knocking = false;
    broker->dial_at_ns = rig->now_ns + UINT64_C(1000000000);
    broker->to_broker.size = 0;
    broker->to_gateway.size = 0;
    effects_reset(&rig->effects);
    session_disconnected(&broker->session, rig->now_ns, &rig->effects);
}

/* It keeps the schedule of its session, as agreed. */
static void keep_schedule(struct rig *rig, struct rig_broker *broker)
{
    const struct schedule *schedule = &rig->sessions[broker - rig->broker].schedule;
    struct session_day day;
    if (schedule->kind != SCHEDULE_NON_STOP && schedule_day(schedule, rig->now_ns, &day) &&
        broker->session.created_ns < day.begin_ns) {
        effects_reset(&rig->effects);
        session_reset(&broker->session, rig->now_ns, &rig->effects);
    }
}

void rig_broker_connect(struct rig *rig, struct rig_broker *broker)
{
    keep_schedule(rig, broker);
    broker->connected = true;
    effects_reset(&rig->effects);
    session_connected(&broker->session, rig->now_ns, &rig->effects);
    broker_effects(rig, broker, NULL);
}

void rig_broker_dial(struct rig *rig, struct rig_broker *broker)
{
    if (broker->dials && broker->listening && !broker->connected &&
        rig->now_ns >= broker->dial_at_ns) {
        rig_broker_connect(rig, broker);
        broker->knocking = true;
    }
}

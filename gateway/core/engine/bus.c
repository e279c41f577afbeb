#include "gateway/core/engine/bus.h"

#include "fix/tags.h"
#include "gateway/core/engine/event.h"
#include "gateway/core/engine/names.h"

enum { BUS_TIMESTAMP_DIGITS = 6 };

void bus_begin(struct engine *engine, struct builder *builder, const char *msg_type,
               struct span client)
{
    builder_begin(builder, engine->scratch_message, sizeof(engine->scratch_message),
                  span_text("FIX.4.4"), span_text(msg_type));
    builder_text(builder, TAG_SenderCompID, engine->config->comp_id);
    builder_span(builder, TAG_TargetCompID, client.size > 0 ? client : span_text("ALL"));
    builder_uint(builder, TAG_MsgSeqNum, engine->counters.bus_seq);
    builder_timestamp(builder, TAG_SendingTime, engine->now_ns, BUS_TIMESTAMP_DIGITS);
}

void bus_end(struct engine *engine, struct builder *builder, struct span topic)
{
    struct event event = {.bus_seq = engine->counters.bus_seq, .topic = topic};
    event.message = builder_finish(builder);
    ASSERT(event.message.size > 0);

    uint8_t key[EVENT_KEY_BYTES];
    bus_seq_encode(event.bus_seq, key);
    size_t size = event_encode(&event, engine->scratch_event, sizeof(engine->scratch_event));
    view_append(&engine->view, TABLE_EVENT, span_of(key, sizeof(key)),
                span_of(engine->scratch_event, size));
    engine->counters.bus_seq += 1;
    engine->counters_changed = true;
    engine->heartbeat_next_ns = engine->now_ns + engine->config->bus_heartbeat_ns;
    release_add(&engine->turn->releases, &(struct release){.kind = RELEASE_PUBLISH,
                                                           .bus_seq = event.bus_seq,
                                                           .topic = topic,
                                                           .bytes = event.message});
}

static void topic_add(struct text *topic, struct span part)
{
    for (size_t index = 0; index < part.size && topic->size < ENGINE_TOPIC_BYTES_MAX; index++) {
        char byte = (char)part.data[index];
        topic->data[topic->size++] = byte <= ' ' || byte > '~' ? '_' : byte;
    }
}

struct text bus_topic(const char *kind, struct span first, struct span second)
{
    struct text topic = {.size = 0};
    topic_add(&topic, span_text(kind));
    topic_add(&topic, span_text("."));
    topic_add(&topic, first);
    if (second.size > 0) {
        topic_add(&topic, span_text("."));
        topic_add(&topic, second);
    }
    topic.data[topic.size] = '\0';
    return topic;
}

static void add_if(struct builder *builder, uint32_t tag, struct span value)
{
    if (value.size > 0) {
        builder_span(builder, tag, value);
    }
}

void bus_order_event(struct engine *engine, const struct order *order)
{
    const char *state = order_state_name(order->state);
    struct name order_id = name_make(engine->config->instance_id, NAME_ORDER, order->number);
    struct builder builder;
    bus_begin(engine, &builder, MSG_OrderEvent, order->client);
    builder_span(&builder, TAG_ClOrdID, order->cl_ord_id_now);
    builder_span(&builder, TAG_OrderID, name_span(&order_id));
    builder_span(&builder, TAG_Symbol, order->symbol);
    builder_char(&builder, TAG_Side, order->side);
    builder_decimal(&builder, TAG_OrderQty, order->terms.quantity);
    if (order->terms.has_price) {
        builder_decimal(&builder, TAG_Price, order->terms.price);
    }
    add_if(&builder, TAG_Account, order->account);
    builder_decimal(&builder, TAG_CumQty, order->cum_quantity);
    builder_decimal(&builder, TAG_LeavesQty, order_leaves(order));
    builder_decimal(&builder, TAG_AvgPx, order_average(order));
    builder_timestamp(&builder, TAG_TransactTime, engine->now_ns, BUS_TIMESTAMP_DIGITS);
    add_if(&builder, TAG_Broker, order->broker);
    add_if(&builder, TAG_Attempt, order->attempt_id);
    builder_text(&builder, TAG_OrderState, state);
    builder_uint(&builder, TAG_BusSeq, engine->counters.bus_seq);
    add_if(&builder, TAG_Reason, order->reason);
    if (order->forced) {
        builder_bool(&builder, TAG_PossibleDuplicate, true);
    }
    struct text topic = bus_topic("OR", span_text(state), order->symbol);
    bus_end(engine, &builder, text_span(&topic));
}

void bus_session_event(struct engine *engine, const struct link *link, struct span reason)
{
    const struct broker_config *broker = &engine->config->brokers[link->config->broker];
    struct builder builder;
    bus_begin(engine, &builder, MSG_SessionEvent, span_of(NULL, 0));
    builder_text(&builder, TAG_SessionName, link->config->id);
    builder_text(&builder, TAG_SessionStateName, session_state_name(link->session.state));
    builder_text(&builder, TAG_Broker, broker->name);
    add_if(&builder, TAG_Text, reason);
    builder_timestamp(&builder, TAG_TransactTime, engine->now_ns, BUS_TIMESTAMP_DIGITS);
    builder_uint(&builder, TAG_BusSeq, engine->counters.bus_seq);
    struct text topic = bus_topic("SE", span_text(link->config->id), span_of(NULL, 0));
    bus_end(engine, &builder, text_span(&topic));
}

void bus_alert(struct engine *engine, const char *severity, struct span broker, struct span about,
               struct span text)
{
    struct builder builder;
    bus_begin(engine, &builder, MSG_AlertEvent, span_of(NULL, 0));
    builder_text(&builder, TAG_Severity, severity);
    builder_span(&builder, TAG_Text, text);
    add_if(&builder, TAG_Broker, broker);
    add_if(&builder, TAG_ClOrdID, about);
    builder_timestamp(&builder, TAG_TransactTime, engine->now_ns, BUS_TIMESTAMP_DIGITS);
    builder_uint(&builder, TAG_BusSeq, engine->counters.bus_seq);
    struct text topic = bus_topic("AL", span_text(severity), broker);
    bus_end(engine, &builder, text_span(&topic));
    release_log(&engine->turn->releases, SEVERITY_WARNING, text);
}

void engine_log(struct engine *engine, enum effect_severity severity, const struct text *line)
{
    release_log(&engine->turn->releases, severity, text_span(line));
}

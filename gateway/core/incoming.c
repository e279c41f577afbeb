#include "gateway/core/incoming.h"

#include "fix/tags.h"

struct span incoming_broker(const struct engine *engine, const struct link *link)
{
    return span_text(engine->config->brokers[link->config->broker].name);
}

void incoming_alert(struct engine *engine, const struct link *link, const struct message *message,
                    const char *what)
{
    struct text text = {.size = 0};
    text_add_span(&text, incoming_broker(engine, link));
    text_add(&text, ": ");
    text_add(&text, what);
    text_add(&text, "; MsgType=");
    text_add_span(&text, message_type(message));
    text_add(&text, " MsgSeqNum=");
    text_add_span(&text, message_value(message, TAG_MsgSeqNum));
    text_add(&text, " ClOrdID=");
    text_add_span(&text, message_value(message, TAG_ClOrdID));
    text_add(&text, " ExecID=");
    text_add_span(&text, message_value(message, TAG_ExecID));
    bus_alert(engine, "warning", incoming_broker(engine, link), message_value(message, TAG_ClOrdID),
              text_span(&text));
}

bool incoming_awaits_word(const struct order *order)
{
    return order->state == ORDER_SENT || order->state == ORDER_IN_DOUBT ||
           order->state == ORDER_DEAD_LETTER;
}

bool incoming_find_order(struct engine *engine, struct incoming *in, struct span id,
                         struct span other_id)
{
    in->attempt_id = id;
    if (!attempt_load(engine, id, &in->attempt)) {
        in->attempt_id = other_id;
        if (!attempt_load(engine, other_id, &in->attempt)) {
            return false;
        }
    }
    return order_follow(&engine->view, in->attempt.order_key, &in->order) &&
           span_equal(in->order.broker, incoming_broker(engine, in->link));
}

void incoming_become(struct engine *engine, struct incoming *in, enum order_state state,
                     struct span reason)
{
    struct order *order = &in->order;
    bool ended = order_is_terminal(order->state);
    if (order->state != state && !order_may_become(order->state, state)) {
        incoming_alert(engine, in->link, in->message, "report does not fit the order's state");
        return;
    }
    if (order->state == ORDER_DEAD_LETTER) {
        view_delete(&engine->view, TABLE_DEADLETTER, in->attempt.order_key);
    }
    order_become(order, state, engine->now_ns, reason);
    if (!ended && order_is_terminal(state)) {
        attempt_ended(engine, order);
        order_ended(engine, order);
    } else if (ended && !order_is_terminal(state)) {
        attempt_reopened(engine, order);
        order_reopened(engine, order);
    }
}

#include "gateway/core/orders/incoming.h"

#include "fix/tags.h"
#include "gateway/core/doubt/doubt.h"

struct span incoming_broker(const struct engine *engine, const struct link *link)
{
    return span_text(engine->config->brokers[link->config->broker].name);
}

static void tell(struct engine *engine, const char *severity, const struct link *link,
                 const struct message *message, const char *what)
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
    bus_alert(engine, severity, incoming_broker(engine, link), message_value(message, TAG_ClOrdID),
              text_span(&text));
}

void incoming_alert(struct engine *engine, const struct link *link, const struct message *message,
                    const char *what)
{
    tell(engine, "warning", link, message, what);
}

void incoming_alarm(struct engine *engine, const struct link *link, const struct message *message,
                    const char *what)
{
    tell(engine, "critical", link, message, what);
}

bool incoming_awaits_word(const struct order *order)
{
    return order->state == ORDER_SENT || order->state == ORDER_IN_DOUBT ||
           order->state == ORDER_DEAD_LETTER;
}

/* Whether the attempt went to the broker of this link, by whatever session. */
static bool went_there(struct engine *engine, const struct incoming *in)
{
    if (span_equal(in->attempt.root, in->order.attempt_id)) {
        return span_equal(in->order.broker, incoming_broker(engine, in->link));
    }
    const struct link *link = link_find(engine, in->attempt.session_id);
    return link != NULL && link->config->broker == in->link->config->broker;
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
    if (!order_follow(&engine->view, in->attempt.order_key, &in->order) ||
        !went_there(engine, in)) {
        return false;
    }
    in->earlier = in->order.left || !span_equal(in->attempt.root, in->order.attempt_id);
    if (span_is(in->attempt.session_id, in->link->config->id)) {
        doubt_peer_has(in->link, in->attempt.seq, in->attempt.resets);
    }
    return true;
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

/* Status reports (ExecType I): what a broker says when it is asked. They prove what it has, and
 * may end an order; they bring no fills. */
#include "fix/tags.h"
#include "gateway/core/doubt/doubt.h"
#include "gateway/core/orders/executions_parts.h"

/* OrdStatus 8 with OrdRejReason 5 is FIX's way to say "unknown order"; without a reason it may
 * mean that, too. */
static bool says_unknown(const struct message *message)
{
    int64_t reason;
    return span_is(message_value(message, TAG_OrdStatus), "8") &&
           (message_int(message, TAG_OrdRejReason, &reason) != VALUE_OK ||
            reason == OrdRejReason_UNKNOWN_ORDER);
}

/* It has executed no more than what we were told of, so an end that it reports is one. */
static bool figures_agree(struct engine *engine, const struct incoming *in)
{
    struct decimal cum;
    if (message_decimal(in->message, TAG_CumQty, &cum) != VALUE_OK) {
        return false;
    }
    int against = decimal_compare(cum, executions_of_attempt(&in->order));
    if (against > 0) {
        incoming_alarm(engine, in->link, in->message,
                       "the status says more executed than we were told of: ask the broker for "
                       "the missing reports");
    }
    return against == 0;
}

bool executions_status(struct engine *engine, struct incoming *in)
{
    struct order *order = &in->order;
    struct span status = message_value(in->message, TAG_OrdStatus);
    if (in->earlier) {
        return false;
    }
    if (says_unknown(in->message)) {
        doubt_unknown(engine, in->link, order);
        return false;
    }
    bool waited = incoming_awaits_word(order);
    attempt_acknowledged(engine, order);
    bool agree = figures_agree(engine, in);
    if (waited) {
        incoming_become(engine, in, order->cum_quantity.units > 0 ? ORDER_PARTIAL : ORDER_ACKED,
                        span_of(NULL, 0));
    }
    if (!agree || order_is_terminal(order->state) || order->moving || status.size != 1) {
        return true;
    }
    switch (status.data[0]) {
    case OrdStatus_CANCELED:
        incoming_become(engine, in, ORDER_CANCELLED, message_value(in->message, TAG_Text));
        break;
    case OrdStatus_EXPIRED:
        incoming_become(engine, in, ORDER_EXPIRED, message_value(in->message, TAG_Text));
        break;
    case OrdStatus_REJECTED:
        if (waited) {
            incoming_become(engine, in, ORDER_REJECTED, message_value(in->message, TAG_Text));
        }
        break;
    default:
        return true;
    }
    order_pending_done(order);
    return true;
}

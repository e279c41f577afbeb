/* A broker's message in hand, and the order it is about: what executions and
 * refusals share.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ORDERS_INCOMING_H
#define GATEWAY_CORE_ORDERS_INCOMING_H

#include "gateway/core/orders/attempts.h"

struct incoming {
    struct link *link;
    const struct message *message;
    struct span attempt_id; /* Its ClOrdID(11), or OrigClOrdID(41) if that one is known. */
    struct attempt attempt; /* What that stands for. */
    struct order order;
    bool for_people; /* Once this is told: nothing works for what is left of the order. */
    bool earlier;    /* Of an attempt that the order has done with: it is nothing of the order's but
                        what it executed. */
    bool told;       /* What it executes was told of, with its figures (hunt.h). */
};

struct span incoming_broker(const struct engine *engine, const struct link *link);

/* The message makes no sense here: AL.warning with what identifies it. */
void incoming_alert(struct engine *engine, const struct link *link, const struct message *message,
                    const char *what);

/* The same of something that people must see to at once: AL.critical. */
void incoming_alarm(struct engine *engine, const struct link *link, const struct message *message,
                    const char *what);

/* The order that the broker-facing ClOrdID `id`, or else `other_id`, names; false
 * if there is none, or it was not sent to this broker. That the broker names it proves that it
 * has what went out up to it. */
bool incoming_find_order(struct engine *engine, struct incoming *in, struct span id,
                         struct span other_id);

/* Moves the order, with its key in `live`. A move that is not legal is an alert. */
void incoming_become(struct engine *engine, struct incoming *in, enum order_state state,
                     struct span reason);

/* Sent, and nothing is known of what became of it. */
bool incoming_awaits_word(const struct order *order);

#endif

/* Orders as rows of answers, and why they are where they are.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ORDERS_ORDER_SHOW_H
#define GATEWAY_CORE_ORDERS_ORDER_SHOW_H

#include "gateway/core/doubt/hunt.h"
#include "gateway/core/orders/order_find.h"

/* One order of orders.list. */
void order_show_line(struct command_row *row, const struct order *order,
                     const struct order_label *label);

/* What it asks for: side, type, quantity, price, account, time in force. */
void order_show_ask(struct command_row *row, const struct order *order);

/* Memory for a row. */
struct order_shown {
    struct name order_id;
    struct text decision;
};

/* All of it, with its latest attempt, why that went there, and the evidence. */
void order_show_all(struct command_row *row, const struct engine *engine, const struct order *order,
                    const struct order_label *label, struct order_shown *shown);

/* An attempt of it that is hunted. */
void order_show_hunt(struct command_row *row, const struct hunt *hunt,
                     const struct order_label *label);

/* In a sentence: why it stands where it does. */
struct text order_why(struct engine *engine, const struct order *order);

/* What would settle an order in doubt. */
struct text order_settled_by(struct engine *engine, const struct order *order);

/* What can be known of an attempt from its session now: NULL, or why nothing comes from it. */
const char *order_broker_away(struct engine *engine, const struct order *order);

#endif

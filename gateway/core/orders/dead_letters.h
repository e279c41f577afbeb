/* Dead letters: orders that cannot go on by themselves, and why.
 *
 * Pure; part of the engine. The record in `deadletter` stands under the order's key and explains
 * itself: what happened, what was known of the attempt then, and when. */
#ifndef GATEWAY_CORE_ORDERS_DEAD_LETTERS_H
#define GATEWAY_CORE_ORDERS_DEAD_LETTERS_H

#include "gateway/core/engine/engine.h"
#include "gateway/core/orders/order.h"

struct dead_letter {
    uint64_t since_ns;
    bool unsure;          /* What its brokers have executed is not known for sure. */
    struct span reason;   /* Why it cannot go on. */
    struct span evidence; /* What was known of its latest attempt. */
};

struct dead_letter_cause {
    const char *why;
    enum order_evidence evidence; /* Of its attempt, before that was given up. */
    bool unsure;
};

/* The order becomes a DEAD_LETTER: saved, recorded, told on the bus with an alert. Its state must
 * let it; a live attempt stays live, for it may be executed. */
void dead_letter_add(struct engine *engine, struct order *order,
                     const struct dead_letter_cause *cause);

/* False: there is none. Spans are valid until the end of the turn. */
bool dead_letter_load(const struct engine *engine, const struct order *order,
                      struct dead_letter *out);

/* It is none any more. */
void dead_letter_remove(struct engine *engine, const struct order *order);

#endif

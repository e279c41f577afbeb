/* Attempts: one try of an order at one broker, under its own broker-facing
 * ClOrdID; and the names of the cancels and replaces that followed it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ORDERS_ATTEMPTS_H
#define GATEWAY_CORE_ORDERS_ATTEMPTS_H

#include "gateway/core/sessions/links.h"

/* Before the attempt's name: what the outbound queue remembers with a question for its status. */
#define ATTEMPT_QUESTION "H:"

/* Kind of the cancel of an attempt that is hunted (hunt.h); `root` names that. */
#define ATTEMPT_HUNTING 'H'

/* What a broker-facing ClOrdID stands for. */
struct attempt {
    char kind; /* 'D', 'F' or 'G' */
    struct span order_key;
    struct span request_id; /* The OMS's ClOrdID that it carries out. */
    struct span decision;   /* Of a 'D': why that broker (decision.h). May be empty. */
    struct span session_id; /* Where it went. */
    struct span root;       /* The attempt it belongs to: of a 'D' its own name. */
    uint64_t seq;           /* MsgSeqNum(34) it went out with, on session day `resets`. */
    uint32_t resets;
};

/* Keeps what a new broker-facing ClOrdID stands for, in the turn in which it goes out. */
void attempt_save(struct engine *engine, struct span attempt_id, const struct attempt *attempt);

bool attempt_load(const struct engine *engine, struct span attempt_id, struct attempt *out);

/* Sends the order to `link` as a new attempt: SENT, durable in this turn before
 * it is released. What is filled already is left out of OrderQty(38); nothing else differs from
 * what came in, and that is ASSERTed. Saves the order. */
void attempt_send(struct engine *engine, struct order *order, struct link *link);

/* Sends the pending cancel or replace of an order to the broker that owns its
 * attempt. Saves the order. */
void attempt_send_request(struct engine *engine, struct order *order, struct link *link);

/* The broker has given word on the latest attempt. Changes the order; does not save it. */
void attempt_acknowledged(struct engine *engine, struct order *order);

/* Nothing of the order is working any more: its key in `live` is free. */
void attempt_ended(struct engine *engine, const struct order *order);

/* The broker's later word opened an ended order again (a bust, or a fill after a
 * rejection): the key is taken again. */
void attempt_reopened(struct engine *engine, const struct order *order);

/* The order has done with its latest attempt, which no word of the broker has ended: it is proven
 * dead, its cancel was confirmed while the order moves, or persons forced the order away from it.
 * Frees the key in `live`, the entry in `unacked` and the count of what is open on the session;
 * evidence and questions begin anew. No effect if it has no live attempt. Does not save the order,
 * nor write its state. */
void attempt_give_up(struct engine *engine, struct order *order);

/* Whether the latest attempt holds the order's key in `live`. */
bool attempt_is_live(const struct engine *engine, const struct order *order);

/* Asks the broker what became of the latest attempt: OrderStatusRequest (35=H) with ClOrdID,
 * OrderID if known, Symbol and Side. `link` is the attempt's, and can send (LINK_CHANGE). Sets
 * asked_ns and asked_count; saves the order. */
void attempt_ask_status(struct engine *engine, struct order *order, struct link *link);

/* What the attempt asks for once the order asks for `replaced`: parts that other attempts have
 * done are none of its. */
struct decimal attempt_quantity_of(const struct order *order, struct decimal replaced);

/* Whether a tag of the outbound queue is that of such a question; and the attempt it is about,
 * empty if it is about all. */
bool attempt_is_question(struct span tag);
struct span attempt_asked(struct span tag);

/* Whether the broker's dictionary takes the order; if not, `fault` says why. */
bool attempt_fits(struct engine *engine, const struct order *order, const struct link *link,
                  struct text *fault);

#endif

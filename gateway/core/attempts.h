/* Attempts: one try of an order at one broker, under its own broker-facing
 * ClOrdID; and the names of the cancels and replaces that followed it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_ATTEMPTS_H
#define GATEWAY_CORE_ATTEMPTS_H

#include "gateway/core/links.h"

/* What a broker-facing ClOrdID stands for. */
struct attempt {
    char kind; /* 'D', 'F' or 'G' */
    struct span order_key;
    struct span request_id; /* The OMS's ClOrdID that it carries out. */
};

bool attempt_load(const struct engine *engine, struct span attempt_id, struct attempt *out);

/* Sends the order to `link` as a new attempt: SENT, durable in this turn before
 * it is released. Saves the order. */
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

/* Whether the broker's dictionary takes the order; if not, `fault` says why. */
bool attempt_fits(struct engine *engine, const struct order *order, const struct link *link,
                  struct text *fault);

#endif

/* What the parts of doubt share. Nobody else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_DOUBT_DOUBT_PARTS_H
#define GATEWAY_CORE_DOUBT_DOUBT_PARTS_H

#include "gateway/core/doubt/doubt.h"
#include "gateway/core/orders/attempts.h"

enum { UNACKED_KEY_BYTES_MAX = 256 };

/* --- doubt.c --- */

/* session id NUL attempt number → order key. */
struct span doubt_key(uint8_t key[UNACKED_KEY_BYTES_MAX], struct span session_id,
                      uint64_t attempt_number);
/* The attempt number of a key, if it belongs to the session. */
bool doubt_key_number(struct span key, struct span session_id, uint64_t *attempt_number);

/* Numbers prove nothing of this attempt: the peer lost its state since, or they began anew. */
bool doubt_is_unproven(const struct link *link, const struct order *order);

/* An echo proves that the peer has taken all of ours that went out before: the session is READY,
 * nothing is missing on either side, and the TestRequest behind the last resend was answered. */
bool doubt_in_step(const struct link *link);

/* Whether a SequenceReset of the peer has jumped over messages of its: they may have been its word
 * on attempts, and that it had them. Numbers prove nothing of those any more. */
void doubt_jumped(struct engine *engine, struct link *link);

const struct broker_config *doubt_broker(const struct engine *engine, const struct link *link);

/* AL.<severity> about an order: its broker's name, then `what`. */
void doubt_alert(struct engine *engine, const char *severity, const struct order *order,
                 const char *what);

/* New evidence, since now; what was asked before counts no more. */
void doubt_evidence(struct engine *engine, struct order *order, enum order_evidence evidence);

/* --- doubt_free.c --- */

/* Older than StaleOrderAge. */
bool doubt_is_stale(const struct engine *engine, const struct link *link,
                    const struct order *order);

/* --- doubt_open.c --- */

/* The session is READY: begins, if its numbers began anew since, or the engine has started. */
void doubt_open_begin(struct link *link);

/* A page of it. True: there is more to do at once. */
bool doubt_open_page(struct engine *engine, struct link *link);

/* --- doubt_walk.c --- */

/* OrderMassStatusRequest, for all of this connection. */
void doubt_ask_mass(struct engine *engine, struct link *link);

/* Begins anew with the first attempt, in the next turn. */
void doubt_walk_begin(struct link *link);

/* Something will be due at that instant. */
void doubt_due(struct link *link, uint64_t at_ns);

#endif

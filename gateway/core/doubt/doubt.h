/* Doubt: what is known of attempts that no word of the broker has settled, and what follows.
 *
 * Pure; part of the engine. docs/failover.md tells it at length. The ladder, per attempt:
 *
 *   never in SENT       it was never handed to a socket: the order goes anywhere;
 *   NOT_RECEIVED        the broker asks for its number, or expects it: it is filled over, and
 *                       dead once an echo proves that the fill was taken. Its order is free;
 *   RECEIVED            the broker's numbers are past it: it stays, and its status is asked for;
 *   UNPROVEN            the broker lost its state, or the numbers began anew: it is held, no new
 *                       order goes to that broker, its status is asked for;
 *   UNKNOWN             the broker says that it does not know it: weak, it is held.
 *
 *   doubt.c        the attempts without a word, and what sessions tell of them
 *   doubt_resend.c what the peer asks for again
 *   doubt_walk.c   the walk over a session's attempts, and what is due of each
 *   doubt_open.c   what is open of a session day that is over
 *   doubt_status.c answers to our questions; drop copies
 *   doubt_free.c   where an order goes whose attempt is dead */
#ifndef GATEWAY_CORE_DOUBT_DOUBT_H
#define GATEWAY_CORE_DOUBT_DOUBT_H

#include "fix/text.h"
#include "gateway/core/engine/engine.h"

enum { DOUBT_ASKS_MAX = 5 }; /* Questions for one attempt's status on one connection. */

/* --- What the session tells (orders_application.c) --------------------------------- */

/* The session dropped, or the engine starts: its unacknowledged attempts become IN_DOUBT. */
void doubt_dropped(struct link *link);

/* The session is READY. */
void doubt_ready(struct engine *engine, struct link *link);

/* Its numbers are 1 again: they prove nothing of what went before. */
void doubt_reset(struct engine *engine, struct link *link);

/* The peer asks for our messages from `begin` on, or expects that one next. */
void doubt_asked(struct engine *engine, struct link *link, uint64_t begin);

/* The peer has provably processed our message with that number of session day `resets`. */
void doubt_peer_has(struct link *link, uint64_t msg_seq_num, uint32_t resets);

/* An echo is asked for, if none has come since the last resend: somebody has something to prove. */
void doubt_want_echo(struct link *link);

/* A page of the walk, if it is time for one. True: there is more to do at once. */
bool doubt_tick(struct engine *engine, struct link *link);

/* --- The unacknowledged attempts of a session, by attempt number ------------------- */

void doubt_add(struct engine *engine, struct link *link, uint64_t attempt_number,
               struct span order_key);
void doubt_remove(struct engine *engine, struct span session_id, uint64_t attempt_number);

/* The next of a session's, from `*attempt_number` on, which becomes its number. False: there is
 * none. */
bool doubt_next(const struct engine *engine, struct span session_id, uint64_t *attempt_number,
                struct span *order_key);

/* Counts what a session has, and what of it is in doubt; at start. */
void doubt_count(const struct engine *engine, struct link *link);

/* order_become() for an unacknowledged order: counts those that are IN_DOUBT. */
void doubt_become(struct engine *engine, struct order *order, enum order_state state,
                  struct span reason);

/* --- Resends ------------------------------------------------------------------------ */

/* The peer asks for this message again, but it must not go out again: a gap fill takes its
 * place. `tag` is the attempt's name, or that of a question for its status. An order that the
 * broker did not get is NOT_RECEIVED from here on, unless ResendOrders=Y lets it go again. */
bool doubt_must_not_resend(struct engine *engine, struct link *link, struct span tag);

/* What went out on this very line may have been on its way when the peer asked for all behind a
 * gap: then it waits there for the gap to close, and is taken from there, filled over or not. Only
 * the first number of the gap is sure to be missing, not that of a further piece of it. */
bool doubt_may_be_there(const struct link *link, uint64_t attempt_number, uint64_t msg_seq_num);

/* The same, where the body was not kept (PersistMessages=N): a cancel or replace is refused. */
void doubt_lost(struct engine *engine, struct link *link, struct span tag);

/* --- Answers ------------------------------------------------------------------------ */

/* Asked for the status, the broker says that it does not know the order. Saves the order. */
void doubt_unknown(struct engine *engine, struct link *link, struct order *order);

/* The order may have gone to the broker twice under its name: it was sent before this connection,
 * or the peer has asked for it on this one. */
bool doubt_went_twice(const struct link *link, const struct order *order);

/* The broker has said, in whatever way, that it has the unacknowledged attempt; what became of it
 * is asked for. Saves the order. */
void doubt_has_it(struct engine *engine, struct order *order);

/* The broker does not take the question. */
void doubt_unanswerable(struct engine *engine, struct link *link, struct span why);

/* A drop copy tells of a report on this attempt. */
void doubt_drop_copy(struct engine *engine, const struct link *link, struct span attempt_id);

/* --- Freedom ------------------------------------------------------------------------ */

/* The order's latest attempt is proven dead, or persons say so: it gives the attempt up and goes
 * on, to whatever broker can take it (QUEUED, placed at once). One whose time in force has ended
 * is EXPIRED; one with a cancel on its way CANCELLED; one that is older than StaleOrderAge a
 * DEAD_LETTER, with the reason. Saves the order. */
void doubt_free(struct engine *engine, struct order *order);

/* The order cannot go on by itself: it gives its attempt up and waits for people, with the
 * reason and what was known of the attempt. Saves the order. */
void doubt_dead_letter(struct engine *engine, struct order *order, const char *why);

#endif

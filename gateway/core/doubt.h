/* Orders in doubt: sent, and the session dropped before any word came.
 *
 * Pure; part of the engine. They are held: an attempt in doubt never goes to
 * another broker here. When its session is in step again, FIX's own recovery has
 * told the broker all it missed, and the attempt goes on as SENT. */
#ifndef GATEWAY_CORE_DOUBT_H
#define GATEWAY_CORE_DOUBT_H

#include "gateway/core/engine.h"

/* The session dropped: its unacknowledged attempts become IN_DOUBT, page by page. */
void doubt_mark(struct link *link);

/* The session is READY: those in doubt go on as SENT, page by page. */
void doubt_settle(struct link *link);

/* The session's numbers were reset: FIX's recovery tells nothing any more about those in
 * doubt. They stay held, and somebody is told how many they are. */
void doubt_reset(struct engine *engine, struct link *link);

/* One page of either walk, if one is under way. */
void doubt_walk(struct engine *engine, struct link *link);

/* The unacknowledged attempts of a session, by attempt number. */
void doubt_add(struct engine *engine, struct link *link, uint64_t attempt_number,
               struct span order_key);
void doubt_remove(struct engine *engine, struct span session_id, uint64_t attempt_number);

/* How many a session has; at start. */
uint64_t doubt_count(const struct engine *engine, const struct link *link);

/* The order's latest attempt is proven dead, or persons say so: it gives the attempt up and goes
 * on, to whatever broker can take it (QUEUED, placed at once). One whose time in force has ended
 * is EXPIRED; one with a cancel on its way CANCELLED; one that is older than StaleOrderAge a
 * DEAD_LETTER, with the reason. Saves the order. */
void doubt_free(struct engine *engine, struct order *order);

/* The peer asks for this attempt again, but it must not go out again: a gap fill
 * takes its place. Either the broker has given word on it, so it has it, whatever
 * became of its session's numbers; or the order's time ended meanwhile, or it is older
 * than StaleOrderAge, and then it goes to the dead letters for a person to look at. */
bool doubt_must_not_resend(struct engine *engine, const struct link *link, struct span attempt_id,
                           uint64_t sent_ns);

/* The broker asks for this attempt, so it did not get it, and we cannot give it again. An
 * order goes to the dead letters, a cancel or replace is refused. */
void doubt_lost(struct engine *engine, struct span attempt_id);

#endif

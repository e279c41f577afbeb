/* Between the engine and the FIX sessions: feeds them, and turns their effects
 * into durable writes and releases.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_LINKS_H
#define GATEWAY_CORE_LINKS_H

#include "gateway/core/bus.h"

/* Restores a link's numbers from its record and checks them against its outbound
 * queue. NULL, or why the store must not be used, in `error`. */
MUST_USE const char *link_start(struct engine *engine, uint32_t number, struct text *error);

/* Writes the link's numbers if the turn changed them. */
void link_store_numbers(struct engine *engine, struct link *link);

/* Sends an application message with `body`; the outbound queue remembers
 * `attempt_id` with it. The link must be able to send. Returns its MsgSeqNum. */
uint64_t link_send(struct engine *engine, struct link *link, const char *msg_type, struct span body,
                   struct span attempt_id);

/* Role, session state and backlog allow a new order or request now. */
bool link_can_send(const struct link *link);

/* Begins a Logout, if the session is logged on; else closes. */
void link_logout(struct engine *engine, struct link *link, const char *text);

/* Timers, reconnect, the next page of a resend. */
void link_tick(struct engine *engine, struct link *link);
uint64_t link_deadline_ns(const struct link *link, uint64_t now_ns);

/* The link of a session id, or NULL if the configuration has it no more. */
struct link *link_find(struct engine *engine, struct span session_id);

/* What the outbound queue keeps of a message. */
struct out_record {
    enum message_kind kind;
    struct span attempt_id; /* Empty for session messages. */
    struct span bytes;      /* Empty for session messages. */
};
bool link_out_load(const struct engine *engine, const struct link *link, uint64_t msg_seq_num,
                   struct out_record *out);

#endif

/* Between the engine and the FIX sessions: feeds them, and turns their effects
 * into durable writes and releases.
 *
 * Pure; part of the engine. links.c has events and effects, link_numbers.c what is
 * durable, link_connect.c when and where to connect, link_resend.c what the peer
 * asks for again, link_rate.c the outbound rate; link_parts.h is between them. */
#ifndef GATEWAY_CORE_SESSIONS_LINKS_H
#define GATEWAY_CORE_SESSIONS_LINKS_H

#include "gateway/core/engine/bus.h"

/* --- For the application ------------------------------------------------------ */

/* What a message is to the outbound rate. */
enum link_class {
    LINK_NEW,    /* New business. */
    LINK_CHANGE, /* Cancels and replaces of what is there: they go first. */
};

/* Session state, backlog and outbound rate let such a message go now. */
bool link_can_send(const struct engine *engine, const struct link *link, enum link_class class);

/* Only its outbound rate keeps it from sending. */
bool link_held_by_rate(const struct engine *engine, const struct link *link);

/* What is left of its outbound rate, in thousandths; 1000 without a limit. */
uint32_t link_headroom(const struct engine *engine, const struct link *link);

/* Sends an application message with `body`; the outbound queue remembers `tag` with it,
 * at most LINK_TAG_BYTES_MAX, for application.may_resend(). The link must be able to
 * send. Returns its MsgSeqNum. */
uint64_t link_send(struct engine *engine, struct link *link, const char *msg_type, struct span body,
                   struct span tag);

/* Answers a message that is being delivered with a BusinessMessageReject: the session is
 * right, the application cannot accept it; `reason` is its 380. Nothing happens for a
 * Reject or a BusinessMessageReject, or if the session is no longer logged on. */
void link_business_reject(struct engine *engine, struct link *link, const struct message *message,
                          int reason, const char *text);

/* Asks the peer for an echo (TestRequest), which proves that it has all of ours before it. No
 * effect while it is not logged on, or during a resend. */
void link_request_test(struct engine *engine, struct link *link);

/* The tag of the message that a Reject names by its RefSeqNum(45): the session's own day.
 * False if there is none, or it had no tag. Valid until the end of the turn. */
bool link_sent_tag(const struct engine *engine, const struct link *link, uint64_t msg_seq_num,
                   struct span *tag);

/* The link of a session id, or NULL if the configuration has it no more. */
struct link *link_find(struct engine *engine, struct span session_id);

/* An order began (1) or ended (-1) to be open on a session: while any is, its numbers are
 * not reset without a person's word. */
void link_open_add(struct engine *engine, struct span session_id, int change);

/* --- For the engine ------------------------------------------------------------ */

/* Restores a link's numbers from its record and checks them against its outbound
 * queue. NULL, or why the store must not be used, in `error`. */
MUST_USE const char *link_start(struct engine *engine, uint32_t number, struct text *error);

/* Writes the link's numbers if the turn changed them. */
void link_store_numbers(struct engine *engine, struct link *link);

/* Begins a Logout, if the session is logged on; else closes. */
void link_logout(struct engine *engine, struct link *link, const char *text);

/* Timers, reconnect, the next page of a resend, the application's work. */
void link_tick(struct engine *engine, struct link *link);
uint64_t link_deadline_ns(const struct engine *engine, const struct link *link);

#endif

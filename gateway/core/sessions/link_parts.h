/* What the parts of the links share among themselves. Nobody else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_SESSIONS_LINK_PARTS_H
#define GATEWAY_CORE_SESSIONS_LINK_PARTS_H

#include "gateway/core/sessions/links.h"

static inline const struct application *application_of(const struct engine *engine)
{
    const struct application *application = engine->config->application;
    return application != NULL ? application : &orders_application;
}

static inline struct span link_broker(const struct engine *engine, const struct link *link)
{
    return span_text(engine->config->brokers[link->config->broker].name);
}

/* --- links.c --- */

void link_log(struct engine *engine, enum effect_severity severity, const struct link *link,
              struct span what);

/* The same of several parts, which together may be longer than a text. */
void link_log_parts(struct engine *engine, enum effect_severity severity, const struct link *link,
                    const struct span *parts, size_t count);

/* Carries out what the session wants, in its order. `message` is what the step was
 * given, for DELIVER; `tag` goes with what it sends. The application comes last. */
void link_carry_out(struct engine *engine, struct link *link, const struct message *message,
                    struct span tag);

/* Closes the connection, once. */
void link_close(struct engine *engine, struct link *link, enum effect_severity severity,
                struct span reason);

/* Early messages that were kept and are due now, as many as the turn holds. */
void link_receive_kept(struct engine *engine, struct link *link);

/* --- link_numbers.c --- */

/* What the outbound queue keeps of a message. */
struct out_record {
    enum message_kind kind;
    uint64_t sent_ns;  /* When it first went out. */
    struct span tag;   /* As link_send() was given it. */
    struct span bytes; /* Empty for session messages. */
};

/* Appends a message that is being sent for the first time, on session day `day`. */
void link_out_keep(struct engine *engine, const struct link *link, uint32_t day,
                   const struct effect *effect, struct span tag);
/* The message with that number of the present session day. */
bool link_out_load(const struct engine *engine, const struct link *link, uint64_t msg_seq_num,
                   struct out_record *out);

/* The oldest message that is kept, of whatever session day. */
struct out_place {
    uint32_t day;
    uint64_t sent_ns;
};
bool link_out_first(const struct engine *engine, const struct link *link, struct span *key,
                    struct out_place *place);

/* LOGOFF of an operator, remembered over a restart. */
bool link_down_stored(const struct engine *engine, const struct link *link);
void link_down_store(struct engine *engine, struct link *link, bool down,
                     struct span operator_name);

/* --- link_connect.c --- */

/* Asks for a connection when it is time for one. */
void link_connect_tick(struct engine *engine, struct link *link);

/* The Logon exchange is complete: only this is success. */
void link_connect_done(struct link *link);

/* The connection is gone, or could not be made: where to go next, and when. */
void link_connect_lost(struct engine *engine, struct link *link, const char *reason);

/* When link_connect_tick() is next wanted. */
uint64_t link_connect_due_ns(const struct engine *engine, const struct link *link);

/* --- link_schedule.c --- */

void link_schedule_start(struct engine *engine, struct link *link);

/* Why the session may not be logged on now, in words; NULL if it may. */
const char *link_closed_now(const struct engine *engine, const struct link *link);

/* Borders of the session day and of the logon window, ResetSeqTime. */
void link_schedule_tick(struct engine *engine, struct link *link);

/* A disconnected session whose day is over begins the new one with numbers from 1. */
void link_schedule_renew(struct engine *engine, struct link *link);
uint64_t link_schedule_due_ns(const struct engine *engine, const struct link *link);

/* Numbers to 1 while disconnected; on a session that is READY, by a Logon. */
void link_reset(struct engine *engine, struct link *link);
void link_request_reset(struct engine *engine, struct link *link);

/* --- link_rate.c --- */

void link_rate_start(const struct engine *engine, struct link *link);

/* Whether the bucket lets such a message go. */
bool link_rate_allows(const struct engine *engine, const struct link *link, enum link_class class);

/* A message goes out, of whatever kind. */
void link_rate_take(const struct engine *engine, struct link *link);

/* When the bucket, as it is, lets such a message go. */
uint64_t link_rate_due_ns(const struct engine *engine, const struct link *link,
                          enum link_class class);

/* --- link_archive.c --- */

/* Deletes a page of session days that are older than archive_days. */
void link_archive_tick(struct engine *engine, struct link *link);

/* --- link_resend.c --- */

bool link_may_resend(const struct engine *engine, const struct link *link);

/* A peer that asks for messages again and does not read them would never be heard of
 * again: no timer of its session runs meanwhile. It is cut off in time. */
void link_resend_watch(struct engine *engine, struct link *link);
uint64_t link_resend_due_ns(const struct link *link);

/* A page of the resend under way, so that it cannot stall other sessions. */
void link_resend_page(struct engine *engine, struct link *link);

#endif

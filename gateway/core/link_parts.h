/* What the parts of the links share among themselves. Nobody else includes it.
 *
 * Pure; part of the engine. */
#ifndef GATEWAY_CORE_LINK_PARTS_H
#define GATEWAY_CORE_LINK_PARTS_H

#include "gateway/core/links.h"

static inline const struct application *application_of(const struct engine *engine)
{
    const struct application *application = engine->config->application;
    return application != NULL ? application : &orders_application;
}

/* --- links.c --- */

void link_log(struct engine *engine, enum effect_severity severity, const struct link *link,
              struct span what);

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

/* --- link_connect.c --- */

/* Asks for a connection when it is time for one. */
void link_connect_tick(struct engine *engine, struct link *link);

/* --- link_resend.c --- */

bool link_may_resend(const struct link *link);

/* A page of the resend under way, so that it cannot stall other sessions. */
void link_resend_page(struct engine *engine, struct link *link);

#endif

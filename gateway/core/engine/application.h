/* The application above the FIX sessions: what is done with the messages they deliver, and
 * which of ours may go out again.
 *
 * Pure; part of the engine. The gateway's is orders_application (executions, doubt, queue).
 * Links know no other business than this. What an application may call is in links.h:
 * link_can_send(), link_send(), link_business_reject(). It may do so in every function here;
 * each has the session's whole step behind it, so that link_can_send() tells the truth and
 * numbers go out in order. */
#ifndef GATEWAY_CORE_ENGINE_APPLICATION_H
#define GATEWAY_CORE_ENGINE_APPLICATION_H

#include "fix/effects.h"
#include "fix/message.h"

struct engine;
struct link;

/* `deliver` must be there; the others may be NULL, which means: nothing to do, and every
 * message of ours may go out again. */
struct application {
    /* At engine_start(), after the link's numbers were restored. */
    void (*start)(struct engine *engine, struct link *link);
    /* An application message, or a Reject(3), that the link's session delivered in order.
     * It may answer at once with link_business_reject(), or with link_send() if
     * link_can_send(). What cannot be sent now it has to remember by itself. */
    void (*deliver)(struct engine *engine, struct link *link, const struct message *message,
                    bool poss_dup, bool poss_resend);
    /* A resend begins: the peer asks for ours from number `begin` on, or said at Logon that it
     * expects that one next. Before the first may_resend() of it; it must not send here. */
    void (*asked)(struct engine *engine, struct link *link, uint64_t begin);
    /* The peer asks for a message of ours again. True: it goes out; false: a gap fill takes
     * its place. `tag` is what link_send() was given, `sent_ns` when it first went out. It
     * must not send here. */
    bool (*may_resend)(struct engine *engine, struct link *link, struct span tag, uint64_t sent_ns);
    /* The peer asks for a message of ours again, and its body was not kept
     * (PersistMessages=N): a gap fill takes its place, so that it never arrives. */
    void (*lost)(struct engine *engine, struct link *link, struct span tag);
    void (*in_step)(struct engine *engine, struct link *link); /* The session is READY. */
    void (*dropped)(struct engine *engine, struct link *link); /* Its connection is gone. */
    void (*reset)(struct engine *engine, struct link *link);   /* Its numbers are 1 again. */
    /* Once per turn and link, after the session's own timers; bounded work. True: it has more
     * to do at once. When it is wanted by itself it writes into link.application_due_ns. */
    bool (*tick)(struct engine *engine, struct link *link);
};

extern const struct application orders_application;

#endif

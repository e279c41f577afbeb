#include "gateway/core/engine/application.h"

#include "fix/tags.h"
#include "gateway/core/doubt/doubt.h"
#include "gateway/core/doubt/hunt.h"
#include "gateway/core/limits/kill.h"
#include "gateway/core/orders/executions.h"

static void start(struct engine *engine, struct link *link)
{
    doubt_count(engine, link);
    link->hunt_count = hunt_count(engine, link);
    doubt_dropped(link);
}

/* Repetitions are recognised by what they say, whatever their flags. */
static void deliver(struct engine *engine, struct link *link, const struct message *message,
                    bool poss_dup, bool poss_resend)
{
    (void)poss_dup;
    (void)poss_resend;
    uint64_t processed;
    if (message_uint(message, TAG_LastMsgSeqNumProcessed, &processed) == VALUE_OK &&
        !link->session.reset_awaited) {
        doubt_peer_has(link, processed, link->session.resets);
    }
    executions_receive(engine, link, message);
}

static bool may_resend(struct engine *engine, struct link *link, struct span tag, uint64_t sent_ns)
{
    (void)sent_ns;
    return !span_is(tag, KILL_MASS_TAG) && !hunt_asked_for(engine, link, tag) &&
           !doubt_must_not_resend(engine, link, tag);
}

static void lost(struct engine *engine, struct link *link, struct span tag)
{
    if (!hunt_asked_for(engine, link, tag)) {
        doubt_lost(engine, link, tag);
    }
}

static void in_step(struct engine *engine, struct link *link)
{
    doubt_ready(engine, link);
    hunt_ready(engine, link);
}

static void dropped(struct engine *engine, struct link *link)
{
    (void)engine;
    doubt_dropped(link);
}

static bool tick(struct engine *engine, struct link *link)
{
    bool hunts = hunt_walk(engine, link);
    return doubt_tick(engine, link) || hunts;
}

const struct application orders_application = {
    .start = start,
    .deliver = deliver,
    .asked = doubt_asked,
    .may_resend = may_resend,
    .lost = lost,
    .in_step = in_step,
    .dropped = dropped,
    .reset = doubt_reset,
    .tick = tick,
};

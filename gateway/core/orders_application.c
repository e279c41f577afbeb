#include "gateway/core/application.h"

#include "gateway/core/doubt.h"
#include "gateway/core/executions.h"
#include "gateway/core/kill.h"

static void start(struct engine *engine, struct link *link)
{
    link->unacked_count = doubt_count(engine, link);
    doubt_mark(link);
}

/* Repetitions are recognised by what they say, whatever their flags. */
static void deliver(struct engine *engine, struct link *link, const struct message *message,
                    bool poss_dup, bool poss_resend)
{
    (void)poss_dup;
    (void)poss_resend;
    executions_receive(engine, link, message);
}

static bool may_resend(struct engine *engine, struct link *link, struct span tag, uint64_t sent_ns)
{
    return !span_is(tag, KILL_MASS_TAG) && !doubt_must_not_resend(engine, link, tag, sent_ns);
}

static void lost(struct engine *engine, struct link *link, struct span tag)
{
    (void)link;
    doubt_lost(engine, tag);
}

static void in_step(struct engine *engine, struct link *link)
{
    (void)engine;
    doubt_settle(link);
}

static void dropped(struct engine *engine, struct link *link)
{
    (void)engine;
    doubt_mark(link);
}

static void reset(struct engine *engine, struct link *link)
{
    doubt_reset(engine, link);
}

static bool tick(struct engine *engine, struct link *link)
{
    doubt_walk(engine, link);
    return link->doubt_marking || link->doubt_settling;
}

const struct application orders_application = {
    .start = start,
    .deliver = deliver,
    .may_resend = may_resend,
    .lost = lost,
    .in_step = in_step,
    .dropped = dropped,
    .reset = reset,
    .tick = tick,
};

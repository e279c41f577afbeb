/* Two operators who let an order pass that its limits refused, when its client asks for that; the
 * client sends it once more. */
#include <stdio.h>

#include "gateway/core/commands/command.h"
#include "tests/sim/acts.h"
#include "tests/sim/persons_parts.h"

enum {
    WORDS_MAX = 128,
    OVERRIDES_PERMILLE = 500, /* Worlds with people at work in which they do that. */
    PAUSE_LEAST_MS = 500,
    PAUSE_MOST_MS = 8000, /* Between two. */
    STEP_MOST_MS = 1500,  /* From looking to proposing, to approving, to sending it again. */
    ALONE_PERMILLE = 100, /* The proposer tries to approve. */
};

static void soon(struct sim *sim, agenda_act act, uint64_t number)
{
    uint64_t ms = random_between(&sim->random, 1, STEP_MOST_MS);
    sim_later(sim, ms * SIM_MS_NS, act, sim, number);
}

/* "OMS1 again 13" for order OMS1-13; of replaces nobody asks. */
static void act_send_again(void *actor, uint64_t unused)
{
    struct sim *sim = actor;
    const struct persons_blocked *blocked = &persons_limits_of(sim)->blocked;
    const char *dash = strrchr(blocked->order, '-');
    char words[WORDS_MAX];
    (void)unused;
    if (!sim->settling && dash != NULL && strspn(dash + 1, "0123456789") == strlen(dash + 1)) {
        (void)snprintf(words, sizeof(words), "oms %s again %s", blocked->client, dash + 1);
        (void)sim_act(sim, words);
    }
}

static void act_approve(void *actor, uint64_t alone)
{
    persons_ask(actor, "%s approvals.approve number=last", alone != 0 ? "jane" : "joe");
    soon(actor, act_send_again, 0);
}

static void act_propose(void *actor, uint64_t unused)
{
    struct sim *sim = actor;
    const struct persons_blocked *blocked = &persons_limits_of(sim)->blocked;
    (void)unused;
    if (sim->settling || blocked->order[0] == '\0') {
        return;
    }
    persons_ask(sim, "jane limits.override client=%s order=%s content=%s expires=9 reason=asked",
                blocked->client, blocked->order, blocked->content);
    soon(sim, act_approve, random_chance(&sim->random, ALONE_PERMILLE) ? 1 : 0);
}

static void act_look(void *actor, uint64_t unused)
{
    struct sim *sim = actor;
    (void)unused;
    if (sim->settling) {
        return;
    }
    persons_limits_of(sim)->blocked = (struct persons_blocked){.order = ""};
    persons_ask(sim, "vera limits.blocked");
    soon(sim, act_propose, 0);
    sim_later(sim, random_between(&sim->random, PAUSE_LEAST_MS, PAUSE_MOST_MS) * SIM_MS_NS,
              act_look, sim, 0);
}

void persons_limits_start(struct sim *sim)
{
    if (random_chance(&sim->random, OVERRIDES_PERMILLE)) {
        soon(sim, act_look, 0);
    }
}

void persons_limits_read(struct sim *sim, const struct command_field *fields, uint32_t count)
{
    struct persons_blocked *blocked = &persons_limits_of(sim)->blocked;
    for (uint32_t i = 0; i < count && blocked->content[0] == '\0'; i++) {
        struct span name = span_text(fields[i].name);
        if (span_is(name, "client")) {
            span_to_text(fields[i].words, blocked->client, sizeof(blocked->client));
        } else if (span_is(name, "order")) {
            span_to_text(fields[i].words, blocked->order, sizeof(blocked->order));
        } else if (span_is(name, "content")) {
            span_to_text(fields[i].words, blocked->content, sizeof(blocked->content));
        }
    }
}

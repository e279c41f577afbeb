#include "tests/sim/persons.h"

#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/acts.h"
#include "tests/sim/broker.h"
#include "tests/sim/gateway.h"

enum { WORDS_MAX = 128 };

static void ask(struct sim *sim, const char *before, const char *name, const char *behind)
{
    char words[WORDS_MAX];
    (void)snprintf(words, sizeof(words), "gateway command %s%s%s", before, name, behind);
    (void)sim_act(sim, words);
}

/* --- What waits for them ------------------------------------------------------------------- */

/* They have compared its book with ours, by telephone. */
static void thaw(struct sim *sim, uint32_t broker)
{
    const char *name = sim_broker_name(sim->brokers[broker]);
    ask(sim, "jane broker.thaw broker=", name, " reason=compared");
    ask(sim, "joe approvals.approve number=", "last", "");
}

static void look(struct sim *sim)
{
    for (uint32_t broker = 0; broker < sim->brokers_count; broker++) {
        if (sim_gateway_up(sim->gateway) && sim_gateway_frozen(sim->gateway, broker)) {
            thaw(sim, broker);
        }
    }
}

static void act_look(void *actor, uint64_t look_ns)
{
    struct sim *sim = actor;
    look(sim);
    sim_later(sim, look_ns, act_look, sim, look_ns);
}

void persons_start(struct sim *sim, uint64_t look_ns)
{
    sim_later(sim, look_ns, act_look, sim, look_ns);
}

/* --- What they do by chance ------------------------------------------------------------------ */

/* A broker is put in for %s. */
static const char *const deeds[] = {
    "jane broker.drain broker=%s reason=drill",
    "joe broker.maintenance broker=%s reason=works",
    "joe broker.auto broker=%s",
    "jane broker.auto broker=%s",
    "jane broker.thaw broker=%s reason=compared",
    "joe broker.thaw broker=%s reason=compared",
    "vera broker.drain broker=%s reason=mischief",
    "jane approvals.approve number=last",
    "joe approvals.approve number=last",
    "joe approvals.reject number=last reason=no",
    "vera approvals.approve number=last",
};

bool persons_draw(struct sim *sim, char words[WORDS_MAX])
{
    const char *deed = deeds[random_below(&sim->random, ARRAY_LEN(deeds))];
    const char *name =
        sim_broker_name(sim->brokers[random_below(&sim->random, sim->brokers_count)]);
    size_t size = strcspn(deed, "%");
    const char *rest = deed[size] == '\0' ? "" : deed + size + strlen("%s");
    (void)snprintf(words, WORDS_MAX, "gateway command %.*s%s%s", (int)size, deed,
                   deed[size] == '\0' ? "" : name, rest);
    return true;
}

/* --- In fair weather -------------------------------------------------------------------------- */

void persons_mend(struct sim *sim)
{
    for (uint32_t broker = 0; broker < sim->brokers_count; broker++) {
        ask(sim, "joe broker.auto broker=", sim_broker_name(sim->brokers[broker]), "");
    }
}

bool persons_at_rest(const struct sim *sim, char why[128])
{
    for (uint32_t broker = 0; broker < sim->brokers_count; broker++) {
        if (sim_gateway_frozen(sim->gateway, broker)) {
            (void)snprintf(why, 128, "%s is frozen", sim_broker_name(sim->brokers[broker]));
            return false;
        }
    }
    return true;
}

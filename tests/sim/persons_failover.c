/* Two operators who lead failovers and failbacks, as docs/runbooks/manual-failover.md tells them
 * to, and who err. Whatever they begin, the gateway may crash and brokers may die at any step of
 * it. */
#include <inttypes.h>
#include <stdio.h>

#include "gateway/core/commands/command.h"
#include "tests/sim/acts.h"
#include "tests/sim/broker.h"
#include "tests/sim/persons_parts.h"

enum {
    WORDS_MAX = 128,
    LEADS_PERMILLE = 600, /* Worlds with people at work in which they do that. */
    PAUSE_LEAST_MS = 500,
    PAUSE_MOST_MS = 12000, /* Between two. */
    APPROVAL_MOST_MS = 2000,
    BLOW_MOST_MS = 15000,
    BACK_PERMILLE = 300,
    BY_PRIMARY_PERMILLE = 250, /* So many leave a broker that got all orders. */
};

/* --- Beginning one -------------------------------------------------------------------------- */

/* `who` is 0: joe; or jane, who has proposed it herself. */
static void act_approve(void *actor, uint64_t who)
{
    persons_ask(actor, "%s approvals.approve number=last", who == 0 ? "joe" : "jane");
}

static uint64_t drawn_ms(struct sim *sim, uint64_t least, uint64_t most)
{
    return random_between(&sim->random, least, most) * SIM_MS_NS;
}

static const char *name_of(const struct sim *sim, uint32_t broker)
{
    return sim_broker_name(sim->brokers[broker]);
}

static void propose(struct sim *sim, uint32_t from, uint32_t to)
{
    struct random *random = &sim->random;
    uint64_t quiesce = random_between(random, 1, 8);
    uint64_t canaries = random_below(random, 5);
    uint64_t canary_seconds = random_between(random, 1, 10);
    uint64_t ramp = random_chance(random, 300) ? 0 : random_between(random, 1, 15);
    bool drill = random_chance(random, 200);
    if (random_chance(random, BY_PRIMARY_PERMILLE)) {
        persons_ask(sim, "joe route.mode mode=PRIMARY_BACKUP primary=%s", name_of(sim, from));
        act_approve(sim, 1);
    }
    persons_ask(sim, "vera failover.plan from=%s to=%s", name_of(sim, from), name_of(sim, to));
    persons_ask(sim,
                "jane failover.begin from=%s to=%s reason=ill quiesce=%" PRIu64 " canaries=%" PRIu64
                " canary-timeout=%" PRIu64 " ramp=%" PRIu64 "%s",
                name_of(sim, from), name_of(sim, to), quiesce, canaries, canary_seconds, ramp,
                drill ? " drill=true" : "");
}

/* --- What befalls it ------------------------------------------------------------------------- */

static void act_crash(void *actor, uint64_t unused)
{
    struct sim *sim = actor;
    (void)unused;
    if (!sim->settling) {
        (void)sim_act(sim, "gateway crash");
    }
}

static void broker_does(struct sim *sim, uint64_t broker, const char *what)
{
    char words[WORDS_MAX];
    if (!sim->settling) {
        (void)snprintf(words, sizeof(words), "broker %s %s", name_of(sim, (uint32_t)broker), what);
        (void)sim_act(sim, words);
    }
}

static void act_return(void *actor, uint64_t broker)
{
    broker_does(actor, broker, "return");
}

static void act_die(void *actor, uint64_t broker)
{
    struct sim *sim = actor;
    broker_does(sim, broker, "die");
    sim_later(sim, drawn_ms(sim, 1, BLOW_MOST_MS), act_return, sim, broker);
}

static void draw_blows(struct sim *sim, uint32_t from, uint32_t to)
{
    struct random *random = &sim->random;
    if (random_chance(random, 300)) {
        sim_later(sim, drawn_ms(sim, 0, BLOW_MOST_MS), act_crash, sim, 0);
    }
    if (random_chance(random, 200)) {
        sim_later(sim, drawn_ms(sim, 0, BLOW_MOST_MS), act_die, sim, from);
    }
    if (random_chance(random, 150)) {
        sim_later(sim, drawn_ms(sim, 0, BLOW_MOST_MS), act_die, sim, to);
    }
}

/* --- Now and then ---------------------------------------------------------------------------- */

static void act_lead(void *actor, uint64_t unused)
{
    struct sim *sim = actor;
    struct random *random = &sim->random;
    (void)unused;
    if (sim->settling) {
        return;
    }
    uint32_t from = (uint32_t)random_below(random, sim->brokers_count);
    uint32_t to = (uint32_t)random_below(random, sim->brokers_count - 1);
    to += to >= from ? 1 : 0;
    if (random_chance(random, BACK_PERMILLE)) {
        persons_ask(sim, "jane failover.back reason=well");
    } else {
        propose(sim, from, to);
    }
    if (random_chance(random, 900)) {
        uint64_t approver = random_chance(random, 100) ? 1 : 0;
        sim_later(sim, drawn_ms(sim, 0, APPROVAL_MOST_MS), act_approve, sim, approver);
    }
    draw_blows(sim, from, to);
    sim_later(sim, drawn_ms(sim, PAUSE_LEAST_MS, PAUSE_MOST_MS), act_lead, sim, 0);
}

void persons_failover_start(struct sim *sim)
{
    if (random_chance(&sim->random, LEADS_PERMILLE)) {
        sim_later(sim, drawn_ms(sim, PAUSE_LEAST_MS, PAUSE_MOST_MS), act_lead, sim, 0);
    }
}

/* --- Leading it ------------------------------------------------------------------------------- */

void persons_failover_read(struct sim *sim, const struct command_field *fields, uint32_t count)
{
    struct persons_failover *seen = persons_failover_of(sim);
    for (uint32_t i = 0; i < count; i++) {
        struct span name = span_text(fields[i].name);
        if (span_is(name, "step")) {
            seen->runs = !span_is(fields[i].words, "DONE") && !span_is(fields[i].words, "ABORTED");
        } else if (span_is(name, "stopped")) {
            seen->stopped = fields[i].number != 0;
        }
    }
}

/* One that waits for nobody ends by itself: with faults over they let it. Else they may be
 * impatient, change their mind, or leave it. */
static void lead_on(struct sim *sim, const struct persons_failover *seen)
{
    struct random *random = &sim->random;
    bool patient = !sim->settling && random_chance(random, seen->stopped ? 500 : 920);
    if ((sim->settling && !seen->stopped) || patient) {
        return;
    }
    if (random_chance(random, 600)) {
        persons_ask(sim, "joe failover.continue");
    } else {
        persons_ask(sim, "jane failover.abort reason=changed");
    }
}

void persons_failover_look(struct sim *sim)
{
    struct persons_failover *seen = persons_failover_of(sim);
    if (seen->runs) {
        lead_on(sim, seen);
    }
    seen->runs = false;
    if (oracle_failover_runs(sim->oracle)) {
        persons_ask(sim, "vera failover.status");
    }
}

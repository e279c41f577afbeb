/* What chance does to it. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/broker_parts.h"

/* A number is put in for %. */
struct manner {
    const char *words;
    enum sim_broker_manner kind;
    uint32_t most; /* Of that number. */
    bool logged_on;
    bool executed; /* There must be an execution. */
};

static const struct manner manners[] = {
    {"die", SIM_BROKER_DIES, 0, false, false},
    {"die silently", SIM_BROKER_DIES, 0, false, false},
    {"hang", SIM_BROKER_HANGS, 0, false, false},
    {"mute", SIM_BROKER_HANGS, 0, false, false},
    {"reads slowly", SIM_BROKER_HANGS, 0, false, false},
    {"unreachable", SIM_BROKER_HANGS, 0, false, false},
    {"unreachable 0", SIM_BROKER_HANGS, 0, false, false},
    {"answers slowly %", SIM_BROKER_HANGS, 3000, false, false},
    {"rejects VOD", SIM_BROKER_REJECTS, 0, false, false},
    {"rejects BARC halted", SIM_BROKER_REJECTS, 0, false, false},
    {"rejects all", SIM_BROKER_REJECTS, 0, false, false},
    {"refuses all", SIM_BROKER_REJECTS, 0, false, false},
    {"forget received %", SIM_BROKER_FORGETS, 12, false, false},
    {"forget sent %", SIM_BROKER_FORGETS, 8, false, false},
    {"reset", SIM_BROKER_RESETS, 0, false, false},
    {"skip %", SIM_BROKER_ASKS, 9, false, false},
    {"ask again %", SIM_BROKER_ASKS, 40, true, false},
    {"ask the impossible", SIM_BROKER_ASKS, 0, true, false},
    {"test", SIM_BROKER_ASKS, 0, true, false},
    {"logout", SIM_BROKER_ASKS, 0, true, false},
    {"repeat", SIM_BROKER_REPORTS_ODDLY, 0, true, true},
    {"repeat as new", SIM_BROKER_REPORTS_ODDLY, 0, true, true},
    {"bust", SIM_BROKER_REPORTS_ODDLY, 0, false, true},
    {"correct", SIM_BROKER_REPORTS_ODDLY, 0, false, true},
    {"stray", SIM_BROKER_REPORTS_ODDLY, 0, true, false},
    {"late", SIM_BROKER_REPORTS_ODDLY, 0, false, false},
    {"garbage", SIM_BROKER_TALKS_GARBAGE, 0, true, false},
    {"garble", SIM_BROKER_TALKS_GARBAGE, 0, false, false},
};

/* What ends the state that it is in; NULL if it is in none. */
static const char *end_of_manner(const struct sim_broker *broker)
{
    if (broker->dead) {
        return "return";
    }
    if (broker->hung) {
        return "resume";
    }
    if (broker->mute) {
        return "speak";
    }
    if (broker->unreachable != 0) {
        return "reachable";
    }
    if (broker->slower_ns > 0) {
        return "answers quickly";
    }
    if (broker->rejects != BROKER_TAKES) {
        return "takes all";
    }
    return broker->slow ? "reads" : NULL;
}

static bool sensible(const struct sim_broker *broker, const struct manner *manner)
{
    uint32_t kinds = broker->set.manners;
    bool logged_on = broker->sessions[BROKER_ORDERS].state == BROKER_LOGGED_ON;
    return (kinds == 0 || (kinds & (uint32_t)manner->kind) != 0) &&
           (!manner->logged_on || logged_on) &&
           (!manner->executed || book_last_execution(broker) != BROKER_NONE);
}

const char *sim_broker_draw(struct sim_broker *broker)
{
    enum { TRIES = 8 };
    struct random *random = &broker->sim->random;
    const char *end = end_of_manner(broker);
    if (end != NULL && random_chance(random, 600)) {
        return end;
    }
    if (!broker_awake(broker)) {
        return NULL;
    }
    for (int i = 0; i < TRIES; i++) {
        const struct manner *manner = &manners[random_below(random, ARRAY_LEN(manners))];
        if (!sensible(broker, manner)) {
            continue;
        }
        size_t size = strcspn(manner->words, "%");
        uint64_t number = manner->most > 0 ? random_between(random, 1, manner->most) : 0;
        bool of_session =
            manner->kind != SIM_BROKER_REPORTS_ODDLY && manner->kind != SIM_BROKER_HANGS;
        bool dropcopy = of_session && broker->set.dropcopy.present && manner->most > 0 &&
                        random_chance(random, 250);
        if (manner->words[size] == '\0') {
            return manner->words;
        }
        (void)snprintf(broker->drawn, sizeof(broker->drawn), "%.*s%" PRIu64 "%s", (int)size,
                       manner->words, number, dropcopy ? " dropcopy" : "");
        return broker->drawn;
    }
    return NULL;
}

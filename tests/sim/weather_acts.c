/* What goes wrong next. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/persons.h"
#include "tests/sim/weather.h"

enum { WORDS_MAX = 128 };

static bool say(char words[WORDS_MAX], const char *text)
{
    (void)snprintf(words, WORDS_MAX, "%s", text);
    return true;
}

/* One of several texts. C leaves the order of arguments open: two draws in one call would make
 * other days on other compilers. */
#define ONE_OF(random, list) ((list)[random_below((random), ARRAY_LEN(list))])

static bool act_turn_crash(struct random *random, char words[WORDS_MAX])
{
    const char *silently = random_chance(random, 200) ? " silently" : "";
    switch (random_below(random, 5)) {
    case 0:
        (void)snprintf(words, WORDS_MAX, "gateway crash before commit%s", silently);
        return true;
    case 1:
        return say(words, "gateway crash in commit");
    case 2:
        return say(words, "gateway crash in lasting commit");
    default:
        (void)snprintf(words, WORDS_MAX, "gateway crash after %" PRIu64 " releases%s",
                       random_below(random, 6), silently);
        return true;
    }
}

static const char *a_session(const struct weather *weather, struct random *random)
{
    return weather->session_names[random_below(random, weather->engine.sessions_count)];
}

static bool act_cut(const struct weather *weather, struct random *random, char words[WORDS_MAX])
{
    static const char *const how[] = {"cut", "half cut", "cut and return"};
    const char *session = a_session(weather, random);
    (void)snprintf(words, WORDS_MAX, "gateway %s %s", ONE_OF(random, how), session);
    return true;
}

static bool act_partition(const struct weather *weather, struct random *random,
                          char words[WORDS_MAX])
{
    const char *session = a_session(weather, random);
    (void)snprintf(words, WORDS_MAX, "gateway %s %s",
                   random_chance(random, 400) ? "hold" : "release", session);
    return true;
}

static bool act_broker(struct sim *sim, char words[WORDS_MAX])
{
    struct sim_broker *broker = sim->brokers[random_below(&sim->random, sim->brokers_count)];
    const char *manner = sim_broker_draw(broker);
    if (manner == NULL) {
        return false;
    }
    (void)snprintf(words, WORDS_MAX, "broker %s %s", sim_broker_name(broker), manner);
    return true;
}

static bool act_oms(struct sim *sim, char words[WORDS_MAX])
{
    static const char *const what[] = {"crash", "return", "garbage"};
    struct sim_oms *oms = sim->oms[random_below(&sim->random, sim_own_clients(sim))];
    (void)snprintf(words, WORDS_MAX, "oms %s %s", sim_oms_name(oms), ONE_OF(&sim->random, what));
    return true;
}

/* A reset wants to be confirmed only while orders are open; both are asked. One that the peer
 * cannot hear of, for it is not logged on, is the operators' own to settle with the broker. */
static bool act_operator(const struct weather *weather, struct random *random,
                         char words[WORDS_MAX])
{
    static const char *const commands[] = {"LOGON",      "LOGON",        "LOGOFF",
                                           "DISCONNECT", "TEST_REQUEST", "RESET"};
    const char *session = a_session(weather, random);
    (void)snprintf(words, WORDS_MAX, "gateway ask %s %s", session, ONE_OF(random, commands));
    return true;
}

static bool act_time(struct random *random, enum weather_kind kind, char words[WORDS_MAX])
{
    if (kind == WEATHER_CLOCK) {
        static const char *const steps[] = {"1", "-1", "7", "-7", "-30", "45"};
        (void)snprintf(words, WORDS_MAX, "gateway clock %s", ONE_OF(random, steps));
    } else if (random_chance(random, 500)) {
        (void)snprintf(words, WORDS_MAX, "gateway stall %" PRIu64,
                       random_between(random, 10, 20000));
    } else {
        uint64_t turns = random_between(random, 1, 20);
        (void)snprintf(words, WORDS_MAX, "gateway slow %" PRIu64 " %" PRIu64, turns,
                       random_between(random, 1, 500));
    }
    return true;
}

static bool act_router(struct sim *sim, char words[WORDS_MAX])
{
    (void)snprintf(words, WORDS_MAX, "router %s", sim_router_draw(sim->router));
    return true;
}

bool weather_act(const struct weather *weather, struct sim *sim, char words[WORDS_MAX])
{
    static const char *const stores[] = {"gateway commit fails", "gateway commit fails but lasts",
                                         "gateway begin fails", "gateway read fails"};
    static const char *const disks[] = {"gateway disk low", "gateway disk free"};
    static const char *const lives[] = {"gateway crash", "gateway crash silently", "gateway stop"};
    static const char *const buses[] = {"bus away", "bus back", "bus slow", "bus quick"};
    struct random *random = &sim->random;
    enum weather_kind kind = (enum weather_kind)random_below(random, WEATHER_KINDS_COUNT);
    if (!weather->kinds[kind]) {
        return false;
    }
    switch (kind) {
    case WEATHER_CRASH:
        return say(words, ONE_OF(random, lives));
    case WEATHER_TURN_CRASH:
        return act_turn_crash(random, words);
    case WEATHER_STORE:
        return say(words, ONE_OF(random, stores));
    case WEATHER_DISK:
        return say(words, ONE_OF(random, disks));
    case WEATHER_CLOCK:
    case WEATHER_STALL:
        return act_time(random, kind, words);
    case WEATHER_CUT:
        return act_cut(weather, random, words);
    case WEATHER_PARTITION:
        return act_partition(weather, random, words);
    case WEATHER_BROKER:
        return act_broker(sim, words);
    case WEATHER_OMS:
        return act_oms(sim, words);
    case WEATHER_BUS:
        return say(words, ONE_OF(random, buses));
    case WEATHER_OPERATOR:
        return act_operator(weather, random, words);
    case WEATHER_PERSONS:
        return persons_draw(sim, words);
    case WEATHER_ROUTER:
        return sim->router != NULL && act_router(sim, words);
    }
    return false;
}

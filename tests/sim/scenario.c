/* Worlds that a script furnishes and moves, instead of a seed (world_play()). */
#include <stdio.h>

#include "tests/sim/acts.h"
#include "tests/sim/words.h"
#include "tests/sim/world_parts.h"

enum { SCRIPT_LINES_MAX = 200, LINE_BYTES_MAX = 160 };

struct step {
    struct world *world;
    uint64_t at_ns;
    char act[LINE_BYTES_MAX];
};

struct script {
    uint32_t brokers;
    uint32_t steps_count;
    uint64_t last_ns;
    bool settles;
    struct step steps[SCRIPT_LINES_MAX];
};

static void act_step(void *actor, uint64_t unused)
{
    struct step *step = actor;
    struct sim *sim = &step->world->sim;
    (void)unused;
    if (!sim_act(sim, step->act)) {
        sim_violate(sim, ORACLE_SETTLES, "nobody understands: %s", step->act);
    }
}

/* "1.25" in nanoseconds. */
static bool take_time(const char **words, uint64_t *at_ns)
{
    char text[32];
    char *end;
    if (!words_next(words, text, sizeof(text))) {
        return false;
    }
    double seconds = strtod(text, &end);
    *at_ns = (uint64_t)(seconds * 1e6 + 0.5) * 1000;
    return *end == '\0' && seconds >= 0;
}

static bool find_broker(const struct script *script, const struct weather *weather,
                        const char **words, uint32_t *broker)
{
    for (*broker = 0; *broker < script->brokers; (*broker)++) {
        if (words_take(words, weather->brokers[*broker].name)) {
            return true;
        }
    }
    return false;
}

/* How the world differs from fair weather. */
static bool take_with(struct script *script, struct weather *weather, const char *words,
                      const struct dictionary *dictionary)
{
    int64_t number;
    uint32_t broker;
    if (words_take(&words, "brokers") && words_number(&words, &number)) {
        script->brokers = (uint32_t)number;
        weather_fair(weather, script->brokers, dictionary);
        return number >= 1 && number <= SIM_BROKERS_MAX && words_done(words);
    }
    if (words_take(&words, "dropcopy") && find_broker(script, weather, &words, &broker)) {
        weather_add_dropcopy(weather, broker, dictionary);
        return words_done(words);
    }
    if (words_take(&words, "acceptor") && find_broker(script, weather, &words, &broker)) {
        weather->sessions[weather->brokers[broker].orders.number].fix.acceptor = true;
        weather->brokers[broker].orders.broker_dials = true;
        return words_done(words);
    }
    if (words_take(&words, "resting") && find_broker(script, weather, &words, &broker)) {
        weather->brokers[broker].fill_permille = 0;
        return words_done(words);
    }
    if (words_take(&words, "silent") && find_broker(script, weather, &words, &broker)) {
        weather->brokers[broker].silent_permille = 1000;
        return words_done(words);
    }
    if (words_take(&words, "router") && words_done(words)) {
        weather_route(weather);
        return true;
    }
    if (words_take(&words, "operator") && find_broker(script, weather, &words, &broker)) {
        weather->engine_brokers[broker].in_doubt_policy = IN_DOUBT_OPERATOR;
        return words_done(words);
    }
    if (words_take(&words, "heartbeat") && words_number(&words, &number)) {
        for (uint32_t i = 0; i < weather->engine.sessions_count; i++) {
            weather->sessions[i].fix.heart_bt_int_seconds = (uint32_t)number;
        }
        return number > 0 && words_done(words);
    }
    if (words_take(&words, "next expected") && words_done(words)) {
        for (uint32_t i = 0; i < weather->engine.sessions_count; i++) {
            struct sim_broker_settings *settings = &weather->brokers[weather->sessions[i].broker];
            weather->sessions[i].fix.next_expected_seq_num = true;
            settings->orders.next_expected = true;
            settings->dropcopy.next_expected = true;
        }
        return true;
    }
    return false;
}

static bool take_line(struct script *script, struct weather *weather, const char *words,
                      const struct dictionary *dictionary)
{
    if (words_done(words) || *words == '#') {
        return true;
    }
    if (script->settles) {
        return false;
    }
    if (words_take(&words, "settle")) {
        script->settles = true;
        return words_done(words);
    }
    if (words_take(&words, "until")) {
        return take_time(&words, &script->last_ns) && words_done(words);
    }
    if (words_take(&words, "with")) {
        return script->steps_count == 0 && take_with(script, weather, words, dictionary);
    }
    struct step *step = &script->steps[script->steps_count];
    if (script->steps_count == SCRIPT_LINES_MAX || !words_take(&words, "at") ||
        !take_time(&words, &step->at_ns) || words_done(words)) {
        return false;
    }
    (void)snprintf(step->act, sizeof(step->act), "%s", words);
    script->last_ns = step->at_ns > script->last_ns ? step->at_ns : script->last_ns;
    script->steps_count++;
    return true;
}

static bool read_script(struct script *script, struct weather *weather, const char *text,
                        const struct dictionary *dictionary, char error[256])
{
    weather_fair(weather, 2, dictionary);
    script->brokers = 2;
    for (int number = 1; *text != '\0'; number++) {
        char line[LINE_BYTES_MAX];
        size_t size = strcspn(text, "\n");
        bool fits = size < sizeof(line);
        span_to_text(span_of(text, size), line, sizeof(line));
        if (!fits || !take_line(script, weather, line, dictionary)) {
            (void)snprintf(error, 256, "line %d makes no sense: %.150s", number, line);
            return false;
        }
        text += size;
        text += *text == '\n' ? 1 : 0;
    }
    return true;
}

bool world_play(const char *text, FILE *print, struct world_result *result, char error[256])
{
    struct script *script = calloc(1, sizeof(*script));
    struct world *world = world_new(1, print);
    ASSERT(script != NULL);
    bool sensible = read_script(script, &world->weather, text, world->sim.dictionary, error);
    world_furnish(world);
    for (uint32_t i = 0; sensible && i < script->steps_count; i++) {
        script->steps[i].world = world;
        agenda_add(&world->sim.agenda, SIM_BEGIN_NS + script->steps[i].at_ns, act_step,
                   &script->steps[i], 0);
    }
    if (sensible) {
        world_live_until(world, SIM_BEGIN_NS + script->last_ns + SIM_SECOND_NS);
    }
    if (sensible && script->settles && !world->sim.violated) {
        world_end_well(world);
    }
    world_end(world, result);
    free(script);
    return sensible;
}

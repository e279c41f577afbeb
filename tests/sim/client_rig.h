/* A world with nothing but clients and a subscriber in it, for their own tests: the gateway and
 * the oracle are played here, and keep what they are told. Included by one program each. */
#ifndef TESTS_SIM_CLIENT_RIG_H
#define TESTS_SIM_CLIENT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/sim/gateway.h"
#include "tests/sim/oms.h"

enum { RIG_KEPT_MAX = 4096, RIG_TEXT_BYTES_MAX = 512, RIG_EVENTS_MAX = 2000 };

/* Messages as text, with '|' for SOH; long ones are cut. */
struct rig_log {
    char text[RIG_KEPT_MAX][RIG_TEXT_BYTES_MAX];
    uint64_t number[RIG_KEPT_MAX];
    uint32_t count;
};

static struct rig {
    struct sim sim;
    bool up;
    struct rig_log requests; /* That the gateway got. */
    struct rig_log sent;     /* What the oracle was told of, by each name. */
    struct rig_log answers;
    struct rig_log events;
    struct rig_log published;
    uint64_t committed; /* The store's events: "8=FIX.4.4|34=N|", 1 to this. */
    const char *client; /* Whose they are (56), or NULL. */
    uint32_t replays;
    char oracle;
} rig;

static void rig_keep(struct rig_log *rig_log, uint64_t number, struct span bytes)
{
    assert_true(rig_log->count < RIG_KEPT_MAX);
    char *text = rig_log->text[rig_log->count];
    span_to_text(bytes, text, RIG_TEXT_BYTES_MAX);
    for (; *text != '\0'; text++) {
        *text = *text == '\001' ? '|' : *text;
    }
    rig_log->number[rig_log->count++] = number;
}

/* --- The gateway, the oracle and the world as the clients know them ------------------- */

bool sim_gateway_up(const struct sim_gateway *gateway)
{
    (void)gateway;
    return rig.up;
}

void sim_gateway_request(struct sim_gateway *gateway, uint32_t oms, struct span bytes)
{
    (void)gateway;
    assert_true(rig.up);
    rig_keep(&rig.requests, oms, bytes);
}

static struct span rig_event(uint64_t bus_seq, char text[RIG_TEXT_BYTES_MAX])
{
    int size = snprintf(text, RIG_TEXT_BYTES_MAX, "8=FIX.4.4\00135=U1\00156=%s\00134=%u\001",
                        rig.client != NULL ? rig.client : "ALL", (unsigned)bus_seq);
    return span_of(text, (size_t)size);
}

bool sim_gateway_replay(struct sim_gateway *gateway, uint64_t from, uint32_t most,
                        void (*take)(void *context, uint64_t bus_seq, struct span topic,
                                     struct span message),
                        void *context)
{
    (void)gateway;
    char text[RIG_TEXT_BYTES_MAX];
    assert_true(rig.up);
    rig.replays++;
    uint64_t seq = from;
    for (; seq <= rig.committed && seq < from + most; seq++) {
        take(context, seq, span_text("OR.X"), rig_event(seq, text));
    }
    return seq <= rig.committed;
}

uint64_t sim_gateway_last_event(struct sim_gateway *gateway)
{
    (void)gateway;
    return rig.up ? rig.committed : 0;
}

void oracle_request(struct oracle *oracle, const char *client, struct span message)
{
    (void)oracle;
    (void)client;
    rig_keep(&rig.sent, 0, message);
}

void oracle_answer(struct oracle *oracle, const char *client, struct span message)
{
    (void)oracle;
    (void)client;
    rig_keep(&rig.answers, 0, message);
}

void oracle_published(struct oracle *oracle, uint64_t bus_seq, struct span topic,
                      struct span message)
{
    (void)oracle;
    (void)topic;
    rig_keep(&rig.published, bus_seq, message);
}

void oracle_event(struct oracle *oracle, uint64_t bus_seq, struct span topic, struct span message)
{
    (void)oracle;
    assert_true(span_is(topic, "OR.X"));
    rig_keep(&rig.events, bus_seq, message);
}

void sim_violate(struct sim *sim, enum oracle_rule rule, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!sim->violated) {
        (void)vsnprintf(sim->violation, sizeof(sim->violation), format, arguments);
        sim->violated_rule = rule;
    }
    va_end(arguments);
    sim->violated = true;
}

void sim_later(struct sim *sim, uint64_t delay_ns, agenda_act act, void *actor, uint64_t number)
{
    agenda_add(&sim->agenda, sim->now_ns + delay_ns, act, actor, number);
}

/* --- For the tests ---------------------------------------------------------------------- */

static void rig_begin(uint64_t seed)
{
    memset(&rig, 0, sizeof(rig));
    rig.up = true;
    rig.sim.now_ns = SIM_BEGIN_NS;
    rig.sim.seed = seed;
    random_seed(&rig.sim.random, seed);
    trace_init(&rig.sim.trace, &rig.sim.now_ns, NULL);
    rig.sim.bus = sim_bus_new(&rig.sim, "subscriber", NULL, NULL);
}

static void rig_end(void)
{
    for (uint32_t i = 0; i < rig.sim.oms_count; i++) {
        sim_oms_free(rig.sim.oms[i]);
    }
    sim_bus_free(rig.sim.bus);
    agenda_free(&rig.sim.agenda);
}

static inline struct sim_oms *rig_client(const char *name, const struct sim_oms_settings *settings)
{
    struct sim_oms_settings own = *settings;
    own.name = name;
    struct sim_oms *oms = sim_oms_new(&rig.sim, rig.sim.oms_count, &own);
    rig.sim.oms[rig.sim.oms_count++] = oms;
    return oms;
}

/* Lets so many milliseconds pass. */
static void rig_pass(uint64_t ms)
{
    uint64_t until_ns = rig.sim.now_ns + ms * SIM_MS_NS;
    while (agenda_next_ns(&rig.sim.agenda) <= until_ns) {
        struct agenda_entry entry = agenda_take(&rig.sim.agenda);
        rig.sim.now_ns = entry.at_ns;
        entry.act(entry.actor, entry.number);
    }
    rig.sim.now_ns = until_ns;
}

/* The gateway's process ends, or begins. */
static inline void rig_gateway(bool up)
{
    rig.up = up;
    for (uint32_t i = 0; i < rig.sim.oms_count; i++) {
        sim_oms_reconnected(rig.sim.oms[i]);
    }
    if (!up) {
        sim_bus_disconnected(rig.sim.bus);
    }
}

/* An answer leaves the gateway; `text` with '|' for SOH. */
static inline void rig_answer(uint32_t oms, const char *text)
{
    char bytes[RIG_TEXT_BYTES_MAX];
    size_t size = strlen(text);
    assert_true(size < sizeof(bytes));
    for (size_t i = 0; i < size; i++) {
        bytes[i] = text[i] == '|' ? '\001' : text[i];
    }
    sim_oms_answered(rig.sim.oms[oms], span_of(bytes, size));
}

#endif

#include "tests/sim/persons_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/core/commands/command.h"
#include "tests/sim/acts.h"
#include "tests/sim/broker.h"
#include "tests/sim/gateway.h"
#include "tests/sim/oms.h"

enum {
    SETTLING_LOOKS = 3, /* With faults over: see, settle, see. */
    WORDS_MAX = 128,
    NAME_MAX_BYTES = 48,
    HELD_MAX = 48,
    HURRY_PERMILLE = 250, /* While faults last they act upon so many of what they see. */
};

/* What a list showed. */
struct held {
    char list[24];
    char order[NAME_MAX_BYTES]; /* "OMS1/OMS1-7" */
    char attempt[NAME_MAX_BYTES];
    char broker[NAME_MAX_BYTES];
    char state[NAME_MAX_BYTES]; /* Of the order; of the hunt. */
    char evidence[NAME_MAX_BYTES];
};

struct sim_persons {
    uint64_t look_ns;
    bool at_work;
    struct held held[HELD_MAX];
    uint32_t held_count;
    uint32_t looks; /* With faults over, and something held since the first of them. */
    struct persons_failover failover;
    struct persons_limits limits;
};

struct persons_failover *persons_failover_of(const struct sim *sim)
{
    return &sim->persons->failover;
}

struct persons_limits *persons_limits_of(const struct sim *sim)
{
    return &sim->persons->limits;
}

void persons_ask(struct sim *sim, const char *format, ...)
{
    char words[WORDS_MAX];
    va_list arguments;
    int size = snprintf(words, sizeof(words), "gateway command ");
    va_start(arguments, format);
    (void)vsnprintf(words + size, sizeof(words) - (size_t)size, format, arguments);
    va_end(arguments);
    (void)sim_act(sim, words);
}

static void approve(struct sim *sim)
{
    persons_ask(sim, "joe approvals.approve number=last");
}

/* --- What they read ------------------------------------------------------------------------ */

static void take_word(char *word, const struct command_field *field)
{
    if (field->kind == FIELD_WORDS) {
        span_to_text(field->words, word, NAME_MAX_BYTES);
    }
}

/* "FIX.4.4:FIXGATE->ALPHA" is a session of ALPHA's. */
static void take_broker(char *word, struct span session)
{
    const uint8_t *arrow = memchr(session.data, '>', session.size);
    if (arrow != NULL) {
        size_t begin = (size_t)(arrow - session.data) + 1;
        span_to_text(span_of(arrow + 1, session.size - begin), word, NAME_MAX_BYTES);
    }
}

void persons_read(struct sim *sim, struct span who, struct span command,
                  const struct command_field *fields, uint32_t count)
{
    struct sim_persons *persons = sim->persons;
    bool lists = span_is(command, "doubt.list") || span_is(command, "doubt.hunts") ||
                 span_is(command, "deadletter.list");
    if (span_is(command, "failover.status") && span_is(who, "vera")) {
        persons_failover_read(sim, fields, count);
    }
    if (span_is(command, "limits.blocked") && span_is(who, "vera")) {
        persons_limits_read(sim, fields, count);
    }
    if (!lists || !span_is(who, "vera") || persons->held_count == HELD_MAX) {
        return;
    }
    struct held *held = &persons->held[persons->held_count++];
    *held = (struct held){.list = ""};
    span_to_text(command, held->list, sizeof(held->list));
    for (uint32_t i = 0; i < count; i++) {
        struct span name = span_text(fields[i].name);
        if (span_is(name, "order")) {
            take_word(held->order, &fields[i]);
        } else if (span_is(name, "attempt")) {
            take_word(held->attempt, &fields[i]);
        } else if (span_is(name, "broker")) {
            take_word(held->broker, &fields[i]);
        } else if (span_is(name, "session") && held->broker[0] == '\0') {
            take_broker(held->broker, fields[i].words);
        } else if (span_is(name, "state") || span_is(name, "hunt")) {
            take_word(held->state, &fields[i]);
        } else if (span_is(name, "evidence")) {
            take_word(held->evidence, &fields[i]);
        }
    }
}

/* --- What they do about it ------------------------------------------------------------------ */

/* They have compared its book with ours, by telephone. */
static void thaw(struct sim *sim, uint32_t broker)
{
    persons_ask(sim, "jane broker.thaw broker=%s reason=compared",
                sim_broker_name(sim->brokers[broker]));
    approve(sim);
}

static struct sim_broker *broker_named(const struct sim *sim, const char *name)
{
    for (uint32_t i = 0; i < sim->brokers_count; i++) {
        if (strcmp(sim_broker_name(sim->brokers[i]), name) == 0) {
            return sim->brokers[i];
        }
    }
    return NULL;
}

static void settle_doubt(struct sim *sim, const struct held *held, bool in_book)
{
    if (!sim->settling && random_chance(&sim->random, 500)) {
        bool all = random_chance(&sim->random, 500); /* Of its broker. */
        persons_ask(sim, "jane doubt.reroute %s=%s reason=urgent", all ? "broker" : "order",
                    all ? held->broker : held->order);
        approve(sim);
    } else if (in_book) {
        persons_ask(sim, "jane doubt.settle order=%s outcome=received", held->order);
    } else {
        persons_ask(sim, "jane doubt.settle order=%s outcome=not-received", held->order);
        approve(sim);
    }
}

static void settle_dead_letter(struct sim *sim, const struct held *held, bool in_book)
{
    if (in_book) {
        return; /* Its report comes, or was lost for good. */
    }
    if (!sim->settling && random_chance(&sim->random, 500)) {
        bool all = random_chance(&sim->random, 500); /* Of its client. */
        size_t client = strcspn(held->order, "/");
        persons_ask(sim, "jane deadletter.redrive %s=%.*s reason=checked", all ? "client" : "order",
                    (int)(all ? client : strlen(held->order)), held->order);
        approve(sim);
    } else {
        persons_ask(sim, "joe deadletter.cancel order=%s reason=late", held->order);
    }
}

/* The broker's desk takes it out of the book. */
static void settle_hunt(struct sim *sim, const struct held *held, bool works)
{
    char words[WORDS_MAX];
    if (strcmp(held->state, "REFUSED") != 0) {
        return; /* The gateway sees to it. */
    }
    if (works) {
        (void)snprintf(words, sizeof(words), "broker %s cancel attempt %s", held->broker,
                       held->attempt);
        (void)sim_act(sim, words);
    } else if (sim->settling) {
        persons_ask(sim, "jane doubt.call-off attempt=%s reason=desk", held->attempt);
        approve(sim);
    }
}

static void act_upon(struct sim *sim, const struct held *held)
{
    const struct sim_broker *broker = broker_named(sim, held->broker);
    bool in_book = broker != NULL && sim_broker_has(broker, held->attempt);
    if (!sim->settling && !random_chance(&sim->random, HURRY_PERMILLE)) {
        return;
    }
    if (strcmp(held->list, "deadletter.list") == 0) {
        settle_dead_letter(sim, held, in_book);
    } else if (strcmp(held->list, "doubt.hunts") == 0) {
        settle_hunt(sim, held, in_book && sim_broker_works(broker, held->attempt));
    } else if (strcmp(held->state, "IN_DOUBT") == 0) {
        settle_doubt(sim, held, in_book);
    }
}

static void look(struct sim *sim)
{
    struct sim_persons *persons = sim->persons;
    if (!sim_gateway_up(sim->gateway)) {
        return;
    }
    for (uint32_t broker = 0; broker < sim->brokers_count; broker++) {
        if (sim_gateway_frozen(sim->gateway, broker)) {
            thaw(sim, broker);
        }
    }
    if (!sim->settling && !persons->at_work) {
        return;
    }
    persons->looks += sim->settling ? 1 : 0;
    persons_failover_look(sim);
    for (uint32_t i = 0; i < persons->held_count; i++) {
        act_upon(sim, &persons->held[i]);
    }
    persons->held_count = 0;
    if (!sim_gateway_holds(sim->gateway)) {
        persons->looks = 0; /* What is held later they have not seen. */
        return;
    }
    persons_ask(sim, "vera doubt.list");
    persons_ask(sim, "vera deadletter.list");
    persons_ask(sim, "vera doubt.hunts");
}

static void act_look(void *actor, uint64_t unused)
{
    struct sim *sim = actor;
    (void)unused;
    look(sim);
    sim_later(sim, sim->persons->look_ns, act_look, sim, 0);
}

void persons_start(struct sim *sim, uint64_t look_ns, bool at_work)
{
    sim->persons = calloc(1, sizeof(*sim->persons));
    ASSERT(sim->persons != NULL);
    sim->persons->look_ns = look_ns;
    sim->persons->at_work = at_work;
    sim_later(sim, look_ns, act_look, sim, 0);
    if (at_work) {
        persons_failover_start(sim);
        persons_limits_start(sim);
    }
}

void persons_free(struct sim *sim)
{
    free(sim->persons);
    sim->persons = NULL;
}

/* --- What they do by chance ------------------------------------------------------------------ */

/* A broker is put in for %, an order for #, a scope of a kill for $; and who proposes has it
 * approved. */
static const char *const deeds[] = {
    "jane orders.move order=#",
    "joe orders.move order=# to=%",
    "jane orders.move broker=% reason=leaving",
    "jane deadletter.cancel broker=% reason=late",
    "joe bulk.abort number=last reason=enough",
    "jane orders.cancel order=# reason=asked",
    "jane doubt.ask order=#",
    "vera orders.show order=#",
    "vera orders.cancel order=#",
    "joe kill.on scope=$ reason=runaway",
    "joe kill.off scope=$ reason=found",
    "jane kill.off scope=$ reason=found",
    "jane route.mode mode=PRIMARY_BACKUP primary=%",
    "jane route.mode mode=ACTIVE_ACTIVE",
    "joe broker.close broker=% reason=trusted",
    "jane broker.drain broker=% reason=drill",
    "joe broker.maintenance broker=% reason=works",
    "joe broker.open broker=% reason=rumour",
    "joe broker.auto broker=%",
    "jane broker.auto broker=%",
    "jane broker.thaw broker=% reason=compared",
    "joe broker.thaw broker=% reason=compared",
    "vera broker.drain broker=% reason=mischief",
    "router broker.measure broker=% breaker=OPEN score=0 ramp=0",
    "router broker.measure broker=% breaker=HALF_OPEN score=500 ramp=100 probes=2",
    "router broker.measure broker=% breaker=CLOSED score=1000 ramp=1000",
    "router broker.measure broker=% breaker=CLOSED score=300 ramp=400",
    "jane approvals.approve number=last",
    "joe approvals.approve number=last",
    "joe approvals.reject number=last reason=no",
    "vera approvals.approve number=last",
};

/* What stands for it in a deed. */
static void put_in(struct sim *sim, char sign, char word[NAME_MAX_BYTES])
{
    static const char *const scopes[] = {"all",         "client:OMS1",   "client:OMS2",
                                         "symbol:VOD",  "symbol:BP.",    "broker:ALPHA",
                                         "broker:BETA", "account:ACC-7", "client:FIXGATE-CANARY"};
    struct random *random = &sim->random;
    const struct sim_oms *oms = sim->oms[random_below(random, sim_own_clients(sim))];
    uint64_t orders = sim_oms_orders(oms);
    if (sign == '%') {
        (void)snprintf(word, NAME_MAX_BYTES, "%s",
                       sim_broker_name(sim->brokers[random_below(random, sim->brokers_count)]));
    } else if (sign == '$') {
        (void)snprintf(word, NAME_MAX_BYTES, "%s", scopes[random_below(random, ARRAY_LEN(scopes))]);
    } else {
        (void)snprintf(word, NAME_MAX_BYTES, "%s/%s-%" PRIu64, sim_oms_name(oms), sim_oms_name(oms),
                       orders > 0 ? random_between(random, 1, orders) : 1);
    }
}

bool persons_draw(struct sim *sim, char words[WORDS_MAX])
{
    const char *deed = deeds[random_below(&sim->random, ARRAY_LEN(deeds))];
    if (sim->router != NULL && strncmp(deed, "router ", 7) == 0) {
        return false; /* It posts by itself. */
    }
    char word[NAME_MAX_BYTES];
    size_t used = (size_t)snprintf(words, WORDS_MAX, "gateway command ");
    while (*deed != '\0') {
        size_t size = strcspn(deed, "%#$");
        word[0] = '\0';
        if (deed[size] != '\0') {
            put_in(sim, deed[size], word);
        }
        used += (size_t)snprintf(words + used, WORDS_MAX - used, "%.*s%s", (int)size, deed, word);
        ASSERT(used < WORDS_MAX);
        deed += size + (deed[size] != '\0' ? 1 : 0);
    }
    return true;
}

/* --- In fair weather -------------------------------------------------------------------------- */

void persons_mend(struct sim *sim)
{
    for (uint32_t broker = 0; broker < sim->brokers_count; broker++) {
        const char *name = sim_broker_name(sim->brokers[broker]);
        persons_ask(sim, "joe broker.auto broker=%s", name);
        if (sim->router == NULL) {
            persons_ask(sim, "router broker.measure broker=%s breaker=CLOSED score=1000 ramp=1000",
                        name);
        }
    }
    persons_ask(sim, "jane route.mode mode=ACTIVE_ACTIVE");
    approve(sim);
    for (uint32_t broker = 0; broker < sim->brokers_count; broker++) {
        persons_ask(sim, "jane kill.off scope=broker:%s reason=over",
                    sim_broker_name(sim->brokers[broker]));
        approve(sim);
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
    if (oracle_failover_runs(sim->oracle)) {
        (void)snprintf(why, 128, "a failover has not ended");
        return false;
    }
    /* What they see at one look they settle at the next. */
    if (sim->persons->looks < SETTLING_LOOKS && sim_gateway_holds(sim->gateway)) {
        (void)snprintf(why, 128, "people have not looked after what is held");
        return false;
    }
    return true;
}

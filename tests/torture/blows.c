#include "tests/torture/blows_parts.h"

enum {
    PAUSE_MS_MAX = 900,
    CALM_MS = 4000,
    CALM_ONE_IN = 25,   /* So often nothing happens for a while, */
    OFF_ONE_IN = 4,     /* So many kinds does a round do without. */
    AT_ONCE_ONE_IN = 5, /* so often two blows fall together, */
    LONG_ONE_IN = 6,    /* and so often one lasts long. */
};

static const uint64_t NS_PER_MS = 1000000;

static const struct {
    const char *name;
    const char *text;
    uint32_t weight;
    uint32_t short_ms;
    uint32_t long_ms;
} kinds[BLOW_KINDS] = {
#define X(name, weight, short_ms, long_ms, text) {#name, text, weight, short_ms, long_ms},
    TORTURE_BLOWS(X)
#undef X
};

static const struct blow_acts acts[BLOW_KINDS] = {
#define X(name, weight, short_ms, long_ms, text) [BLOW_##name].strike = blow_strike_##name,
    TORTURE_BLOWS(X)
#undef X
        [BLOW_GATEWAY_KILLED]
            .lift = blow_lift_gateway_up,
    [BLOW_GATEWAY_ENDED].lift = blow_lift_gateway_up,
    [BLOW_BROKER_KILLED].lift = blow_lift_broker_up,
    [BLOW_ALL_KILLED].lift = blow_lift_all_up,
    [BLOW_OMS_KILLED].lift = blow_lift_oms_up,
    [BLOW_GATEWAY_STOPPED].lift = blow_lift_gateway_continues,
    [BLOW_BROKER_STOPPED].lift = blow_lift_broker_continues,
    [BLOW_ROUTER_KILLED].lift = blow_lift_router_up,
    [BLOW_ROUTER_STOPPED].lift = blow_lift_router_continues,
    [BLOW_LINE_HELD].lift = blow_lift_line_relays,
    [BLOW_LINE_SWALLOWS].lift = blow_lift_line_swallows,
    [BLOW_LINE_SLOW].lift = blow_lift_line_quick,
    [BLOW_LINE_REFUSED].lift = blow_lift_line_accepts,
    [BLOW_LINK_DOWN].lift = blow_lift_link,
    [BLOW_LINK_ONE_WAY].lift = blow_lift_link_both_ways,
    [BLOW_LINK_LOSSY].lift = blow_lift_link_sound,
    [BLOW_BROKER_HOLDS].lift = blow_lift_broker_resumes,
    [BLOW_BROKER_MUTE].lift = blow_lift_broker_speaks,
    [BLOW_BROKER_REFUSES].lift = blow_lift_broker_accepts,
    [BLOW_BROKER_SLOW].lift = blow_lift_broker_reads,
    [BLOW_OPERATOR_LOGS_OFF].lift = blow_lift_operator_logs_on,
    [BLOW_BROKER_DELAYS].lift = blow_lift_broker_answers,
    [BLOW_BROKER_REJECTS].lift = blow_lift_broker_takes,
    [BLOW_FAILOVER].lift = blow_lift_failover,
    [BLOW_KILL_SWITCH].lift = blow_lift_kill,
    [BLOW_BROKER_TAKEN_OUT].lift = blow_lift_broker_taken_in,
    [BLOW_ROUTE_MODE].lift = blow_lift_route_mode,
    [BLOW_FORCED_REROUTE].lift = blow_lift_forced,
    [BLOW_ORDERS_MOVED].lift = blow_lift_orders_moved,
    [BLOW_DISK_FULL].lift = blow_lift_disk,
    [BLOW_DISK_SYNC_FAILS].lift = blow_lift_disk,
    [BLOW_DISK_WRITE_FAILS].lift = blow_lift_disk,
    [BLOW_CLOCK_SET].lift = blow_lift_clock,
    [BLOW_POWER_LOST].lift = blow_lift_gateway_up,
};

const char *blow_text(enum blow_kind kind)
{
    return kinds[kind].text;
}

const char *blow_name(enum blow_kind kind)
{
    return kinds[kind].name;
}

/* --- Chance --------------------------------------------------------------------------- */

/* splitmix64: any seed will do. */
static uint64_t draw(struct blows *blows, uint64_t limit)
{
    blows->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = blows->random;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return (mixed ^ mixed >> 31) % limit;
}

static enum blow_kind draw_kind(struct blows *blows)
{
    uint32_t sum = 0;
    for (size_t kind = 0; kind < BLOW_KINDS; kind++) {
        sum += blows->off[kind] ? 0 : kinds[kind].weight;
    }
    uint64_t left = draw(blows, sum);
    size_t kind = 0;
    while (blows->off[kind] || left >= kinds[kind].weight) {
        left -= blows->off[kind] ? 0 : kinds[kind].weight;
        kind++;
    }
    return (enum blow_kind)kind;
}

static void draw_off(struct blows *blows)
{
    for (size_t kind = 0; kind < BLOW_KINDS; kind++) {
        blows->off[kind] = draw(blows, OFF_ONE_IN) == 0;
    }
    blows->off[BLOW_LINE_CUT] = false; /* One there must be. */
}

/* All of a blow, whether it can fall or not: the next one must not depend on that. */
static void draw_next(struct blows *blows, uint32_t brokers_count)
{
    struct blow *next = &blows->next;
    *next = (struct blow){.kind = draw_kind(blows)};
    next->broker = (uint32_t)draw(blows, brokers_count);
    next->detail = draw(blows, UINT64_C(1) << 32);
    bool is_long = draw(blows, LONG_ONE_IN) == 0;
    uint64_t most_ms = is_long ? kinds[next->kind].long_ms : kinds[next->kind].short_ms;
    next->span_ms = most_ms == 0 ? 0 : 1 + draw(blows, most_ms);
    next->pause_ms = draw(blows, PAUSE_MS_MAX);
    if (draw(blows, AT_ONCE_ONE_IN) == 0) {
        next->pause_ms = 0;
    }
    if (draw(blows, CALM_ONE_IN) == 0) {
        next->pause_ms = CALM_MS;
    }
}

void blows_init(struct blows *blows, uint64_t seed)
{
    *blows = (struct blows){.random = seed};
}

/* --- In time ------------------------------------------------------------------------------ */

void blows_begin(struct blows *blows, struct arena *arena)
{
    draw_off(blows);
    draw_next(blows, arena->options.brokers_count);
    blows->next_ns = process_now_ns() + blows->next.pause_ms * NS_PER_MS;
}

uint64_t blows_due_ns(const struct blows *blows)
{
    uint64_t due_ns = blows->next_ns;
    for (size_t index = 0; index < BLOWS_ACTIVE_MAX; index++) {
        const struct blow *blow = &blows->active[index];
        if (blow->active && blow->until_ns < due_ns) {
            due_ns = blow->until_ns;
        }
    }
    return due_ns;
}

/* Of a broker, or of all: the same one twice at a time would be one. */
static bool is_on(const struct blows *blows, const struct blow *blow)
{
    static const char broker_kinds[] = "BROKER_";
    static const char line_kinds[] = "LINE_";
    const char *name = kinds[blow->kind].name;
    bool of_broker = strncmp(name, broker_kinds, sizeof broker_kinds - 1) == 0 ||
                     strncmp(name, line_kinds, sizeof line_kinds - 1) == 0 ||
                     blow->kind == BLOW_LINK_ONE_WAY;
    for (size_t index = 0; index < BLOWS_ACTIVE_MAX; index++) {
        const struct blow *other = &blows->active[index];
        if (other->active && other->kind == blow->kind &&
            (!of_broker || other->broker == blow->broker)) {
            return true;
        }
    }
    return false;
}

static void strike(struct blows *blows, struct arena *arena, uint64_t now_ns)
{
    struct blow *blow = &blows->next;
    size_t free = 0;
    while (free < BLOWS_ACTIVE_MAX && blows->active[free].active) {
        free++;
    }
    if (free == BLOWS_ACTIVE_MAX || is_on(blows, blow) || !acts[blow->kind].strike(arena, blow)) {
        blows->passed_over++;
        return;
    }
    blows->struck[blow->kind]++;
    (void)snprintf(blows->last, sizeof blows->last, "%s", kinds[blow->kind].text);
    if (acts[blow->kind].lift != NULL) {
        blow->active = true;
        blow->until_ns = now_ns + blow->span_ms * NS_PER_MS;
        blows->active[free] = *blow;
    }
}

bool blows_step(struct blows *blows, struct arena *arena)
{
    uint64_t now_ns = process_now_ns();
    for (size_t index = 0; index < BLOWS_ACTIVE_MAX; index++) {
        struct blow *blow = &blows->active[index];
        if (blow->active && blow->until_ns <= now_ns) {
            blow->active = false;
            if (!acts[blow->kind].lift(arena, blow)) {
                return false;
            }
        }
    }
    if (blows->next_ns <= now_ns) {
        strike(blows, arena, now_ns);
        draw_next(blows, arena->options.brokers_count);
        blows->next_ns = process_now_ns() + blows->next.pause_ms * NS_PER_MS;
    }
    return true;
}

bool blows_end(struct blows *blows, struct arena *arena)
{
    static const char *const peace[] = {
        "resume",        "mute off",       "refuse-logon off", "slow-read off",
        ARENA_ACK_QUICK, ARENA_FILL_QUICK, ARENA_REJECTS_FEW,
    };
    for (size_t index = 0; index < BLOWS_ACTIVE_MAX; index++) {
        struct blow *blow = &blows->active[index];
        bool active = blow->active;
        blow->active = false;
        if (active && !acts[blow->kind].lift(arena, blow)) {
            return false;
        }
    }
    /* What was told to a broker that could not hear it is told again. */
    for (uint32_t broker = 0; broker < arena->options.brokers_count; broker++) {
        cutter_cut_after(arena->cutters[broker], CUTTER_UP, CUTTER_NEVER);
        cutter_cut_after(arena->cutters[broker], CUTTER_DOWN, CUTTER_NEVER);
        for (size_t index = 0; index < ARRAY_LEN(peace); index++) {
            if (!arena_tell(arena, broker, peace[index])) {
                return world_fail(&arena->world, "a broker does not listen to its control socket");
            }
        }
    }
    return true;
}

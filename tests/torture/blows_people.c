/* What operators do to brokers, orders and routing while everything else goes on. */
#include "tests/torture/blows_parts.h"

#include "tests/tools/operators.h"
#include "tests/torture/people.h"

enum { COMMAND_BYTES_MAX = 256, FORCED_MAX = 3, MOVED_MAX = 4, DOUBT_LOOKS = 20, LOOK_MS = 50 };

static const char *name_of(const struct arena *arena, uint32_t broker)
{
    return arena->world.brokers[broker % arena->options.brokers_count].name;
}

/* --- Failover ---------------------------------------------------------------------------- */

/* From one broker to another, back, or as a drill; it goes on by itself. */
bool blow_strike_FAILOVER(struct arena *arena, const struct blow *blow)
{
    char words[COMMAND_BYTES_MAX];
    uint32_t others = arena->options.brokers_count - 1;
    uint32_t to = blow->broker + 1 + (uint32_t)(blow->detail % others);
    (void)snprintf(words, sizeof words,
                   "failover begin %s %s --reason torture --quiesce 2 --canaries %u "
                   "--canary-timeout 3 --ramp %u --drill %s",
                   name_of(arena, blow->broker), name_of(arena, to),
                   (unsigned)(blow->detail / 4 % 4), (unsigned)(blow->detail / 16 % 4),
                   blow->detail / 64 % 3 == 0 ? "true" : "false");
    if (blow->detail / 256 % 4 == 0) {
        (void)snprintf(words, sizeof words, "failover back --reason torture");
    }
    if (!people_do(arena, words)) {
        return false;
    }
    arena->counts.failovers++;
    return true;
}

/* They go on, break it off, or leave it to itself. */
bool blow_lift_failover(struct arena *arena, const struct blow *blow)
{
    static const char *const words[] = {"failover continue", "failover abort --reason torture"};
    uint64_t chance = blow->detail / 1024 % 4;
    if (chance < ARRAY_LEN(words)) {
        (void)people_do(arena, words[chance]);
    }
    people_take_in(arena);
    return true;
}

/* --- Kill switch --------------------------------------------------------------------------- */

bool blow_strike_KILL_SWITCH(struct arena *arena, const struct blow *blow)
{
    static const char *const scopes[] = {"symbol:VOD", "symbol:AZN", "client:OMS"};
    char words[COMMAND_BYTES_MAX];
    uint64_t chance = blow->detail % 6;
    if (chance < ARRAY_LEN(scopes)) {
        (void)snprintf(words, sizeof words, "kill on %s torture", scopes[chance]);
    } else {
        (void)snprintf(words, sizeof words, "kill on broker:%s torture",
                       name_of(arena, blow->broker));
    }
    return people_do(arena, words);
}

/* What is not proven by then stays on until the rest. */
bool blow_lift_kill(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    return people_kills_off(arena);
}

/* --- Who gets orders ------------------------------------------------------------------------ */

bool blow_strike_BROKER_TAKEN_OUT(struct arena *arena, const struct blow *blow)
{
    static const char *const verbs[] = {"drain", "maintenance", "open", "drain", "close"};
    char words[COMMAND_BYTES_MAX];
    (void)snprintf(words, sizeof words, "broker %s %s --reason torture",
                   verbs[blow->detail % ARRAY_LEN(verbs)], name_of(arena, blow->broker));
    if (!people_do(arena, words)) {
        return false;
    }
    arena->brokers[blow->broker].taken_out = true;
    return true;
}

bool blow_lift_broker_taken_in(struct arena *arena, const struct blow *blow)
{
    arena->brokers[blow->broker].taken_out = false;
    people_take_in(arena);
    return true;
}

bool blow_strike_ROUTE_MODE(struct arena *arena, const struct blow *blow)
{
    char words[COMMAND_BYTES_MAX] = "route mode PINNED";
    if (blow->detail % 4 != 0) {
        (void)snprintf(words, sizeof words, "route mode PRIMARY_BACKUP %s",
                       name_of(arena, blow->broker));
    }
    return people_do(arena, words);
}

bool blow_lift_route_mode(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    (void)people_do(arena, "route mode ACTIVE_ACTIVE");
    return true;
}

/* --- Orders ------------------------------------------------------------------------------------
 */

/* It takes orders in and answers none, until it dies. */
bool blow_strike_FORCED_REROUTE(struct arena *arena, const struct blow *blow)
{
    return arena_gateway_ready(arena) && arena_tell(arena, blow->broker, "hold");
}

static uint32_t orders_of(struct arena *arena, const char *words,
                          char orders[PEOPLE_NAMES_MAX][PEOPLE_NAME_BYTES_MAX], uint32_t most)
{
    const char *output;
    if (!arena_gateway_ready(arena) ||
        operators_ask(&arena->world, "jane", words, &output) != CTL_DONE) {
        return 0;
    }
    return people_names(output, "order", orders, most);
}

/* While it is away two persons send on what it may have. */
bool blow_lift_forced(struct arena *arena, const struct blow *blow)
{
    char orders[PEOPLE_NAMES_MAX][PEOPLE_NAME_BYTES_MAX];
    char words[COMMAND_BYTES_MAX];
    uint32_t count = 0;
    arena_broker_kill(arena, blow->broker);
    (void)snprintf(words, sizeof words, "doubt list --broker %s --limit %d",
                   name_of(arena, blow->broker), FORCED_MAX);
    for (unsigned looks = 0; count == 0 && looks < DOUBT_LOOKS; looks++) {
        if (!arena_step(arena, true, process_now_ns() + LOOK_MS * UINT64_C(1000000))) {
            return false;
        }
        count = orders_of(arena, words, orders, FORCED_MAX);
    }
    for (uint32_t index = 0; index < count; index++) {
        (void)snprintf(words, sizeof words, "doubt reroute %.120s --reason its~client~waits",
                       orders[index]);
        arena->counts.forced += people_do(arena, words) ? 1 : 0;
    }
    return arena_broker_up(arena, blow->broker);
}

/* Its fills take their time, so that there is something to move. */
bool blow_strike_ORDERS_MOVED(struct arena *arena, const struct blow *blow)
{
    return arena_gateway_ready(arena) && arena_tell(arena, blow->broker, "set fill-latency 1500");
}

bool blow_lift_orders_moved(struct arena *arena, const struct blow *blow)
{
    static const char *const states[] = {"PARTIAL", "ACKED"};
    char orders[PEOPLE_NAMES_MAX][PEOPLE_NAME_BYTES_MAX];
    char words[COMMAND_BYTES_MAX];
    for (size_t state = 0; state < ARRAY_LEN(states); state++) {
        (void)snprintf(words, sizeof words, "orders list --state %s --broker %s --limit %d",
                       states[state], name_of(arena, blow->broker), MOVED_MAX);
        uint32_t count = orders_of(arena, words, orders, MOVED_MAX);
        for (uint32_t index = 0; index < count; index++) {
            (void)snprintf(words, sizeof words, "orders move %.120s --reason torture",
                           orders[index]);
            arena->counts.moved += people_do(arena, words) ? 1 : 0;
        }
    }
    (void)arena_tell(arena, blow->broker, ARENA_FILL_QUICK);
    return true;
}

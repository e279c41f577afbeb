/* Blows upon processes, their clock, and the disk. */
#include "tests/torture/blows_parts.h"

#include <signal.h>

/* --- Killed ------------------------------------------------------------------------- */

bool blow_strike_GATEWAY_KILLED(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    if (arena->gateway_down) {
        return false;
    }
    arena_gateway_kill(arena);
    return true;
}

bool blow_lift_gateway_up(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    return arena_gateway_up(arena);
}

/* It logs out where it can, and does not wait for ever where it cannot. */
bool blow_strike_GATEWAY_ENDED(struct arena *arena, const struct blow *blow)
{
    enum { END_MS = 30000, KILLED = 128 + SIGKILL }; /* It gives the Logouts five seconds. */
    (void)blow;
    if (!arena_gateway_ready(arena) || arena_disk_excuses(arena)) {
        return false;
    }
    arena->gateway_down = true;
    int code = process_end(&arena->world.gateway, SIGTERM, END_MS);
    if (code != 0) {
        (void)snprintf(arena->broken, sizeof arena->broken,
                       code == KILLED ? "the gateway did not end within %d s of SIGTERM"
                                      : "the gateway ended after SIGTERM with exit code %d",
                       code == KILLED ? END_MS / 1000 : code);
    }
    return true;
}

bool blow_strike_BROKER_KILLED(struct arena *arena, const struct blow *blow)
{
    if (arena->brokers[blow->broker].down) {
        return false;
    }
    arena_broker_kill(arena, blow->broker);
    return true;
}

bool blow_lift_broker_up(struct arena *arena, const struct blow *blow)
{
    return arena_broker_up(arena, blow->broker);
}

bool blow_strike_ALL_KILLED(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    for (uint32_t broker = 0; broker < arena->options.brokers_count; broker++) {
        arena_broker_kill(arena, broker);
    }
    arena_gateway_kill(arena);
    return true;
}

bool blow_lift_all_up(struct arena *arena, const struct blow *blow)
{
    /* Now one side is there first, now the other. */
    bool gateway_first = blow->detail % 2 == 0;
    bool good = !gateway_first || arena_gateway_up(arena);
    for (uint32_t broker = 0; broker < arena->options.brokers_count; broker++) {
        good = good && arena_broker_up(arena, broker);
    }
    return good && arena_gateway_up(arena);
}

bool blow_strike_OMS_KILLED(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    if (arena->world.oms == NULL) {
        return false;
    }
    world_oms_kill(&arena->world);
    return true;
}

bool blow_lift_oms_up(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    arena->counts.oms_starts++;
    return world_oms_open(&arena->world);
}

/* --- Stopped: alive for TCP, dead for FIX ---------------------------------------------- */

bool blow_strike_GATEWAY_STOPPED(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    arena->gateway_stopped = !arena->gateway_down;
    return arena->gateway_stopped && kill(arena->world.gateway.pid, SIGSTOP) == 0;
}

bool blow_lift_gateway_continues(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    arena->gateway_stopped = false;
    if (arena->world.gateway.pid != 0) {
        (void)kill(arena->world.gateway.pid, SIGCONT);
    }
    return true;
}

bool blow_strike_BROKER_STOPPED(struct arena *arena, const struct blow *blow)
{
    struct arena_broker *broker = &arena->brokers[blow->broker];
    if (broker->down) {
        return false;
    }
    broker->stopped = true;
    return kill(arena->world.brokers[blow->broker].process.pid, SIGSTOP) == 0;
}

bool blow_lift_broker_continues(struct arena *arena, const struct blow *blow)
{
    struct arena_broker *broker = &arena->brokers[blow->broker];
    broker->stopped = false;
    if (!broker->down) {
        (void)kill(arena->world.brokers[blow->broker].process.pid, SIGCONT);
    }
    return true;
}

/* --- The router, where it is a process --------------------------------------------------- */

bool blow_strike_ROUTER_KILLED(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    if (arena->router.pid == 0) {
        return false;
    }
    arena_router_kill(arena);
    return true;
}

bool blow_lift_router_up(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    return arena_router_up(arena);
}

bool blow_strike_ROUTER_STOPPED(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    return arena->router.pid != 0 && kill(arena->router.pid, SIGSTOP) == 0;
}

bool blow_lift_router_continues(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    if (arena->router.pid != 0) {
        (void)kill(arena->router.pid, SIGCONT);
    }
    return true;
}

/* --- The time of day ----------------------------------------------------------------------- */

/* Brokers bear a SendingTime(52) that is off by two minutes; this stays below. */
bool blow_strike_CLOCK_SET(struct arena *arena, const struct blow *blow)
{
    enum { OFF_MS_MAX = 90000 };
    int64_t off_ms = 1 + (int64_t)(blow->detail / 4 % OFF_MS_MAX);
    off_ms = blow->detail / 2 % 2 == 0 ? off_ms : off_ms % 3000; /* Small ones, too. */
    bad_clock_set(&arena->clock, (blow->detail % 2 == 0 ? off_ms : -off_ms) * 1000000);
    return true;
}

bool blow_lift_clock(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    bad_clock_set(&arena->clock, 0);
    return true;
}

/* --- The disk ----------------------------------------------------------------------------- */

static bool disk_turns_bad(struct arena *arena, const char *rules)
{
    if (arena->disk_bad || arena->gateway_down) {
        return false;
    }
    arena->disk_bad = true;
    if (rules != NULL) {
        disk_rules(&arena->disk, rules);
    }
    return true;
}

bool blow_strike_DISK_FULL(struct arena *arena, const struct blow *blow)
{
    /* In half of the cases a little is left: less than StoreReserve. */
    enum { LITTLE_BYTES = 3 << 20 };
    if (!arena->disk.small) {
        return disk_turns_bad(arena, "write ENOSPC;truncate ENOSPC");
    }
    if (!disk_turns_bad(arena, NULL)) {
        return false;
    }
    disk_fill(&arena->disk, blow->detail % 2 == 0 ? 0 : LITTLE_BYTES);
    return true;
}

bool blow_strike_DISK_SYNC_FAILS(struct arena *arena, const struct blow *blow)
{
    static const char *const rules[] = {"sync EIO", "sync unsure", "sync EIO chance 200"};
    /* With Durability=process nothing is synced, and nothing can fail. */
    return arena->options.commit && disk_turns_bad(arena, rules[blow->detail % ARRAY_LEN(rules)]);
}

bool blow_strike_DISK_WRITE_FAILS(struct arena *arena, const struct blow *blow)
{
    static const char *const rules[] = {
        "write EIO", "plain ENOSPC", "meta EIO", "meta unsure", "write short chance 300",
    };
    return disk_turns_bad(arena, rules[blow->detail % ARRAY_LEN(rules)]);
}

static void lose_power(struct arena *arena, uint64_t seed)
{
    struct power_loss_report report = {.sectors_unsynced = 0};
    arena_gateway_kill(arena);
    disk_lose_power(&arena->disk, seed, &report);
    arena->counts.power_losses++;
    arena->counts.sectors_unsynced += report.sectors_unsynced;
    arena->counts.sectors_landed += report.sectors_landed;
}

bool blow_strike_POWER_LOST(struct arena *arena, const struct blow *blow)
{
    if (arena->disk_bad || !arena->disk.power) {
        return false;
    }
    lose_power(arena, blow->detail);
    return true;
}

bool blow_lift_disk(struct arena *arena, const struct blow *blow)
{
    disk_clear(&arena->disk);
    disk_rules(&arena->disk, NULL);
    if (arena->disk.power && blow->kind != BLOW_DISK_FULL && blow->detail / 8 % 2 == 0) {
        lose_power(arena, blow->detail); /* Nothing that failed may have been relied upon. */
    }
    arena->disk_bad = false;
    arena->disk_ok_ns = process_now_ns();
    return arena_gateway_up(arena);
}

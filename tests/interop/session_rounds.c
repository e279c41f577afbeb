#include "tests/interop/session_rounds.h"

#include <time.h>

enum {
    ORDER_BYTES = 220, /* About: one order on the line. */
    ACTIONS_MIN = 4,
    ACTIONS_MAX = 8,
    DAY_BEGINS_S = 7, /* From the start of a round with a change of session day. */
    CLOSED_S = 2,
    RESET_TIME_S = 3,
    DAY_WAIT_MS = 20000,
    CUT_WAIT_MS = 2000,
};

struct round {
    struct session_world world;
    uint64_t random;
    time_t border;     /* Of the session day; 0: none in this round. */
    bool resets_often; /* At each logon, logout or loss of the line. */
    char times[2][SESSION_SETTING_BYTES_MAX];
};

/* splitmix64 */
static uint64_t next_random(struct round *round)
{
    round->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = round->random;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

static uint32_t below(struct round *round, uint32_t bound)
{
    return (uint32_t)(next_random(round) % bound);
}

static bool chance(struct round *round, uint32_t of)
{
    return below(round, of) == 0;
}

static enum cutter_way any_way(struct round *round)
{
    return chance(round, 2) ? CUTTER_UP : CUTTER_DOWN;
}

static bool day_is_to_end(const struct round *round)
{
    return round->border != 0 && time(NULL) < round->border + CLOSED_S + 1;
}

static void settle(struct round *round)
{
    session_settle(&round->world);
    round->world.forgetful = round->resets_often || day_is_to_end(round);
}

static void await_day_end(struct round *round)
{
    while (day_is_to_end(round)) {
        (void)session_echoed_within(&round->world, 10);
        process_pause(50);
    }
}

static uint32_t send_some(struct round *round)
{
    uint32_t count = 1 + below(round, chance(round, 6) ? 300 : 40);
    session_command(&round->world, "send", count);
    return count;
}

/* --- Actions: the line -------------------------------------------------------- */

static void act_send(struct round *round)
{
    (void)send_some(round);
}

/* Until the cutter has cut, or there is nothing left on the line to cut. */
static void await_cut(struct round *round, uint64_t cuts)
{
    uint64_t deadline_ns = process_now_ns() + CUT_WAIT_MS * UINT64_C(1000000);
    while (cutter_counts(round->world.cutter).cuts == cuts && process_now_ns() < deadline_ns &&
           !session_echoed_within(&round->world, 0)) {
        process_pause(2);
    }
    if (cutter_counts(round->world.cutter).cuts == cuts) {
        session_cut(&round->world);
    }
    round->world.disturbed = true;
}

/* Sometimes the line breaks again while it comes back: in a handshake, a Logon, a resend. */
static void act_cut_at_byte(struct round *round)
{
    struct cutter *cutter = round->world.cutter;
    uint32_t bound = send_some(round) * ORDER_BYTES;
    uint32_t times = 1 + (chance(round, 3) ? 1 + below(round, 3) : 0);
    for (uint32_t i = 0; i < times; i++) {
        uint64_t cuts = cutter_counts(cutter).cuts;
        cutter_set_manner(cutter, (enum cutter_manner)below(round, CUTTER_MANNERS));
        cutter_cut_after(cutter, any_way(round), below(round, bound));
        await_cut(round, cuts);
        bound = 3000;
    }
    cutter_set_manner(cutter, CUTTER_CLOSE);
}

/* What is sent is lost, in one direction or in both at once. */
static void act_lose(struct round *round)
{
    struct cutter *cutter = round->world.cutter;
    uint32_t ways = 1 + below(round, 3);
    session_await(&round->world, true); /* QuickFIX hangs while its TLS handshake does. */
    if (chance(round, 2)) {
        (void)send_some(round);
    }
    if ((ways & 1) != 0) {
        cutter_set_mode(cutter, CUTTER_UP, CUTTER_SWALLOW);
    }
    if ((ways & 2) != 0) {
        cutter_set_mode(cutter, CUTTER_DOWN, CUTTER_SWALLOW);
    }
    (void)send_some(round);
    process_pause((int)below(round, 100));
    session_cut(&round->world);
    cutter_set_mode(cutter, CUTTER_UP, CUTTER_RELAY);
    cutter_set_mode(cutter, CUTTER_DOWN, CUTTER_RELAY);
}

static void act_hold(struct round *round)
{
    enum cutter_way way = any_way(round);
    session_await(&round->world, true);
    cutter_set_mode(round->world.cutter, way, CUTTER_HOLD);
    (void)send_some(round);
    process_pause((int)below(round, 200));
    if (chance(round, 2)) {
        session_cut(&round->world);
    }
    cutter_set_mode(round->world.cutter, way, CUTTER_RELAY);
}

static void act_drop(struct round *round)
{
    (void)send_some(round);
    process_pause((int)below(round, 20));
    session_command(&round->world, "disconnect", 0);
    round->world.disturbed = true;
}

/* --- Actions: both sides ------------------------------------------------------ */

static void act_kill_reflector(struct round *round)
{
    (void)send_some(round);
    process_pause((int)below(round, 40));
    session_reflector_kill(&round->world);
    if (chance(round, 2)) {
        (void)send_some(round); /* These wait for it. */
    }
    session_reflector_start(&round->world);
}

static void act_restart_quickfix(struct round *round)
{
    (void)send_some(round);
    while (session_status(&round->world).unsent > 0) {
        process_pause(2);
    }
    process_pause((int)below(round, 20));
    session_peer_end(&round->world);
    session_peer_start(&round->world);
}

static void act_end_reflector(struct round *round)
{
    session_reflector_end(&round->world);
    if (chance(round, 2)) {
        (void)send_some(round);
    }
    session_reflector_start(&round->world);
    round->world.disturbed = true;
}

static void act_logout(struct round *round)
{
    session_command(&round->world, "logout", 0);
    session_await(&round->world, false);
    if (chance(round, 2)) {
        (void)send_some(round);
    }
    session_command(&round->world, "logon", 0);
    round->world.disturbed = true;
}

/* --- Actions: numbers --------------------------------------------------------- */

/* After a reset QuickFIX's store still finds messages of the old day under numbers that
 * the new one leaves out, and reads nonsense in their place. Begun anew it does not. */
static void forget_old_day(struct round *round)
{
    await_day_end(round);
    (void)session_status(&round->world); /* By now its journal knows of a reset. */
    (void)session_echoed_within(&round->world, 0);
    if (round->world.journal.days > 1) {
        session_peer_end(&round->world);
        session_peer_start(&round->world);
        session_await(&round->world, true);
    }
}

/* QuickFIX leaves numbers out, as if messages of them had been lost from its store. */
static void act_skip(struct round *round)
{
    forget_old_day(round);
    session_command(&round->world, "skip", 1 + below(round, 20));
    (void)send_some(round);
    round->world.disturbed = true;
}

/* QuickFIX forgets what it got, and must have it again. */
static void act_forget(struct round *round)
{
    session_command(&round->world, "forget", 1 + below(round, 60));
    (void)send_some(round);
    round->world.disturbed = true;
}

static void act_stale(struct round *round)
{
    session_command(&round->world, "stale", below(round, 4));
}

static void act_sequence_reset(struct round *round)
{
    forget_old_day(round);
    settle(round);
    session_command(&round->world, "sequence-reset", 1 + below(round, 50));
}

/* At its next Logon, or by one in the middle. */
static void act_their_reset(struct round *round)
{
    if (round->world.setup.we_initiate) {
        return; /* QuickFIX has no such reset for an acceptor. */
    }
    if (chance(round, 2)) {
        /* On a line that is new, for QuickFIX keeps early messages of before the reset until
         * the line ends, and takes them for later ones of the same numbers. */
        session_command(&round->world, "disconnect", 0);
        settle(round);
        session_command(&round->world, "reset-now", 0);
        settle(round); /* QuickFIX does not ask again, should that Logon be lost. */
        return;
    }
    session_command(&round->world, "reset", 0);
    session_command(&round->world, "disconnect", 0);
    session_await(&round->world, true);
}

static void await_day(struct round *round, uint32_t days)
{
    uint64_t deadline_ns = process_now_ns() + DAY_WAIT_MS * UINT64_C(1000000);
    while (round->world.journal.days <= days) {
        if (process_now_ns() > deadline_ns) {
            session_fail(&round->world, "QuickFIX's numbers were not reset");
        }
        (void)session_echoed_within(&round->world, 10);
        if (session_status(&round->world).logged_on) {
            session_command(&round->world, "send", 1); /* Its journal tells days by orders. */
        }
        process_pause(20);
    }
}

static void clock_setting(char *text, const char *key, time_t at)
{
    struct tm clock;
    (void)gmtime_r(&at, &clock);
    (void)snprintf(text, SESSION_SETTING_BYTES_MAX, "%s=%02d:%02d:%02d", key, clock.tm_hour,
                   clock.tm_min, clock.tm_sec);
}

/* We reset in the middle: at a Logon of ours, or at a time of day. */
static void act_our_reset(struct round *round)
{
    struct session_world *world = &round->world;
    uint32_t days = world->journal.days;
    session_reflector_end(world);
    if (world->setup.we_initiate && chance(round, 2)) {
        session_set(world, "ResetOnLogon=Y");
        session_reflector_start(world);
        settle(round);
        session_reflector_end(world);
        world->settings[0][0] = '\0';
        session_reflector_start(world);
    } else {
        char setting[SESSION_SETTING_BYTES_MAX];
        clock_setting(setting, "ResetSeqTime", time(NULL) + RESET_TIME_S);
        session_set(world, "%s", setting);
        session_reflector_start(world);
        world->forgetful = true; /* Should that time come before all is well. */
        settle(round);
        world->forgetful = true;
        await_day(round, days);
        world->settings[0][0] = '\0';
    }
    world->disturbed = true;
}

/* --- Rounds ------------------------------------------------------------------- */

static const struct action {
    const char *name;
    void (*act)(struct round *round);
    uint32_t weight;
    bool settled; /* All must be well before. */
    bool numbers; /* It plays with numbers: not in a round that resets them often. */
} actions[] = {
    {"send", act_send, 4, false, false},
    {"cut at a byte", act_cut_at_byte, 8, false, false},
    {"lose", act_lose, 6, false, false},
    {"hold", act_hold, 2, false, false},
    {"QuickFIX drops the line", act_drop, 2, false, false},
    {"kill -9 the reflector", act_kill_reflector, 3, false, false},
    {"restart QuickFIX", act_restart_quickfix, 2, false, false},
    {"end the reflector", act_end_reflector, 2, true, false},
    {"QuickFIX logs out", act_logout, 2, true, false},
    {"QuickFIX skips numbers", act_skip, 2, false, true},
    {"QuickFIX forgets", act_forget, 2, false, true},
    {"QuickFIX gap-fills stale orders", act_stale, 1, false, true},
    {"SequenceReset", act_sequence_reset, 2, true, true},
    {"QuickFIX resets by Logon", act_their_reset, 2, true, true},
    {"we reset by Logon", act_our_reset, 1, true, true},
};

static const struct action *choose(struct round *round)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        sum += actions[i].weight;
    }
    for (;;) {
        uint32_t at = below(round, sum);
        size_t index = 0;
        while (at >= actions[index].weight) {
            at -= actions[index].weight;
            index++;
        }
        if (!(round->resets_often && actions[index].numbers)) {
            return &actions[index];
        }
    }
}

/* One of ours, that QuickFIX need not know of. */
static const char *any_setting(struct round *round)
{
    static const char *const settings[] = {
        "ResendRequestChunkSize=7",       "ClosedResendInterval=Y", "SendRedundantResendRequests=Y",
        "EnableLastMsgSeqNumProcessed=Y", "TimestampPrecision=6",   "TestRequestAtLogon=N",
        "TestRequestAtLogon=Y",           "Durability=commit",
    };
    return settings[below(round, ARRAY_LEN(settings))];
}

static struct session_setup choose_setup(struct round *round, uint64_t seed)
{
    struct session_setup setup = {.seed = seed};
    setup.we_initiate = chance(round, 2);
    setup.tls = chance(round, 2);
    if (chance(round, 2)) {
        setup.ours[0] = any_setting(round);
    }
    if (setup.tls && chance(round, 3)) {
        setup.ours[1] = "SSLProtocol=TLSv1_2";
    }
    if (chance(round, 6)) {
        static const char *const resets[] = {"ResetOnLogon=Y", "ResetOnLogout=Y",
                                             "ResetOnDisconnect=Y"};
        round->resets_often = true;
        setup.both[0] = resets[below(round, ARRAY_LEN(resets))];
    } else if (chance(round, 10)) {
        round->border = time(NULL) + DAY_BEGINS_S;
        clock_setting(round->times[0], "EndTime", round->border);
        clock_setting(round->times[1], "StartTime", round->border + 1 + below(round, CLOSED_S));
        setup.both[0] = round->times[0];
        setup.both[1] = round->times[1];
    }
    return setup;
}

static void say(const struct round *round, const char *what)
{
    (void)printf("  o%u: %s\n", round->world.journal.orders_count, what);
}

void session_round_run(uint64_t seed)
{
    static struct round round;
    round = (struct round){.random = seed};
    struct session_setup setup = choose_setup(&round, seed);
    (void)printf("round %llu: %s, %s %s %s %s\n", (unsigned long long)seed,
                 setup.we_initiate ? "we initiate" : "we accept", setup.tls ? "TLS" : "plain",
                 setup.ours[0] != NULL ? setup.ours[0] : "",
                 setup.ours[1] != NULL ? setup.ours[1] : "",
                 round.border != 0    ? "change of session day"
                 : round.resets_often ? setup.both[0]
                                      : "");
    session_open(&round.world, &setup);
    round.world.forgetful = round.resets_often || day_is_to_end(&round);
    if (chance(&round, 3)) {
        uint32_t piece_bytes_max = 1 + below(&round, 400);
        uint32_t delay_ms_max = piece_bytes_max > 100 ? below(&round, 3) : 0;
        cutter_set_pieces(round.world.cutter, piece_bytes_max, delay_ms_max);
    }
    uint32_t count = ACTIONS_MIN + below(&round, ACTIONS_MAX - ACTIONS_MIN + 1);
    for (uint32_t i = 0; i < count; i++) {
        const struct action *action = choose(&round);
        if (action->settled) {
            settle(&round);
        }
        say(&round, action->name);
        action->act(&round);
    }
    await_day_end(&round);
    say(&round, "end");
    session_finish(&round.world, chance(&round, 2));
    session_close(&round.world);
}

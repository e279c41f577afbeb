/* Blows upon lines and network, the bad manners of brokers, and upon sessions by operators. */
#include "tests/torture/blows_parts.h"

enum {
    CUT_BYTES_MAX = 3000,
    PIECE_BYTES_MAX = 600,
    PIECE_DELAY_MS = 10,
    FORGOTTEN_MIN = 3, /* Not only what came in since it was looked whether all is answered. */
    FORGOTTEN_MAX = 20,
    STATS_BYTES_MAX = 4096,
    COMMAND_BYTES_MAX = 64,
};

/* --- The lines: a relay between gateway and broker ---------------------------------------- */

static struct cutter *line_of(const struct arena *arena, const struct blow *blow)
{
    return arena->cutters[blow->broker];
}

bool blow_strike_LINE_CUT(struct arena *arena, const struct blow *blow)
{
    cutter_set_manner(line_of(arena, blow), (enum cutter_manner)(blow->detail % CUTTER_MANNERS));
    cutter_cut(line_of(arena, blow));
    return true;
}

bool blow_strike_LINE_CUT_AT_BYTE(struct arena *arena, const struct blow *blow)
{
    struct cutter *line = line_of(arena, blow);
    cutter_set_manner(line, (enum cutter_manner)(blow->detail % CUTTER_MANNERS));
    cutter_cut_after(line, (enum cutter_way)(blow->detail / 8 % CUTTER_WAYS),
                     blow->detail / 16 % CUT_BYTES_MAX);
    return true;
}

/* One way, the other, or both. */
static bool line_mode(struct arena *arena, const struct blow *blow, enum cutter_mode mode)
{
    if (arena->brokers[blow->broker].line_taken) {
        return false;
    }
    uint64_t ways = 1 + blow->detail % 3;
    arena->brokers[blow->broker].line_taken = true;
    for (enum cutter_way way = CUTTER_UP; way < CUTTER_WAYS; way++) {
        cutter_set_mode(line_of(arena, blow), way, (ways >> way & 1) != 0 ? mode : CUTTER_RELAY);
    }
    return true;
}

bool blow_strike_LINE_HELD(struct arena *arena, const struct blow *blow)
{
    return line_mode(arena, blow, CUTTER_HOLD);
}

bool blow_strike_LINE_SWALLOWS(struct arena *arena, const struct blow *blow)
{
    return line_mode(arena, blow, CUTTER_SWALLOW);
}

bool blow_lift_line_relays(struct arena *arena, const struct blow *blow)
{
    arena->brokers[blow->broker].line_taken = false;
    for (enum cutter_way way = CUTTER_UP; way < CUTTER_WAYS; way++) {
        cutter_set_mode(line_of(arena, blow), way, CUTTER_RELAY);
    }
    return true;
}

/* TCP never goes on after a loss: the connections end first. */
bool blow_lift_line_swallows(struct arena *arena, const struct blow *blow)
{
    cutter_cut(line_of(arena, blow));
    return blow_lift_line_relays(arena, blow);
}

bool blow_strike_LINE_SLOW(struct arena *arena, const struct blow *blow)
{
    cutter_set_pieces(line_of(arena, blow), 1 + (uint32_t)(blow->detail % PIECE_BYTES_MAX),
                      PIECE_DELAY_MS);
    return true;
}

bool blow_lift_line_quick(struct arena *arena, const struct blow *blow)
{
    cutter_set_pieces(line_of(arena, blow), 0, 0);
    return true;
}

bool blow_strike_LINE_REFUSED(struct arena *arena, const struct blow *blow)
{
    cutter_refuse(line_of(arena, blow), true);
    cutter_cut(line_of(arena, blow));
    return true;
}

bool blow_lift_line_accepts(struct arena *arena, const struct blow *blow)
{
    cutter_refuse(line_of(arena, blow), false);
    return true;
}

/* --- The network below ---------------------------------------------------------------------- */

bool blow_strike_LINK_DOWN(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    if (!arena->network->there) {
        return false;
    }
    network_link(arena->network, false);
    return true;
}

bool blow_lift_link(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    network_link(arena->network, true);
    return true;
}

bool blow_strike_LINK_ONE_WAY(struct arena *arena, const struct blow *blow)
{
    if (!arena->network->one_way) {
        return false;
    }
    network_one_way(arena->network, blow->broker, true);
    return true;
}

bool blow_lift_link_both_ways(struct arena *arena, const struct blow *blow)
{
    network_one_way(arena->network, blow->broker, false);
    return true;
}

bool blow_strike_LINK_LOSSY(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    if (arena->network->loss == NULL) {
        return false;
    }
    network_loss(arena->network, true);
    return true;
}

bool blow_lift_link_sound(struct arena *arena, const struct blow *blow)
{
    (void)blow;
    network_loss(arena->network, false);
    return true;
}

/* --- The brokers ------------------------------------------------------------------------------ */

bool blow_strike_BROKER_DROPS(struct arena *arena, const struct blow *blow)
{
    static const char *const commands[] = {"drop", "drop orders", "drop dropcopy"};
    return arena_tell(arena, blow->broker, commands[blow->detail % ARRAY_LEN(commands)]);
}

bool blow_strike_BROKER_REPEATS(struct arena *arena, const struct blow *blow)
{
    return arena_tell(arena, blow->broker, blow->detail % 2 == 0 ? "duplicate" : "duplicate plain");
}

/* All that it has is answered. Whoever asks again for what he has, and never gave a sign that he
 * has it, is believed by FIX: against that nobody can guard an order. */
static bool has_answered(struct arena *arena, const struct blow *blow)
{
    static const char unsent[] = "\"unsent\":0}";
    char output[STATS_BYTES_MAX];
    if (!arena_ask(arena, blow->broker, "stats", output, sizeof output)) {
        return false;
    }
    const char *orders = strstr(output, "\"session\":{");
    const char *last = orders != NULL ? strstr(orders, "\"unsent\":") : NULL;
    return last != NULL && strncmp(last, unsent, sizeof unsent - 1) == 0 &&
           strstr(output, "\"pending\":0,") != NULL && strstr(output, "\"mute\":false") != NULL &&
           strstr(output, "\"hold\":false") != NULL;
}

bool blow_strike_BROKER_FORGETS(struct arena *arena, const struct blow *blow)
{
    char command[COMMAND_BYTES_MAX];
    (void)snprintf(command, sizeof command, "forget %u",
                   (unsigned)(FORGOTTEN_MIN + blow->detail % FORGOTTEN_MAX));
    return has_answered(arena, blow) && arena_tell(arena, blow->broker, command);
}

/* It asks for the whole day again. */
bool blow_strike_BROKER_LOSES_NUMBERS(struct arena *arena, const struct blow *blow)
{
    return arena_tell(arena, blow->broker, "sequence orders in 1") &&
           arena_tell(arena, blow->broker, "drop orders");
}

bool blow_strike_BROKER_HOLDS(struct arena *arena, const struct blow *blow)
{
    return arena_tell(arena, blow->broker, "hold");
}

bool blow_lift_broker_resumes(struct arena *arena, const struct blow *blow)
{
    (void)arena_tell(arena, blow->broker, "resume");
    return true;
}

bool blow_strike_BROKER_MUTE(struct arena *arena, const struct blow *blow)
{
    return arena_tell(arena, blow->broker, "mute on");
}

bool blow_lift_broker_speaks(struct arena *arena, const struct blow *blow)
{
    (void)arena_tell(arena, blow->broker, "mute off");
    return true;
}

bool blow_strike_BROKER_REFUSES(struct arena *arena, const struct blow *blow)
{
    return arena_tell(arena, blow->broker, "refuse-logon on") &&
           arena_tell(arena, blow->broker, "drop");
}

bool blow_lift_broker_accepts(struct arena *arena, const struct blow *blow)
{
    (void)arena_tell(arena, blow->broker, "refuse-logon off");
    return true;
}

bool blow_strike_BROKER_SLOW(struct arena *arena, const struct blow *blow)
{
    static const char *const commands[] = {"slow-read on", "slow-read 100", "slow-read 1500"};
    return arena_tell(arena, blow->broker, commands[blow->detail % ARRAY_LEN(commands)]);
}

bool blow_lift_broker_reads(struct arena *arena, const struct blow *blow)
{
    (void)arena_tell(arena, blow->broker, "slow-read off");
    return true;
}

bool blow_strike_BROKER_DELAYS(struct arena *arena, const struct blow *blow)
{
    static const char *const commands[] = {"set ack-latency 700", "set ack-latency 3000"};
    return arena_tell(arena, blow->broker, commands[blow->detail % ARRAY_LEN(commands)]);
}

bool blow_lift_broker_answers(struct arena *arena, const struct blow *blow)
{
    (void)arena_tell(arena, blow->broker, ARENA_ACK_QUICK);
    return true;
}

bool blow_strike_BROKER_REJECTS(struct arena *arena, const struct blow *blow)
{
    return arena_tell(arena, blow->broker, "set reject-rate 50");
}

bool blow_lift_broker_takes(struct arena *arena, const struct blow *blow)
{
    (void)arena_tell(arena, blow->broker, ARENA_REJECTS_FEW);
    return true;
}

bool blow_strike_BROKER_BUSTS(struct arena *arena, const struct blow *blow)
{
    return arena_tell(arena, blow->broker, "bust");
}

bool blow_strike_BROKER_ENDS_ORDERS(struct arena *arena, const struct blow *blow)
{
    return arena_tell(arena, blow->broker, blow->detail % 2 == 0 ? "cancel all" : "fill all");
}

/* --- The operators --------------------------------------------------------------------------- */

bool blow_strike_OPERATOR_HANGS_UP(struct arena *arena, const struct blow *blow)
{
    return arena_operate(arena, blow->broker, "disconnect");
}

bool blow_strike_OPERATOR_LOGS_OFF(struct arena *arena, const struct blow *blow)
{
    /* Whatever came of it: that session is to be logged on again. */
    arena->brokers[blow->broker].logged_off = true;
    return arena_operate(arena, blow->broker, "logoff");
}

bool blow_lift_operator_logs_on(struct arena *arena, const struct blow *blow)
{
    arena_log_on(arena, blow->broker);
    return true;
}

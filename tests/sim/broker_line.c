/* Lines: bytes in, dialling, and the end of a line. */
#include <stdlib.h>

#include "tests/sim/broker_parts.h"
#include "tests/sim/gateway.h"

enum {
    LINE_BYTES_MAX = 128 * 1024, /* Of a message that is not whole yet. */
    SLOW_BYTES = 150,            /* Read at once by a slow reader, which then rests. */
    SLOW_MS = 500,
};

static const char *state_name(enum broker_state state)
{
    switch (state) {
    case BROKER_DOWN:
        return "down";
    case BROKER_AWAITING:
        return "connected";
    case BROKER_LOGON_SENT:
        return "connects";
    case BROKER_LOGGED_ON:
        return "logged on";
    case BROKER_LOGOUT_SENT:
        return "logs out";
    case BROKER_LEAVING:
        return "leaves";
    }
    return "";
}

/* From each state, where a session may go. */
static const unsigned legal_moves[] = {
    [BROKER_DOWN] = 1U << BROKER_AWAITING | 1U << BROKER_LOGON_SENT,
    [BROKER_AWAITING] = 1U << BROKER_LOGGED_ON | 1U << BROKER_DOWN,
    [BROKER_LOGON_SENT] = 1U << BROKER_LOGGED_ON | 1U << BROKER_DOWN,
    [BROKER_LOGGED_ON] = 1U << BROKER_LOGOUT_SENT | 1U << BROKER_LEAVING | 1U << BROKER_DOWN,
    [BROKER_LOGOUT_SENT] = 1U << BROKER_LEAVING | 1U << BROKER_DOWN,
    [BROKER_LEAVING] = 1U << BROKER_DOWN,
};

static uint64_t patience_ns(enum broker_state state)
{
    switch (state) {
    case BROKER_DOWN:
    case BROKER_LOGGED_ON:
        break;
    case BROKER_AWAITING:
    case BROKER_LOGON_SENT:
    case BROKER_LOGOUT_SENT:
        return BROKER_ANSWER_NS;
    case BROKER_LEAVING:
        return BROKER_LEAVE_NS;
    }
    return BROKER_NEVER;
}

void broker_become(struct broker_session *session, enum broker_state state)
{
    struct sim *sim = session->broker->sim;
    ASSERT((legal_moves[session->state] >> state & 1U) == 1);
    session->state = state;
    uint64_t wait_ns = patience_ns(state);
    session->until_ns = wait_ns == BROKER_NEVER ? BROKER_NEVER : sim->now_ns + wait_ns;
    if (state != BROKER_DOWN) {
        trace_say(&sim->trace, session->name, "%s", state_name(state));
    }
}

/* --- The end ------------------------------------------------------------------------- */

static void forget_line(struct broker_session *session)
{
    session->line = NULL;
    session->bytes_size = 0;
    session->estranged = false;
    session->reset_awaited = false;
    session->test_number = 0;
    session->tested = false;
    broker_early_clear(session);
    broker_become(session, BROKER_DOWN);
    session->redial_ns = session->broker->sim->now_ns + session->set->redial_ns;
    if (broker_awake(session->broker)) {
        broker_border(session);
        broker_arm(session);
    }
}

void broker_line_drop(struct broker_session *session, const char *reason)
{
    struct line *line = session->line;
    if (line == NULL) {
        return;
    }
    trace_say(&session->broker->sim->trace, session->name, "closes the line: %s", reason);
    forget_line(session);
    line_close(line, LINE_BROKER);
}

void broker_line_die(struct broker_session *session, bool silent)
{
    struct line *line = session->line;
    if (line == NULL) {
        return;
    }
    forget_line(session);
    line_abandon(line, LINE_BROKER, silent);
}

static void line_ended(void *context, struct line *line, const char *reason)
{
    struct broker_session *session = context;
    if (session->line != line) {
        return;
    }
    broker_line_read(session);
    if (session->line != line) {
        return;
    }
    trace_say(&session->broker->sim->trace, session->name, "the line is gone: %s", reason);
    forget_line(session);
}

/* --- Reading --------------------------------------------------------------------------- */

static void take_bytes(struct broker_session *session, size_t most)
{
    struct span arrived = line_peek(session->line, LINE_BROKER);
    size_t size = arrived.size < most ? arrived.size : most;
    if (size == 0) {
        return;
    }
    if (session->bytes_size + size > session->bytes_capacity) {
        session->bytes_capacity = 2 * (session->bytes_size + size);
        session->bytes = realloc(session->bytes, session->bytes_capacity);
        ASSERT(session->bytes != NULL);
    }
    memcpy(session->bytes + session->bytes_size, arrived.data, size);
    session->bytes_size += size;
    line_take(session->line, LINE_BROKER, size);
}

static void act_upon_bytes(struct broker_session *session)
{
    struct sim *sim = session->broker->sim;
    struct line *line = session->line;
    struct wire wire;
    size_t used = 0;
    size_t size = 0;
    while (session->line == line && used < session->bytes_size) {
        struct span rest = span_of(session->bytes + used, session->bytes_size - used);
        enum wire_result result = wire_read(rest, &wire, &size);
        if (result == WIRE_PARTIAL) {
            break;
        }
        used += size;
        if (result == WIRE_GARBLED) {
            trace_message(&sim->trace, session->from, span_of(rest.data, size), "garbled");
            sim_violate(sim, ORACLE_LEGAL_MOVES, "%s: got bytes that are no FIX message",
                        session->name);
            continue;
        }
        broker_receive(session, &wire);
    }
    if (session->line != line) {
        return;
    }
    session->bytes_size -= used;
    if (used > 0) {
        memmove(session->bytes, session->bytes + used, session->bytes_size);
    }
    ASSERT(session->bytes_size <= LINE_BYTES_MAX);
}

static void act_slow(void *actor, uint64_t number)
{
    struct broker_session *session = actor;
    (void)number;
    session->resting = false;
    broker_line_read(session);
}

void broker_line_read(struct broker_session *session)
{
    struct sim_broker *broker = session->broker;
    if (session->line == NULL || !broker_awake(broker)) {
        return;
    }
    if (broker->slow && session->resting) {
        return;
    }
    take_bytes(session, broker->slow ? SLOW_BYTES : SIZE_MAX);
    if (broker->slow) {
        session->resting = true;
        sim_later(broker->sim, SLOW_MS * SIM_MS_NS, act_slow, session, 0);
    }
    act_upon_bytes(session);
    broker_flush(session);
    broker_arm(session);
}

static void line_arrived(void *context, struct line *line)
{
    struct broker_session *session = context;
    if (session->line == line) {
        broker_line_read(session);
    }
}

/* --- The beginning ------------------------------------------------------------------------ */

/* Nobody: a connection that the kernel took and no process ever looks at. */
static void nobody_arrived(void *context, struct line *line)
{
    (void)context;
    (void)line;
}

static void nobody_ended(void *context, struct line *line, const char *reason)
{
    (void)context;
    (void)line;
    (void)reason;
}

static void line_begin(struct broker_session *session, struct line *line, enum broker_state state)
{
    const struct line_handler handler = {
        .context = session, .arrived = line_arrived, .ended = line_ended};
    line_attach(line, LINE_BROKER, &handler);
    session->line = line;
    session->received_ns = session->broker->sim->now_ns;
    session->sent_ns = session->broker->sim->now_ns;
    broker_become(session, state);
    broker_arm(session);
}

void sim_broker_line_up(struct sim_broker *broker, struct line *line)
{
    const struct line_handler nobody = {.arrived = nobody_arrived, .ended = nobody_ended};
    struct broker_session *session = broker_session_of(broker, line_session(line));
    ASSERT(!broker->dead);
    if (session->line != NULL && session->heart_ns == 0 && !broker->hung) {
        trace_say(&broker->sim->trace, session->name, "a new line takes the place of the old one");
        broker_line_die(session, false);
    }
    line_attach(line, LINE_BROKER, &nobody);
    if (session->line == NULL) {
        line_begin(session, line, BROKER_AWAITING);
    } else if (!broker->hung) {
        /* To it, the old line is alive as long as it is not silent for too long. */
        trace_say(&broker->sim->trace, session->name, "closes a second line");
        line_close(line, LINE_BROKER);
    }
}

void broker_dial(struct broker_session *session)
{
    struct sim_broker *broker = session->broker;
    struct sim *sim = broker->sim;
    session->redial_ns = sim->now_ns + session->set->redial_ns + SIM_MS_NS;
    if (broker->mute || (broker->unreachable & 1U) != 0 || !sim_gateway_up(sim->gateway)) {
        return;
    }
    struct line *line = line_open(sim, session->set->number);
    line_begin(session, line, BROKER_LOGON_SENT);
    sim_gateway_knock(sim->gateway, line);
    session->heart_ns = session->set->heart_bt_int * SIM_SECOND_NS;
    bool reset = session->reset_wanted || session->set->resets_on_logon;
    if (reset) {
        session->reset_wanted = true;
        broker_numbers_restart(session);
    }
    (void)broker_send_logon(session, reset);
    broker_arm(session);
}

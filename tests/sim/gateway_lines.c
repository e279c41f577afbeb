/* The gateway's sockets, played: connections, and newcomers at the listener, step by step as
 * gateway/shell/connections.c and listener.c have them. */
#include <inttypes.h>
#include <stdio.h>

#include "gateway/core/sessions/acceptor.h"
#include "tests/sim/broker.h"
#include "tests/sim/gateway_parts.h"

enum { LOGON_SECONDS = 10, CONNECT_SECONDS = 5 };

static struct sim_broker *broker_of(const struct sim_gateway *gateway, uint32_t session)
{
    return gateway->sim->brokers[gateway->config->sessions[session].broker];
}

static void say(struct slot *slot, const char *what, const char *reason)
{
    trace_say(&slot->gateway->sim->trace, "gateway", "%s %s%s%s",
              gateway_session_name(slot->gateway, slot->session), what,
              reason[0] != '\0' ? ": " : "", reason);
}

void lines_start(struct sim_gateway *gateway)
{
    for (uint32_t session = 0; session < gateway->config->sessions_count; session++) {
        struct slot *slot = &gateway->slots[session];
        uint32_t serial = slot->serial;
        *slot = (struct slot){.gateway = gateway, .session = session, .serial = serial + 1};
        limits_down(slot);
    }
    memset(gateway->newcomers, 0, sizeof(gateway->newcomers));
}

/* --- What the network tells ---------------------------------------------------------- */

static void slot_arrived(void *context, struct line *line)
{
    struct slot *slot = context;
    (void)line;
    gateway_wake(slot->gateway, slot->gateway->sim->now_ns);
}

static void slot_ended(void *context, struct line *line, const char *reason)
{
    struct slot *slot = context;
    if (slot->line == line && slot->state == SLOT_OPEN) {
        slot->state = SLOT_ENDED;
        (void)snprintf(slot->reason, sizeof(slot->reason), "%s", reason);
        gateway_wake(slot->gateway, slot->gateway->sim->now_ns);
    }
}

static void let_go(struct slot *slot)
{
    if (slot->line != NULL) {
        line_close(slot->line, LINE_GATEWAY);
        slot->line = NULL;
    }
}

/* --- Connecting ------------------------------------------------------------------------ */

static void refuse(struct slot *slot, const char *reason)
{
    slot->state = SLOT_ENDED;
    (void)snprintf(slot->reason, sizeof(slot->reason), "%s", reason);
    gateway_wake(slot->gateway, slot->gateway->sim->now_ns);
}

static void act_outcome(void *actor, uint64_t serial)
{
    struct slot *slot = actor;
    struct sim_gateway *gateway = slot->gateway;
    if (!gateway->up || slot->serial != serial || slot->state != SLOT_CONNECTING) {
        return;
    }
    struct sim_broker *broker = broker_of(gateway, slot->session);
    if (slot->held) {
        refuse(slot, "connecting took too long");
        return;
    }
    if (!sim_broker_listens(broker, slot->session, slot->endpoint)) {
        refuse(slot, "connection refused");
        return;
    }
    slot->line = line_open(gateway->sim, slot->session);
    slot->state = SLOT_OPEN;
    const struct line_handler handler = {
        .context = slot, .arrived = slot_arrived, .ended = slot_ended};
    line_attach(slot->line, LINE_GATEWAY, &handler);
    sim_broker_line_up(broker, slot->line);
    gateway_wake(gateway, gateway->sim->now_ns);
}

void lines_connect(struct sim_gateway *gateway, uint32_t session, uint32_t endpoint)
{
    struct slot *slot = &gateway->slots[session];
    struct sim *sim = gateway->sim;
    let_go(slot);
    slot->serial++;
    slot->state = SLOT_CONNECTING;
    slot->wanted = true;
    slot->up = false;
    slot->endpoint = endpoint;
    slot->reason[0] = '\0';
    uint64_t wait_ns = slot->held ? CONNECT_SECONDS * SIM_SECOND_NS
                                  : random_between(&sim->random, sim->network.latency_least_ns,
                                                   sim->network.latency_most_ns);
    sim_later(sim, wait_ns, act_outcome, slot, slot->serial);
}

void lines_send(struct sim_gateway *gateway, uint32_t session, struct span bytes)
{
    struct slot *slot = &gateway->slots[session];
    if (slot->state != SLOT_OPEN || !slot->up) {
        trace_message(&gateway->sim->trace, gateway_to(gateway, session), bytes,
                      "lost: the line is gone");
        return; /* Lost since the step: FIX asks for it again. */
    }
    trace_message(&gateway->sim->trace, gateway_to(gateway, session), bytes, NULL);
    limits_sent(slot, bytes);
    line_send(slot->line, LINE_GATEWAY, bytes);
    uint64_t backlog = line_backlog(slot->line, LINE_GATEWAY);
    uint64_t limit = gateway->config->sessions[session].backlog_bytes_max + TURN_RELEASE_BYTES;
    if (backlog > limit) {
        sim_violate(gateway->sim, ORACLE_LIMITS, "%s: %" PRIu64 " bytes wait to be written",
                    gateway->config->sessions[session].id, backlog);
    }
}

void lines_close(struct sim_gateway *gateway, uint32_t session, struct span reason)
{
    struct slot *slot = &gateway->slots[session];
    span_to_text(reason, slot->reason, sizeof(slot->reason));
    say(slot, "is cut off", slot->reason);
    let_go(slot);
    slot->state = SLOT_CLOSED;
    slot->cut = slot->wanted;
    gateway_wake(gateway, gateway->sim->now_ns);
}

/* --- The turn ---------------------------------------------------------------------------- */

static void tell_backlog(struct slot *slot)
{
    const struct engine_session_config *config = &slot->gateway->config->sessions[slot->session];
    if (slot->state != SLOT_OPEN || !slot->up) {
        return;
    }
    uint64_t unsent = line_backlog(slot->line, LINE_GATEWAY);
    bool was_high = slot->backlog_told >= config->backlog_bytes_high;
    bool is_high = unsent >= config->backlog_bytes_high;
    if (was_high != is_high || unsent >= config->backlog_bytes_max) {
        slot->backlog_told = unsent;
        engine_backlog(slot->gateway->engine, slot->session, unsent);
    }
}

static void tell_begin(struct slot *slot)
{
    slot->up = true;
    say(slot, "is connected", "");
    limits_up(slot);
    engine_connected(slot->gateway->engine, slot->session);
}

static void tell_end(struct slot *slot)
{
    if (!slot->cut) {
        say(slot, slot->up ? "has lost its line" : "gets no connection", slot->reason);
    }
    engine_disconnected(slot->gateway->engine, slot->session, slot->reason);
    let_go(slot);
    slot->state = SLOT_CLOSED;
    slot->wanted = false;
    slot->up = false;
    slot->cut = false;
    slot->ended = true;
    slot->waits = false;
    slot->backlog_told = 0;
    limits_down(slot);
}

static size_t unread(const struct slot *slot)
{
    return slot->line == NULL ? 0 : line_peek(slot->line, LINE_GATEWAY).size;
}

/* A resend goes before what the peer says. */
static bool is_resending(const struct slot *slot)
{
    uint64_t next;
    uint64_t end;
    return session_resend_next(&slot->gateway->engine->links[slot->session].session, &next, &end);
}

static void step_slot(struct slot *slot)
{
    struct engine *engine = slot->gateway->engine;
    if (slot->state == SLOT_OPEN && !slot->up) {
        tell_begin(slot);
    }
    size_t consumed = 0;
    if (!slot->cut && slot->up && unread(slot) > 0) {
        consumed = engine_received(engine, slot->session, line_peek(slot->line, LINE_GATEWAY));
        line_take(slot->line, LINE_GATEWAY, consumed);
        slot->waits = unread(slot) > 0 && is_resending(slot);
    }
    if (engine_turn_full(engine)) {
        return;
    }
    bool ended = slot->state == SLOT_ENDED && (consumed == 0 || unread(slot) == 0);
    bool closed = slot->state == SLOT_CLOSED && slot->wanted;
    if (ended || closed || slot->cut) {
        tell_end(slot);
    }
}

/* --- Newcomers --------------------------------------------------------------------------- */

static void newcomer_arrived(void *context, struct line *line)
{
    struct newcomer *newcomer = context;
    (void)line;
    newcomer->ask = true;
    gateway_wake(newcomer->gateway, newcomer->gateway->sim->now_ns);
}

static void newcomer_ended(void *context, struct line *line, const char *reason)
{
    struct newcomer *newcomer = context;
    (void)line;
    (void)reason;
    newcomer->ended = true;
    gateway_wake(newcomer->gateway, newcomer->gateway->sim->now_ns);
}

void sim_gateway_knock(struct sim_gateway *gateway, struct line *line)
{
    struct sim *sim = gateway->sim;
    struct newcomer *free_one = NULL;
    for (uint32_t i = 0; gateway->up && !gateway->stopping && i < GATEWAY_NEWCOMERS_MAX; i++) {
        free_one = free_one == NULL && gateway->newcomers[i].line == NULL ? &gateway->newcomers[i]
                                                                          : free_one;
    }
    if (free_one == NULL || gateway->slots[line_session(line)].held) {
        const struct line_handler nobody = {0};
        line_attach(line, LINE_GATEWAY, &nobody);
        line_abandon(line, LINE_GATEWAY, gateway->slots[line_session(line)].held);
        return;
    }
    *free_one = (struct newcomer){.gateway = gateway,
                                  .line = line,
                                  .ask = true,
                                  .deadline_ns = sim->now_ns + LOGON_SECONDS * SIM_SECOND_NS};
    const struct line_handler handler = {
        .context = free_one, .arrived = newcomer_arrived, .ended = newcomer_ended};
    line_attach(line, LINE_GATEWAY, &handler);
    gateway_wake(gateway, sim->now_ns);
}

static void turn_away(struct newcomer *newcomer, const char *reason)
{
    trace_say(&newcomer->gateway->sim->trace, "gateway", "a connection is turned away: %s", reason);
    line_close(newcomer->line, LINE_GATEWAY);
    newcomer->line = NULL;
}

static void adopt(struct slot *slot, struct newcomer *newcomer)
{
    const struct line_handler handler = {
        .context = slot, .arrived = slot_arrived, .ended = slot_ended};
    ASSERT(!slot->wanted);
    let_go(slot);
    slot->serial++;
    slot->line = newcomer->line;
    slot->state = SLOT_OPEN;
    slot->wanted = true;
    slot->reason[0] = '\0';
    line_attach(slot->line, LINE_GATEWAY, &handler);
    if (newcomer->ended) {
        slot->state = SLOT_ENDED;
        (void)snprintf(slot->reason, sizeof(slot->reason), "the peer closed the connection");
    }
    newcomer->line = NULL;
    tell_begin(slot);
    step_slot(slot);
}

static bool leaving(const struct slot *slot)
{
    return slot->cut || slot->ended || (slot->up && slot->state == SLOT_ENDED);
}

static void ask_whose(struct newcomer *newcomer)
{
    struct sim_gateway *gateway = newcomer->gateway;
    static const struct address address = {
        .bytes = {[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 0, [14] = 0, [15] = 1}};
    char reason[ENGINE_TEXT_BYTES_MAX + 1] = "";
    size_t consumed = 0;
    uint32_t session = UINT32_MAX;
    enum acceptor_verdict verdict =
        engine_identify(gateway->engine, 0, &address, line_peek(newcomer->line, LINE_GATEWAY),
                        &consumed, &session, reason);
    if (session != UINT32_MAX && leaving(&gateway->slots[session])) {
        return; /* Its last connection has yet to end in full: asked again in the next turn. */
    }
    newcomer->ask = false;
    line_take(newcomer->line, LINE_GATEWAY, consumed);
    switch (verdict) {
    case ACCEPTOR_WAIT:
        return;
    case ACCEPTOR_FOUND:
        adopt(&gateway->slots[session], newcomer);
        return;
    case ACCEPTOR_REFUSE:
        turn_away(newcomer, reason);
        return;
    }
}

static void step_newcomer(struct newcomer *newcomer)
{
    if (newcomer->ask && !engine_turn_full(newcomer->gateway->engine)) {
        ask_whose(newcomer);
    }
    if (newcomer->line == NULL) {
        return;
    }
    if (newcomer->gateway->sim->now_ns >= newcomer->deadline_ns) {
        turn_away(newcomer, "no Logon within the time limit");
    } else if (!newcomer->ask && newcomer->ended) {
        turn_away(newcomer, "it ended before its Logon");
    }
}

/* --- All of them ---------------------------------------------------------------------------- */

void lines_step(struct sim_gateway *gateway)
{
    uint32_t count = gateway->config->sessions_count;
    for (uint32_t session = 0; session < count; session++) {
        tell_backlog(&gateway->slots[session]);
    }
    for (uint32_t session = 0; session < count && !engine_turn_full(gateway->engine); session++) {
        step_slot(&gateway->slots[session]);
    }
    for (uint32_t i = 0; i < GATEWAY_NEWCOMERS_MAX; i++) {
        if (gateway->newcomers[i].line != NULL) {
            step_newcomer(&gateway->newcomers[i]);
        }
    }
}

static bool slot_pending(const struct slot *slot)
{
    const struct engine_session_config *config = &slot->gateway->config->sessions[slot->session];
    if (slot->state == SLOT_OPEN) {
        uint64_t unsent = line_backlog(slot->line, LINE_GATEWAY);
        bool was_high = slot->backlog_told >= config->backlog_bytes_high;
        return !slot->up || was_high != (unsent >= config->backlog_bytes_high) ||
               unsent >= config->backlog_bytes_max;
    }
    return slot->state == SLOT_ENDED || slot->cut || (slot->state == SLOT_CLOSED && slot->wanted);
}

bool lines_pending(const struct sim_gateway *gateway)
{
    for (uint32_t session = 0; session < gateway->config->sessions_count; session++) {
        const struct slot *slot = &gateway->slots[session];
        if (slot_pending(slot) || (slot->waits && !is_resending(slot))) {
            return true;
        }
    }
    return false;
}

void lines_flush(struct sim_gateway *gateway)
{
    for (uint32_t session = 0; session < gateway->config->sessions_count; session++) {
        gateway->slots[session].ended = false;
        limits_turned(&gateway->slots[session]);
    }
}

uint64_t lines_deadline_ns(const struct sim_gateway *gateway)
{
    uint64_t deadline_ns = UINT64_MAX;
    for (uint32_t i = 0; i < GATEWAY_NEWCOMERS_MAX; i++) {
        const struct newcomer *newcomer = &gateway->newcomers[i];
        if (newcomer->line != NULL) {
            uint64_t due_ns = newcomer->ask || newcomer->ended ? 0 : newcomer->deadline_ns;
            deadline_ns = due_ns < deadline_ns ? due_ns : deadline_ns;
        }
    }
    return deadline_ns;
}

void lines_die(struct sim_gateway *gateway, bool silent)
{
    for (uint32_t session = 0; session < gateway->config->sessions_count; session++) {
        struct slot *slot = &gateway->slots[session];
        if (slot->line != NULL) {
            line_abandon(slot->line, LINE_GATEWAY, silent);
        }
        slot->line = NULL;
        slot->state = SLOT_CLOSED;
        slot->serial++;
    }
    for (uint32_t i = 0; i < GATEWAY_NEWCOMERS_MAX; i++) {
        if (gateway->newcomers[i].line != NULL) {
            line_abandon(gateway->newcomers[i].line, LINE_GATEWAY, silent);
            gateway->newcomers[i].line = NULL;
        }
    }
}

#include "gateway/shell/connections.h"

enum status connections_open(struct connections *connections, const struct engine_config *engine,
                             const struct tcp_config *configs)
{
    ASSERT(engine->sessions_count <= ENGINE_SESSIONS_MAX);
    for (uint32_t session = 0; session < engine->sessions_count; session++) {
        struct connection *connection = &connections->list[session];
        *connection = (struct connection){.tcp = {.fd = -1}};
        connection->config = &configs[session];
        connection->id = engine->sessions[session].id;
        connection->backlog_high = engine->sessions[session].backlog_bytes_high;
        connection->backlog_max = engine->sessions[session].backlog_bytes_max;
        /* The engine cuts a slow peer off at backlog_max, but a turn may release
         * more before it hears of it. */
        TRY(tcp_init(&connection->tcp, CONNECTION_IN_BYTES,
                     connection->backlog_max + TURN_RELEASE_BYTES));
        connections->count++;
    }
    return STATUS_OK;
}

void connections_shut(struct connections *connections)
{
    for (uint32_t session = 0; session < connections->count; session++) {
        tcp_free(&connections->list[session].tcp);
    }
    connections->count = 0;
}

static struct connection *at(struct connections *connections, uint32_t session)
{
    ASSERT(session < connections->count);
    return &connections->list[session];
}

void connections_ready(struct connections *connections, uint32_t session)
{
    tcp_ready(&at(connections, session)->tcp, CONNECTION_READ_BYTES_MAX,
              connections->now->monotonic_ns);
}

/* --- What the engine does not know yet -------------------------------------- */

static bool backlog_matters(const struct connection *connection)
{
    uint64_t unsent = tcp_unsent(&connection->tcp);
    bool was_high = connection->backlog_told >= connection->backlog_high;
    bool is_high = unsent >= connection->backlog_high;
    return connection->up && connection->tcp.state == TCP_OPEN &&
           (was_high != is_high || unsent >= connection->backlog_max);
}

static bool is_pending(const struct connection *connection)
{
    switch (connection->tcp.state) {
    case TCP_OPEN:
        return !connection->up || backlog_matters(connection);
    case TCP_ENDED:
        return true;
    case TCP_CLOSED:
        return connection->wanted;
    case TCP_RESOLVING:
    case TCP_CONNECTING:
    case TCP_HANDSHAKING:
    case TCP_CLOSING:
        return false;
    }
    ASSERT(false);
    return false;
}

static bool is_resending(const struct engine *engine, uint32_t session)
{
    uint64_t next;
    uint64_t end;
    return session_resend_next(&engine->links[session].session, &next, &end);
}

bool connections_pending(const struct connections *connections, const struct engine *engine)
{
    for (uint32_t session = 0; session < connections->count; session++) {
        const struct connection *connection = &connections->list[session];
        bool let_go = connection->held && !is_resending(engine, session);
        if (let_go || is_pending(connection)) {
            return true;
        }
    }
    return false;
}

static void tell_end(struct connection *connection, struct engine *engine, uint32_t session)
{
    const char *reason =
        connection->reason[0] != '\0' ? connection->reason : connection->tcp.reason;
    engine_disconnected(engine, session, reason);
    tcp_close(&connection->tcp);
    connection->wanted = false;
    connection->up = false;
    connection->held = false;
    connection->backlog_told = 0;
}

static void tell_backlogs(struct connections *connections, struct engine *engine)
{
    for (uint32_t session = 0; session < connections->count; session++) {
        struct connection *connection = &connections->list[session];
        if (backlog_matters(connection) && !engine_turn_full(engine)) {
            connection->backlog_told = tcp_unsent(&connection->tcp);
            engine_backlog(engine, session, connection->backlog_told);
        }
    }
}

/* Offers what the peer has said. Returns how much of it was taken. */
static size_t step_bytes(struct connections *connections, struct engine *engine, uint32_t session)
{
    struct connection *connection = &connections->list[session];
    struct span inbound = tcp_inbound(&connection->tcp);
    connection->held = false;
    if (!connection->up || inbound.size == 0) {
        return 0;
    }
    size_t consumed = engine_received(engine, session, inbound);
    if (consumed > 0 && log_wants(connections->log, SEVERITY_DEBUG)) {
        log_fix(connections->log, connections->now->engine_ns, span_text(connection->id), "in",
                span_of(inbound.data, consumed));
    }
    tcp_consume(&connection->tcp, consumed);
    connection->held = consumed < inbound.size && is_resending(engine, session);
    return consumed;
}

static void step_one(struct connections *connections, struct engine *engine, uint32_t session)
{
    struct connection *connection = &connections->list[session];
    if (connection->tcp.state == TCP_OPEN && !connection->up) {
        connection->up = true;
        engine_connected(engine, session);
    }
    size_t consumed = step_bytes(connections, engine, session);
    if (engine_turn_full(engine)) {
        return;
    }
    /* What a peer said before it left counts; half a message does not. */
    bool nothing_left = consumed == 0 || tcp_inbound(&connection->tcp).size == 0;
    bool ended = connection->tcp.state == TCP_ENDED && nothing_left;
    bool closed = connection->tcp.state == TCP_CLOSED && connection->wanted;
    if (ended || closed) {
        tell_end(connection, engine, session);
    }
}

void connections_step(struct connections *connections, struct engine *engine)
{
    /* First, so that nothing more is piled up for a peer that is to be cut off. */
    tell_backlogs(connections, engine);
    for (uint32_t i = 0; i < connections->count; i++) {
        uint32_t session = (connections->first + i) % connections->count;
        if (engine_turn_full(engine)) {
            connections->first = session;
            return;
        }
        tcp_tick(&connections->list[session].tcp, connections->now->monotonic_ns);
        step_one(connections, engine, session);
    }
}

/* --- Releases --------------------------------------------------------------- */

void connections_connect(struct connections *connections, uint32_t session)
{
    struct connection *connection = at(connections, session);
    ASSERT(!connection->wanted);
    connection->wanted = true;
    connection->reason[0] = '\0';
    tcp_connect(&connection->tcp, connection->config, connections->now->monotonic_ns);
}

void connections_send(struct connections *connections, uint32_t session, struct span bytes)
{
    struct connection *connection = at(connections, session);
    if (connection->tcp.state != TCP_OPEN || !connection->up) {
        return; /* Lost since the step: FIX asks for it again. */
    }
    if (log_wants(connections->log, SEVERITY_DEBUG)) {
        log_fix(connections->log, connections->now->engine_ns, span_text(connection->id), "out",
                bytes);
    }
    if (tcp_send(&connection->tcp, bytes) != STATUS_OK) {
        span_to_text(span_text("slow peer cut off: the outbound buffer is full"),
                     connection->reason, sizeof(connection->reason));
        tcp_close(&connection->tcp);
    }
}

void connections_close(struct connections *connections, uint32_t session, struct span reason)
{
    struct connection *connection = at(connections, session);
    span_to_text(reason, connection->reason, sizeof(connection->reason));
    tcp_close_gently(&connection->tcp, connections->now->monotonic_ns);
}

/* --- Poller ----------------------------------------------------------------- */

/* A descriptor leaves epoll by itself when it is closed, so a new one with an old
 * number has to be added again: that is what the serial is for. */
static enum status watch(struct connections *connections, uint32_t session)
{
    struct connection *connection = &connections->list[session];
    int fd = tcp_fd(&connection->tcp);
    if (fd < 0) {
        connection->watched = false;
        return STATUS_OK;
    }
    bool read = tcp_wants_read(&connection->tcp);
    bool write = tcp_wants_write(&connection->tcp);
    bool same = connection->watched && connection->watched_serial == connection->tcp.serial;
    if (same && connection->watched_read == read && connection->watched_write == write) {
        return STATUS_OK;
    }
    TRY(same ? poller_change(connections->poller, fd, session, read, write)
             : poller_add(connections->poller, fd, session, read, write));
    connection->watched = true;
    connection->watched_serial = connection->tcp.serial;
    connection->watched_read = read;
    connection->watched_write = write;
    return STATUS_OK;
}

enum status connections_flush(struct connections *connections)
{
    for (uint32_t session = 0; session < connections->count; session++) {
        struct tcp *tcp = &connections->list[session].tcp;
        if (tcp_unsent(tcp) > 0 && !tcp->write_blocked) {
            tcp_flush(tcp);
        }
        TRY(watch(connections, session));
    }
    return STATUS_OK;
}

uint64_t connections_deadline_ns(const struct connections *connections)
{
    uint64_t deadline_ns = UINT64_MAX;
    for (uint32_t session = 0; session < connections->count; session++) {
        uint64_t one_ns = tcp_deadline_ns(&connections->list[session].tcp);
        deadline_ns = one_ns < deadline_ns ? one_ns : deadline_ns;
    }
    return deadline_ns;
}

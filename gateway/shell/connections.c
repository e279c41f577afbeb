#include "gateway/shell/connections.h"

enum status connections_open(struct connections *connections, const struct engine_config *engine,
                             const struct connection_config *configs)
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

void connections_ready(struct connections *connections, uint32_t session, bool hung_up)
{
    struct connection *connection = at(connections, session);
    connection->leaving = connection->up && (connection->leaving || hung_up);
    tcp_ready(&connection->tcp, CONNECTION_READ_BYTES_MAX, connections->now->monotonic_ns);
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
        return false;
    case TCP_CLOSING:
        return connection->cut;
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

/* Why the connection is over. Acceptors give no reason when they do not want a Logon, and
 * those with TLS none either when they hear FIX: so we say what people should look at. */
static const char *end_reason(const struct connection *connection, const struct engine *engine,
                              uint32_t session)
{
    if (connection->reason[0] != '\0') {
        return connection->reason;
    }
    bool plain = connection->up && connection->tcp.tls == NULL;
    return plain && engine->links[session].session.state == SESSION_LOGON_SENT
               ? "the peer hung up on our Logon without a word: it may not know SenderCompID, "
                 "TargetCompID or our address, or want TLS (SocketUseSSL=Y)"
               : connection->tcp.reason;
}

static void tell_end(struct connection *connection, struct engine *engine, uint32_t session)
{
    engine_disconnected(engine, session, end_reason(connection, engine, session));
    if (connection->tcp.state != TCP_CLOSING) {
        tcp_close(&connection->tcp);
    }
    connection->wanted = false;
    connection->up = false;
    connection->held = false;
    connection->cut = false;
    connection->leaving = false;
    connection->ended = true;
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

static void log_bytes(struct connections *connections, uint32_t session, bool out,
                      struct span bytes)
{
    uint64_t now_ns = connections->now->engine_ns;
    message_log_write(connections->message_log, now_ns, session, out, bytes);
    if (log_wants(connections->log, SEVERITY_DEBUG)) {
        log_fix(connections->log, now_ns, span_text(connections->list[session].id),
                out ? "out" : "in", bytes);
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
    if (consumed > 0) {
        log_bytes(connections, session, false, span_of(inbound.data, consumed));
    }
    tcp_consume(&connection->tcp, consumed);
    connection->held = consumed < inbound.size && is_resending(engine, session);
    return consumed;
}

static void tell_begin(struct connections *connections, struct engine *engine, uint32_t session)
{
    struct connection *connection = &connections->list[session];
    const char *protection = tcp_protection(&connection->tcp);
    connection->up = true;
    if (protection != NULL) {
        struct log_pair pairs[] = {{"session", span_text(connection->id)},
                                   {"tls", span_text(protection)}};
        log_event(connections->log, connections->now->engine_ns, SEVERITY_INFO,
                  span_text("protected"), pairs, ARRAY_LEN(pairs));
    }
    engine_connected(engine, session);
}

static void step_one(struct connections *connections, struct engine *engine, uint32_t session)
{
    struct connection *connection = &connections->list[session];
    if (connection->tcp.state == TCP_OPEN && !connection->up) {
        tell_begin(connections, engine, session);
    }
    size_t consumed = connection->cut ? 0 : step_bytes(connections, engine, session);
    if (engine_turn_full(engine)) {
        return;
    }
    /* What a peer said before it left counts; half a message does not. */
    bool nothing_left = consumed == 0 || tcp_inbound(&connection->tcp).size == 0;
    bool ended = connection->tcp.state == TCP_ENDED && nothing_left;
    bool closed = connection->tcp.state == TCP_CLOSED && connection->wanted;
    if (ended || closed || connection->cut) {
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

/* --- Accepted connections --------------------------------------------------- */

/* The old connection of a session is over for the engine; its peer has opened a new one,
 * or we are about to. What has come in is read, so that the kernel need not answer with a
 * reset that would destroy our last message at the peer. */
static void clear_away(struct connection *connection, uint64_t monotonic_ns)
{
    ASSERT(!connection->wanted);
    if (connection->tcp.state == TCP_CLOSING) {
        tcp_ready(&connection->tcp, CONNECTION_IN_BYTES, monotonic_ns);
    }
    tcp_close(&connection->tcp);
}

/* All but the memory of the buffers changes hands. */
static void take_over(struct tcp *to, struct tcp *from)
{
    struct tcp taken = *from;
    struct tcp spare = *to;
    ASSERT(spare.state == TCP_CLOSED);
    ASSERT(taken.in.used <= spare.in.capacity);
    ASSERT(taken.out.used == 0);

    *to = taken;
    to->in = spare.in;
    to->out = spare.out;
    to->serial = spare.serial + 1;
    memcpy(to->in.bytes, taken.in.bytes + taken.in.start, taken.in.used);
    to->in.used = taken.in.used;

    *from = spare;
    from->in = taken.in;
    from->out = taken.out;
    from->serial = taken.serial;
    tcp_close(from);
}

void connections_adopt(struct connections *connections, struct engine *engine, uint32_t session,
                       struct tcp *from)
{
    struct connection *connection = at(connections, session);
    ASSERT(!connection->ended);
    clear_away(connection, connections->now->monotonic_ns);
    take_over(&connection->tcp, from);
    connection->reason[0] = '\0';
    connection->wanted = true;
    tell_begin(connections, engine, session);
    step_one(connections, engine, session);
}

bool connections_leaving(const struct connections *connections, uint32_t session)
{
    ASSERT(session < connections->count);
    const struct connection *connection = &connections->list[session];
    return connection->leaving || connection->cut || connection->ended ||
           (connection->up && connection->tcp.state == TCP_ENDED);
}

/* --- Releases --------------------------------------------------------------- */

void connections_connect(struct connections *connections, uint32_t session, uint32_t endpoint)
{
    struct connection *connection = at(connections, session);
    ASSERT(endpoint < connection->config->endpoints_count);
    clear_away(connection, connections->now->monotonic_ns);
    connection->wanted = true;
    connection->reason[0] = '\0';
    const struct tcp_config *config = &connection->config->endpoints[endpoint];
    credentials_refresh(connections->credentials, config->tls, connections->now);
    tcp_connect(&connection->tcp, config, connections->now->monotonic_ns);
}

void connections_send(struct connections *connections, uint32_t session, struct span bytes)
{
    struct connection *connection = at(connections, session);
    if (connection->tcp.state != TCP_OPEN || !connection->up) {
        return; /* Lost since the step: FIX asks for it again. */
    }
    log_bytes(connections, session, true, bytes);
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
    connection->cut = connection->wanted;
}

/* --- Poller ----------------------------------------------------------------- */

enum status connections_flush(struct connections *connections)
{
    for (uint32_t session = 0; session < connections->count; session++) {
        struct tcp *tcp = &connections->list[session].tcp;
        connections->list[session].ended = false;
        if (tcp_unsent(tcp) > 0 && !tcp->write_blocked) {
            tcp_flush(tcp);
        }
        TRY(watch_update(&connections->list[session].watch, connections->poller, tcp, session));
    }
    return STATUS_OK;
}

bool connections_closing(const struct connections *connections)
{
    for (uint32_t session = 0; session < connections->count; session++) {
        if (connections->list[session].tcp.state == TCP_CLOSING) {
            return true;
        }
    }
    return false;
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

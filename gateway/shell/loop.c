#include "gateway/shell/loop.h"

#include "gateway/shell/apply.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/connections.h"
#include "gateway/shell/control.h"
#include "gateway/shell/order_entry.h"
#include "gateway/shell/poller.h"
#include "gateway/shell/publisher.h"
#include "gateway/shell/signals.h"

#include <stdio.h>
#include <stdlib.h>

/* What a descriptor is; session numbers stand for themselves. */
enum tag {
    TAG_ORDER_ENTRY = ENGINE_SESSIONS_MAX,
    TAG_BUS,
    TAG_CONTROL,
    TAG_SIGNALS,
    TAG_LISTENERS, /* LISTENER_TAGS from here on. */
};

enum { SLEEP_MS_MAX = 1000 };

struct loop {
    struct loop_config config;
    struct clock clock;
    struct instant now; /* Of the turn. */
    struct poller poller;
    struct store_reader *store_reader;
    struct apply_reader reader;
    struct release_ports ports;
    uint32_t signals_count;
    bool stop_told;
    uint64_t stop_deadline_ns; /* Monotonic. */
    uint64_t space_next_ns;    /* Monotonic. */
    uint32_t space_turns;
    bool space_low;
    bool full; /* The last turn ended because it was full. */
    struct connections connections;
    struct listeners listeners;
    struct order_entry order_entry;
    struct publisher publisher;
    struct control control;
    struct turn turn;
    struct engine engine;
};

/* --- Release ports ---------------------------------------------------------- */

static void port_send(void *context, uint32_t session, struct span bytes)
{
    struct loop *loop = context;
    connections_send(&loop->connections, session, bytes);
}

static void port_connect(void *context, uint32_t session, uint32_t endpoint)
{
    struct loop *loop = context;
    connections_connect(&loop->connections, session, endpoint);
}

static void port_close(void *context, uint32_t session, struct span reason)
{
    struct loop *loop = context;
    connections_close(&loop->connections, session, reason);
}

static void port_reply(void *context, struct span route, struct span message)
{
    struct loop *loop = context;
    order_entry_reply(&loop->order_entry, route, message);
}

static void port_publish(void *context, struct span topic, uint64_t bus_seq, struct span message)
{
    struct loop *loop = context;
    publisher_publish(&loop->publisher, topic, bus_seq, message);
}

static void port_heartbeat(void *context, uint64_t bus_seq)
{
    struct loop *loop = context;
    publisher_heartbeat(&loop->publisher, bus_seq);
}

static void port_log(void *context, enum effect_severity severity, struct span line)
{
    struct loop *loop = context;
    log_event(loop->config.log, loop->now.engine_ns, severity, line, NULL, 0);
}

/* --- Gather ----------------------------------------------------------------- */

/* Time to sleep for one limit, rounded up: waking early would mean turning in vain. */
static int sleep_ms(uint64_t deadline_ns, uint64_t now_ns)
{
    if (deadline_ns <= now_ns) {
        return 0;
    }
    uint64_t ms = (deadline_ns - now_ns) / 1000000u + 1;
    return ms < SLEEP_MS_MAX ? (int)ms : SLEEP_MS_MAX;
}

static int shorter(int a, int b)
{
    return a < b ? a : b;
}

static int sleep_limit_ms(struct loop *loop)
{
    if (loop->full || connections_pending(&loop->connections, &loop->engine) ||
        order_entry_pending(&loop->order_entry) || publisher_pending(&loop->publisher) ||
        control_pending(&loop->control)) {
        return 0;
    }
    uint64_t monotonic_ns = loop->now.monotonic_ns;
    int limit_ms = sleep_ms(engine_deadline_ns(&loop->engine), loop->now.engine_ns);
    limit_ms =
        shorter(limit_ms, sleep_ms(connections_deadline_ns(&loop->connections), monotonic_ns));
    limit_ms = shorter(limit_ms, sleep_ms(listeners_deadline_ns(&loop->listeners), monotonic_ns));
    limit_ms = shorter(limit_ms, sleep_ms(loop->space_next_ns, monotonic_ns));
    return loop->stop_told ? shorter(limit_ms, sleep_ms(loop->stop_deadline_ns, monotonic_ns))
                           : limit_ms;
}

static void gather(struct loop *loop)
{
    struct poller_event events[POLLER_EVENTS_MAX];
    uint32_t count = poller_wait(&loop->poller, sleep_limit_ms(loop), events);
    loop->now = clock_read(&loop->clock);
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].tag < ENGINE_SESSIONS_MAX) {
            connections_ready(&loop->connections, (uint32_t)events[i].tag, events[i].hung_up);
        } else if (events[i].tag == TAG_SIGNALS) {
            loop->signals_count += signals_take(loop->config.signals_fd);
        } else if (events[i].tag >= TAG_LISTENERS) {
            listeners_ready(&loop->listeners, events[i].tag);
        }
        /* The ZeroMQ sockets are looked at in every turn. */
    }
}

/* --- Step ------------------------------------------------------------------- */

static void step_space(struct loop *loop)
{
    loop->space_turns++;
    if (loop->space_turns < LOOP_SPACE_INTERVAL_TURNS &&
        loop->now.monotonic_ns < loop->space_next_ns) {
        return;
    }
    loop->space_turns = 0;
    loop->space_next_ns = loop->now.monotonic_ns + (uint64_t)LOOP_SPACE_INTERVAL_MS * 1000000u;
    struct store_space space;
    /* A disk that does not even tell its room is no place for new orders. */
    loop->space_low = store_space(loop->config.store, &space) != STATUS_OK || space.low;
    engine_space(&loop->engine, loop->space_low);
}

static void step_stop(struct loop *loop)
{
    if (loop->signals_count == 0 || loop->stop_told) {
        return;
    }
    loop->stop_told = true;
    loop->stop_deadline_ns =
        loop->now.monotonic_ns + (uint64_t)LOOP_STOP_LIMIT_SECONDS * 1000000000u;
    log_text(loop->config.log, loop->now.engine_ns, SEVERITY_INFO,
             "a signal asks for the end: logging out");
    listeners_stop(&loop->listeners);
    engine_stop(&loop->engine);
}

static enum status step(struct loop *loop)
{
    if (loop->now.step_ns != 0) {
        engine_clock_step(&loop->engine, loop->now.step_ns);
    }
    credentials_tick(loop->config.credentials, &loop->now);
    step_space(loop);
    step_stop(loop);
    connections_step(&loop->connections, &loop->engine);
    listeners_step(&loop->listeners, &loop->connections, &loop->engine);
    TRY(order_entry_step(&loop->order_entry, &loop->engine));
    TRY(publisher_step(&loop->publisher));
    TRY(control_step(&loop->control, &loop->engine));
    engine_tick(&loop->engine);
    loop->full = engine_turn_full(&loop->engine);
    return STATUS_OK;
}

/* --- Turn ------------------------------------------------------------------- */

static enum status fail(enum status status, char *error, const char *what, const char *reason)
{
    (void)snprintf(error, LOOP_ERROR_BYTES_MAX, "%s: %s", what, reason);
    return status;
}

static enum status turn(struct loop *loop, char *error)
{
    gather(loop);

    enum status status = store_read_begin(loop->store_reader);
    if (status != STATUS_OK) {
        return fail(status, error, "the store cannot be read", store_error(loop->config.store));
    }
    engine_turn_begin(&loop->engine, &loop->reader.port, loop->now.engine_ns);
    status = step(loop);
    bool anything = engine_turn_end(&loop->engine);
    store_read_end(loop->store_reader);
    if (status != STATUS_OK) {
        return fail(status, error, "a ZeroMQ socket failed", "its context has ended");
    }

    if (anything || loop->reader.status != STATUS_OK) {
        status = apply_turn(loop->config.store, &loop->reader, &loop->turn, &loop->ports);
        if (status != STATUS_OK) {
            return fail(status, error,
                        "nothing of the last turn was released, for the store failed",
                        store_error(loop->config.store));
        }
    }
    control_release(&loop->control);
    status = connections_flush(&loop->connections);
    if (status == STATUS_OK) {
        status = listeners_flush(&loop->listeners);
    }
    if (status != STATUS_OK) {
        return fail(status, error, "epoll refused a socket", "out of descriptors or memory");
    }
    message_log_flush(loop->config.message_log, loop->now.engine_ns);
    log_flush(loop->config.log, loop->now.engine_ns);
    return STATUS_OK;
}

static bool finished(const struct loop *loop)
{
    if (!loop->stop_told) {
        return false;
    }
    bool gone = engine_stopped(&loop->engine) && !connections_closing(&loop->connections);
    return loop->signals_count > 1 || gone || loop->now.monotonic_ns >= loop->stop_deadline_ns;
}

enum status loop_run(struct loop *loop, char error[LOOP_ERROR_BYTES_MAX])
{
    while (!finished(loop)) {
        TRY(turn(loop, error));
    }
    return STATUS_OK;
}

/* --- Start and end ---------------------------------------------------------- */

static enum status start_engine(struct loop *loop, char *error)
{
    char reason[ENGINE_TEXT_BYTES_MAX + 1];
    struct store *store = loop->config.store;
    enum status status = store_reader_open(store, &loop->store_reader);
    if (status == STATUS_OK) {
        status = store_read_begin(loop->store_reader);
    }
    if (status != STATUS_OK) {
        return fail(status, error, "the store cannot be read", store_error(store));
    }
    apply_reader_init(&loop->reader, loop->store_reader);
    const char *refused =
        engine_start(&loop->engine, loop->config.engine, &loop->turn, &loop->reader.port,
                     store_batch_number(store), loop->now.engine_ns, reason);
    store_read_end(loop->store_reader);
    if (loop->reader.status != STATUS_OK) {
        return fail(loop->reader.status, error, "the store cannot be read", store_error(store));
    }
    if (refused != NULL) {
        return fail(STATUS_CORRUPT, error, "the store must not be used", refused);
    }
    return STATUS_OK;
}

static enum status open_sockets(struct loop *loop, char *error)
{
    const struct loop_config *config = &loop->config;
    loop->order_entry.log = config->log;
    loop->order_entry.now = &loop->now;
    loop->order_entry.dictionary = config->engine->dictionary;
    loop->publisher.log = config->log;
    loop->publisher.now = &loop->now;
    loop->publisher.dictionary = config->engine->dictionary;
    TRY(order_entry_open(&loop->order_entry, config->zeromq, config->order_entry_endpoint, error));
    TRY(publisher_open(&loop->publisher, config->zeromq, config->bus_endpoint,
                       config->engine->instance_id, error));
    loop->control.log = config->log;
    loop->control.now = &loop->now;
    loop->control.connections = config->connections;
    loop->control.listeners = &loop->listeners;
    loop->control.operators = config->operators;
    loop->control.operators_count = config->operators_count;
    if (config->control_endpoint != NULL) {
        TRY(control_open(&loop->control, config->zeromq, config->control_endpoint, error));
    }
    if (config->control_secure_endpoint != NULL) {
        TRY(control_open_secure(&loop->control, config->zeromq, config->control_secure_endpoint,
                                config->control_secret_key, error));
    }
    return STATUS_OK;
}

static bool poll_control(struct loop *loop)
{
    const struct zeromq_socket *sockets[] = {&loop->control.socket, &loop->control.secure,
                                             &loop->control.zap.socket};
    for (size_t i = 0; i < ARRAY_LEN(sockets); i++) {
        if (sockets[i]->handle != NULL && poller_add(&loop->poller, zeromq_fd(sockets[i]),
                                                     TAG_CONTROL, true, false) != STATUS_OK) {
            return false;
        }
    }
    return true;
}

static enum status open_poller(struct loop *loop, char *error)
{
    loop->connections.poller = &loop->poller;
    loop->connections.log = loop->config.log;
    loop->connections.message_log = loop->config.message_log;
    loop->connections.credentials = loop->config.credentials;
    loop->connections.now = &loop->now;
    if (poller_open(&loop->poller) != STATUS_OK ||
        poller_add(&loop->poller, loop->config.signals_fd, TAG_SIGNALS, true, false) != STATUS_OK ||
        poller_add(&loop->poller, zeromq_fd(&loop->order_entry.socket), TAG_ORDER_ENTRY, true,
                   false) != STATUS_OK ||
        poller_add(&loop->poller, zeromq_fd(&loop->publisher.socket), TAG_BUS, true, false) !=
            STATUS_OK ||
        !poll_control(loop)) {
        return fail(STATUS_IO, error, "epoll refused a socket", "out of descriptors or memory");
    }
    if (connections_open(&loop->connections, loop->config.engine, loop->config.connections) !=
        STATUS_OK) {
        return fail(STATUS_FULL, error, "the sessions' buffers", "out of memory");
    }
    return STATUS_OK;
}

static enum status open_listeners(struct loop *loop, char *error)
{
    char reason[LISTENER_ERROR_BYTES_MAX] = "";
    loop->listeners.poller = &loop->poller;
    loop->listeners.log = loop->config.log;
    loop->listeners.credentials = loop->config.credentials;
    loop->listeners.now = &loop->now;
    loop->listeners.tag_first = TAG_LISTENERS;
    enum status status = listeners_open(&loop->listeners, loop->config.listeners,
                                        loop->config.listeners_count, reason);
    return status == STATUS_OK ? STATUS_OK : fail(status, error, "acceptor", reason);
}

enum status loop_open(const struct loop_config *config, struct loop **out,
                      char error[LOOP_ERROR_BYTES_MAX])
{
    *out = NULL;
    struct loop *loop = calloc(1, sizeof(*loop));
    if (loop == NULL) {
        return fail(STATUS_FULL, error, "the engine", "out of memory");
    }
    loop->config = *config;
    loop->poller.fd = -1;
    loop->clock.ahead_ns = config->ahead_ns;
    loop->now = clock_read(&loop->clock);
    loop->ports = (struct release_ports){
        .context = loop,
        .send = port_send,
        .connect = port_connect,
        .close = port_close,
        .reply = port_reply,
        .publish = port_publish,
        .heartbeat = port_heartbeat,
        .log = port_log,
    };
    enum status status = start_engine(loop, error);
    if (status == STATUS_OK) {
        status = open_sockets(loop, error);
    }
    if (status == STATUS_OK) {
        status = open_poller(loop, error);
    }
    if (status == STATUS_OK) {
        status = open_listeners(loop, error);
    }
    if (status != STATUS_OK) {
        loop_close(loop);
        return status;
    }
    *out = loop;
    return STATUS_OK;
}

const char *loop_order_entry_endpoint(const struct loop *loop)
{
    return loop->order_entry.endpoint;
}

const char *loop_bus_endpoint(const struct loop *loop)
{
    return loop->publisher.endpoint;
}

uint16_t loop_port(const struct loop *loop, uint32_t listener)
{
    ASSERT(listener < loop->listeners.count);
    return loop->listeners.list[listener].port;
}

void loop_close(struct loop *loop)
{
    listeners_shut(&loop->listeners);
    connections_shut(&loop->connections);
    order_entry_close(&loop->order_entry);
    publisher_close(&loop->publisher);
    control_close(&loop->control);
    poller_close(&loop->poller);
    if (loop->store_reader != NULL) {
        store_reader_close(loop->store_reader);
    }
    free(loop);
}

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/core/engine/tables.h"
#include "tests/unit/core_rig_parts.h"

/* --- Its ports ----------------------------------------------------------------------------- */

static bool may_release(struct rig *rig)
{
    if (rig->releases_left == 0) {
        return false;
    }
    rig->releases_left -= rig->releases_left == UINT_MAX ? 0 : 1;
    return true;
}

static void port_send(void *context, uint32_t session, struct span bytes)
{
    struct rig *rig = context;
    rig_check_sent(rig, session, bytes);
    if (may_release(rig) && rig->broker[session].connected) {
        rig_line_add(&rig->broker[session].to_broker, bytes);
    }
}

static void port_connect(void *context, uint32_t session, uint32_t endpoint)
{
    struct rig *rig = context;
    rig->connect_wanted[session] = may_release(rig);
    rig->broker[session].endpoint = endpoint;
    rig->broker[session].connects += 1;
    rig->broker[session].connect_ns = rig->now_ns;
}

static void port_close(void *context, uint32_t session, struct span reason)
{
    struct rig *rig = context;
    (void)reason;
    rig->close_wanted[session] = may_release(rig);
}

static void port_reply(void *context, struct span route, struct span message)
{
    struct rig *rig = context;
    rig_check_reply(rig, message);
    if (may_release(rig)) {
        rig_log_line(&rig->replies, route, message, 0);
    }
}

static void port_publish(void *context, struct span topic, uint64_t bus_seq, struct span message)
{
    struct rig *rig = context;
    rig_check_published(rig, topic, bus_seq, message);
    if (may_release(rig)) {
        rig_log_line(&rig->events, topic, message, bus_seq);
    }
}

static void port_heartbeat(void *context, uint64_t bus_seq)
{
    (void)context;
    (void)bus_seq;
}

static void port_log(void *context, enum effect_severity severity, struct span line)
{
    struct rig *rig = context;
    span_to_text(line, rig->said[rig->said_count % RIG_SAID_MAX], sizeof(rig->said[0]));
    rig->said_count += 1;
    if (getenv("RIG_LOG") != NULL) {
        (void)fprintf(stderr, "log %d %.*s\n", (int)severity, (int)line.size,
                      (const char *)line.data);
    }
}

void rig_ports_init(struct rig *rig)
{
    rig->ports = (struct release_ports){.context = rig,
                                        .send = port_send,
                                        .connect = port_connect,
                                        .close = port_close,
                                        .reply = port_reply,
                                        .publish = port_publish,
                                        .heartbeat = port_heartbeat,
                                        .log = port_log};
}

/* --- Turns --------------------------------------------------------------------------------- */

void rig_turn_begin(struct rig *rig)
{
    enum status status = store_read_begin(rig->store_reader);
    ASSERT(status == STATUS_OK);
    engine_turn_begin(rig->engine, &rig->reader.port, rig->now_ns);
}

/* A turn with a failed read commits nothing and calls no port; the process ends there. */
static void turn_refused(struct rig *rig)
{
    static const struct release_ports none;
    uint64_t batch_number = store_batch_number(rig->store);
    enum status status = apply_turn(rig->store, &rig->reader, rig->turn, &none);
    ASSERT(status == STATUS_IO);
    ASSERT(store_batch_number(rig->store) == batch_number);
    rig->releases_left = UINT_MAX;
    rig_crash(rig);
    rig_start(rig);
}

bool rig_turn_end(struct rig *rig)
{
    engine_tick(rig->engine);
    (void)engine_turn_end(rig->engine);
    /* All that the turn read has been copied; the map may have to move now. */
    store_read_end(rig->store_reader);
    if (rig->reader.status != STATUS_OK) {
        ASSERT(engine_turn_full(rig->engine));
        turn_refused(rig);
        return false;
    }
    enum status status = apply_turn(rig->store, &rig->reader, rig->turn, &rig->ports);
    if (status != STATUS_OK) {
        (void)fprintf(stderr, "apply: %s\n", store_error(rig->store));
        abort();
    }
    rig_check_turn(rig);
    return true;
}

/* The shell's part in accepting a connection. */
static bool answer_knock(struct rig *rig, uint32_t i)
{
    struct rig_broker *broker = &rig->broker[i];
    size_t consumed;
    uint32_t session;
    char reason[ENGINE_TEXT_BYTES_MAX + 1];
    enum acceptor_verdict verdict = engine_identify(
        rig->engine, 0, &broker->address,
        span_of(broker->to_gateway.bytes, broker->to_gateway.size), &consumed, &session, reason);
    ASSERT(consumed <= broker->to_gateway.size);
    rig_line_take(&broker->to_gateway, consumed);
    switch (verdict) {
    case ACCEPTOR_WAIT:
        return consumed > 0;
    case ACCEPTOR_FOUND:
        ASSERT(session < RIG_BROKERS);
        ASSERT(rig->sessions[session].fix.acceptor);
        ASSERT(!rig->engine->links[session].connected);
        if (session != i) { /* A stranger who knows the other's names: not played on. */
            rig_broker_hang_up(rig, broker);
            return true;
        }
        broker->knocking = false;
        engine_connected(rig->engine, session);
        return true;
    case ACCEPTOR_REFUSE:
        ASSERT(reason[0] != '\0');
        (void)snprintf(broker->refused, sizeof(broker->refused), "%s", reason);
        rig_broker_hang_up(rig, broker);
        return true;
    }
    return false;
}

static bool feed_links(struct rig *rig)
{
    bool moved = false;
    for (uint32_t i = 0; i < RIG_BROKERS; i++) {
        struct rig_broker *broker = &rig->broker[i];
        if (rig->connect_wanted[i]) {
            rig->connect_wanted[i] = false;
            moved = true;
            if (!broker->listening || (broker->deaf_endpoints >> broker->endpoint & 1) != 0) {
                engine_disconnected(rig->engine, i, "connection refused");
                continue;
            }
            rig_broker_connect(rig, broker);
            engine_connected(rig->engine, i);
        }
        if (broker->knocking) {
            moved = answer_knock(rig, i) || moved;
        } else if (broker->to_gateway.size > 0) {
            size_t taken = engine_received(
                rig->engine, i, span_of(broker->to_gateway.bytes, broker->to_gateway.size));
            rig_line_take(&broker->to_gateway, taken);
            moved = moved || taken > 0;
        }
    }
    return moved;
}

void rig_settle(struct rig *rig)
{
    bool moved = true;
    for (unsigned round = 0; moved && round < 10000; round++) {
        moved = false;
        for (uint32_t i = 0; i < RIG_BROKERS; i++) {
            rig_broker_dial(rig, &rig->broker[i]);
            moved = rig_broker_move(rig, &rig->broker[i]) || moved;
        }
        rig_turn_begin(rig);
        moved = feed_links(rig) || moved;
        (void)rig_turn_end(rig);
        for (uint32_t i = 0; i < RIG_BROKERS; i++) {
            const struct rig_broker *broker = &rig->broker[i];
            moved = moved || rig->connect_wanted[i] ||
                    (broker->connected && !broker->deaf && broker->to_broker.size > 0);
            if (rig->close_wanted[i]) {
                rig->close_wanted[i] = false;
                rig_drop(rig, i);
                moved = true;
            }
        }
        moved = moved || engine_deadline_ns(rig->engine) <= rig->now_ns;
    }
    ASSERT(!moved);
}

void rig_pass(struct rig *rig, unsigned milliseconds)
{
    for (unsigned passed = 0; passed < milliseconds; passed += 100) {
        rig->now_ns += 100 * UINT64_C(1000000);
        rig_settle(rig);
    }
}

void rig_wait(struct rig *rig, unsigned seconds)
{
    for (unsigned passed = 0; passed < seconds; passed += 5) {
        rig->now_ns += 5 * UINT64_C(1000000000);
        rig_settle(rig);
    }
}

void rig_drop(struct rig *rig, unsigned number)
{
    bool knocking = rig->broker[number].knocking;
    rig_broker_hang_up(rig, &rig->broker[number]);
    if (knocking) {
        return; /* The engine never knew of it. */
    }
    rig_turn_begin(rig);
    engine_disconnected(rig->engine, number,
                        rig->drop_reason != NULL ? rig->drop_reason : "dropped by the test");
    (void)rig_turn_end(rig);
}

void rig_says_bytes(struct rig *rig, unsigned number, struct span bytes)
{
    struct rig_broker *broker = &rig->broker[number];
    if (broker->connected && bytes.size <= RIG_LINE_BYTES - broker->to_gateway.size) {
        rig_line_add(&broker->to_gateway, bytes);
        rig_settle(rig);
    }
}

void rig_knock(struct rig *rig, unsigned number, struct span bytes)
{
    struct rig_broker *broker = &rig->broker[number];
    if (broker->dials && !broker->connected) {
        rig_line_add(&broker->to_gateway, bytes);
        rig_broker_connect(rig, broker);
        broker->knocking = true;
        rig_settle(rig);
    }
}

/* --- Beginning and dying ------------------------------------------------------------------- */

/* Zeros that cost only what is touched: an engine has many megabytes for what may come. */
static void *map_zeros(size_t size)
{
    int zeros = open("/dev/zero", O_RDWR);
    ASSERT(zeros >= 0);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, zeros, 0);
    ASSERT(memory != MAP_FAILED);
    (void)close(zeros);
    return memory;
}

void rig_start(struct rig *rig)
{
    char error[STORE_ERROR_BYTES_MAX];
    const char *tables[TABLE_OUT + RIG_BROKERS];
    char out_names[RIG_BROKERS][64];
    for (uint32_t table = 0; table < TABLE_OUT; table++) {
        tables[table] = table_name((enum table)table);
    }
    for (uint32_t i = 0; i < RIG_BROKERS; i++) {
        (void)snprintf(out_names[i], sizeof(out_names[i]), "out/%s", rig->sessions[i].id);
        tables[TABLE_OUT + i] = out_names[i];
    }
    struct store_config config = {.path = rig->path,
                                  .durability = STORE_PROCESS,
                                  .tables = tables,
                                  .tables_count = TABLE_OUT + RIG_BROKERS,
                                  .instance_id = 0x123456789abcdefULL};
    if (store_open(&config, &rig->store, error) != STATUS_OK ||
        store_reader_open(rig->store, &rig->store_reader) != STATUS_OK) {
        (void)fprintf(stderr, "%s\n", error);
        abort();
    }
    rig->config.instance_id = store_instance_id(rig->store);
    rig_reader_init(rig);
    rig->engine = map_zeros(sizeof(*rig->engine));
    rig->turn = map_zeros(sizeof(*rig->turn));
    char reason[ENGINE_TEXT_BYTES_MAX + 1];
    enum status status = store_read_begin(rig->store_reader);
    ASSERT(status == STATUS_OK);
    const char *refused = engine_start(rig->engine, &rig->config, rig->turn, &rig->reader.port,
                                       store_batch_number(rig->store), rig->now_ns, reason);
    store_read_end(rig->store_reader);
    if (rig->reader.status != STATUS_OK) {
        ASSERT(refused != NULL);
        rig_crash(rig);
        rig_start(rig);
        return;
    }
    if (refused != NULL) {
        (void)fprintf(stderr, "%s\n", refused);
        abort();
    }
    rig_settle(rig);
}

void rig_crash(struct rig *rig)
{
    for (uint32_t i = 0; i < RIG_BROKERS; i++) {
        rig->connect_wanted[i] = false;
        rig->close_wanted[i] = false;
        rig_broker_hang_up(rig, &rig->broker[i]);
    }
    store_reader_close(rig->store_reader);
    store_close(rig->store);
    (void)munmap(rig->engine, sizeof(*rig->engine));
    (void)munmap(rig->turn, sizeof(*rig->turn));
    rig->engine = NULL;
}

void rig_crash_releasing(struct rig *rig, const char *request, unsigned releases)
{
    uint8_t bytes[4096];
    rig->releases_left = releases;
    rig_turn_begin(rig);
    (void)feed_links(rig);
    if (request != NULL) {
        size_t size = rig_with_soh(request, bytes);
        engine_request(rig->engine, span_text("OMS"), span_text("route"), span_of(bytes, size));
    }
    (void)rig_turn_end(rig);
    rig->releases_left = UINT_MAX;
    rig_crash(rig);
}

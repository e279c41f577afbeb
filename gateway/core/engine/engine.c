#include "gateway/core/engine/engine.h"

#include "gateway/core/commands/audit.h"
#include "gateway/core/engine/event.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/orders/queue.h"
#include "gateway/core/routing/routing_post.h"
#include "gateway/core/sessions/links.h"

enum { COUNTERS_VERSION = 1 };

/* --- Start -------------------------------------------------------------------- */

static const char *counters_start(struct engine *engine, struct text *error)
{
    struct span key;
    struct span value;
    engine->counters =
        (struct counters){.bus_seq = 1, .attempt = 1, .arrival = 1, .order_number = 1};
    if (view_get(&engine->view, TABLE_COUNTERS, span_text("counters"), &value)) {
        struct record_reader reader = record_reader_of(value);
        uint8_t version = record_get_u8(&reader);
        engine->counters.bus_seq = record_get_u64(&reader);
        engine->counters.attempt = record_get_u64(&reader);
        engine->counters.arrival = record_get_u64(&reader);
        engine->counters.order_number = record_get_u64(&reader);
        if (version != COUNTERS_VERSION || !record_done(&reader)) {
            text_add(error, "counters of an unknown version: run the fixgate that wrote them");
            return error->data;
        }
    }
    const struct reader *reader = engine->view.reader;
    if (reader->last(reader->context, TABLE_EVENT, &key, &value) &&
        bus_seq_decode(key) >= engine->counters.bus_seq) {
        text_add(error, "next BusSeq ");
        text_add_uint(error, engine->counters.bus_seq);
        text_add(error, " is behind the last event, ");
        text_add_uint(error, bus_seq_decode(key));
        text_add(error, "; the store is not whole: restore the latest backup");
        return error->data;
    }
    return NULL;
}

static void counters_store(struct engine *engine)
{
    if (!engine->counters_changed) {
        return;
    }
    uint8_t record[64];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, COUNTERS_VERSION);
    record_put_u64(&writer, engine->counters.bus_seq);
    record_put_u64(&writer, engine->counters.attempt);
    record_put_u64(&writer, engine->counters.arrival);
    record_put_u64(&writer, engine->counters.order_number);
    view_put(&engine->view, TABLE_COUNTERS, span_text("counters"), record_written(&writer));
    engine->counters_changed = false;
}

static void application_start(struct engine *engine, struct link *link)
{
    const struct application *application = engine->config->application;
    if (application == NULL) {
        application = &orders_application;
    }
    if (application->start != NULL) {
        application->start(engine, link);
    }
}

const char *engine_start(struct engine *engine, const struct engine_config *config,
                         struct turn *turn, const struct reader *reader, uint64_t batch_number,
                         uint64_t now_ns, char error[ENGINE_TEXT_BYTES_MAX + 1])
{
    struct text text = {.size = 0};
    ASSERT(config->sessions_count <= ENGINE_SESSIONS_MAX);
    ASSERT(config->brokers_count <= ENGINE_BROKERS_MAX);
    engine->config = config;
    engine->turn = turn;
    engine->batch_number = batch_number;
    engine->heartbeat_next_ns = now_ns + config->bus_heartbeat_ns;
    engine->expiry_added_ns = UINT64_MAX;
    engine->random = config->random_seed != 0 ? config->random_seed : 1;
    engine_turn_begin(engine, reader, now_ns);

    const char *refused = counters_start(engine, &text);
    if (refused == NULL) {
        refused = routing_table_start(engine, &text);
    }
    for (uint32_t number = 0; refused == NULL && number < config->sessions_count; number++) {
        refused = link_start(engine, number, &text);
        if (refused == NULL) {
            application_start(engine, &engine->links[number]);
        }
    }
    if (refused == NULL) {
        audit_start(engine);
        approvals_start(engine);
        refused = failover_start(engine, &text);
        queue_start(engine);
    }
    if (refused == NULL) {
        refused = order_limits_start(engine, &text);
    }
    if (refused == NULL) {
        refused = kill_start(engine, &text);
    }
    if (refused == NULL) {
        refused = bulk_start(engine, &text);
    }
    /* What was not read says nothing of the store, good or bad. */
    if (view_failed(&engine->view)) {
        return "a read of it failed";
    }
    if (refused != NULL) {
        span_to_text(text_span(&text), error, ENGINE_TEXT_BYTES_MAX + 1);
        return error;
    }
    return NULL;
}

/* --- Turn --------------------------------------------------------------------- */

void engine_turn_begin(struct engine *engine, const struct reader *reader, uint64_t now_ns)
{
    batch_reset(&engine->turn->batch, engine->batch_number + 1);
    release_reset(&engine->turn->releases);
    engine->view = (struct view){.batch = &engine->turn->batch, .reader = reader};
    /* The clock of the machine may step back; ours does not. */
    if (now_ns > engine->now_ns) {
        engine->now_ns = now_ns;
    }
    engine->queue_appended = false;
    engine->expiry_added_ns = UINT64_MAX;
}

bool engine_turn_end(struct engine *engine)
{
    struct turn *turn = engine->turn;
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        link_store_numbers(engine, &engine->links[number]);
    }
    order_limits_store(engine);
    counters_store(engine);
    if (turn->batch.count > 0) {
        engine->batch_number = turn->batch.number;
        (void)batch_seal(&turn->batch);
    }
    return turn->batch.count > 0 || turn->releases.count > 0;
}

bool engine_turn_full(const struct engine *engine)
{
    const struct batch *batch = &engine->turn->batch;
    const struct release_list *releases = &engine->turn->releases;
    return view_failed(&engine->view) || batch->used > TURN_BATCH_BYTES - TURN_STEP_BYTES_MAX ||
           batch->count > TURN_BATCH_OPS_MAX - TURN_STEP_OPS_MAX ||
           releases->used > TURN_RELEASE_BYTES - TURN_STEP_BYTES_MAX ||
           releases->count > TURN_RELEASES_MAX - TURN_STEP_OPS_MAX;
}

/* --- Time --------------------------------------------------------------------- */

static void heartbeat(struct engine *engine)
{
    if (engine->now_ns < engine->heartbeat_next_ns) {
        return;
    }
    engine->heartbeat_next_ns = engine->now_ns + engine->config->bus_heartbeat_ns;
    release_add(
        &engine->turn->releases,
        &(struct release){.kind = RELEASE_HEARTBEAT, .bus_seq = engine->counters.bus_seq - 1});
}

void engine_tick(struct engine *engine)
{
    if (view_failed(&engine->view)) {
        return;
    }
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        link_tick(engine, &engine->links[number]);
    }
    approvals_tick(engine);
    bulk_tick(engine);
    failover_tick(engine);
    routing_tick(engine);
    kill_tick(engine);
    order_limits_tick(engine);
    queue_tick(engine);
    order_limits_look(engine);
    heartbeat(engine);
}

uint64_t engine_deadline_ns(const struct engine *engine)
{
    uint64_t deadline = queue_deadline_ns(engine);
    if (engine->heartbeat_next_ns < deadline) {
        deadline = engine->heartbeat_next_ns;
    }
    if (routing_deadline_ns(engine) < deadline) {
        deadline = routing_deadline_ns(engine);
    }
    if (failover_deadline_ns(engine) < deadline) {
        deadline = failover_deadline_ns(engine);
    }
    if (approvals_deadline_ns(engine) < deadline) {
        deadline = approvals_deadline_ns(engine);
    }
    if (bulk_deadline_ns(engine) < deadline) {
        deadline = bulk_deadline_ns(engine);
    }
    if (kill_deadline_ns(engine) < deadline) {
        deadline = kill_deadline_ns(engine);
    }
    if (order_limits_deadline_ns(engine) < deadline) {
        deadline = order_limits_deadline_ns(engine);
    }
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        uint64_t due = engine->stopping && !engine->links[number].connected
                           ? UINT64_MAX
                           : link_deadline_ns(engine, &engine->links[number]);
        deadline = due < deadline ? due : deadline;
    }
    return deadline;
}

void engine_space(struct engine *engine, bool low)
{
    if (low == engine->space_low) {
        return;
    }
    engine->space_low = low;
    bus_alert(engine, low ? "critical" : "info", span_of(NULL, 0), span_of(NULL, 0),
              span_text(low ? "the disk is nearly full: no new orders are taken"
                            : "the disk has room again: orders are taken"));
}

static void add_seconds(struct text *text, uint64_t ns)
{
    static const uint64_t tenth_ns = 100000000;
    uint64_t tenths = (ns + tenth_ns / 2) / tenth_ns;
    text_add(text_add_uint(text, tenths / 10), ".");
    text_add(text_add_uint(text, tenths % 10), " s");
}

void engine_clock_step(struct engine *engine, int64_t step_ns)
{
    struct text text = {.size = 0};
    text_add(&text, "our clock stepped ");
    text_add(&text, step_ns < 0 ? "back by " : "forward by ");
    add_seconds(&text, step_ns < 0 ? 0 - (uint64_t)step_ns : (uint64_t)step_ns);
    text_add(&text,
             "; MaxLatency checks, ours and the peers', may fail while clocks differ: see to "
             "the time service of this machine");
    bus_alert(engine, "warning", span_of(NULL, 0), span_of(NULL, 0), text_span(&text));
}

/* --- End ---------------------------------------------------------------------- */

void engine_stop(struct engine *engine)
{
    engine->stopping = true;
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        link_logout(engine, &engine->links[number], "fixgate is shutting down");
    }
}

bool engine_stopped(const struct engine *engine)
{
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        if (engine->links[number].connected) {
            return false;
        }
    }
    return true;
}

int engine_session_find(const struct engine *engine, const char *id)
{
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        if (strcmp(engine->config->sessions[number].id, id) == 0) {
            return (int)number;
        }
    }
    return -1;
}

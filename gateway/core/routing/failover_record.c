/* The procedure as the store has it: `control`, under "failover". */
#include "gateway/core/engine/record.h"
#include "gateway/core/routing/failover_parts.h"

enum { FAILOVER_VERSION = 2, FAILOVER_RECORD_BYTES_MAX = 2048 };

static struct span failover_key(void)
{
    return span_text("failover");
}

void failover_store(struct engine *engine)
{
    const struct failover *failover = &engine->failover;
    uint8_t record[FAILOVER_RECORD_BYTES_MAX];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, FAILOVER_VERSION);
    record_put_u8(&writer, (uint8_t)failover->step);
    record_put_u8(&writer, failover->stopped);
    record_put_u8(&writer, failover->drill);
    record_put_span(&writer, span_text(failover_broker(engine, failover->from)));
    record_put_span(&writer, span_text(failover_broker(engine, failover->to)));
    record_put_u32(&writer, failover->number);
    record_put_u64(&writer, failover->began_ns);
    record_put_u64(&writer, failover->step_ns);
    record_put_u64(&writer, failover->quiesce_seconds);
    record_put_u64(&writer, failover->canaries);
    record_put_u64(&writer, failover->canary_first);
    record_put_u64(&writer, failover->canary_seconds);
    record_put_u64(&writer, failover->ramp_seconds);
    record_put_u8(&writer, (uint8_t)failover->mode);
    record_put_span(&writer, span_text(failover_broker(engine, failover->primary)));
    record_put_u8(&writer, (uint8_t)failover->from_admin);
    record_put_u8(&writer, (uint8_t)failover->to_admin);
    record_put_span(&writer, span_text(failover->by));
    record_put_span(&writer, span_text(failover->approver));
    record_put_span(&writer, span_text(failover->reason));
    record_put_span(&writer, span_text(failover->state));
    view_put(&engine->view, TABLE_CONTROL, failover_key(), record_written(&writer));
}

static bool get_broker(struct record_reader *reader, const struct engine *engine, uint32_t *out)
{
    struct span name = record_get_span(reader);
    for (uint32_t broker = 0; broker < engine->config->brokers_count; broker++) {
        if (span_is(name, failover_broker(engine, broker))) {
            *out = broker;
            return true;
        }
    }
    return false;
}

static void get_words(struct record_reader *reader, char *out, size_t size)
{
    span_to_text(record_get_span(reader), out, size);
}

/* True: its brokers are all in the configuration. */
static bool read_record(struct record_reader *reader, const struct engine *engine,
                        struct failover *failover)
{
    failover->step = (enum failover_step)record_get_u8(reader);
    failover->stopped = record_get_u8(reader) != 0;
    failover->drill = record_get_u8(reader) != 0;
    bool known = get_broker(reader, engine, &failover->from);
    known = get_broker(reader, engine, &failover->to) && known;
    failover->number = record_get_u32(reader);
    failover->began_ns = record_get_u64(reader);
    failover->step_ns = record_get_u64(reader);
    failover->quiesce_seconds = record_get_u64(reader);
    failover->canaries = record_get_u64(reader);
    failover->canary_first = record_get_u64(reader);
    failover->canary_seconds = record_get_u64(reader);
    failover->ramp_seconds = record_get_u64(reader);
    failover->mode = (enum routing_mode)record_get_u8(reader);
    known = get_broker(reader, engine, &failover->primary) && known;
    failover->from_admin = (enum broker_admin)record_get_u8(reader);
    failover->to_admin = (enum broker_admin)record_get_u8(reader);
    get_words(reader, failover->by, sizeof(failover->by));
    get_words(reader, failover->approver, sizeof(failover->approver));
    get_words(reader, failover->reason, sizeof(failover->reason));
    get_words(reader, failover->state, sizeof(failover->state));
    return known;
}

const char *failover_start(struct engine *engine, struct text *error)
{
    struct failover *failover = &engine->failover;
    struct span value;
    *failover = (struct failover){.step = FAILOVER_NONE};
    if (!view_get(&engine->view, TABLE_CONTROL, failover_key(), &value)) {
        return NULL;
    }
    struct record_reader reader = record_reader_of(value);
    if (record_get_u8(&reader) != FAILOVER_VERSION) {
        return text_add(error, "a failover of an unknown version: run the fixgate that wrote it")
            ->data;
    }
    bool known = read_record(&reader, engine, failover);
    if (!record_done(&reader) || failover->step > FAILOVER_ABORTED) {
        return text_add(error, "a failover that cannot be read: restore the latest backup")->data;
    }
    if (!known && failover_runs(failover)) {
        return text_add(error, "a failover is under way with a broker that the configuration has "
                               "no more: put it back, end the failover, and take it out then")
            ->data;
    }
    if (!known) {
        failover->step = FAILOVER_NONE;
    }
    return NULL;
}

/* Proposals in the store. */
#include "gateway/core/commands/approvals_parts.h"

#include "gateway/core/engine/record.h"

enum {
    PROPOSAL_VERSION = 1,
    KEY_BYTES = 32,
    PROPOSAL_RECORD_BYTES_MAX = COMMAND_BYTES_MAX + 8 * (COMMAND_ARGUMENTS_MAX + 8) +
                                3 * (ENGINE_TEXT_BYTES_MAX + ENGINE_NAME_BYTES_MAX) + 64,
};

static const char prefix[] = "proposal/";

static struct span key_of(uint64_t number, uint8_t bytes[KEY_BYTES])
{
    struct record_writer writer = record_writer_on(bytes, KEY_BYTES);
    record_put_bytes(&writer, span_text(prefix));
    record_put_u64(&writer, number);
    return record_written(&writer);
}

static bool decode(struct span value, struct proposal *out)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    out->number = record_get_u64(&reader);
    out->state = (enum proposal_state)record_get_u8(&reader);
    out->created_ns = record_get_u64(&reader);
    out->expires_ns = record_get_u64(&reader);
    out->decided_ns = record_get_u64(&reader);
    out->proposer = record_get_span(&reader);
    out->decider = record_get_span(&reader);
    out->plan = record_get_span(&reader);
    out->outcome = record_get_span(&reader);
    out->command = record_get_span(&reader);
    out->arguments_count = record_get_u32(&reader);
    if (version != PROPOSAL_VERSION || out->arguments_count > COMMAND_ARGUMENTS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < out->arguments_count; i++) {
        out->arguments[i].name = record_get_span(&reader);
        out->arguments[i].value = record_get_span(&reader);
    }
    return record_done(&reader);
}

bool proposal_load(const struct engine *engine, uint64_t number, struct proposal *out)
{
    uint8_t bytes[KEY_BYTES];
    struct span value;
    return view_get(&engine->view, TABLE_CONTROL, key_of(number, bytes), &value) &&
           decode(value, out);
}

bool proposal_next(const struct engine *engine, uint64_t after, struct proposal *out)
{
    uint8_t bytes[KEY_BYTES];
    struct span key;
    struct span value;
    return view_after(&engine->view, TABLE_CONTROL, key_of(after, bytes), &key, &value) &&
           key.size > strlen(prefix) && memcmp(key.data, prefix, strlen(prefix)) == 0 &&
           decode(value, out);
}

void proposal_store(struct engine *engine, const struct proposal *proposal)
{
    uint8_t bytes[KEY_BYTES];
    uint8_t record[PROPOSAL_RECORD_BYTES_MAX];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, PROPOSAL_VERSION);
    record_put_u64(&writer, proposal->number);
    record_put_u8(&writer, (uint8_t)proposal->state);
    record_put_u64(&writer, proposal->created_ns);
    record_put_u64(&writer, proposal->expires_ns);
    record_put_u64(&writer, proposal->decided_ns);
    record_put_span(&writer, proposal->proposer);
    record_put_span(&writer, proposal->decider);
    record_put_span(&writer, proposal->plan);
    record_put_span(&writer, proposal->outcome);
    record_put_span(&writer, proposal->command);
    record_put_u32(&writer, proposal->arguments_count);
    for (uint32_t i = 0; i < proposal->arguments_count; i++) {
        record_put_span(&writer, proposal->arguments[i].name);
        record_put_span(&writer, proposal->arguments[i].value);
    }
    view_put(&engine->view, TABLE_CONTROL, key_of(proposal->number, bytes),
             record_written(&writer));
    if (proposal->number > APPROVALS_KEPT_MAX && proposal->state == PROPOSAL_WAITING) {
        struct span old = key_of(proposal->number - APPROVALS_KEPT_MAX, bytes);
        struct span value;
        if (view_get(&engine->view, TABLE_CONTROL, old, &value)) {
            view_delete(&engine->view, TABLE_CONTROL, old);
        }
    }
}

const char *proposal_state_name(enum proposal_state state)
{
    static const char *const names[] = {
#define X(name) #name,
        PROPOSAL_STATES(X)
#undef X
    };
    ASSERT((size_t)state < ARRAY_LEN(names));
    return names[state];
}

/* Idempotency keys: what was answered under which, so that it is done once.
 *
 * `control` table: "key/" operator NUL key → a digest of the request, the result and the answer;
 * "key-turn/" number → that key, in order of time, so that the oldest can go; "key-count" →
 * the number of the newest. */
#include "gateway/core/commands/command_parts.h"
#include "gateway/core/engine/record.h"

enum {
    KEYS_VERSION = 1,
    KEY_BYTES_MAX = 8 + ENGINE_NAME_BYTES_MAX + 1 + COMMAND_KEY_BYTES_MAX,
    ANSWER_BYTES_MAX = 64 + ENGINE_TEXT_BYTES_MAX + SHA256_BYTES,
};

static struct span name_of(const struct command *command, uint8_t bytes[KEY_BYTES_MAX])
{
    struct record_writer writer = record_writer_on(bytes, KEY_BYTES_MAX);
    record_put_bytes(&writer, span_text("key/"));
    record_put_bytes(&writer, command->operator_name);
    record_put_u8(&writer, 0);
    record_put_bytes(&writer, command->key);
    return record_written(&writer);
}

static struct span turn_of(uint64_t number, uint8_t bytes[KEY_BYTES_MAX])
{
    struct record_writer writer = record_writer_on(bytes, KEY_BYTES_MAX);
    record_put_bytes(&writer, span_text("key-turn/"));
    record_put_u64(&writer, number);
    return record_written(&writer);
}

static void add_sized(struct sha256 *hash, struct span bytes)
{
    uint8_t size[8];
    struct record_writer writer = record_writer_on(size, sizeof(size));
    record_put_u64(&writer, bytes.size);
    sha256_add(hash, record_written(&writer));
    sha256_add(hash, bytes);
}

/* The same for the same request, in whatever order its arguments come. */
static void digest(const struct command *command, const struct command_spec *spec,
                   uint8_t out[SHA256_BYTES])
{
    struct sha256 hash;
    const char *rest = spec->arguments;
    struct span name;
    bool optional;
    sha256_begin(&hash);
    add_sized(&hash, command->name);
    while (command_argument_next(&rest, &name, &optional)) {
        for (uint32_t i = 0; i < command->arguments_count; i++) {
            if (span_equal(command->arguments[i].name, name)) {
                add_sized(&hash, name);
                add_sized(&hash, command->arguments[i].value);
            }
        }
    }
    sha256_end(&hash, out);
}

enum command_key_found command_key_find(struct command_call *call, const struct command_spec *spec,
                                        enum command_result *result)
{
    uint8_t bytes[KEY_BYTES_MAX];
    uint8_t ours[SHA256_BYTES];
    struct span value;
    if (!view_get(&call->engine->view, TABLE_CONTROL, name_of(call->command, bytes), &value)) {
        return COMMAND_KEY_NEW;
    }
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    uint8_t stored_result = record_get_u8(&reader);
    struct span stored_digest = record_get_span(&reader);
    struct span answer = record_get_span(&reader);
    digest(call->command, spec, ours);
    if (version != KEYS_VERSION || !record_done(&reader) ||
        !span_equal(stored_digest, span_of(ours, sizeof(ours)))) {
        (void)command_refused(call, "this key was given to another request before: nothing was "
                                    "done; give each request its own");
        return COMMAND_KEY_OTHER;
    }
    *result = (enum command_result)stored_result;
    text_add_span(&call->out->answer, answer);
    return COMMAND_KEY_ANSWERED;
}

/* The number of the newest key, with this one. */
static uint64_t count_one(const struct view *view)
{
    struct span value;
    uint64_t count = 0;
    if (view_get(view, TABLE_CONTROL, span_text("key-count"), &value)) {
        struct record_reader reader = record_reader_of(value);
        count = record_get_u64(&reader);
    }
    uint8_t record[8];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u64(&writer, count + 1);
    view_put(view, TABLE_CONTROL, span_text("key-count"), record_written(&writer));
    return count + 1;
}

static void forget(const struct view *view, uint64_t number)
{
    uint8_t bytes[KEY_BYTES_MAX];
    struct span name;
    if (view_get(view, TABLE_CONTROL, turn_of(number, bytes), &name)) {
        view_delete(view, TABLE_CONTROL, name);
        view_delete(view, TABLE_CONTROL, turn_of(number, bytes));
    }
}

void command_key_keep(const struct command_call *call, const struct command_spec *spec,
                      enum command_result result)
{
    const struct view *view = &call->engine->view;
    uint8_t bytes[KEY_BYTES_MAX];
    uint8_t turn[KEY_BYTES_MAX];
    uint8_t ours[SHA256_BYTES];
    uint8_t record[ANSWER_BYTES_MAX];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    struct span name = name_of(call->command, bytes);
    digest(call->command, spec, ours);
    record_put_u8(&writer, KEYS_VERSION);
    record_put_u8(&writer, (uint8_t)result);
    record_put_span(&writer, span_of(ours, sizeof(ours)));
    record_put_span(&writer, text_span(&call->out->answer));
    view_put_new(view, TABLE_CONTROL, name, record_written(&writer));
    uint64_t number = count_one(view);
    view_put_new(view, TABLE_CONTROL, turn_of(number, turn), name);
    if (number > COMMAND_KEYS_MAX) {
        forget(view, number - COMMAND_KEYS_MAX);
    }
}

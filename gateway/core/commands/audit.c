#include "gateway/core/commands/audit.h"

#include "gateway/core/engine/record.h"

enum { AUDIT_VERSION = 2, AUDIT_RECORD_BYTES_MAX = 2048, HEAD_BYTES = 48 };

_Static_assert((int)AUDIT_RECORD_BYTES_MAX >= 64 + 2 * ((int)ENGINE_NAME_BYTES_MAX + 4) +
                                                  2 * ((int)ENGINE_TEXT_BYTES_MAX + 4) +
                                                  (int)AUDIT_OBJECT_BYTES_MAX +
                                                  2 * (int)SHA256_BYTES,
               "the longest entry fits");

/* Its end in `control`: number and hash of the last one. */
static struct span head_key(void)
{
    return span_text("audit");
}

static void head_store(struct engine *engine)
{
    uint8_t record[HEAD_BYTES];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, AUDIT_VERSION);
    record_put_u64(&writer, engine->audit.count);
    record_put_bytes(&writer, span_of(engine->audit.hash, SHA256_BYTES));
    view_put(&engine->view, TABLE_CONTROL, head_key(), record_written(&writer));
}

void audit_start(struct engine *engine)
{
    struct span value;
    engine->audit = (struct audit_chain){.count = 0};
    if (!view_get(&engine->view, TABLE_CONTROL, head_key(), &value)) {
        return;
    }
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    uint64_t count = record_get_u64(&reader);
    /* Our own record, and the store has checked its checksum. */
    ASSERT(version == AUDIT_VERSION);
    ASSERT(value.size == reader.next + SHA256_BYTES);
    engine->audit.count = count;
    memcpy(engine->audit.hash, value.data + reader.next, SHA256_BYTES);
}

static struct span cut(struct span words, size_t most)
{
    return span_of(words.data, words.size < most ? words.size : most);
}

/* All of an entry but its own hash. */
static struct span encode(const struct audit *audit, struct record_writer *writer)
{
    record_put_u8(writer, AUDIT_VERSION);
    record_put_u64(writer, audit->number);
    record_put_u64(writer, audit->instant_ns);
    record_put_span(writer, cut(audit->operator_name, ENGINE_NAME_BYTES_MAX));
    record_put_span(writer, cut(audit->proposer, ENGINE_NAME_BYTES_MAX));
    record_put_span(writer, cut(audit->command, ENGINE_TEXT_BYTES_MAX));
    record_put_span(writer, cut(audit->object, AUDIT_OBJECT_BYTES_MAX));
    record_put_u8(writer, audit->carried_out ? 1 : 0);
    record_put_span(writer, cut(audit->outcome, ENGINE_TEXT_BYTES_MAX));
    record_put_span(writer, audit->before);
    return record_written(writer);
}

static void hash_of(struct span bytes, uint8_t out[SHA256_BYTES])
{
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, bytes);
    sha256_end(&hash, out);
}

void audit_add(struct engine *engine, const struct audit *audit)
{
    uint8_t key[AUDIT_KEY_BYTES];
    uint8_t record[AUDIT_RECORD_BYTES_MAX];
    uint8_t hash[SHA256_BYTES];
    struct audit entry = *audit;
    entry.number = engine->audit.count + 1;
    entry.before = span_of(engine->audit.hash, SHA256_BYTES);
    struct record_writer key_writer = record_writer_on(key, sizeof(key));
    record_put_u64(&key_writer, entry.number);
    struct record_writer writer = record_writer_on(record, sizeof(record));
    hash_of(encode(&entry, &writer), hash);
    record_put_span(&writer, span_of(hash, sizeof(hash)));
    view_append(&engine->view, TABLE_AUDIT, record_written(&key_writer), record_written(&writer));
    engine->audit.count = entry.number;
    memcpy(engine->audit.hash, hash, sizeof(hash));
    head_store(engine);
}

bool audit_decode(struct span key, struct span value, struct audit *out)
{
    struct record_reader key_reader = record_reader_of(key);
    uint64_t number = record_get_u64(&key_reader);
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    out->number = record_get_u64(&reader);
    out->instant_ns = record_get_u64(&reader);
    out->operator_name = record_get_span(&reader);
    out->proposer = record_get_span(&reader);
    out->command = record_get_span(&reader);
    out->object = record_get_span(&reader);
    out->carried_out = record_get_u8(&reader) == 1;
    out->outcome = record_get_span(&reader);
    out->before = record_get_span(&reader);
    out->hash = record_get_span(&reader);
    return version == AUDIT_VERSION && record_done(&reader) && record_done(&key_reader) &&
           number == out->number && out->before.size == SHA256_BYTES &&
           out->hash.size == SHA256_BYTES;
}

bool audit_is_whole(const struct audit *audit)
{
    uint8_t record[AUDIT_RECORD_BYTES_MAX];
    uint8_t hash[SHA256_BYTES];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    hash_of(encode(audit, &writer), hash);
    return span_equal(audit->hash, span_of(hash, sizeof(hash)));
}

struct text audit_hash_words(const uint8_t hash[SHA256_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    struct text text = {.size = 0};
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        char pair[2] = {digits[hash[i] >> 4], digits[hash[i] & 15]};
        text_add_span(&text, span_of(pair, sizeof(pair)));
    }
    return text;
}

/* Orders that come again and again: alike in account, symbol, side, quantity and price (a latch
 * shuts that only a person opens), or the very same content within a window.
 *
 * What was accepted stands in the `limit` table under a hash, with the instants. Each new entry
 * pays for looking at a few old ones, which go when no window can ask for them any more. */
#include "gateway/core/engine/hash.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/limits/order_limits_parts.h"

enum {
    SEEN_VERSION = 1,
    SEEN_KEY_BYTES = 9,
    SEEN_RECORD_BYTES_MAX = 16 + 8 * LIMIT_REPEATS_MAX,
    LATCH_VERSION = 1,
    LATCH_KEY_BYTES = 6 + LATCH_NAME_BYTES,
    LATCH_RECORD_BYTES_MAX = 1024,
};

enum seen_kind { SEEN_ALIKE = 'a', SEEN_SAME = 's' };

static uint64_t default_window_s(const struct order_limit_set *set)
{
    static const uint64_t minute_s = 60;
    return set->has[LIMIT_REPEAT_WINDOW]
               ? (uint64_t)(set->value[LIMIT_REPEAT_WINDOW].units / DECIMAL_ONE)
               : minute_s;
}

static uint64_t repeat_window_ns(const struct order_limit_set *set)
{
    return default_window_s(set) * UINT64_C(1000000000);
}

static uint64_t duplicate_window_ns(const struct order_limit_set *set)
{
    return (uint64_t)(set->value[LIMIT_DUPLICATE].units / DECIMAL_ONE) * UINT64_C(1000000000);
}

static uint64_t hash_number(uint64_t hash, int64_t number)
{
    uint8_t bytes[8];
    struct record_writer writer = record_writer_on(bytes, sizeof(bytes));
    record_put_i64(&writer, number);
    return hash_bytes(hash, record_written(&writer));
}

static uint64_t alike_hash(const struct limit_question *question)
{
    const struct order_terms *terms = question->terms;
    uint64_t hash = hash_bytes(HASH_SEED, question->parties.account);
    hash = hash_bytes(hash_number(hash, question->side), question->parties.symbol);
    hash = hash_number(hash_number(hash, terms->quantity.units), terms->has_price);
    return hash_number(hash, terms->has_price ? terms->price.units : 0);
}

/* --- What was accepted ---------------------------------------------------------------------- */

struct seen {
    uint64_t keep_until_ns;
    uint32_t count;
    uint64_t at_ns[LIMIT_REPEATS_MAX]; /* The oldest first. */
};

static struct span seen_key(uint8_t key[SEEN_KEY_BYTES], enum seen_kind kind, uint64_t hash)
{
    struct record_writer writer = record_writer_on(key, SEEN_KEY_BYTES);
    record_put_u8(&writer, (uint8_t)kind);
    record_put_u64(&writer, hash);
    return record_written(&writer);
}

static void seen_decode(struct span value, struct seen *out)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    out->keep_until_ns = record_get_u64(&reader);
    out->count = record_get_u32(&reader);
    ASSERT(version == SEEN_VERSION);
    ASSERT(out->count <= LIMIT_REPEATS_MAX);
    for (uint32_t i = 0; i < out->count; i++) {
        out->at_ns[i] = record_get_u64(&reader);
    }
    ASSERT(record_done(&reader));
}

static void seen_load(struct engine *engine, enum seen_kind kind, uint64_t hash, struct seen *out)
{
    uint8_t key[SEEN_KEY_BYTES];
    struct span value;
    *out = (struct seen){.count = 0};
    if (view_get(&engine->view, TABLE_LIMIT, seen_key(key, kind, hash), &value)) {
        seen_decode(value, out);
    }
}

static void seen_add(struct engine *engine, enum seen_kind kind, uint64_t hash, uint64_t window_ns)
{
    uint8_t key[SEEN_KEY_BYTES];
    uint8_t record[SEEN_RECORD_BYTES_MAX];
    struct seen seen;
    seen_load(engine, kind, hash, &seen);
    uint32_t most = kind == SEEN_ALIKE ? LIMIT_REPEATS_MAX : 1;
    if (seen.count == most) {
        memmove(seen.at_ns, seen.at_ns + 1, (most - 1) * sizeof(seen.at_ns[0]));
        seen.count -= 1;
    }
    seen.at_ns[seen.count++] = engine->now_ns;
    uint64_t keep_until_ns = engine->now_ns + window_ns;
    seen.keep_until_ns = keep_until_ns > seen.keep_until_ns ? keep_until_ns : seen.keep_until_ns;
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, SEEN_VERSION);
    record_put_u64(&writer, seen.keep_until_ns);
    record_put_u32(&writer, seen.count);
    for (uint32_t i = 0; i < seen.count; i++) {
        record_put_u64(&writer, seen.at_ns[i]);
    }
    view_put(&engine->view, TABLE_LIMIT, seen_key(key, kind, hash), record_written(&writer));
}

/* How many of them lie within the window. */
static uint32_t seen_within(const struct engine *engine, const struct seen *seen,
                            uint64_t window_ns)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < seen->count; i++) {
        uint64_t at_ns = seen->at_ns[i];
        count += engine->now_ns < at_ns + window_ns ? 1 : 0;
    }
    return count;
}

/* Looks at the next few old entries, and lets go of what is out of every window. */
static void sweep(struct engine *engine)
{
    uint8_t *next = engine->limits.sweep;
    for (unsigned count = 0; count < LIMIT_SWEEP_MAX; count++) {
        struct span key;
        struct span value;
        bool found =
            view_after(&engine->view, TABLE_LIMIT, span_of(next, SEEN_KEY_BYTES), &key, &value);
        bool wanted = found && key.size == SEEN_KEY_BYTES &&
                      (key.data[0] == SEEN_ALIKE || key.data[0] == SEEN_SAME);
        if (!wanted) {
            /* Counters stand between the two kinds: 'a', 'o', 'r', 's'. */
            uint8_t first = found && key.data[0] < SEEN_SAME ? SEEN_SAME : SEEN_ALIKE;
            memset(next, 0, SEEN_KEY_BYTES);
            next[0] = first;
            continue;
        }
        memcpy(next, key.data, SEEN_KEY_BYTES);
        struct seen seen;
        seen_decode(value, &seen);
        if (seen.keep_until_ns <= engine->now_ns) {
            view_delete(&engine->view, TABLE_LIMIT, span_of(next, SEEN_KEY_BYTES));
        }
    }
}

bool limit_repeats_full(struct engine *engine, const struct limit_question *question,
                        const struct order_limit_set *set)
{
    struct seen seen;
    seen_load(engine, SEEN_ALIKE, alike_hash(question), &seen);
    return seen_within(engine, &seen, repeat_window_ns(set)) >=
           (uint64_t)(set->value[LIMIT_REPEATS].units / DECIMAL_ONE);
}

/* The client is part of it: two of them may well ask for the same. */
static uint64_t same_hash(const struct limit_question *question)
{
    return hash_number(hash_bytes(HASH_SEED, question->parties.client), (int64_t)question->same);
}

bool limit_is_duplicate(struct engine *engine, const struct limit_question *question,
                        const struct order_limit_set *set)
{
    struct seen seen;
    seen_load(engine, SEEN_SAME, same_hash(question), &seen);
    return seen_within(engine, &seen, duplicate_window_ns(set)) > 0;
}

void limit_repeat_add(struct engine *engine, const struct limit_question *question,
                      struct order_limit_set *const *sets, uint32_t sets_count)
{
    uint64_t alike_ns = 0;
    uint64_t same_ns = 0;
    for (uint32_t i = 0; i < sets_count; i++) {
        uint64_t repeat_ns = sets[i]->has[LIMIT_REPEATS] ? repeat_window_ns(sets[i]) : 0;
        uint64_t duplicate_ns = sets[i]->has[LIMIT_DUPLICATE] ? duplicate_window_ns(sets[i]) : 0;
        alike_ns = repeat_ns > alike_ns ? repeat_ns : alike_ns;
        same_ns = duplicate_ns > same_ns ? duplicate_ns : same_ns;
    }
    if (alike_ns > 0) {
        seen_add(engine, SEEN_ALIKE, alike_hash(question), alike_ns);
        sweep(engine);
    }
    if (same_ns > 0) {
        seen_add(engine, SEEN_SAME, same_hash(question), same_ns);
        sweep(engine);
    }
}

/* --- The latch ------------------------------------------------------------------------------- */

static void latch_name(uint64_t hash, char name[LATCH_NAME_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (uint32_t i = 0; i < LATCH_NAME_BYTES; i++) {
        name[i] = digits[hash >> (4 * (LATCH_NAME_BYTES - 1 - i)) & 15];
    }
}

struct text limit_latch_name(const struct limit_question *question)
{
    struct text text = {.size = 0};
    char name[LATCH_NAME_BYTES];
    latch_name(alike_hash(question), name);
    text_add_span(&text, span_of(name, sizeof(name)));
    return text;
}

static struct span latch_key(uint8_t key[LATCH_KEY_BYTES], struct span name)
{
    struct record_writer writer = record_writer_on(key, LATCH_KEY_BYTES);
    record_put_bytes(&writer, span_text("latch/"));
    record_put_bytes(&writer, name);
    return record_written(&writer);
}

bool limit_latched(struct engine *engine, const struct limit_question *question)
{
    uint8_t key[LATCH_KEY_BYTES];
    struct span value;
    if (engine->limits.latches == 0) {
        return false;
    }
    struct text name = limit_latch_name(question);
    return view_get(&engine->view, TABLE_CONTROL, latch_key(key, text_span(&name)), &value);
}

/* Names longer than any scope's are cut: they are for people. */
static void put_cut(struct record_writer *writer, struct span name)
{
    record_put_span(
        writer,
        span_of(name.data, name.size < ENGINE_NAME_BYTES_MAX ? name.size : ENGINE_NAME_BYTES_MAX));
}

void limit_latch_shut(struct engine *engine, const struct limit_question *question,
                      const struct order_limit_set *set)
{
    uint8_t key[LATCH_KEY_BYTES];
    uint8_t record[LATCH_RECORD_BYTES_MAX];
    if (limit_latched(engine, question)) {
        return;
    }
    struct text name = limit_latch_name(question);
    struct text scope = {.size = 0};
    limit_scope_add(&scope, &set->scope);
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, LATCH_VERSION);
    record_put_u64(&writer, engine->now_ns);
    record_put_span(&writer, text_span(&scope));
    put_cut(&writer, question->parties.account);
    put_cut(&writer, question->parties.symbol);
    record_put_u8(&writer, (uint8_t)question->side);
    record_put_u8(&writer, question->terms->has_price);
    record_put_i64(&writer, question->terms->quantity.units);
    record_put_i64(&writer, question->terms->has_price ? question->terms->price.units : 0);
    view_put(&engine->view, TABLE_CONTROL, latch_key(key, text_span(&name)),
             record_written(&writer));
    engine->limits.latches += 1;
}

static void latch_decode(struct span value, struct limit_latch *out)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    out->since_ns = record_get_u64(&reader);
    out->scope = record_get_span(&reader);
    out->account = record_get_span(&reader);
    out->symbol = record_get_span(&reader);
    out->side = (char)record_get_u8(&reader);
    out->has_price = record_get_u8(&reader) != 0;
    out->quantity.units = record_get_i64(&reader);
    out->price.units = record_get_i64(&reader);
    ASSERT(version == LATCH_VERSION);
    ASSERT(record_done(&reader));
}

bool limit_latch_next(struct engine *engine, struct span *after, struct limit_latch *out)
{
    struct span prefix = span_text("latch/");
    struct span key;
    struct span value;
    if (!view_after(&engine->view, TABLE_CONTROL, after->size > 0 ? *after : prefix, &key,
                    &value) ||
        key.size != LATCH_KEY_BYTES || memcmp(key.data, prefix.data, prefix.size) != 0) {
        return false;
    }
    latch_decode(value, out);
    *after = key;
    return true;
}

bool limit_latch_open(struct engine *engine, struct span name)
{
    uint8_t key[LATCH_KEY_BYTES];
    struct span value;
    if (name.size != LATCH_NAME_BYTES ||
        !view_get(&engine->view, TABLE_CONTROL, latch_key(key, name), &value)) {
        return false;
    }
    view_delete(&engine->view, TABLE_CONTROL, latch_key(key, name));
    ASSERT(engine->limits.latches > 0);
    engine->limits.latches -= 1;

    uint64_t hash = 0;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t digit = name.data[i];
        hash = hash << 4 | (uint64_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    /* They may come as often again as ever. */
    uint8_t seen[SEEN_KEY_BYTES];
    view_delete(&engine->view, TABLE_LIMIT, seen_key(seen, SEEN_ALIKE, hash));
    return true;
}

void limit_repeat_start(struct engine *engine)
{
    struct span after = span_of(NULL, 0);
    struct limit_latch latch;
    while (limit_latch_next(engine, &after, &latch)) {
        engine->limits.latches += 1;
    }
    engine->limits.sweep[0] = SEEN_ALIKE;
}

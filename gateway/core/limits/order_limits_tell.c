/* What was refused: counted, told without flooding; and how two persons let it pass all the same.
 *
 * Refusals of one kind are told at once, and then at most every ten seconds, with how many there
 * were. An override is for one ClOrdID with one content, for the limits that refused it, until it
 * expires; it is durable, and goes in the transaction of the order that uses it. */
#include "gateway/core/engine/bus.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/limits/order_limits_parts.h"

#define TELL_INTERVAL_NS (10 * UINT64_C(1000000000))

enum {
    OVERRIDE_VERSION = 1,
    OVERRIDE_KEY_BYTES_MAX = 9 + ORDER_KEY_BYTES_MAX,
    OVERRIDE_RECORD_BYTES_MAX = 256,
};

/* --- Telling -------------------------------------------------------------------------------- */

static void tell(struct engine *engine, struct limit_told *told, const char *what)
{
    struct text text = {.size = 0};
    text_add_uint(&text, told->untold);
    text_add(&text, told->untold == 1 ? " order refused by " : " orders refused by ");
    text_add(text_add(&text, what), told->untold == 1 ? ": " : ", the last: ");
    text_add_span(&text, text_span(&told->last));
    engine->limits.untold &= ~(1U << (told - engine->limits.told));
    told->untold = 0;
    told->told_ns = engine->now_ns;
    bus_alert(engine, "warning", span_of(NULL, 0), span_of(NULL, 0), text_span(&text));
}

static const char *what_of(uint32_t kind)
{
    return kind == LIMIT_KINDS_COUNT ? "the kill switch" : limit_word((enum limit_kind)kind);
}

static bool is_due(const struct engine *engine, const struct limit_told *told)
{
    return told->told_ns == 0 || engine->now_ns - told->told_ns >= TELL_INTERVAL_NS;
}

void order_limits_tick(struct engine *engine)
{
    for (uint32_t kind = 0; engine->limits.untold >> kind != 0; kind++) {
        struct limit_told *told = &engine->limits.told[kind];
        if (told->untold > 0 && is_due(engine, told) && !engine_turn_full(engine)) {
            tell(engine, told, what_of(kind));
        }
    }
}

void order_limits_look(struct engine *engine)
{
    engine->limits.brokers_due_ns =
        engine->queued_count > 0 ? limit_brokers_due_ns(engine) : UINT64_MAX;
}

uint64_t order_limits_deadline_ns(const struct engine *engine)
{
    uint64_t deadline = engine->limits.brokers_due_ns;
    for (uint32_t kind = 0; engine->limits.untold >> kind != 0; kind++) {
        const struct limit_told *told = &engine->limits.told[kind];
        uint64_t due = told->told_ns + TELL_INTERVAL_NS;
        if (told->untold > 0 && due < deadline) {
            deadline = due;
        }
    }
    return deadline;
}

void limit_refused(struct engine *engine, const struct limit_question *question,
                   enum limit_kind kind, uint32_t kinds, const struct text *why)
{
    struct limit_told *told = &engine->limits.told[kind];
    engine->limits.refused += 1;
    engine->limits.untold |= 1U << kind;
    told->untold += 1;
    told->last = (struct text){.size = 0};
    text_add_span(text_add(&told->last, "ClOrdID "), question->cl_ord_id);
    text_add_span(text_add(&told->last, " of client "), question->parties.client);
    text_add_span(text_add(&told->last, ": "), text_span(why));
    if (kinds != 0 && question->is_new) {
        limit_blocked_add(engine, question, kinds, why);
    }
    if (is_due(engine, told)) {
        tell(engine, told, what_of(kind));
    }
}

/* --- Overrides ------------------------------------------------------------------------------- */

struct override {
    uint64_t content;
    uint32_t kinds;
    uint64_t expires_ns;
};

static struct span override_key(uint8_t key[OVERRIDE_KEY_BYTES_MAX], struct span client,
                                struct span cl_ord_id)
{
    uint8_t of_order[ORDER_KEY_BYTES_MAX];
    struct record_writer writer = record_writer_on(key, OVERRIDE_KEY_BYTES_MAX);
    record_put_bytes(&writer, span_text("override/"));
    record_put_bytes(&writer, order_key(of_order, client, cl_ord_id));
    return record_written(&writer);
}

static void override_decode(struct span value, struct override *out)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    out->content = record_get_u64(&reader);
    out->kinds = record_get_u32(&reader);
    out->expires_ns = record_get_u64(&reader);
    (void)record_get_span(&reader);
    (void)record_get_span(&reader);
    ASSERT(version == OVERRIDE_VERSION);
    ASSERT(record_done(&reader));
}

/* Drops what has expired; true if there is room for one more. */
static bool make_room(struct engine *engine)
{
    struct span prefix = span_text("override/");
    struct span key;
    struct span value;
    uint32_t count = 0;
    bool found = view_seek(&engine->view, TABLE_CONTROL, prefix, &key, &value);
    while (found && key.size > prefix.size && memcmp(key.data, prefix.data, prefix.size) == 0) {
        struct override override;
        override_decode(value, &override);
        if (override.expires_ns <= engine->now_ns) {
            view_delete(&engine->view, TABLE_CONTROL, key);
        } else {
            count += 1;
        }
        found = view_after(&engine->view, TABLE_CONTROL, key, &key, &value);
    }
    return count < LIMIT_OVERRIDES_MAX;
}

const char *limit_override_add(struct engine *engine, struct span client, struct span cl_ord_id,
                               uint64_t content, uint64_t expires_ns, struct span by,
                               struct span proposer)
{
    uint8_t key[OVERRIDE_KEY_BYTES_MAX];
    uint8_t record[OVERRIDE_RECORD_BYTES_MAX];
    const struct limit_blocked *blocked = limit_blocked_find(engine, client, cl_ord_id, content);
    if (blocked == NULL) {
        return "no such order was refused lately (limits.blocked): let the client send it again, "
               "then propose this anew";
    }
    if (!make_room(engine)) {
        return "too many overrides wait for their order: let some expire";
    }
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, OVERRIDE_VERSION);
    record_put_u64(&writer, content);
    record_put_u32(&writer, blocked->kinds);
    record_put_u64(&writer, expires_ns);
    record_put_span(&writer, by);
    record_put_span(&writer, proposer);
    view_put(&engine->view, TABLE_CONTROL, override_key(key, client, cl_ord_id),
             record_written(&writer));
    return NULL;
}

bool limit_override_use(struct engine *engine, const struct limit_question *question,
                        uint32_t kinds)
{
    uint8_t key[OVERRIDE_KEY_BYTES_MAX];
    struct span value;
    struct override override;
    struct span named = override_key(key, question->parties.client, question->cl_ord_id);
    if (!question->is_new || !view_get(&engine->view, TABLE_CONTROL, named, &value)) {
        return false;
    }
    override_decode(value, &override);
    bool expired = override.expires_ns <= engine->now_ns;
    bool covers = override.content == question->content && (kinds & ~override.kinds) == 0;
    if (expired || covers) {
        view_delete(&engine->view, TABLE_CONTROL, named);
    }
    if (expired || !covers) {
        return false;
    }
    struct text text = {.size = 0};
    text_add_span(text_add(&text, "ClOrdID "), question->cl_ord_id);
    text_add_span(text_add(&text, " of client "), question->parties.client);
    text_add(&text, " passed its limits by the override of two persons");
    bus_alert(engine, "warning", span_of(NULL, 0), question->cl_ord_id, text_span(&text));
    return true;
}

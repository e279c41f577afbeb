/* Orders that were refused, kept for a day so that two persons may let one of them pass: the
 * newest, over restarts too. A ring: `control`, "blocked/" place → the order. */
#include "gateway/core/engine/record.h"
#include "gateway/core/limits/order_limits_parts.h"

#define KEPT_NS (UINT64_C(86400) * 1000000000)

enum {
    BLOCKED_VERSION = 1,
    BLOCKED_KEY_BYTES = 12,
    BLOCKED_RECORD_BYTES_MAX =
        64 + ENGINE_NAME_BYTES_MAX + ENGINE_CL_ORD_ID_BYTES_MAX + FIX_TEXT_BYTES_MAX,
};

static struct span prefix(void)
{
    return span_text("blocked/");
}

static struct span key_of(uint8_t key[BLOCKED_KEY_BYTES], uint64_t number)
{
    struct record_writer writer = record_writer_on(key, BLOCKED_KEY_BYTES);
    record_put_bytes(&writer, prefix());
    record_put_u32(&writer, (uint32_t)(number % LIMIT_BLOCKED_MAX));
    return record_written(&writer);
}

void limit_blocked_add(struct engine *engine, const struct limit_question *question, uint32_t kinds,
                       const struct text *why)
{
    struct order_limits *limits = &engine->limits;
    struct limit_blocked *blocked = &limits->blocked[limits->blocked_count % LIMIT_BLOCKED_MAX];
    *blocked = (struct limit_blocked){
        .at_ns = engine->now_ns, .content = question->content, .kinds = kinds, .why = *why};
    span_to_text(question->parties.client, blocked->client, sizeof(blocked->client));
    span_to_text(question->cl_ord_id, blocked->cl_ord_id, sizeof(blocked->cl_ord_id));

    uint8_t key[BLOCKED_KEY_BYTES];
    uint8_t record[BLOCKED_RECORD_BYTES_MAX];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, BLOCKED_VERSION);
    record_put_u64(&writer, limits->blocked_count);
    record_put_u64(&writer, blocked->at_ns);
    record_put_u64(&writer, blocked->content);
    record_put_u32(&writer, blocked->kinds);
    record_put_span(&writer, span_text(blocked->client));
    record_put_span(&writer, span_text(blocked->cl_ord_id));
    record_put_span(&writer, text_span(&blocked->why));
    view_put(&engine->view, TABLE_CONTROL, key_of(key, limits->blocked_count),
             record_written(&writer));
    limits->blocked_count += 1;
}

/* False: it is of another version. */
static bool decode(struct span value, uint64_t *number, struct limit_blocked *out)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    *number = record_get_u64(&reader);
    *out = (struct limit_blocked){.at_ns = record_get_u64(&reader)};
    out->content = record_get_u64(&reader);
    out->kinds = record_get_u32(&reader);
    span_to_text(record_get_span(&reader), out->client, sizeof(out->client));
    span_to_text(record_get_span(&reader), out->cl_ord_id, sizeof(out->cl_ord_id));
    text_add_span(&out->why, record_get_span(&reader));
    return version == BLOCKED_VERSION && record_done(&reader);
}

/* What another version wrote is left out: the client may send the order again. */
void limit_blocked_start(struct engine *engine)
{
    struct order_limits *limits = &engine->limits;
    struct span key;
    struct span value;
    bool found = view_seek(&engine->view, TABLE_CONTROL, prefix(), &key, &value);
    while (found && key.size == BLOCKED_KEY_BYTES &&
           memcmp(key.data, prefix().data, prefix().size) == 0) {
        struct limit_blocked blocked;
        uint64_t number;
        if (decode(value, &number, &blocked)) {
            limits->blocked[number % LIMIT_BLOCKED_MAX] = blocked;
            limits->blocked_count =
                number >= limits->blocked_count ? number + 1 : limits->blocked_count;
        }
        found = view_after(&engine->view, TABLE_CONTROL, key, &key, &value);
    }
}

const struct limit_blocked *limit_blocked_back(const struct engine *engine, uint32_t back)
{
    const struct order_limits *limits = &engine->limits;
    if (back >= LIMIT_BLOCKED_MAX || back >= limits->blocked_count) {
        return NULL;
    }
    const struct limit_blocked *blocked =
        &limits->blocked[(limits->blocked_count - 1 - back) % LIMIT_BLOCKED_MAX];
    /* Our clock may have been set back since. */
    bool old = engine->now_ns > blocked->at_ns && engine->now_ns - blocked->at_ns >= KEPT_NS;
    return blocked->at_ns != 0 && !old ? blocked : NULL;
}

const struct limit_blocked *limit_blocked_find(const struct engine *engine, struct span client,
                                               struct span cl_ord_id, uint64_t content)
{
    for (uint32_t back = 0;; back++) {
        const struct limit_blocked *blocked = limit_blocked_back(engine, back);
        if (blocked == NULL || (blocked->content == content && span_is(client, blocked->client) &&
                                span_is(cl_ord_id, blocked->cl_ord_id))) {
            return blocked;
        }
    }
}

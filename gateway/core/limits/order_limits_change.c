/* Limits that were changed at run time: durable in `control`, over what the configuration says. */
#include "gateway/core/engine/record.h"
#include "gateway/core/limits/order_limits_parts.h"

enum {
    CHANGE_VERSION = 1,
    CHANGE_KEY_BYTES_MAX = 6 + 8 + ENGINE_NAME_BYTES_MAX + 1 + 32,
    CHANGE_RECORD_BYTES_MAX = 1024,
};

struct change {
    bool has; /* Else there is no such limit. */
    struct decimal value;
    struct span list;
};

static struct span change_key(uint8_t key[CHANGE_KEY_BYTES_MAX], const struct limit_scope *scope,
                              enum limit_kind kind)
{
    struct record_writer writer = record_writer_on(key, CHANGE_KEY_BYTES_MAX);
    record_put_bytes(&writer, span_text("limit/"));
    record_put_bytes(&writer, span_text(limit_scope_word(scope->kind)));
    record_put_bytes(&writer, span_text(" "));
    record_put_bytes(&writer, span_text(scope->name));
    record_put_bytes(&writer, span_text("/"));
    record_put_bytes(&writer, span_text(limit_word(kind)));
    return record_written(&writer);
}

static bool change_read_list(struct span value, struct change *out)
{
    out->list = value;
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] <= ' ' || value.data[i] > '~') {
            return false;
        }
    }
    return value.size > 0 && value.size <= LIMIT_LIST_BYTES_MAX;
}

/* NULL, or what the value should be. */
static const char *change_read(enum limit_kind kind, struct span value, struct change *out)
{
    *out = (struct change){.has = !span_is(value, "none")};
    if (!out->has) {
        return NULL;
    }
    bool number = decimal_parse(value, &out->value) == DECIMAL_OK;
    bool whole = number && out->value.units % DECIMAL_ONE == 0;
    bool fits = out->value.units / DECIMAL_ONE <= limit_most(kind);
    switch (limit_value_of(kind)) {
    case LIMIT_IS_AMOUNT:
        return number && out->value.units > 0
                   ? NULL
                   : "'value' must be a number above zero with at most 8 decimal places, none "
                     "(no such limit) or default (the configuration's)";
    case LIMIT_IS_COUNT:
        return whole && out->value.units >= 0 && fits
                   ? NULL
                   : "'value' must be a whole number within what docs/limits.md says, none (no "
                     "such limit) or default (the configuration's)";
    case LIMIT_IS_SECONDS:
        return whole && out->value.units > 0 && fits
                   ? NULL
                   : "'value' must be whole seconds from 1 to 86400, none (no such limit) or "
                     "default (the configuration's)";
    case LIMIT_IS_POLICY:
        out->value = decimal_whole(0);
        out->value.units = span_is(value, "pass") ? LIMIT_STALE_PASS : LIMIT_STALE_REJECT;
        return span_is(value, "pass") || span_is(value, "reject")
                   ? NULL
                   : "'value' must be reject, pass or default (the configuration's)";
    case LIMIT_IS_LIST:
        return change_read_list(value, out)
                   ? NULL
                   : "'value' must be symbols with commas between, at most 511 bytes, none (no "
                     "such limit) or default (the configuration's)";
    case LIMIT_IS_HOURS:
        break;
    }
    return "TradingHours stand in the configuration only; kill.on stops orders at once";
}

const char *limit_change_fault(struct engine *engine, const struct limit_scope *scope,
                               enum limit_kind kind, struct span value)
{
    struct change change;
    if (scope->kind == SCOPE_BROKER && kind != LIMIT_RATE && kind != LIMIT_BURST &&
        kind != LIMIT_OPEN) {
        return "a broker has the limits OrdersPerSecond, OrdersBurst and MaxOpenOrders only; set "
               "the others for all, a client, an account or a symbol";
    }
    if (limit_set_find(engine, scope) == NULL && engine->limits.sets_count == LIMIT_SETS_MAX) {
        return "there is no room for another scope: give one up by setting its limits to default";
    }
    return span_is(value, "default") ? NULL : change_read(kind, value, &change);
}

static void change_save(struct engine *engine, const struct limit_scope *scope,
                        enum limit_kind kind, const struct change *change, struct span by,
                        struct span proposer)
{
    uint8_t key[CHANGE_KEY_BYTES_MAX];
    uint8_t record[CHANGE_RECORD_BYTES_MAX];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, CHANGE_VERSION);
    record_put_u8(&writer, (uint8_t)scope->kind);
    record_put_span(&writer, span_text(scope->name));
    record_put_span(&writer, span_text(limit_word(kind)));
    record_put_u8(&writer, change->has);
    record_put_i64(&writer, change->value.units);
    record_put_span(&writer, change->list);
    record_put_span(&writer, by);
    record_put_span(&writer, proposer);
    record_put_u64(&writer, engine->now_ns);
    view_put(&engine->view, TABLE_CONTROL, change_key(key, scope, kind), record_written(&writer));
}

static void change_take(struct order_limit_set *set, enum limit_kind kind,
                        const struct change *change)
{
    set->run_time[kind] = true;
    set->has[kind] = change->has;
    set->value[kind] = change->value;
    if (limit_value_of(kind) == LIMIT_IS_LIST) {
        limit_set_list(set, kind, change->list);
    }
}

const char *limit_change(struct engine *engine, const struct limit_scope *scope,
                         enum limit_kind kind, struct span value, struct span by,
                         struct span proposer)
{
    const char *fault = limit_change_fault(engine, scope, kind, value);
    if (fault != NULL) {
        return fault;
    }
    struct order_limit_set *set = limit_set_make(engine, scope);
    ASSERT(set != NULL);
    if (span_is(value, "default")) {
        uint8_t key[CHANGE_KEY_BYTES_MAX];
        view_delete(&engine->view, TABLE_CONTROL, change_key(key, scope, kind));
        limit_set_base(set, kind);
        limit_set_tidy(engine, set);
        limit_index_brokers(engine);
        return NULL;
    }
    struct change change;
    fault = change_read(kind, value, &change);
    ASSERT(fault == NULL);
    change_take(set, kind, &change);
    change_save(engine, scope, kind, &change, by, proposer);
    limit_index_brokers(engine);
    return NULL;
}

/* One record of "limit/". False: it is of another version. */
struct stored_change {
    struct limit_scope scope;
    enum limit_kind kind;
    struct change change;
    struct span by;
    struct span proposer;
};

static bool change_decode(struct span value, struct stored_change *out)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    uint8_t scope = record_get_u8(&reader);
    struct span name = record_get_span(&reader);
    *out = (struct stored_change){.kind = limit_kind_find(record_get_span(&reader))};
    out->change.has = record_get_u8(&reader) != 0;
    out->change.value.units = record_get_i64(&reader);
    out->change.list = record_get_span(&reader);
    out->by = record_get_span(&reader);
    out->proposer = record_get_span(&reader);
    (void)record_get_u64(&reader);
    bool right = version == CHANGE_VERSION && record_done(&reader) && scope < SCOPE_KINDS_COUNT &&
                 name.size <= ENGINE_NAME_BYTES_MAX && out->kind < LIMIT_KINDS_COUNT &&
                 out->change.list.size <= LIMIT_LIST_BYTES_MAX;
    if (right) {
        out->scope.kind = (enum limit_scope_kind)scope;
        span_to_text(name, out->scope.name, sizeof(out->scope.name));
    }
    return right;
}

struct text limit_changed_by(struct engine *engine, const struct order_limit_set *set,
                             enum limit_kind kind)
{
    uint8_t key[CHANGE_KEY_BYTES_MAX];
    struct text text = {.size = 0};
    struct span value;
    struct stored_change stored;
    if (!view_get(&engine->view, TABLE_CONTROL, change_key(key, &set->scope, kind), &value) ||
        !change_decode(value, &stored)) {
        return text;
    }
    text_add_span(&text, stored.proposer);
    if (stored.proposer.size > 0) {
        text_add(&text, " and ");
    }
    text_add_span(&text, stored.by);
    return text;
}

static const char *refuse_start(struct text *error, const char *why)
{
    text_add(error, why);
    return error->data;
}

const char *limit_changes_start(struct engine *engine, struct text *error)
{
    struct span from = span_text("limit/");
    struct span key;
    struct span value;
    bool found = view_seek(&engine->view, TABLE_CONTROL, from, &key, &value);
    while (found && key.size > from.size && memcmp(key.data, from.data, from.size) == 0) {
        struct stored_change stored;
        if (!change_decode(value, &stored)) {
            return refuse_start(error, "a limit that was changed at run time is of an unknown "
                                       "version: run the fixgate that wrote it");
        }
        struct order_limit_set *set = limit_set_make(engine, &stored.scope);
        if (set == NULL) {
            return refuse_start(error, "the configuration and what was changed at run time have "
                                       "limits for more than 256 scopes: take some [LIMIT] away");
        }
        change_take(set, stored.kind, &stored.change);
        found = view_after(&engine->view, TABLE_CONTROL, key, &key, &value);
    }
    return NULL;
}

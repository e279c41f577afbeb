/* The sets of limits: what the configuration says, and what was changed at run time. */
#include "gateway/core/hash.h"
#include "gateway/core/order_limits_parts.h"
#include "gateway/core/record.h"

enum {
    CHANGE_VERSION = 1,
    CHANGE_KEY_BYTES_MAX = 6 + 8 + ENGINE_NAME_BYTES_MAX + 1 + 32,
    CHANGE_RECORD_BYTES_MAX = 1024,
};

static const struct {
    const char *word;
    enum limit_value value;
    int32_t most;
} kinds[] = {
#define X(name, word, value, most) {word, LIMIT_IS_##value, most},
    LIMIT_KINDS(X)
#undef X
};
_Static_assert(ARRAY_LEN(kinds) == LIMIT_KINDS_COUNT, "one line per kind");

const char *limit_word(enum limit_kind kind)
{
    ASSERT(kind < LIMIT_KINDS_COUNT);
    return kinds[kind].word;
}

enum limit_value limit_value_of(enum limit_kind kind)
{
    ASSERT(kind < LIMIT_KINDS_COUNT);
    return kinds[kind].value;
}

enum limit_kind limit_kind_find(struct span word)
{
    uint32_t kind = 0;
    while (kind < LIMIT_KINDS_COUNT && !span_is(word, kinds[kind].word)) {
        kind++;
    }
    return (enum limit_kind)kind;
}

static uint32_t list_of(enum limit_kind kind)
{
    return kind == LIMIT_ALLOWED ? 0 : 1;
}

bool limit_list_holds(const char *list, struct span name)
{
    const char *item = list;
    while (*item != '\0') {
        while (*item == ' ' || *item == ',') {
            item++;
        }
        size_t size = 0;
        while (item[size] != '\0' && item[size] != ',') {
            size++;
        }
        size_t trimmed = size;
        while (trimmed > 0 && item[trimmed - 1] == ' ') {
            trimmed--;
        }
        if (trimmed > 0 && span_equal(name, span_of(item, trimmed))) {
            return true;
        }
        item += size;
    }
    return false;
}

static struct text *add_value(struct text *text, enum limit_kind kind, bool has,
                              struct decimal number, const char *list)
{
    if (!has) {
        return text_add(text, "none");
    }
    switch (kinds[kind].value) {
    case LIMIT_IS_AMOUNT:
    case LIMIT_IS_COUNT:
    case LIMIT_IS_SECONDS:
        return limit_add_decimal(text, number);
    case LIMIT_IS_POLICY:
        return text_add(text, number.units == LIMIT_STALE_REJECT ? "reject" : "pass");
    case LIMIT_IS_LIST:
        return text_add(text, list != NULL ? list : "");
    case LIMIT_IS_HOURS:
        return text_add(text, "as configured");
    }
    ASSERT(false);
    return text;
}

struct text *limit_add_value(struct text *text, const struct order_limit_set *set,
                             enum limit_kind kind)
{
    return add_value(text, kind, set->has[kind], set->value[kind], set->list[list_of(kind)]);
}

struct text *limit_add_base(struct text *text, const struct order_limit_set *set,
                            enum limit_kind kind)
{
    const struct order_limit_config *base = set->base;
    return base == NULL ? text_add(text, "none")
                        : add_value(text, kind, base->has[kind], base->value[kind],
                                    base->list[list_of(kind)]);
}

/* --- Finding ------------------------------------------------------------------------------ */

static uint64_t scope_hash(enum limit_scope_kind kind, struct span name)
{
    return hash_bytes(HASH_SEED ^ (uint64_t)kind, name);
}

static struct order_limit_set *find(struct engine *engine, enum limit_scope_kind kind,
                                    struct span name)
{
    uint64_t hash = scope_hash(kind, name);
    for (uint32_t i = 0; i < engine->limits.sets_count; i++) {
        struct order_limit_set *set = &engine->limits.sets[i];
        if (set->hash == hash && set->scope.kind == kind && span_is(name, set->scope.name)) {
            return set;
        }
    }
    return NULL;
}

struct order_limit_set *limit_set_find(struct engine *engine, const struct limit_scope *scope)
{
    return find(engine, scope->kind, span_text(scope->name));
}

uint32_t limit_sets_of(struct engine *engine, const struct limit_parties *parties,
                       struct order_limit_set *sets[LIMIT_SETS_OF_AN_ORDER])
{
    static const enum limit_scope_kind scopes[LIMIT_SETS_OF_AN_ORDER] = {
        SCOPE_ALL, SCOPE_CLIENT, SCOPE_ACCOUNT, SCOPE_SYMBOL};
    uint32_t count = 0;
    for (uint32_t i = 0; i < LIMIT_SETS_OF_AN_ORDER && engine->limits.sets_count > 0; i++) {
        struct order_limit_set *set = find(engine, scopes[i], limit_scope_name(parties, scopes[i]));
        if (set != NULL) {
            sets[count++] = set;
        }
    }
    return count;
}

/* --- Sets ---------------------------------------------------------------------------------- */

/* NULL: there is no room. */
static struct order_limit_set *set_make(struct engine *engine, const struct limit_scope *scope)
{
    struct order_limit_set *set = limit_set_find(engine, scope);
    if (set == NULL && engine->limits.sets_count < LIMIT_SETS_MAX) {
        set = &engine->limits.sets[engine->limits.sets_count++];
        *set = (struct order_limit_set){.scope = *scope};
        set->hash = scope_hash(scope->kind, span_text(scope->name));
    }
    return set;
}

static void list_take(struct order_limit_set *set, enum limit_kind kind, struct span list)
{
    ASSERT(list.size <= LIMIT_LIST_BYTES_MAX);
    span_to_text(list, set->list[list_of(kind)], LIMIT_LIST_BYTES_MAX + 1);
}

static void base_take(struct order_limit_set *set, enum limit_kind kind)
{
    const struct order_limit_config *base = set->base;
    set->run_time[kind] = false;
    set->has[kind] = base != NULL && base->has[kind];
    set->value[kind] = base != NULL ? base->value[kind] : decimal_zero();
    if (kinds[kind].value == LIMIT_IS_LIST) {
        const char *list = base != NULL ? base->list[list_of(kind)] : NULL;
        list_take(set, kind, list != NULL ? span_text(list) : span_of(NULL, 0));
    }
}

/* A set that says nothing any more gives its room back. */
static void set_tidy(struct engine *engine, struct order_limit_set *set)
{
    for (uint32_t kind = 0; kind < LIMIT_KINDS_COUNT; kind++) {
        if (set->run_time[kind]) {
            return;
        }
    }
    if (set->base == NULL) {
        engine->limits.sets_count -= 1;
        *set = engine->limits.sets[engine->limits.sets_count];
    }
}

/* Sets may have moved. */
static void index_brokers(struct engine *engine)
{
    for (uint32_t broker = 0; broker < engine->config->brokers_count; broker++) {
        struct order_limit_set *set =
            find(engine, SCOPE_BROKER, span_text(engine->config->brokers[broker].name));
        engine->limits.of_broker[broker] =
            set != NULL ? (uint32_t)(set - engine->limits.sets) + 1 : 0;
    }
    engine->routing.changed = true; /* What waited for a limit may go. */
}

/* --- Changes at run time -------------------------------------------------------------------- */

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
    record_put_bytes(&writer, span_text(kinds[kind].word));
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
    bool fits = out->value.units / DECIMAL_ONE <= kinds[kind].most;
    switch (kinds[kind].value) {
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
    record_put_span(&writer, span_text(kinds[kind].word));
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
    if (kinds[kind].value == LIMIT_IS_LIST) {
        list_take(set, kind, change->list);
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
    struct order_limit_set *set = set_make(engine, scope);
    ASSERT(set != NULL);
    if (span_is(value, "default")) {
        uint8_t key[CHANGE_KEY_BYTES_MAX];
        view_delete(&engine->view, TABLE_CONTROL, change_key(key, scope, kind));
        base_take(set, kind);
        set_tidy(engine, set);
        index_brokers(engine);
        return NULL;
    }
    struct change change;
    fault = change_read(kind, value, &change);
    ASSERT(fault == NULL);
    change_take(set, kind, &change);
    change_save(engine, scope, kind, &change, by, proposer);
    index_brokers(engine);
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

/* --- Start ----------------------------------------------------------------------------------- */

static const char *refuse_start(struct text *error, const char *why)
{
    text_add(error, why);
    return error->data;
}

static const char *changes_start(struct engine *engine, struct text *error)
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
        struct order_limit_set *set = set_make(engine, &stored.scope);
        if (set == NULL) {
            return refuse_start(error, "the configuration and what was changed at run time have "
                                       "limits for more than 256 scopes: take some [LIMIT] away");
        }
        change_take(set, stored.kind, &stored.change);
        found = view_after(&engine->view, TABLE_CONTROL, key, &key, &value);
    }
    return NULL;
}

const char *order_limits_start(struct engine *engine, struct text *error)
{
    const struct engine_config *config = engine->config;
    ASSERT(config->limits_count <= LIMIT_SETS_MAX);
    for (uint32_t i = 0; i < config->limits_count; i++) {
        struct order_limit_set *set = set_make(engine, &config->limits[i].scope);
        ASSERT(set != NULL);
        ASSERT(set->base == NULL);
        set->base = &config->limits[i];
        for (uint32_t kind = 0; kind < LIMIT_KINDS_COUNT; kind++) {
            base_take(set, (enum limit_kind)kind);
        }
    }
    limit_repeat_start(engine);
    const char *refused = changes_start(engine, error);
    index_brokers(engine);
    return refused;
}

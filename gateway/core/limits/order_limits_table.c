/* The sets of limits. */
#include "gateway/core/engine/hash.h"
#include "gateway/core/limits/order_limits_parts.h"

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

int32_t limit_most(enum limit_kind kind)
{
    ASSERT(kind < LIMIT_KINDS_COUNT);
    return kinds[kind].most;
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

struct order_limit_set *limit_set_make(struct engine *engine, const struct limit_scope *scope)
{
    struct order_limit_set *set = limit_set_find(engine, scope);
    if (set == NULL && engine->limits.sets_count < LIMIT_SETS_MAX) {
        set = &engine->limits.sets[engine->limits.sets_count++];
        *set = (struct order_limit_set){.scope = *scope};
        set->hash = scope_hash(scope->kind, span_text(scope->name));
    }
    return set;
}

void limit_set_list(struct order_limit_set *set, enum limit_kind kind, struct span list)
{
    ASSERT(list.size <= LIMIT_LIST_BYTES_MAX);
    span_to_text(list, set->list[list_of(kind)], LIMIT_LIST_BYTES_MAX + 1);
}

void limit_set_base(struct order_limit_set *set, enum limit_kind kind)
{
    const struct order_limit_config *base = set->base;
    set->run_time[kind] = false;
    set->has[kind] = base != NULL && base->has[kind];
    set->value[kind] = base != NULL ? base->value[kind] : decimal_zero();
    if (kinds[kind].value == LIMIT_IS_LIST) {
        const char *list = base != NULL ? base->list[list_of(kind)] : NULL;
        limit_set_list(set, kind, list != NULL ? span_text(list) : span_of(NULL, 0));
    }
}

void limit_set_tidy(struct engine *engine, struct order_limit_set *set)
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

void limit_index_brokers(struct engine *engine)
{
    for (uint32_t broker = 0; broker < engine->config->brokers_count; broker++) {
        struct order_limit_set *set =
            find(engine, SCOPE_BROKER, span_text(engine->config->brokers[broker].name));
        engine->limits.of_broker[broker] =
            set != NULL ? (uint32_t)(set - engine->limits.sets) + 1 : 0;
    }
    engine->routing.changed = true; /* What waited for a limit may go. */
}

/* --- Start ----------------------------------------------------------------------------------- */

const char *order_limits_start(struct engine *engine, struct text *error)
{
    const struct engine_config *config = engine->config;
    ASSERT(config->limits_count <= LIMIT_SETS_MAX);
    for (uint32_t i = 0; i < config->limits_count; i++) {
        struct order_limit_set *set = limit_set_make(engine, &config->limits[i].scope);
        ASSERT(set != NULL);
        ASSERT(set->base == NULL);
        set->base = &config->limits[i];
        for (uint32_t kind = 0; kind < LIMIT_KINDS_COUNT; kind++) {
            limit_set_base(set, (enum limit_kind)kind);
        }
    }
    limit_repeat_start(engine);
    limit_blocked_start(engine);
    const char *refused = limit_changes_start(engine, error);
    limit_index_brokers(engine);
    return refused;
}

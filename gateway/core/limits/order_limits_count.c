/* What is counted: open orders, and rates as buckets of tokens.
 *
 * Counters stand in a table in memory and are written at the end of the turn that changed them:
 * a busy turn writes each once. What is not in the table is read when it is needed; when it is
 * full, what changed is written and the table begins anew. */
#include "gateway/core/engine/hash.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/limits/order_limits_parts.h"

enum {
    COUNTER_VERSION = 1,
    COUNTER_RECORD_BYTES = 17,
    COUNTERS_FILLED_MAX = LIMIT_COUNTERS_MAX / 2
};

_Static_assert((LIMIT_COUNTERS_MAX & (LIMIT_COUNTERS_MAX - 1)) == 0, "masked");
_Static_assert((int)COUNTERS_FILLED_MAX < (int)TURN_STEP_OPS_MAX / 4,
               "the end of a turn has room for them");

#define TOKEN UINT64_C(1000000000) /* So that a nanosecond brings `rate` parts of it. */

enum counter_kind { COUNTER_OPEN = 'o', COUNTER_RATE = 'r' };

static void counter_write(struct engine *engine, struct limit_counter *counter)
{
    uint8_t record[COUNTER_RECORD_BYTES];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, COUNTER_VERSION);
    record_put_u64(&writer, counter->count);
    record_put_u64(&writer, counter->at_ns);
    struct span key = span_of(counter->key, counter->key_size);
    if (counter->key[0] == COUNTER_OPEN && counter->count == 0) {
        view_delete(&engine->view, TABLE_LIMIT, key);
    } else {
        view_put(&engine->view, TABLE_LIMIT, key, record_written(&writer));
    }
    counter->changed = false;
}

void order_limits_store(struct engine *engine)
{
    struct order_limits *limits = &engine->limits;
    for (uint32_t i = 0; i < limits->changed_count; i++) {
        counter_write(engine, &limits->counters[limits->changed[i]]);
    }
    limits->changed_count = 0;
}

static void counter_read(const struct engine *engine, struct limit_counter *counter)
{
    struct span value;
    if (!view_get(&engine->view, TABLE_LIMIT, span_of(counter->key, counter->key_size), &value)) {
        return;
    }
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    counter->count = record_get_u64(&reader);
    counter->at_ns = record_get_u64(&reader);
    ASSERT(version == COUNTER_VERSION);
    ASSERT(record_done(&reader));
}

static struct limit_counter counter_named(enum counter_kind kind, enum limit_scope_kind scope,
                                          struct span name)
{
    ASSERT(name.size <= ENGINE_NAME_BYTES_MAX);
    struct limit_counter counter = {.key = {(uint8_t)kind, (uint8_t)('0' + scope)},
                                    .key_size = (uint8_t)(2 + name.size)};
    if (name.size > 0) {
        memcpy(counter.key + 2, name.data, name.size);
    }
    counter.hash = hash_bytes(HASH_SEED, span_of(counter.key, counter.key_size));
    return counter;
}

/* Its place in the table: where it is, or where it would be. */
static uint32_t place_of(const struct engine *engine, const struct limit_counter *wanted)
{
    for (uint64_t at = wanted->hash;; at++) {
        uint32_t place = (uint32_t)at & (LIMIT_COUNTERS_MAX - 1);
        const struct limit_counter *counter = &engine->limits.counters[place];
        if (counter->key_size == 0 ||
            (counter->hash == wanted->hash && span_equal(span_of(counter->key, counter->key_size),
                                                         span_of(wanted->key, wanted->key_size)))) {
            return place;
        }
    }
}

/* As it is now. */
static struct limit_counter counter_peek(const struct engine *engine, enum counter_kind kind,
                                         enum limit_scope_kind scope, struct span name)
{
    struct limit_counter counter = counter_named(kind, scope, name);
    uint32_t place = place_of(engine, &counter);
    if (engine->limits.counters[place].key_size != 0) {
        return engine->limits.counters[place];
    }
    counter_read(engine, &counter);
    return counter;
}

/* To be changed: valid until the next call. */
static struct limit_counter *counter_at(struct engine *engine, enum counter_kind kind,
                                        enum limit_scope_kind scope, struct span name)
{
    struct order_limits *limits = &engine->limits;
    struct limit_counter counter = counter_named(kind, scope, name);
    uint32_t place = place_of(engine, &counter);
    if (limits->counters[place].key_size != 0) {
        return &limits->counters[place];
    }
    counter_read(engine, &counter);
    if (limits->counters_count == COUNTERS_FILLED_MAX) {
        order_limits_store(engine);
        memset(limits->counters, 0, sizeof(limits->counters));
        limits->counters_count = 0;
        place = place_of(engine, &counter);
    }
    limits->counters[place] = counter;
    limits->counters_count += 1;
    return &limits->counters[place];
}

static void counter_touch(struct engine *engine, struct limit_counter *counter)
{
    struct order_limits *limits = &engine->limits;
    if (!counter->changed) {
        limits->changed[limits->changed_count] = (uint16_t)(counter - limits->counters);
        limits->changed_count += 1;
    }
    counter->changed = true;
}

/* --- Open orders ---------------------------------------------------------------------------- */

static uint64_t broker_open_count(const struct engine *engine, uint32_t broker)
{
    uint64_t count = 0;
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        count += link->config->broker == broker ? link->open_count : 0;
    }
    return count;
}

uint64_t limit_open_count(const struct engine *engine, const struct limit_scope *scope)
{
    if (scope->kind == SCOPE_BROKER) {
        for (uint32_t broker = 0; broker < engine->config->brokers_count; broker++) {
            if (strcmp(engine->config->brokers[broker].name, scope->name) == 0) {
                return broker_open_count(engine, broker);
            }
        }
        return 0;
    }
    return counter_peek(engine, COUNTER_OPEN, scope->kind, span_text(scope->name)).count;
}

void limit_open_add(struct engine *engine, const struct limit_parties *parties, bool more)
{
    static const enum limit_scope_kind scopes[] = {SCOPE_ALL, SCOPE_CLIENT, SCOPE_ACCOUNT,
                                                   SCOPE_SYMBOL};
    for (uint32_t i = 0; i < ARRAY_LEN(scopes); i++) {
        struct span name = limit_scope_name(parties, scopes[i]);
        if (name.size > ENGINE_NAME_BYTES_MAX || (scopes[i] != SCOPE_ALL && name.size == 0)) {
            continue; /* In no scope of that kind. */
        }
        struct limit_counter *counter = counter_at(engine, COUNTER_OPEN, scopes[i], name);
        /* What was not read counts nothing; the turn is void. */
        ASSERT(more || counter->count > 0 || view_failed(&engine->view));
        counter->count += more ? 1 : UINT64_MAX;
        counter_touch(engine, counter);
    }
}

static struct limit_parties parties_of(const struct order *order)
{
    return (struct limit_parties){
        .client = order->client, .account = order->account, .symbol = order->symbol};
}

void order_ended(struct engine *engine, const struct order *order)
{
    struct limit_parties parties = parties_of(order);
    limit_open_add(engine, &parties, false);
}

void order_reopened(struct engine *engine, const struct order *order)
{
    struct limit_parties parties = parties_of(order);
    limit_open_add(engine, &parties, true);
    kill_order_reopened(engine);
}

/* --- Rates ----------------------------------------------------------------------------------- */

struct rate {
    uint64_t per_second;
    uint64_t burst;
};

static struct rate rate_of(const struct order_limit_set *set)
{
    struct rate rate = {.per_second = (uint64_t)(set->value[LIMIT_RATE].units / DECIMAL_ONE)};
    rate.burst = set->has[LIMIT_BURST] ? (uint64_t)(set->value[LIMIT_BURST].units / DECIMAL_ONE)
                                       : rate.per_second;
    return rate;
}

/* The bucket of a scope is full when it is first looked at. */
static uint64_t tokens_now(const struct engine *engine, const struct limit_counter *counter,
                           const struct rate *rate)
{
    uint64_t full = rate->burst * TOKEN;
    /* Our clock may have been set back since it was written. */
    uint64_t elapsed_ns = engine->now_ns > counter->at_ns ? engine->now_ns - counter->at_ns : 0;
    if (counter->at_ns == 0 || counter->count >= full) {
        return full;
    }
    uint64_t missing = full - counter->count;
    bool refilled = rate->per_second > 0 && elapsed_ns > missing / rate->per_second;
    return refilled ? full : counter->count + elapsed_ns * rate->per_second;
}

bool limit_rate_allows(const struct engine *engine, const struct order_limit_set *set)
{
    return !set->has[LIMIT_RATE] || limit_rate_room(engine, set) > 0;
}

static uint64_t tokens_of(const struct engine *engine, const struct order_limit_set *set,
                          const struct rate *rate)
{
    struct limit_counter counter =
        counter_peek(engine, COUNTER_RATE, set->scope.kind, span_text(set->scope.name));
    return tokens_now(engine, &counter, rate);
}

uint64_t limit_rate_room(const struct engine *engine, const struct order_limit_set *set)
{
    struct rate rate = rate_of(set);
    return tokens_of(engine, set, &rate) / TOKEN;
}

void limit_rate_take(struct engine *engine, const struct order_limit_set *set)
{
    if (!set->has[LIMIT_RATE]) {
        return;
    }
    struct rate rate = rate_of(set);
    struct limit_counter *counter =
        counter_at(engine, COUNTER_RATE, set->scope.kind, span_text(set->scope.name));
    uint64_t tokens = tokens_now(engine, counter, &rate);
    counter->count = tokens > TOKEN ? tokens - TOKEN : 0;
    counter->at_ns = engine->now_ns;
    counter_touch(engine, counter);
}

/* --- Of a broker ------------------------------------------------------------------------------ */

static const struct order_limit_set *set_of_broker(const struct engine *engine, uint32_t broker)
{
    ASSERT(broker < engine->config->brokers_count);
    uint32_t set = engine->limits.of_broker[broker];
    return set > 0 ? &engine->limits.sets[set - 1] : NULL;
}

static bool says(struct text *why, const char *broker, const char *what, uint64_t number)
{
    if (why != NULL) {
        text_add(text_add(why, broker), what);
        text_add_uint(why, number);
    }
    return false;
}

bool order_limits_broker_takes(const struct engine *engine, uint32_t broker, struct text *why)
{
    const struct order_limit_set *set = set_of_broker(engine, broker);
    const char *name = engine->config->brokers[broker].name;
    if (kill_blocks_broker(engine, broker, why)) {
        return false;
    }
    if (set == NULL) {
        return true;
    }
    uint64_t most = (uint64_t)(set->value[LIMIT_OPEN].units / DECIMAL_ONE);
    if (set->has[LIMIT_OPEN] && broker_open_count(engine, broker) >= most) {
        return says(why, name, " has as many open orders as MaxOpenOrders lets it: ", most);
    }
    if (!limit_rate_allows(engine, set)) {
        return says(why, name, " has had as many orders as OrdersPerSecond lets it: ",
                    (uint64_t)(set->value[LIMIT_RATE].units / DECIMAL_ONE));
    }
    return true;
}

bool order_limits_broker_allows(const struct engine *engine, const struct order *order,
                                uint32_t broker, struct text *why)
{
    struct limit_parties parties = parties_of(order);
    return !kill_blocks(engine, &parties, why) && order_limits_broker_takes(engine, broker, why);
}

void order_limits_broker_sent(struct engine *engine, uint32_t broker)
{
    const struct order_limit_set *set = set_of_broker(engine, broker);
    if (set != NULL) {
        limit_rate_take(engine, set);
    }
}

uint64_t limit_brokers_due_ns(const struct engine *engine)
{
    uint64_t due_ns = UINT64_MAX;
    for (uint32_t broker = 0; broker < engine->config->brokers_count; broker++) {
        const struct order_limit_set *set = set_of_broker(engine, broker);
        if (set == NULL || limit_rate_allows(engine, set)) {
            continue;
        }
        struct rate rate = rate_of(set);
        if (rate.per_second > 0 && rate.burst > 0) {
            uint64_t lack = TOKEN - tokens_of(engine, set, &rate);
            uint64_t at_ns = engine->now_ns + (lack + rate.per_second - 1) / rate.per_second;
            due_ns = at_ns < due_ns ? at_ns : due_ns;
        }
    }
    return due_ns;
}

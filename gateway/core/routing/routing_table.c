/* What is durable of the routing table.
 *
 * `control`: "route/table" → version, mode, primary; "route/broker/<name>" → a row;
 * "route/rule/<symbol> NUL <account> NUL <broker>" → pinned, or never. Brokers stand there by
 * their names, so that the configuration may be put in another order. */
#include "gateway/core/engine/bus.h"
#include "gateway/core/engine/hash.h"
#include "gateway/core/engine/record.h"

enum {
    TABLE_VERSION = 1,
    ROW_VERSION = 1,
    RULE_VERSION = 1,
    ROUTING_KEY_BYTES_MAX = 16 + 3 * (ENGINE_NAME_BYTES_MAX + 1),
    ROUTING_RECORD_BYTES_MAX = 1024,
};

#define TABLE_KEY  "route/table"
#define ROW_PREFIX "route/broker/"
#define RULE_KEYS  "route/rule/"

/* --- Keys --------------------------------------------------------------------- */

static struct span key_of(uint8_t key[ROUTING_KEY_BYTES_MAX], const char *prefix, struct span first,
                          const char *second, const char *third)
{
    struct record_writer writer = record_writer_on(key, ROUTING_KEY_BYTES_MAX);
    record_put_bytes(&writer, span_text(prefix));
    record_put_bytes(&writer, first);
    if (second != NULL) {
        record_put_u8(&writer, 0);
        record_put_bytes(&writer, span_text(second));
        record_put_u8(&writer, 0);
        record_put_bytes(&writer, span_text(third));
    }
    return record_written(&writer);
}

static bool begins_with(struct span key, const char *prefix)
{
    size_t size = strlen(prefix);
    return key.size >= size && memcmp(key.data, prefix, size) == 0;
}

/* The part of a key up to its next NUL; the rest comes back in `key`. */
static struct span key_part(struct span *key)
{
    const uint8_t *end = key->size > 0 ? memchr(key->data, 0, key->size) : NULL;
    size_t size = end != NULL ? (size_t)(end - key->data) : key->size;
    struct span part = span_of(key->data, size);
    size_t past = end != NULL ? size + 1 : size;
    *key = span_of(key->data + past, key->size - past);
    return part;
}

static uint32_t broker_named(const struct engine *engine, struct span name)
{
    for (uint32_t broker = 0; broker < engine->config->brokers_count; broker++) {
        if (span_is(name, engine->config->brokers[broker].name)) {
            return broker;
        }
    }
    return ROUTING_NO_BROKER;
}

/* --- Records ------------------------------------------------------------------ */

static struct span row_write(uint8_t *record, uint64_t version, const struct routing_broker *row)
{
    struct record_writer writer = record_writer_on(record, ROUTING_RECORD_BYTES_MAX);
    record_put_u8(&writer, ROW_VERSION);
    record_put_u64(&writer, version);
    record_put_u8(&writer, (uint8_t)row->admin);
    record_put_u8(&writer, (uint8_t)row->breaker);
    record_put_u8(&writer, row->frozen ? 1 : 0);
    record_put_u8(&writer, row->weight_set ? 1 : 0);
    record_put_u8(&writer, row->capacity_set ? 1 : 0);
    const uint32_t numbers[] = {row->weight,   row->score,    row->ramp,       row->probes,
                                row->capacity, row->canaries, row->switch_ramp};
    for (size_t index = 0; index < ARRAY_LEN(numbers); index++) {
        record_put_u32(&writer, numbers[index]);
    }
    record_put_u64(&writer, row->posted_ns);
    record_put_u64(&writer, row->breaker_ns);
    record_put_u64(&writer, row->admin_ns);
    record_put_u64(&writer, row->frozen_ns);
    record_put_span(&writer, span_text(row->admin_by));
    record_put_span(&writer, span_text(row->reason));
    record_put_span(&writer, span_text(row->frozen_reason));
    return record_written(&writer);
}

/* A row as the configuration has it. */
static void row_default(struct routing_broker *row, const struct broker_config *config)
{
    *row = (struct routing_broker){.admin = BROKER_AUTO,
                                   .breaker = BREAKER_CLOSED,
                                   .weight = config->weight,
                                   .capacity = config->capacity,
                                   .score = ROUTING_PERMILLE,
                                   .ramp = ROUTING_PERMILLE};
}

static void get_text(struct record_reader *reader, char *text, size_t capacity)
{
    span_to_text(record_get_span(reader), text, capacity);
}

static bool row_read(struct span value, const struct broker_config *config, uint64_t *version,
                     struct routing_broker *row)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t row_version = record_get_u8(&reader);
    *version = record_get_u64(&reader);
    uint8_t admin = record_get_u8(&reader);
    uint8_t breaker = record_get_u8(&reader);
    row_default(row, config);
    row->frozen = record_get_u8(&reader) != 0;
    row->weight_set = record_get_u8(&reader) != 0;
    row->capacity_set = record_get_u8(&reader) != 0;
    uint32_t weight = record_get_u32(&reader);
    row->score = record_get_u32(&reader);
    row->ramp = record_get_u32(&reader);
    row->probes = record_get_u32(&reader);
    uint32_t capacity = record_get_u32(&reader);
    row->canaries = record_get_u32(&reader);
    row->switch_ramp = record_get_u32(&reader);
    row->posted_ns = record_get_u64(&reader);
    row->breaker_ns = record_get_u64(&reader);
    row->admin_ns = record_get_u64(&reader);
    row->frozen_ns = record_get_u64(&reader);
    get_text(&reader, row->admin_by, sizeof(row->admin_by));
    get_text(&reader, row->reason, sizeof(row->reason));
    get_text(&reader, row->frozen_reason, sizeof(row->frozen_reason));
    row->weight = row->weight_set ? weight : row->weight;
    row->capacity = row->capacity_set ? capacity : row->capacity;
    if (row_version != ROW_VERSION || !record_done(&reader) || admin > BROKER_CANARY ||
        breaker > BREAKER_HALF_OPEN) {
        return false;
    }
    row->admin = (enum broker_admin)admin;
    row->breaker = (enum breaker_state)breaker;
    return true;
}

static bool table_read(const struct engine *engine, struct span value, struct routing_table *table)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    uint64_t table_version = record_get_u64(&reader);
    uint8_t mode = record_get_u8(&reader);
    table->primary = broker_named(engine, record_get_span(&reader));
    if (version != TABLE_VERSION || !record_done(&reader) || mode > ROUTING_PINNED) {
        return false;
    }
    table->mode = (enum routing_mode)mode;
    table->version = table_version > table->version ? table_version : table->version;
    return true;
}

/* --- Start -------------------------------------------------------------------- */

static void ignored(struct routing_table *table, const char *what, struct span name)
{
    text_add(&table->start_ignored, table->start_ignored.size > 0 ? ", " : "");
    text_add_span(text_add(&table->start_ignored, what), name);
}

static bool start_row(struct engine *engine, struct span name, struct span value)
{
    struct routing_table *table = &engine->routing;
    struct routing_broker row;
    uint64_t version;
    uint32_t broker = broker_named(engine, name);
    bool known = broker != ROUTING_NO_BROKER;
    if (!row_read(value, &engine->config->brokers[known ? broker : 0], &version, &row)) {
        return false;
    }
    table->version = version > table->version ? version : table->version;
    if (!known) {
        ignored(table, "broker ", name);
        return true;
    }
    table->brokers[broker] = row;
    if (row.posted_ns > 0) {
        table->posted_ns = engine->now_ns;
    }
    return true;
}

static uint64_t hash_of(struct span text)
{
    return text.size > 0 ? hash_bytes(HASH_SEED, text) : 0;
}

static void rule_fill(struct routing_rule *rule, struct span symbol, struct span account,
                      uint32_t broker, bool never)
{
    span_to_text(symbol, rule->symbol, sizeof(rule->symbol));
    span_to_text(account, rule->account, sizeof(rule->account));
    rule->broker = broker;
    rule->never = never;
    rule->symbol_hash = hash_of(symbol);
    rule->account_hash = hash_of(account);
}

static bool rule_is(const struct routing_rule *rule, struct span symbol, struct span account)
{
    return span_is(symbol, rule->symbol) && span_is(account, rule->account);
}

/* There is such a rule: one of a broker that the configuration had not for a while comes behind. */
static bool is_pinned(const struct routing_table *table, struct span symbol, struct span account)
{
    for (uint32_t index = 0; index < table->rules_count; index++) {
        const struct routing_rule *rule = &table->rules[index];
        if (!rule->never && rule_is(rule, symbol, account)) {
            return true;
        }
    }
    return false;
}

static bool start_rule(struct engine *engine, struct span parts, struct span value)
{
    struct routing_table *table = &engine->routing;
    struct span symbol = key_part(&parts);
    struct span account = key_part(&parts);
    struct span broker_name = key_part(&parts);
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    bool never = record_get_u8(&reader) != 0;
    if (version != RULE_VERSION || !record_done(&reader)) {
        return false;
    }
    uint32_t broker = broker_named(engine, broker_name);
    if (broker == ROUTING_NO_BROKER || table->rules_count == ROUTING_RULES_MAX ||
        (!never && is_pinned(table, symbol, account))) {
        ignored(table, "a rule of ", broker_name);
        return true;
    }
    rule_fill(&table->rules[table->rules_count], symbol, account, broker, never);
    table->rules_count += 1;
    return true;
}

static bool start_record(struct engine *engine, struct span key, struct span value)
{
    if (begins_with(key, ROW_PREFIX)) {
        size_t size = strlen(ROW_PREFIX);
        return start_row(engine, span_of(key.data + size, key.size - size), value);
    }
    if (begins_with(key, RULE_KEYS)) {
        size_t size = strlen(RULE_KEYS);
        return start_rule(engine, span_of(key.data + size, key.size - size), value);
    }
    return !span_is(key, TABLE_KEY) || table_read(engine, value, &engine->routing);
}

const char *routing_table_start(struct engine *engine, struct text *error)
{
    struct routing_table *table = &engine->routing;
    struct span prefix = span_text("route/");
    struct span key;
    struct span value;
    for (uint32_t broker = 0; broker < engine->config->brokers_count; broker++) {
        row_default(&table->brokers[broker], &engine->config->brokers[broker]);
    }
    bool found = view_seek(&engine->view, TABLE_CONTROL, prefix, &key, &value);
    while (found && begins_with(key, "route/")) {
        if (!start_record(engine, key, value)) {
            text_add(error, "routing table record of an unknown version: run the fixgate that "
                            "wrote it");
            return error->data;
        }
        found = view_after(&engine->view, TABLE_CONTROL, key, &key, &value);
    }
    if (table->mode == ROUTING_PRIMARY_BACKUP && table->primary == ROUTING_NO_BROKER) {
        ignored(table, "the primary broker: all orders wait until ", span_text("route.mode"));
    }
    return NULL;
}

/* --- Saving ------------------------------------------------------------------- */

void routing_table_save_broker(struct engine *engine, uint32_t broker)
{
    struct routing_table *table = &engine->routing;
    uint8_t key[ROUTING_KEY_BYTES_MAX];
    uint8_t record[ROUTING_RECORD_BYTES_MAX];
    ASSERT(broker < engine->config->brokers_count);
    table->version += 1;
    struct span name = span_text(engine->config->brokers[broker].name);
    view_put(&engine->view, TABLE_CONTROL, key_of(key, ROW_PREFIX, name, NULL, NULL),
             row_write(record, table->version, &table->brokers[broker]));
}

void routing_table_save(struct engine *engine)
{
    struct routing_table *table = &engine->routing;
    uint8_t record[ROUTING_RECORD_BYTES_MAX];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    bool has_primary = table->primary < engine->config->brokers_count;
    table->version += 1;
    table->changed = true;
    record_put_u8(&writer, TABLE_VERSION);
    record_put_u64(&writer, table->version);
    record_put_u8(&writer, (uint8_t)table->mode);
    record_put_span(&writer, has_primary ? span_text(engine->config->brokers[table->primary].name)
                                         : span_of(NULL, 0));
    view_put(&engine->view, TABLE_CONTROL, span_text(TABLE_KEY), record_written(&writer));
}

/* --- Rules -------------------------------------------------------------------- */

static struct span rule_key(const struct engine *engine, uint8_t key[ROUTING_KEY_BYTES_MAX],
                            const struct routing_rule *rule)
{
    return key_of(key, RULE_KEYS, span_text(rule->symbol), rule->account,
                  engine->config->brokers[rule->broker].name);
}

static void rule_remove(struct engine *engine, uint32_t index)
{
    struct routing_table *table = &engine->routing;
    uint8_t key[ROUTING_KEY_BYTES_MAX];
    view_delete(&engine->view, TABLE_CONTROL, rule_key(engine, key, &table->rules[index]));
    table->rules_count -= 1;
    table->rules[index] = table->rules[table->rules_count];
}

bool routing_rule_set(struct engine *engine, struct span symbol, struct span account,
                      uint32_t broker, bool never)
{
    struct routing_table *table = &engine->routing;
    ASSERT(symbol.size <= ENGINE_NAME_BYTES_MAX);
    ASSERT(account.size <= ENGINE_NAME_BYTES_MAX);
    ASSERT(broker < engine->config->brokers_count);
    for (uint32_t index = table->rules_count; index > 0; index--) {
        const struct routing_rule *rule = &table->rules[index - 1];
        if (rule_is(rule, symbol, account) &&
            (rule->broker == broker || (!never && !rule->never))) {
            rule_remove(engine, index - 1);
        }
    }
    if (table->rules_count == ROUTING_RULES_MAX) {
        return false;
    }
    struct routing_rule *rule = &table->rules[table->rules_count];
    rule_fill(rule, symbol, account, broker, never);
    table->rules_count += 1;

    uint8_t key[ROUTING_KEY_BYTES_MAX];
    uint8_t record[2] = {RULE_VERSION, never ? 1 : 0};
    view_put(&engine->view, TABLE_CONTROL, rule_key(engine, key, rule),
             span_of(record, sizeof(record)));
    routing_table_save(engine);
    return true;
}

bool routing_rule_delete(struct engine *engine, struct span symbol, struct span account,
                         uint32_t broker)
{
    struct routing_table *table = &engine->routing;
    for (uint32_t index = 0; index < table->rules_count; index++) {
        if (rule_is(&table->rules[index], symbol, account) &&
            table->rules[index].broker == broker) {
            rule_remove(engine, index);
            routing_table_save(engine);
            return true;
        }
    }
    return false;
}

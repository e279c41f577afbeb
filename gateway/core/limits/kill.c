/* What is on, and what it blocks. */
#include "gateway/core/commands/audit.h"
#include "gateway/core/engine/bus.h"
#include "gateway/core/engine/record.h"
#include "gateway/core/limits/kill_parts.h"

enum {
    KILL_VERSION = 1,
    KILL_KEY_BYTES_MAX = 5 + 8 + ENGINE_NAME_BYTES_MAX,
    KILL_RECORD_BYTES_MAX = 512,
};

static const char *const stage_names[] = {
#define X(name) #name,
    KILL_STAGES(X)
#undef X
};

static const char *const left_words[] = {
#define X(name, words) words,
    KILL_LEFTS(X)
#undef X
};

const char *kill_stage_name(enum kill_stage stage)
{
    ASSERT((size_t)stage < ARRAY_LEN(stage_names));
    return stage_names[stage];
}

const char *kill_left_words(enum kill_left left)
{
    ASSERT(left < KILL_LEFTS_COUNT);
    return left_words[left];
}

uint64_t kill_left_count(const struct kill_count *count)
{
    uint64_t sum = 0;
    for (uint32_t broker = 0; broker <= ENGINE_BROKERS_MAX; broker++) {
        for (uint32_t left = 0; left < KILL_LEFTS_COUNT; left++) {
            sum += count->left[broker][left];
        }
    }
    return sum;
}

struct kill *kill_find(struct engine *engine, const struct limit_scope *scope)
{
    for (uint32_t i = 0; i < engine->kills.count; i++) {
        if (limit_scope_equal(&engine->kills.list[i].scope, scope)) {
            return &engine->kills.list[i];
        }
    }
    return NULL;
}

/* --- What it blocks ------------------------------------------------------------------------- */

void kill_add_words(struct text *text, const struct kill *kill)
{
    limit_scope_add(text_add(text, "kill switch of "), &kill->scope);
    text_add(text_add(text, " is on, by "), kill->by);
    text_add(text_add(text, ": "), kill->reason);
}

static bool blocked_by(const struct kill *kill, struct text *why)
{
    if (why != NULL) {
        kill_add_words(why, kill);
        text_add(why, "; two persons may put it off (kill.off)");
    }
    return true;
}

bool kill_blocks(const struct engine *engine, const struct limit_parties *parties, struct text *why)
{
    for (uint32_t i = 0; i < engine->kills.count; i++) {
        if (limit_scope_holds(&engine->kills.list[i].scope, parties)) {
            return blocked_by(&engine->kills.list[i], why);
        }
    }
    return false;
}

bool kill_blocks_broker(const struct engine *engine, uint32_t broker, struct text *why)
{
    for (uint32_t i = 0; i < engine->kills.count; i++) {
        const struct limit_scope *scope = &engine->kills.list[i].scope;
        if (scope->kind == SCOPE_BROKER &&
            strcmp(scope->name, engine->config->brokers[broker].name) == 0) {
            return blocked_by(&engine->kills.list[i], why);
        }
    }
    return false;
}

bool kill_holds(const struct kill *kill, const struct order *order)
{
    struct limit_parties parties = {
        .client = order->client, .account = order->account, .symbol = order->symbol};
    return limit_scope_holds(&kill->scope, &parties);
}

uint32_t kill_broker_of(const struct engine *engine, struct span session_id)
{
    for (uint32_t i = 0; i < engine->config->sessions_count; i++) {
        if (span_is(session_id, engine->config->sessions[i].id)) {
            return engine->config->sessions[i].broker;
        }
    }
    return ENGINE_BROKERS_MAX;
}

/* --- On and off ------------------------------------------------------------------------------ */

static struct span key_of(uint8_t key[KILL_KEY_BYTES_MAX], const struct limit_scope *scope)
{
    struct record_writer writer = record_writer_on(key, KILL_KEY_BYTES_MAX);
    record_put_bytes(&writer, span_text("kill/"));
    record_put_bytes(&writer, span_text(limit_scope_word(scope->kind)));
    record_put_bytes(&writer, span_text(" "));
    record_put_bytes(&writer, span_text(scope->name));
    return record_written(&writer);
}

const char *kill_on(struct engine *engine, const struct limit_scope *scope, struct span by,
                    struct span reason)
{
    uint8_t key[KILL_KEY_BYTES_MAX];
    uint8_t record[KILL_RECORD_BYTES_MAX];
    if (kill_find(engine, scope) != NULL) {
        return "it is on already (kill.list)";
    }
    if (engine->kills.count == KILLS_MAX) {
        return "too many kill switches are on: put a wider one on, such as all";
    }
    struct kill *kill = &engine->kills.list[engine->kills.count++];
    *kill = (struct kill){.scope = *scope, .since_ns = engine->now_ns};
    span_to_text(by, kill->by, sizeof(kill->by));
    span_to_text(reason, kill->reason, sizeof(kill->reason));
    kill->next_ns = engine->now_ns;
    kill->turn_over = true;

    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, KILL_VERSION);
    record_put_u8(&writer, (uint8_t)scope->kind);
    record_put_span(&writer, span_text(scope->name));
    record_put_u64(&writer, kill->since_ns);
    record_put_span(&writer, span_text(kill->by));
    record_put_span(&writer, span_text(kill->reason));
    view_put(&engine->view, TABLE_CONTROL, key_of(key, scope), record_written(&writer));

    struct text words = {.size = 0};
    kill_add_words(&words, kill);
    bus_alert(engine, "critical", span_of(NULL, 0), span_of(NULL, 0), text_span(&words));
    return NULL;
}

const char *kill_off(struct engine *engine, const struct limit_scope *scope)
{
    uint8_t key[KILL_KEY_BYTES_MAX];
    struct kill *kill = kill_find(engine, scope);
    if (kill == NULL) {
        return "it is not on (kill.list)";
    }
    struct text words = {.size = 0};
    limit_scope_add(text_add(&words, "kill switch of "), scope);
    text_add(&words, " is off: its orders are taken again");
    view_delete(&engine->view, TABLE_CONTROL, key_of(key, scope));
    bus_alert(engine, "warning", span_of(NULL, 0), span_of(NULL, 0), text_span(&words));
    engine->kills.count -= 1;
    *kill = engine->kills.list[engine->kills.count];
    engine->routing.changed = true; /* What waited for it may go. */
    return NULL;
}

void kill_tell(struct engine *engine, const struct kill *kill, const char *severity,
               const struct text *words)
{
    struct text object = {.size = 0};
    limit_scope_add(&object, &kill->scope);
    audit_add(engine, &(struct audit){.instant_ns = engine->now_ns,
                                      .operator_name = span_text("engine"),
                                      .command = span_text("kill"),
                                      .object = text_span(&object),
                                      .carried_out = true,
                                      .outcome = text_span(words)});
    bus_alert(engine, severity, span_of(NULL, 0), span_of(NULL, 0), text_span(words));
}

void kill_order_reopened(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->kills.count; i++) {
        struct kill *kill = &engine->kills.list[i];
        kill->again = true;
        kill->proven_ns = 0;
        kill->next_ns = engine->now_ns;
        kill->turn_over = kill->turn_over || kill->stage == KILL_REST;
    }
}

/* --- Start -------------------------------------------------------------------------------------
 */

static bool decode(struct span value, struct kill *out)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    uint8_t scope = record_get_u8(&reader);
    *out = (struct kill){.stage = KILL_REST};
    span_to_text(record_get_span(&reader), out->scope.name, sizeof(out->scope.name));
    out->since_ns = record_get_u64(&reader);
    span_to_text(record_get_span(&reader), out->by, sizeof(out->by));
    span_to_text(record_get_span(&reader), out->reason, sizeof(out->reason));
    out->scope.kind = scope < SCOPE_KINDS_COUNT ? (enum limit_scope_kind)scope : SCOPE_ALL;
    return version == KILL_VERSION && scope < SCOPE_KINDS_COUNT && record_done(&reader);
}

const char *kill_start(struct engine *engine, struct text *error)
{
    struct span prefix = span_text("kill/");
    struct span key;
    struct span value;
    bool found = view_seek(&engine->view, TABLE_CONTROL, prefix, &key, &value);
    while (found && key.size > prefix.size && memcmp(key.data, prefix.data, prefix.size) == 0) {
        struct kill *kill = &engine->kills.list[engine->kills.count];
        ASSERT(engine->kills.count < KILLS_MAX);
        if (!decode(value, kill)) {
            text_add(error, "a kill switch that is on is of an unknown version: run the fixgate "
                            "that wrote it");
            return error->data;
        }
        engine->kills.count += 1;
        found = view_after(&engine->view, TABLE_CONTROL, key, &key, &value);
    }
    return NULL;
}

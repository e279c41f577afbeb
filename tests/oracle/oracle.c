#include "tests/oracle/oracle_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    const char *text;
} rules[] = {
#define X(rule, meaning) {#rule, meaning},
    ORACLE_RULES(X)
#undef X
};

static const struct {
    const char *name;
    char status;
    bool terminal;
} states[] = {
#define X(state, ord_status, ends) {#state, ord_status, ends},
    ORACLE_STATES(X)
#undef X
};

const char *oracle_rule_name(enum oracle_rule rule)
{
    ASSERT((size_t)rule < ARRAY_LEN(rules));
    return rules[rule].name;
}

const char *oracle_rule_text(enum oracle_rule rule)
{
    ASSERT((size_t)rule < ARRAY_LEN(rules));
    return rules[rule].text;
}

const char *oracle_state_name(enum state state)
{
    return (size_t)state < ARRAY_LEN(states) ? states[state].name : "in no state";
}

enum state oracle_state_of(struct span name)
{
    for (size_t state = 0; state < ARRAY_LEN(states); state++) {
        if (span_is(name, states[state].name)) {
            return (enum state)state;
        }
    }
    return STATE_UNKNOWN;
}

char oracle_state_status(enum state state)
{
    return (size_t)state < ARRAY_LEN(states) ? states[state].status : '?';
}

bool oracle_state_is_terminal(enum state state)
{
    return (size_t)state < ARRAY_LEN(states) && states[state].terminal;
}

struct number_text oracle_number_text(int64_t number)
{
    struct number_text text;
    broker_number_format(number, text.text);
    return text;
}

void oracle_violate(struct oracle *oracle, enum oracle_rule rule, const char *format, ...)
{
    char text[ORACLE_TEXT_BYTES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    oracle->counts.violations++;
    oracle->violated(oracle->context, rule, text);
}

struct oracle *oracle_new(void (*violated)(void *context, enum oracle_rule rule, const char *text),
                          void *context)
{
    struct oracle *oracle = calloc(1, sizeof *oracle);
    ASSERT(oracle != NULL);
    oracle->violated = violated;
    oracle->context = context;
    oracle->moments_passed = 1;
    return oracle;
}

void oracle_free(struct oracle *oracle)
{
    if (oracle == NULL) {
        return;
    }
    struct oracle_map *maps[] = {
        &oracle->bulks,
        &oracle->requests_by_name,
        &oracle->orders_by_marker,
        &oracle->orders_by_id,
        &oracle->orders_by_name,
        &oracle->attempts_by_name,
        &oracle->exec_ids,
        &oracle->numbers_by_key,
        &oracle->executions_by_name,
        &oracle->executions_by_id,
        &oracle->sessions_by_name,
        &oracle->reports_by_number,
        &oracle->copies_by_name,
        &oracle->copies_by_number,
        &oracle->overrides,
    };
    for (size_t index = 0; index < ARRAY_LEN(maps); index++) {
        oracle_map_free(maps[index]);
    }
    oracle_texts_free(&oracle->texts);
    free(oracle->requests);
    free(oracle->contents);
    free(oracle->orders);
    free(oracle->attempts);
    free(oracle->executions);
    free(oracle->moments);
    free(oracle->numbers);
    free(oracle->reports);
    free(oracle->copies);
    free(oracle->bus);
    free(oracle);
}

void oracle_add_broker(struct oracle *oracle, const char *name)
{
    ASSERT(oracle->brokers_count < ORACLE_BROKERS_MAX);
    oracle->brokers[oracle->brokers_count++] = (struct broker){
        .name = oracle_texts_keep(&oracle->texts, span_text(name)), .admin = 'A', .people = 'A'};
}

void oracle_add_session(struct oracle *oracle, const char *name, uint32_t broker)
{
    ASSERT(oracle->sessions_count < ORACLE_SESSIONS_MAX);
    ASSERT(broker < oracle->brokers_count);
    uint32_t number = oracle->sessions_count++;
    oracle->sessions[number] = (struct session){
        .name = oracle_texts_keep(&oracle->texts, span_text(name)),
        .broker = broker,
    };
    oracle_map_set(&oracle->sessions_by_name, oracle_key(0, span_text(name)), number);
}

uint32_t oracle_broker_find(const struct oracle *oracle, struct span name)
{
    for (uint32_t broker = 0; broker < oracle->brokers_count; broker++) {
        if (span_is(name, oracle->brokers[broker].name)) {
            return broker;
        }
    }
    return ORACLE_NONE;
}

struct oracle_counts oracle_counts(const struct oracle *oracle)
{
    return oracle->counts;
}

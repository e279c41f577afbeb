#include "gateway/core/routing/routing_rules.h"

#include "gateway/core/engine/hash.h"
#include "gateway/core/routing/canary.h"

enum { RULE_RANK_MAX = 3 }; /* Of a rule by account and symbol: none says more. */

_Static_assert(ENGINE_BROKERS_MAX <= 32, "one bit for each broker");

static bool part_fits(uint64_t rule_hash, const char *rule_text, uint64_t hash, struct span text)
{
    return rule_hash == 0 || (rule_hash == hash && span_is(text, rule_text));
}

/* A broker that the configuration has not is none of them. */
static uint32_t canary_pin(const struct engine *engine, const struct order *order)
{
    struct span name = canary_broker(order);
    uint32_t broker = 0;
    while (broker < engine->config->brokers_count &&
           !span_is(name, engine->config->brokers[broker].name)) {
        broker++;
    }
    return broker;
}

/* Of those that pin, the one that says most: both, then the account, then the symbol. A canary is
 * pinned already, but what never goes to a broker it does not either. */
struct routing_wish routing_wish(const struct engine *engine, const struct order *order)
{
    const struct routing_table *table = &engine->routing;
    bool canary = canary_is(order);
    struct routing_wish wish = {.pinned = canary ? canary_pin(engine, order) : ROUTING_NO_BROKER};
    if (table->rules_count == 0) {
        return wish;
    }
    uint64_t symbol_hash = hash_bytes(HASH_SEED, order->symbol);
    uint64_t account_hash = hash_bytes(HASH_SEED, order->account);
    unsigned best = canary ? RULE_RANK_MAX : 0;
    for (uint32_t index = 0; index < table->rules_count; index++) {
        const struct routing_rule *rule = &table->rules[index];
        if (!part_fits(rule->symbol_hash, rule->symbol, symbol_hash, order->symbol) ||
            !part_fits(rule->account_hash, rule->account, account_hash, order->account)) {
            continue;
        }
        unsigned rank = (rule->account_hash != 0 ? 2U : 0U) + (rule->symbol_hash != 0 ? 1U : 0U);
        if (rule->never) {
            wish.never |= UINT32_C(1) << rule->broker;
        } else if (rank > best) {
            best = rank;
            wish.pinned = rule->broker;
        }
    }
    return wish;
}

enum decision_cause routing_wish_cause(const struct engine *engine, struct routing_wish wish,
                                       uint32_t broker)
{
    const struct routing_table *table = &engine->routing;
    if ((wish.never >> broker & 1) != 0) {
        return CAUSE_RULE_NEVER;
    }
    if (wish.pinned != ROUTING_NO_BROKER) {
        return wish.pinned == broker ? CAUSE_NONE : CAUSE_RULE_OTHER;
    }
    switch (table->mode) {
    case ROUTING_PRIMARY_BACKUP:
        return table->primary == broker ? CAUSE_NONE : CAUSE_NOT_PRIMARY;
    case ROUTING_PINNED:
        return CAUSE_NO_RULE;
    case ROUTING_ACTIVE_ACTIVE:
        break;
    }
    return CAUSE_NONE;
}

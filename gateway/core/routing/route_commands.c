/* How new orders are spread, and why one went where it did. */
#include "gateway/core/orders/attempts.h"
#include "gateway/core/orders/order_find.h"
#include "gateway/core/routing/routing.h"
#include "gateway/core/routing/routing_post.h"

#include "fix/tags.h"

/* --- The table ------------------------------------------------------------------- */

static const char *router_words(const struct routing_table *table)
{
    if (table->posted_ns == 0) {
        return "never posted";
    }
    return table->silent ? "silent" : "posts";
}

static const char *primary_name(const struct engine *engine)
{
    uint32_t primary = engine->routing.primary;
    if (engine->routing.mode != ROUTING_PRIMARY_BACKUP) {
        return "";
    }
    return primary < engine->config->brokers_count ? engine->config->brokers[primary].name : "";
}

static bool route_table(struct command_call *call)
{
    const struct engine *engine = call->engine;
    const struct routing_table *table = &engine->routing;
    struct command_row out = {.count = 0};
    row_text(&out, "mode", routing_mode_name(table->mode));
    row_text(&out, "primary", primary_name(engine));
    row_number(&out, "version", table->version);
    row_number(&out, "rules", table->rules_count);
    row_number(&out, "warm_share", engine->config->warm_share);
    row_number(&out, "queued", engine->queued_count - engine->queued_changes);
    row_number(&out, "queued_changes", engine->queued_changes);
    row_text(&out, "router", router_words(table));
    row_text(&out, "posted_by", table->router);
    row_time(&out, "posted", table->posted_ns);
    (void)command_row(call, &out);
    (void)routing_add_rival(engine, &call->out->answer);
    return true;
}

/* "primary-backup" is PRIMARY_BACKUP: in any case, with '-' for '_'. */
static bool is_mode(struct span value, const char *name)
{
    if (value.size != strlen(name)) {
        return false;
    }
    for (size_t i = 0; i < value.size; i++) {
        uint8_t byte = value.data[i];
        bool lower = byte >= 'a' && byte <= 'z';
        char said = byte == '-' ? '_' : (char)(lower ? byte - 'a' + 'A' : byte);
        if (said != name[i]) {
            return false;
        }
    }
    return true;
}

static bool read_mode(struct command_call *call, enum routing_mode *out)
{
    struct span value = command_value(call, "mode");
    for (uint32_t mode = 0; mode <= ROUTING_PINNED; mode++) {
        if (is_mode(value, routing_mode_name((enum routing_mode)mode))) {
            *out = (enum routing_mode)mode;
            return true;
        }
    }
    return command_refused(call, "'mode' must be ACTIVE_ACTIVE, PRIMARY_BACKUP or PINNED");
}

/* What the call asks for. */
static bool read_change(struct command_call *call, enum routing_mode *mode, uint32_t *primary)
{
    *primary = call->engine->routing.primary;
    if (!read_mode(call, mode)) {
        return false;
    }
    bool given = command_value(call, "primary").size > 0;
    if (*mode == ROUTING_PRIMARY_BACKUP && !given) {
        return command_refused(call, "'primary' is missing: the broker that gets all orders");
    }
    if (*mode != ROUTING_PRIMARY_BACKUP && given) {
        return command_refused(call, "'primary' has a meaning in mode PRIMARY_BACKUP only");
    }
    return !given || command_broker(call, "primary", primary);
}

static void add_mode(struct text *text, const struct engine *engine)
{
    const char *primary = primary_name(engine);
    text_add(text, routing_mode_name(engine->routing.mode));
    text_add(text_add(text, primary[0] != '\0' ? " with primary " : ""), primary);
}

static bool route_mode_plan(struct command_call *call)
{
    enum routing_mode mode = ROUTING_ACTIVE_ACTIVE;
    uint32_t primary;
    if (!read_change(call, &mode, &primary)) {
        return false;
    }
    struct text *answer = &call->out->answer;
    add_mode(text_add(answer, "new orders go by "), call->engine);
    text_add(text_add(answer, " now; by "), routing_mode_name(mode));
    if (mode == ROUTING_PRIMARY_BACKUP) {
        text_add(text_add(answer, " with primary "), call->engine->config->brokers[primary].name);
    }
    return command_done(call, " then. What is with a broker stays there");
}

static bool route_mode(struct command_call *call)
{
    enum routing_mode mode = ROUTING_ACTIVE_ACTIVE;
    uint32_t primary;
    if (!read_change(call, &mode, &primary)) {
        return false;
    }
    call->engine->routing.mode = mode;
    call->engine->routing.primary = primary;
    routing_table_save(call->engine);
    failover_mode_changed(call->engine);
    add_mode(text_add(&call->out->answer, "new orders go by "), call->engine);
    return true;
}

/* --- Rules ------------------------------------------------------------------------ */

static bool route_rules(struct command_call *call)
{
    const struct engine *engine = call->engine;
    uint64_t after = 0;
    if (!command_number(call, "after", 0, ROUTING_RULES_MAX, &after)) {
        return false;
    }
    for (uint64_t index = after; index < engine->routing.rules_count; index++) {
        const struct routing_rule *rule = &engine->routing.rules[index];
        struct command_row out = {.count = 0};
        row_text(&out, "symbol", rule->symbol);
        row_text(&out, "account", rule->account);
        row_text(&out, "broker", engine->config->brokers[rule->broker].name);
        row_text(&out, "rule", rule->never ? "never" : "only");
        if (!command_row(call, &out)) {
            return command_more_number(call, index);
        }
    }
    return command_done(call, "");
}

struct rule_arguments {
    uint32_t broker;
    struct span symbol;
    struct span account;
};

static bool read_rule(struct command_call *call, struct rule_arguments *out)
{
    out->symbol = command_value(call, "symbol");
    out->account = command_value(call, "account");
    if (!command_broker(call, "broker", &out->broker)) {
        return false;
    }
    if (out->symbol.size == 0 && out->account.size == 0) {
        return command_refused(call, "a rule needs a symbol, an account, or both");
    }
    if (out->symbol.size > ENGINE_NAME_BYTES_MAX || out->account.size > ENGINE_NAME_BYTES_MAX) {
        return command_refused(call, "symbol and account have at most 63 bytes in a rule");
    }
    if ((out->symbol.size > 0 && memchr(out->symbol.data, 0, out->symbol.size) != NULL) ||
        (out->account.size > 0 && memchr(out->account.data, 0, out->account.size) != NULL)) {
        return command_refused(call, "symbol and account cannot hold a NUL");
    }
    return true;
}

static bool route_rule_set(struct command_call *call)
{
    struct rule_arguments rule;
    bool never = command_true(call, "never");
    if (!read_rule(call, &rule)) {
        return false;
    }
    if (!routing_rule_set(call->engine, rule.symbol, rule.account, rule.broker, never)) {
        return command_refused(call, "there is no room: at most 256 rules");
    }
    return command_done(call, never ? "such orders never go there"
                                    : "such orders go there, and wait while it cannot take them");
}

static bool route_rule_delete(struct command_call *call)
{
    struct rule_arguments rule;
    if (!read_rule(call, &rule)) {
        return false;
    }
    if (!routing_rule_delete(call->engine, rule.symbol, rule.account, rule.broker)) {
        return command_refused(call, "there is no such rule; route.rules shows them");
    }
    return command_done(call, "deleted");
}

/* --- Why ---------------------------------------------------------------------------- */

/* Millionths as a number of orders. */
static struct decimal in_orders(int64_t millionths)
{
    return (struct decimal){.units = millionths * (DECIMAL_ONE / DECISION_MILLION)};
}

static void decision_row(struct command_call *call, const struct decision *decision,
                         uint32_t broker, struct span name)
{
    const struct decision_term *term = &decision->terms[broker];
    struct command_row out = {.count = 0};
    row_words(&out, "broker", name);
    row_truth(&out, "chosen", decision->chosen == broker);
    row_text(&out, "verdict", decision_cause_words(term->cause));
    row_decimal(&out, "share", in_orders(term->share));
    row_decimal(&out, "standing", in_orders(term->standing));
    row_number(&out, "weight", term->weight);
    row_number(&out, "score", term->score);
    row_number(&out, "latency_us", term->figures.latency_us);
    row_number(&out, "pending", term->figures.pending);
    row_number(&out, "failed", term->figures.failed);
    row_number(&out, "of_orders", term->figures.orders);
    row_number(&out, "ramp", term->ramp);
    row_number(&out, "rate_left", term->headroom);
    row_number(&out, "backlog_bytes", term->backlog_bytes);
    row_number(&out, "unacked", term->unacked);
    row_number(&out, "capacity", term->capacity);
    row_text(&out, "admin", broker_admin_name(term->admin));
    row_text(&out, "breaker", breaker_state_name(term->breaker));
    row_number(&out, "orders_left", term->left);
    row_truth(&out, "frozen", term->frozen);
    row_text(&out, "mode", routing_mode_name(decision->mode));
    row_number(&out, "version", decision->version);
    row_time(&out, "at", decision->at_ns);
    (void)command_row(call, &out);
}

static void decision_rows(struct command_call *call, const struct decision *decision,
                          const struct span *names)
{
    for (uint32_t broker = 0; broker < decision->count; broker++) {
        decision_row(call, decision, broker, names[broker]);
    }
}

/* As it would be now. */
static void weigh_now(struct command_call *call, const struct order *order,
                      struct decision *decision)
{
    struct span names[ENGINE_BROKERS_MAX];
    routing_weigh(call->engine, order, decision);
    for (uint32_t broker = 0; broker < decision->count; broker++) {
        names[broker] = span_text(call->engine->config->brokers[broker].name);
    }
    decision_rows(call, decision, names);
}

static bool explain_attempt(struct command_call *call, struct span attempt_id)
{
    struct attempt attempt;
    struct decision decision;
    struct span names[ENGINE_BROKERS_MAX];
    if (!attempt_load(call->engine, attempt_id, &attempt)) {
        return command_refused(call, "there is no such attempt");
    }
    if (attempt.decision.size == 0) {
        return command_refused(call, "no decision stands with that attempt: it is a cancel or "
                                     "replace, or of a version that kept none");
    }
    if (!decision_read(attempt.decision, &decision, names)) {
        return command_refused(call, "the decision is of another version of fixgate");
    }
    decision_rows(call, &decision, names);
    text_add_span(text_add(&call->out->answer, "attempt "), attempt_id);
    if (decision.chosen != DECISION_NONE) {
        text_add_span(text_add(&call->out->answer, " went to "), names[decision.chosen]);
    }
    return command_done(call, ": the terms as they were");
}

static bool route_explain(struct command_call *call)
{
    struct order order;
    struct decision decision;
    struct span attempt_id = command_value(call, "attempt");
    if (attempt_id.size > 0) {
        return explain_attempt(call, attempt_id);
    }
    if (command_value(call, "order").size == 0) {
        return command_refused(call, "'order' is missing, or 'attempt'");
    }
    if (!order_find(call, &order)) {
        return false;
    }
    if (order.state != ORDER_QUEUED) {
        return order.attempt_id.size > 0
                   ? explain_attempt(call, order.attempt_id)
                   : command_refused(call, "no broker was chosen for it: it ended before");
    }
    weigh_now(call, &order, &decision);
    if (decision.chosen != DECISION_NONE) {
        return command_done(call, "it waits for those before it in the queue, and a broker can "
                                  "take it: it goes in its turn");
    }
    return command_done(call, "it waits: no broker can take it now, and here is why");
}

/* A market order to buy, as the dictionaries see it. */
static struct span simulated_body(struct command_call *call, struct builder *body,
                                  uint64_t quantity)
{
    struct engine *engine = call->engine;
    builder_init(body, engine->scratch_request, sizeof(engine->scratch_request));
    if (command_value(call, "account").size > 0) {
        builder_span(body, TAG_Account, command_value(call, "account"));
    }
    builder_span(body, TAG_Symbol, command_value(call, "symbol"));
    builder_char(body, TAG_Side, '1');
    builder_timestamp(body, TAG_TransactTime, engine->now_ns, 3);
    builder_uint(body, TAG_OrderQty, quantity);
    builder_char(body, TAG_OrdType, '1');
    return builder_fields(body);
}

static bool route_simulate(struct command_call *call)
{
    struct builder body;
    struct decision decision;
    struct order order = {.symbol = command_value(call, "symbol"),
                          .account = command_value(call, "account")};
    uint64_t quantity = 0;
    if (!command_number(call, "quantity", 1, UINT32_MAX, &quantity)) {
        return false;
    }
    if (quantity > 0) {
        order.body = simulated_body(call, &body, quantity);
    }
    weigh_now(call, &order, &decision);
    if (decision.chosen == DECISION_NONE) {
        return command_done(call, "it would wait: no broker could take it now");
    }
    text_add(text_add(&call->out->answer, "it would go to "),
             call->engine->config->brokers[decision.chosen].name);
    return true;
}

const struct command_spec route_commands[] = {
    {.name = "route.table",
     .may = MAY_VIEW,
     .arguments = "",
     .help = "mode, primary, version, what waits, and whether the router posts",
     .run = route_table},
    {.name = "route.mode",
     .may = MAY_ADMIN,
     .changes = true,
     .two_persons = true,
     .arguments = "mode primary?",
     .help = "ACTIVE_ACTIVE, PRIMARY_BACKUP (with primary) or PINNED (by rules alone)",
     .run = route_mode,
     .plan = route_mode_plan},
    {.name = "route.rules",
     .may = MAY_VIEW,
     .arguments = "after?",
     .help = "the rules by instrument and account",
     .run = route_rules},
    {.name = "route.rule.set",
     .may = MAY_ADMIN,
     .changes = true,
     .arguments = "broker symbol? account? never?",
     .help = "orders of the symbol, the account or both go to that broker only, or never",
     .run = route_rule_set},
    {.name = "route.rule.delete",
     .may = MAY_ADMIN,
     .changes = true,
     .arguments = "broker symbol? account?",
     .help = "takes a rule back",
     .run = route_rule_delete},
    {.name = "route.explain",
     .may = MAY_VIEW,
     .arguments = "order? client? attempt?",
     .help = "why an order went where it did, or why it waits: every term as it was",
     .run = route_explain},
    {.name = "route.simulate",
     .may = MAY_VIEW,
     .arguments = "symbol account? quantity?",
     .help = "where such an order would go now, and why; nothing is sent",
     .run = route_simulate},
    {.name = NULL},
};

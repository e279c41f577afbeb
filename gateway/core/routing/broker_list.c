/* Brokers as rows of broker.list and broker.show. */
#include "gateway/core/orders/order.h"
#include "gateway/core/routing/broker_parts.h"
#include "gateway/core/routing/routing.h"
#include "gateway/core/routing/routing_post.h"

/* --- What a broker has ----------------------------------------------------------- */

/* Its sessions for orders, together. */
struct sessions {
    struct text states; /* "READY, DISCONNECTED" */
    uint64_t in_doubt;
    uint64_t backlog_bytes;
};

static const char *link_state(const struct link *link)
{
    return session_state_name(link->connected ? link->session.state : SESSION_DISCONNECTED);
}

static struct sessions sessions_of(const struct engine *engine, uint32_t broker)
{
    struct sessions sessions = {.in_doubt = 0};
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        if (link->config->broker == broker && link->config->role == ROLE_ORDERS) {
            text_add(&sessions.states, sessions.states.size > 0 ? ", " : "");
            text_add(&sessions.states, link_state(link));
            sessions.in_doubt += link->in_doubt_count;
            sessions.backlog_bytes += link->backlog_bytes;
        }
    }
    return sessions;
}

/* "no, 3 orders are open there": drained is more than being asked to drain. */
static struct text drained_words(const struct engine *engine, uint32_t broker)
{
    struct text words = {.size = 0};
    enum broker_admin admin = engine->routing.brokers[broker].admin;
    uint64_t open = routing_open(engine, broker);
    if (admin == BROKER_DRAIN || admin == BROKER_MAINTENANCE) {
        if (open == 0) {
            text_add(&words, "yes");
        } else {
            text_add_uint(text_add(&words, "no: "), open);
            text_add(&words, open == 1 ? " order is open there" : " orders are open there");
        }
    }
    return words;
}

static const char *router_words(const struct engine *engine, uint32_t broker)
{
    if (engine->routing.brokers[broker].posted_ns == 0) {
        return "never posted";
    }
    return routing_is_stale(engine, broker) ? "silent: nobody moves the breaker" : "posts";
}

/* --- Looking ------------------------------------------------------------------------ */

static bool list_row(struct command_call *call, uint32_t broker)
{
    struct engine *engine = call->engine;
    const struct routing_broker *row = &engine->routing.brokers[broker];
    struct sessions sessions = sessions_of(engine, broker);
    struct text drained = drained_words(engine, broker);
    enum decision_cause cause = routing_cause(engine, broker);
    struct command_row out = {.count = 0};
    row_text(&out, "broker", engine->config->brokers[broker].name);
    row_text(&out, "admin", broker_admin_name(row->admin));
    row_text(&out, "breaker", breaker_state_name(row->breaker));
    row_text(&out, "new_orders", cause == CAUSE_NONE ? "yes" : decision_cause_words(cause));
    row_words(&out, "sessions", text_span(&sessions.states));
    row_number(&out, "unacked", routing_unacked(engine, broker));
    row_number(&out, "in_doubt", sessions.in_doubt);
    row_number(&out, "open", routing_open(engine, broker));
    row_words(&out, "drained", text_span(&drained));
    row_truth(&out, "frozen", row->frozen);
    row_number(&out, "weight", row->weight);
    row_number(&out, "score", row->score);
    row_number(&out, "ramp", row->ramp);
    row_number(&out, "probes", row->probes);
    row_number(&out, "canaries", row->canaries);
    row_number(&out, "capacity", row->capacity);
    row_number(&out, "backlog_bytes", sessions.backlog_bytes);
    row_text(&out, "router", router_words(engine, broker));
    row_time(&out, "posted", row->posted_ns);
    row_time(&out, "breaker_since", row->breaker_ns);
    row_text(&out, "breaker_reason", row->reason);
    row_time(&out, "admin_since", row->admin_ns);
    row_text(&out, "admin_by", row->admin_by);
    return command_row(call, &out);
}

bool broker_list(struct command_call *call)
{
    struct text *answer = &call->out->answer;
    bool stale = false;
    for (uint32_t broker = 0; broker < call->engine->config->brokers_count; broker++) {
        if (!list_row(call, broker)) {
            return command_refused(call, "the answer has no room for all brokers");
        }
        stale = stale || routing_is_stale(call->engine, broker);
    }
    if (routing_add_rival(call->engine, answer)) {
        return true;
    }
    return command_done(call, stale ? "the router is silent: breakers and scores stay as it left "
                                      "them, and who cannot take orders is left out all the same"
                                    : "");
}

/* One thing that is known of the broker: what it is, since when, and why. */
static void fact(struct command_call *call, const char *what, const char *value, uint64_t since_ns,
                 const char *why)
{
    struct command_row out = {.count = 0};
    row_text(&out, "what", what);
    row_text(&out, "is", value);
    row_time(&out, "since", since_ns);
    row_text(&out, "why", why);
    (void)command_row(call, &out);
}

static void fact_number(struct command_call *call, const char *what, uint64_t number,
                        const char *why)
{
    struct text text = {.size = 0};
    fact(call, what, text_add_uint(&text, number)->data, 0, why);
}

static void session_facts(struct command_call *call, uint32_t broker)
{
    const struct engine *engine = call->engine;
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct link *link = &engine->links[number];
        if (link->config->broker != broker) {
            continue;
        }
        struct text why = {.size = 0};
        text_add_uint(text_add(&why, "unacknowledged "), link->unacked_count);
        text_add_uint(text_add(&why, ", open "), link->open_count);
        text_add_uint(text_add(&why, ", backlog bytes "), link->backlog_bytes);
        text_add_uint(text_add(&why, ", rate left in thousandths "), link_headroom(engine, link));
        fact(call, link->config->id, link_state(link), 0, why.data);
    }
}

bool broker_show(struct command_call *call)
{
    const struct engine *engine = call->engine;
    uint32_t broker;
    if (!command_broker(call, "broker", &broker)) {
        return false;
    }
    const struct routing_broker *row = &engine->routing.brokers[broker];
    enum decision_cause cause = routing_cause(engine, broker);
    struct text by = {.size = 0};
    text_add(text_add(&by, row->admin_by[0] != '\0' ? "by " : ""), row->admin_by);
    struct text drained = drained_words(engine, broker);
    fact(call, "new orders", cause == CAUSE_NONE ? "yes" : "no", 0,
         cause == CAUSE_NONE ? "" : decision_cause_words(cause));
    fact(call, "wanted", broker_admin_name(row->admin), row->admin_ns, by.data);
    if (drained.size > 0) {
        fact(call, "drained", drained.data, 0, "");
    }
    fact(call, "breaker", breaker_state_name(row->breaker), row->breaker_ns, row->reason);
    fact(call, "frozen", row->frozen ? "yes" : "no", row->frozen_ns,
         row->frozen ? row->frozen_reason : "");
    fact(call, "router", router_words(engine, broker), row->posted_ns, engine->routing.router);
    fact_number(call, "weight", row->weight,
                row->weight_set ? "set by a person" : "of the configuration");
    fact_number(call, "score", row->score, "thousandths of the weight");
    fact_number(call, "ramp", row->ramp, "thousandths of the score");
    fact_number(call, "capacity", row->capacity,
                row->capacity_set ? "set by a person; 0 is any number"
                                  : "of the configuration; 0 is any number");
    session_facts(call, broker);
    return command_done(call, "");
}

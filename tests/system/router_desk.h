/* A desk with two brokers (QuickFIX), a gateway and a router: what the tests of the router share.
 *
 * Waits print what they waited for. One thread, one desk at a time. */
#ifndef TESTS_SYSTEM_ROUTER_DESK_H
#define TESTS_SYSTEM_ROUTER_DESK_H

#include "gateway/shell/json_flat.h"
#include "tests/tools/world.h"

enum {
    OUTPUT_BYTES_MAX = 64 * 1024,
    SETTLE_MS = 45000,
    ORDERS = 10,
    FLOW_MS = 50,
};

enum { ALPHA, BETA };

struct desk {
    struct world world;
    struct process router; /* `fixgate service router` */
    char router_config[PROCESS_PATH_BYTES_MAX];
    unsigned routers; /* So many were started. */
    unsigned orders;
    struct json_flat row;
    char output[OUTPUT_BYTES_MAX];
};

static const char *const filling[] = {"--fill-latency", "5", NULL};

/* Quicker than the defaults, so that a test need not wait for them. */
#define QUICK "[ROUTER]\nOpenBackoff=1\nProbeInterval=1\nEchoTimeout=3\nAckTimeout=1\nRampTime=2\n"

static inline struct desk *desk_new(const char *router)
{
    const struct world_options options = {.brokers_count = 2,
                                          .broker_arguments = filling,
                                          .drop_copy_off = true,
                                          .config_more = router};
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    world_open(&desk->world, &options);
    (void)snprintf(desk->router_config, sizeof desk->router_config, "%s", desk->world.config_path);
    return desk;
}

static inline void desk_end(struct desk *desk)
{
    assert_true(world_judge(&desk->world));
    assert_true(world_close(&desk->world));
    free(desk);
}

/* --- What the gateway tells -------------------------------------------------------------- */

/* A member of broker.list for the broker; "" while there is no answer. */
static inline const char *told(struct desk *desk, const char *broker, const char *member)
{
    const char *const arguments[] = {"ctl",    "broker", "list", "-c", desk->world.config_path,
                                     "--json", NULL};
    char error[JSON_FLAT_ERROR_BYTES_MAX];
    char *rest = NULL;
    if (world_fixgate(&desk->world, arguments, NULL, desk->output, sizeof desk->output) != 0) {
        return "";
    }
    for (char *line = strtok_r(desk->output, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (json_flat_read(span_text(line), &desk->row, error) &&
            json_flat_find(&desk->row, "broker") != NULL &&
            strcmp(json_flat_find(&desk->row, "broker"), broker) == 0) {
            const char *value = json_flat_find(&desk->row, member);
            return value != NULL ? value : "";
        }
    }
    return "";
}

struct wish {
    struct desk *desk;
    const char *broker;
    const char *member;
    const char *text; /* In it. */
};

static inline bool granted(struct world *world, void *context)
{
    const struct wish *wish = context;
    (void)world;
    return strstr(told(wish->desk, wish->broker, wish->member), wish->text) != NULL;
}

static inline void await(struct desk *desk, const char *broker, const char *member,
                         const char *text)
{
    struct wish wish = {desk, broker, member, text};
    char what[256];
    (void)snprintf(what, sizeof what, "%s of %s has %s", member, broker, text);
    if (!world_await(&desk->world, granted, &wish, SETTLE_MS, what)) {
        fail_msg("it is: %s", told(desk, broker, member));
    }
}

static inline void await_posts(struct desk *desk)
{
    await(desk, "ALPHA", "breaker_reason", "score");
    await(desk, "BETA", "breaker_reason", "score");
}

/* --- Orders --------------------------------------------------------------------------------- */

static inline void submit(struct desk *desk, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char order[128];
        desk->orders += 1;
        (void)snprintf(order, sizeof order,
                       "35=D|11=R%u|55=VOD|54=1|38=100|40=2|44=71.2|15=GBX|59=1|", desk->orders);
        (void)oms_submit(desk->world.oms, order);
    }
}

static inline void await_end(struct desk *desk)
{
    assert_true(world_await(&desk->world, world_all_ended, NULL, SETTLE_MS, "every order ended"));
}

/* So that both have had orders, with answers. */
static inline void trade(struct desk *desk)
{
    submit(desk, ORDERS);
    await_end(desk);
}

static inline void stop_broker(struct desk *desk, uint32_t broker)
{
    assert_int_equal(0, kill(desk->world.brokers[broker].process.pid, SIGSTOP));
}

static inline void go_on_broker(struct desk *desk, uint32_t broker)
{
    assert_int_equal(0, kill(desk->world.brokers[broker].process.pid, SIGCONT));
}

#endif

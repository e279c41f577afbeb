/* A breaker, told of orders, echoes and time by hand. */
#ifndef TESTS_UNIT_BREAKER_FIXTURE_H
#define TESTS_UNIT_BREAKER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "gateway/core/router/breaker.h"

#define SECOND_NS      UINT64_C(1000000000)
#define MILLISECOND_NS UINT64_C(1000000)
#define START_NS       (UINT64_C(1795219200) * SECOND_NS)

enum { FOREVER_S = 3600 };

struct fixture {
    struct breaker_config config;
    struct breaker breaker;
    uint64_t now_ns;
};

static inline int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    fixture->config = breaker_config_default();
    fixture->now_ns = START_NS;
    breaker_init(&fixture->breaker, &fixture->config, 42, START_NS);
    breaker_ready(&fixture->breaker, START_NS);
    *state = fixture;
    return 0;
}

static inline int teardown(void **state)
{
    free(*state);
    return 0;
}

static inline void pass(struct fixture *fixture, uint64_t span_ns)
{
    fixture->now_ns += span_ns;
    breaker_tick(&fixture->breaker, fixture->now_ns);
}

static inline void order(struct fixture *fixture, enum breaker_outcome outcome)
{
    uint64_t sent_ns = fixture->now_ns;
    breaker_sent(&fixture->breaker, sent_ns);
    fixture->now_ns += MILLISECOND_NS;
    breaker_answered(&fixture->breaker, fixture->now_ns, sent_ns, outcome);
}

static inline void orders(struct fixture *fixture, unsigned count, enum breaker_outcome outcome)
{
    for (unsigned i = 0; i < count; i++) {
        order(fixture, outcome);
    }
}

/* An order that gets no word within the timeout. */
static inline void lose(struct fixture *fixture)
{
    uint64_t sent_ns = fixture->now_ns;
    breaker_sent(&fixture->breaker, sent_ns);
    fixture->now_ns += fixture->config.ack_timeout_ns;
    breaker_overdue(&fixture->breaker, fixture->now_ns, sent_ns);
}

static inline void assert_state(const struct fixture *fixture, enum breaker_state state)
{
    assert_string_equal(breaker_state_name(fixture->breaker.state), breaker_state_name(state));
}

static inline void assert_says(const struct fixture *fixture, const char *words)
{
    if (strstr(fixture->breaker.reason.data, words) == NULL) {
        fail_msg("no \"%s\" in: %s", words, fixture->breaker.reason.data);
    }
}

static inline void settle_closed(struct fixture *fixture)
{
    pass(fixture, fixture->config.closed_min_ns);
    assert_state(fixture, BREAKER_CLOSED);
}

static inline void open_hard(struct fixture *fixture)
{
    breaker_hard(&fixture->breaker, fixture->now_ns, span_text("for the test"));
    assert_state(fixture, BREAKER_OPEN);
}

/* Waits the backoff out and gets one echo. */
static inline void make_half_open(struct fixture *fixture)
{
    if (fixture->breaker.due_ns > fixture->now_ns) {
        pass(fixture, fixture->breaker.due_ns - fixture->now_ns);
    }
    breaker_echo(&fixture->breaker, fixture->now_ns, MILLISECOND_NS);
    pass(fixture, 0);
    assert_state(fixture, BREAKER_HALF_OPEN);
}

static inline void make_closed(struct fixture *fixture)
{
    make_half_open(fixture);
    orders(fixture, fixture->config.probe_orders, OUTCOME_GOOD);
    pass(fixture, fixture->config.half_open_min_ns);
    assert_state(fixture, BREAKER_CLOSED);
}

#endif

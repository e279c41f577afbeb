/* The scores of the router, and what holds whatever comes. */
#include "tests/unit/router_fixture.h"

/* --- Scores -------------------------------------------------------------------------------- */

static void slower_broker_gets_a_smaller_score_that_does_not_chatter(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    trade(desk, 20, 5, 20 * MILLISECOND_NS, 40 * MILLISECOND_NS);
    assert_int_equal(desk->last[ALPHA].score, 1000);
    assert_in_range(desk->last[BETA].score, 425, 575);
    uint32_t before = desk->last[BETA].score;
    unsigned changes = 0;
    for (unsigned i = 0; i < 60; i++) {
        trade(desk, 1, 5, 20 * MILLISECOND_NS, (38 + i % 5) * MILLISECOND_NS);
        changes += desk->last[BETA].score != before ? 1 : 0;
        before = desk->last[BETA].score;
    }
    assert_true(changes <= 1);
    assert_says(desk->last[BETA].reason.data, "latency 4");
    assert_in_range(desk->last[BETA].figures.latency_us, 40000, 50000);
    assert_true(desk->last[BETA].figures.orders > 0);
}

static void outbound_rate_that_is_used_up_costs_score(void **state)
{
    struct desk *desk = *state;
    desk->sessions[BETA].rate_per_second = 10;
    begin(desk);
    both_ready(desk);
    trade(desk, 5, 8, MILLISECOND_NS, MILLISECOND_NS);
    assert_in_range(desk->last[BETA].score, 50, 350);
    assert_int_equal(desk->last[ALPHA].score, 1000);
}

static void bytes_that_the_peer_does_not_read_cost_score(void **state)
{
    struct desk *desk = *state;
    desk->sessions[BETA].backlog_bytes_high = 1000;
    begin(desk);
    both_ready(desk);
    struct router_row told = {.session = span_text(ids[BETA]), .ready = true, .backlog_bytes = 600};
    router_row(&desk->router, desk->now_ns, &told);
    pass(desk, SECOND_NS);
    assert_int_equal(desk->last[BETA].score, 400);
}

/* --- The whole ----------------------------------------------------------------------------- */

static void shadow_mode_tells_all_and_posts_nothing_as_open(void **state)
{
    struct desk *desk = *state;
    desk->settings.shadow = true;
    begin(desk);
    both_ready(desk);
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    pass(desk, SECOND_NS);
    assert_int_equal(desk->last[ALPHA].breaker, BREAKER_CLOSED);
    assert_int_equal(desk->last[ALPHA].score, 1000);
    assert_int_equal(desk->last[ALPHA].ramp, 1000);
    assert_says(desk->last[ALPHA].reason.data, "shadow: would be OPEN");
    assert_says(desk->last[ALPHA].reason.data, "its session is down");
    assert_says(desk->news, "ALPHA: would be OPEN");
}

/* A random day; what comes out is hashed. */
static uint64_t live(struct desk *desk)
{
    uint64_t random = 99;
    uint64_t sum = 0;
    begin(desk);
    both_ready(desk);
    for (unsigned i = 0; i < 5000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        unsigned broker = (unsigned)(random >> 40) % 2;
        switch (random >> 59) {
        case 0:
            session(desk, ids[broker], names[broker], "DISCONNECTED", "");
            break;
        case 1:
        case 2:
            session(desk, ids[broker], names[broker], "READY", "");
            row(desk, broker, true, i);
            break;
        case 3:
            order(desk, broker, MILLISECOND_NS, refused);
            break;
        case 4:
            (void)send(desk, broker);
            break;
        default:
            order(desk, broker, (random >> 20) % SECOND_NS, taken);
            break;
        }
        pass(desk, (random >> 30) % SECOND_NS);
        row(desk, broker, true, i);
        sum = sum * 31 + (uint64_t)desk->last[broker].breaker * 7 + desk->last[broker].score +
              desk->last[broker].ramp + desk->posts[broker];
    }
    assert_true(desk->moves[ALPHA] > 2);
    return sum;
}

static void same_events_at_the_same_times_give_the_same_posts(void **state)
{
    struct desk *desk = *state;
    uint64_t first = live(desk);
    assert_int_equal(first, live(desk));
}

/* When each broker's breaker last moved, as posted. */
struct bounds {
    enum breaker_state state[2];
    uint64_t since_ns[2];
};

static void check_bounds(const struct desk *desk, struct bounds *bounds)
{
    const struct breaker_config *config = &desk->settings.breaker;
    for (unsigned i = 0; i < 2; i++) {
        const struct breaker *breaker = &desk->router.brokers[i].breaker;
        uint64_t age_ns = breaker->now_ns - bounds->since_ns[i];
        if (breaker->state == bounds->state[i] && breaker->since_ns == bounds->since_ns[i]) {
            assert_true(breaker->state != BREAKER_HALF_OPEN || age_ns <= config->half_open_max_ns);
            continue;
        }
        if (bounds->state[i] == BREAKER_OPEN) {
            assert_true(age_ns >= config->backoff_first_ns / 10 * 8);
        }
        bounds->state[i] = breaker->state;
        bounds->since_ns[i] = breaker->since_ns;
        assert_true(desk->last[i].score >= desk->settings.score.warm_permille);
    }
}

/* Whatever comes, in whatever order, at whatever time: also what no gateway would say. */
static void whatever_comes_keeps_the_bounds(void **state)
{
    struct desk *desk = *state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct bounds bounds = {.state = {BREAKER_CLOSED, BREAKER_CLOSED}};
        uint64_t random = seed;
        begin(desk);
        both_ready(desk);
        for (unsigned i = 0; i < 2000; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            unsigned broker = (unsigned)(random >> 40) % 2;
            unsigned attempt = 1 + (unsigned)(random >> 44) % (desk->attempts + 1);
            switch (random >> 60) {
            case 0:
                session(desk, ids[broker], names[broker], "DISCONNECTED", "");
                break;
            case 1:
                session(desk, ids[broker], names[broker], "READY", "");
                break;
            case 2:
                answer(desk, broker, attempt, refused);
                break;
            case 3:
                answer(desk, broker, attempt, "150=8|10005=REJECTED|45=7");
                break;
            case 4:
                order_event(desk, broker, attempt, i % 2 == 0 ? "QUEUED" : "SENT");
                break;
            case 5:
                desk->now_ns -= (random >> 20) % (10 * SECOND_NS);
                break;
            case 6:
                desk->now_ns += i % 10 == 0 ? 1000 * SECOND_NS : 0;
                break;
            case 7:
                if (i % 16 == 0) {
                    router_live(&desk->router);
                }
                break;
            case 8:
            case 9:
                answer(desk, broker, attempt, taken);
                break;
            case 10:
                wait_with_echoes(desk, 1);
                break;
            default:
                (void)send(desk, broker);
                break;
            }
            pass(desk, (random >> 30) % (SECOND_NS / 4));
            memset(desk->posts, 0, sizeof(desk->posts));
            desk->news[0] = '\0';
            check_bounds(desk, &bounds);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(slower_broker_gets_a_smaller_score_that_does_not_chatter),
        TEST(outbound_rate_that_is_used_up_costs_score),
        TEST(bytes_that_the_peer_does_not_read_cost_score),
        TEST(shadow_mode_tells_all_and_posts_nothing_as_open),
        TEST(same_events_at_the_same_times_give_the_same_posts),
        TEST(whatever_comes_keeps_the_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

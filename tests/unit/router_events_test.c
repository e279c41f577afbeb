/* The router as a function of events, rows and time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fix/timestamp.h"
#include "gateway/core/router/router.h"

#define SECOND_NS      UINT64_C(1000000000)
#define MILLISECOND_NS UINT64_C(1000000)
#define START_NS       (UINT64_C(1795219200) * SECOND_NS)

enum { ALPHA, BETA, POSTS_MAX = 4096 };

struct desk {
    struct router_settings settings;
    struct broker_config brokers[2];
    struct engine_session_config sessions[4];
    struct engine_config config;
    uint64_t now_ns;
    unsigned attempts;
    struct router_post last[2]; /* Per broker, what was posted last. */
    unsigned posts[2];          /* How often. */
    unsigned moves[2];          /* Changes of the posted breaker. */
    uint64_t echoes[2];         /* As session.list would tell. */
    char news[64 * 1024];
    struct router router;
};

/* --- The world ------------------------------------------------------------------------------- */

static const char *const names[] = {"ALPHA", "BETA"};
static const char *const ids[] = {"FIX.4.4:GATE->ALPHA", "FIX.4.4:GATE->BETA"};

static void begin(struct desk *desk)
{
    memset(desk->posts, 0, sizeof(desk->posts));
    memset(desk->moves, 0, sizeof(desk->moves));
    memset(desk->last, 0, sizeof(desk->last));
    memset(desk->echoes, 0, sizeof(desk->echoes));
    desk->news[0] = '\0';
    desk->attempts = 0;
    desk->now_ns = START_NS;
    router_init(&desk->router, &desk->settings, &desk->config, 0);
    router_live(&desk->router);
}

static int setup(void **state)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    assert_non_null(desk);
    desk->settings = router_settings_default();
    for (unsigned i = 0; i < 2; i++) {
        desk->brokers[i] = (struct broker_config){.name = names[i], .weight = 1};
        desk->sessions[i] =
            (struct engine_session_config){.id = ids[i], .broker = i, .role = ROLE_ORDERS};
    }
    desk->sessions[2] = (struct engine_session_config){
        .id = "FIX.4.4:GATE->ALPHA-DC", .broker = ALPHA, .role = ROLE_DROPCOPY};
    desk->config = (struct engine_config){.brokers = desk->brokers,
                                          .brokers_count = 2,
                                          .sessions = desk->sessions,
                                          .sessions_count = 3};
    begin(desk);
    *state = desk;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* What comes out now: posts and news. */
static void take_out(struct desk *desk)
{
    struct router_post post;
    struct router_news news;
    while (router_post_next(&desk->router, &post)) {
        assert_true(post.broker < 2);
        if (desk->posts[post.broker] > 0 && desk->last[post.broker].breaker != post.breaker) {
            desk->moves[post.broker] += 1;
        }
        desk->last[post.broker] = post;
        desk->posts[post.broker] += 1;
        assert_true(desk->posts[post.broker] < POSTS_MAX);
    }
    while (router_news_next(&desk->router, &news)) {
        size_t size = strlen(desk->news);
        (void)snprintf(desk->news + size, sizeof(desk->news) - size, "%s\n", news.text.data);
    }
}

static void tell(struct desk *desk, const char *topic, const char *body)
{
    char time[TIMESTAMP_TEXT_BYTES_MAX + 1];
    char whole[1024];
    char bytes[1200];
    time[timestamp_format(desk->now_ns, 6, time)] = '\0';
    int size = snprintf(whole, sizeof(whole), "%s|34=1|52=%s|", body, time);
    size = snprintf(bytes, sizeof(bytes), "8=FIX.4.4|9=%d|%s10=000|", size, whole);
    for (int i = 0; i < size; i++) {
        bytes[i] = (char)(bytes[i] == '|' ? 1 : bytes[i]);
    }
    router_event(&desk->router, span_text(topic), span_of(bytes, (size_t)size));
}

static void session(struct desk *desk, const char *id, const char *broker, const char *state,
                    const char *text)
{
    char body[512];
    (void)snprintf(body, sizeof(body), "35=U2|10011=%s|10012=%s|10003=%s%s%s", id, state, broker,
                   text[0] != '\0' ? "|58=" : "", text);
    tell(desk, "SE.x", body);
}

static void order_event(struct desk *desk, unsigned broker, unsigned attempt,
                        const char *order_state)
{
    char body[256];
    char topic[64];
    (void)snprintf(topic, sizeof(topic), "OR.%s.VOD", order_state);
    (void)snprintf(body, sizeof(body), "35=U1|11=O%u|10003=%s|10004=T%u|10005=%s|55=VOD", attempt,
                   names[broker], attempt, order_state);
    tell(desk, topic, body);
}

static unsigned send(struct desk *desk, unsigned broker)
{
    desk->attempts += 1;
    order_event(desk, broker, desk->attempts, "SENT");
    return desk->attempts;
}

/* `rest`: "150=0|10005=ACKED" */
static void answer(struct desk *desk, unsigned broker, unsigned attempt, const char *rest)
{
    char body[512];
    char topic[64];
    (void)snprintf(topic, sizeof(topic), "ER.%s.VOD", names[broker]);
    (void)snprintf(body, sizeof(body), "35=8|11=O%u|10003=%s|10004=T%u|55=VOD|%s", attempt,
                   names[broker], attempt, rest);
    tell(desk, topic, body);
}

static const char taken[] = "150=0|10005=ACKED";
static const char refused[] = "150=8|10005=REJECTED|103=99|58=no";
static const char business[] = "150=8|10005=REJECTED|103=1|58=unknown symbol";

static void pass(struct desk *desk, uint64_t span_ns)
{
    desk->now_ns += span_ns;
    router_tick(&desk->router, desk->now_ns);
    take_out(desk);
}

static void order(struct desk *desk, unsigned broker, uint64_t latency_ns, const char *rest)
{
    unsigned attempt = send(desk, broker);
    desk->now_ns += latency_ns;
    answer(desk, broker, attempt, rest);
    take_out(desk);
}

static void row(struct desk *desk, unsigned number, bool ready, uint64_t echoes)
{
    struct router_row told = {.session = span_text(ids[number]),
                              .ready = ready,
                              .echoes = echoes,
                              .round_trip_ns = MILLISECOND_NS};
    router_row(&desk->router, desk->now_ns, &told);
}

static void both_ready(struct desk *desk)
{
    for (unsigned i = 0; i < 2; i++) {
        session(desk, ids[i], names[i], "READY", "");
        row(desk, i, true, 0);
    }
    pass(desk, 3 * SECOND_NS);
    assert_int_equal(desk->last[ALPHA].breaker, BREAKER_CLOSED);
    assert_int_equal(desk->last[BETA].breaker, BREAKER_CLOSED);
}

/* Both brokers take orders at a rate of `each` per second for so many seconds. */
static void trade(struct desk *desk, unsigned seconds, unsigned each, uint64_t alpha_ns,
                  uint64_t beta_ns)
{
    for (unsigned i = 0; i < seconds * each; i++) {
        uint64_t spent_ns = alpha_ns + beta_ns;
        order(desk, ALPHA, alpha_ns, taken);
        order(desk, BETA, beta_ns, taken);
        if (spent_ns < SECOND_NS / each) {
            pass(desk, SECOND_NS / each - spent_ns);
        }
    }
}

static void assert_breaker(const struct desk *desk, unsigned broker, enum breaker_state state)
{
    if (desk->last[broker].breaker != state) {
        fail_msg("%s is %s, not %s: %s", names[broker],
                 breaker_state_name(desk->last[broker].breaker), breaker_state_name(state),
                 desk->last[broker].reason.data);
    }
}

static void assert_says(const char *text, const char *words)
{
    if (strstr(text, words) == NULL) {
        fail_msg("no \"%s\" in: %s", words, text);
    }
}

/* Lets time pass as the service does: it asks for echoes, and they come. */
static void wait_with_echoes(struct desk *desk, unsigned seconds)
{
    for (unsigned i = 0; i < seconds * 10; i++) {
        uint32_t number = 0;
        pass(desk, SECOND_NS / 10);
        while (router_probe_next(&desk->router, &number)) {
            assert_true(number < 2);
            router_probed(&desk->router, number, true);
            desk->echoes[number] += 1;
        }
        for (unsigned broker = 0; broker < 2; broker++) {
            row(desk, broker, desk->router.sessions[broker].ready, desk->echoes[broker]);
        }
    }
}

/* --- Posts ------------------------------------------------------------------------------------ */

static void begins_closed_at_full_score_and_says_that_latency_is_unknown(void **state)
{
    struct desk *desk = *state;
    pass(desk, 0);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(desk->posts[i], 1);
        assert_int_equal(desk->last[i].breaker, BREAKER_CLOSED);
        assert_int_equal(desk->last[i].score, 1000);
        assert_int_equal(desk->last[i].ramp, 1000);
        assert_int_equal(desk->last[i].probes, 0);
        assert_says(desk->last[i].reason.data, "latency not known yet");
    }
}

static void posts_each_second_as_a_sign_of_life(void **state)
{
    struct desk *desk = *state;
    for (unsigned i = 0; i < 1000; i++) {
        pass(desk, SECOND_NS / 100);
    }
    assert_in_range(desk->posts[ALPHA], 10, 11);
    assert_in_range(desk->posts[BETA], 10, 11);
}

static void change_is_posted_at_once_and_lost_post_again(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    unsigned before = desk->posts[ALPHA];
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    assert_int_equal(desk->posts[ALPHA], before + 1);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
    take_out(desk);
    assert_int_equal(desk->posts[ALPHA], before + 1);
    router_post_failed(&desk->router, ALPHA);
    take_out(desk);
    assert_int_equal(desk->posts[ALPHA], before + 2);
}

/* --- What opens
 * ----------------------------------------------------------------------------------- */

static void session_that_drops_opens_with_the_reason_and_the_other_stays(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "the peer logged out");
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
    assert_breaker(desk, BETA, BREAKER_CLOSED);
    assert_says(desk->last[ALPHA].reason.data, "its session is down: the peer logged out");
    assert_says(desk->news, "ALPHA: is OPEN: its session is down");
    assert_null(strstr(desk->news, "no broker is left"));
}

static void last_broker_that_opens_is_told_of_as_such(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    session(desk, ids[BETA], "BETA", "DISCONNECTED", "");
    take_out(desk);
    assert_breaker(desk, BETA, BREAKER_OPEN);
    assert_says(desk->news, "no broker is left, orders wait");
}

static void drop_copy_session_is_no_matter(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    session(desk, "FIX.4.4:GATE->ALPHA-DC", "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
}

static void one_of_two_sessions_may_drop(void **state)
{
    struct desk *desk = *state;
    desk->sessions[3] = (struct engine_session_config){
        .id = "FIX.4.4:GATE->ALPHA:2", .broker = ALPHA, .role = ROLE_ORDERS};
    desk->config.sessions_count = 4;
    begin(desk);
    both_ready(desk);
    session(desk, "FIX.4.4:GATE->ALPHA:2", "ALPHA", "READY", "");
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    session(desk, "FIX.4.4:GATE->ALPHA:2", "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
}

static void rejects_of_session_and_application_open_at_once(void **state)
{
    static const char *const cases[] = {
        "150=8|10005=REJECTED|45=7|372=D|373=5|58=value is incorrect",
        "150=8|10005=REJECTED|45=7|372=D|380=4|58=not available",
    };
    struct desk *desk = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        begin(desk);
        both_ready(desk);
        order(desk, ALPHA, MILLISECOND_NS, cases[i]);
        assert_breaker(desk, ALPHA, BREAKER_OPEN);
        assert_says(desk->last[ALPHA].reason.data, "it refused an order: ");
    }
}

static void business_rejects_do_not_open_and_are_told_by_instrument(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    for (unsigned i = 0; i < 200; i++) {
        order(desk, ALPHA, MILLISECOND_NS, business);
        pass(desk, 20 * MILLISECOND_NS);
    }
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_int_equal(desk->moves[ALPHA], 0);
    assert_int_equal(desk->last[ALPHA].score, 1000);
    assert_says(desk->news, "ALPHA: rejected the last 5 orders of VOD");
    assert_says(desk->news, "unknown symbol");
}

static void rejects_without_such_a_reason_open(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    for (unsigned i = 0; i < 10; i++) {
        order(desk, ALPHA, MILLISECOND_NS, taken);
        order(desk, ALPHA, MILLISECOND_NS, refused);
    }
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
    assert_says(desk->last[ALPHA].reason.data, "10 of 20 orders failed within 10 s");
}

static void dead_broker_that_only_has_pending_orders_opens(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    for (unsigned i = 0; i < 3; i++) {
        (void)send(desk, ALPHA);
    }
    pass(desk, 2 * SECOND_NS - 1);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    pass(desk, 1);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
    assert_says(desk->last[ALPHA].reason.data, "3 orders in a row had no word within 2 s");
}

static void stopped_broker_in_full_flow_opens_within_the_timeout(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    trade(desk, 5, 50, MILLISECOND_NS, MILLISECOND_NS);
    uint64_t stopped_ns = desk->now_ns;
    while (desk->last[ALPHA].breaker == BREAKER_CLOSED) {
        (void)send(desk, ALPHA);
        order(desk, BETA, MILLISECOND_NS, taken);
        pass(desk, 9 * MILLISECOND_NS);
        assert_true(desk->now_ns - stopped_ns <= 2100 * MILLISECOND_NS);
    }
    assert_breaker(desk, BETA, BREAKER_CLOSED);
}

static void score_of_a_broker_that_hangs_falls_before_its_breaker_opens(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    trade(desk, 3, 20, 5 * MILLISECOND_NS, 5 * MILLISECOND_NS);
    assert_int_equal(desk->last[ALPHA].score, 1000);
    (void)send(desk, ALPHA);
    pass(desk, SECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_in_range(desk->last[ALPHA].score, 50, 60);
    assert_int_equal(desk->last[BETA].score, 1000);
}

static void slow_broker_opens_by_its_own_baseline(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    trade(desk, 40, 5, 100 * MILLISECOND_NS, 5 * MILLISECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    /* Three times its p99 is beyond 300 ms: 250 ms is not slow for it. */
    trade(desk, 10, 3, 250 * MILLISECOND_NS, 5 * MILLISECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    unsigned count = 0;
    while (desk->last[ALPHA].breaker == BREAKER_CLOSED) {
        order(desk, ALPHA, SECOND_NS, taken);
        count += 1;
        assert_true(count < 100);
        for (unsigned i = 0; i < 5; i++) {
            unsigned attempt = send(desk, ALPHA);
            desk->now_ns += 400 * MILLISECOND_NS;
            answer(desk, ALPHA, attempt, taken);
        }
    }
    assert_says(desk->last[ALPHA].reason.data, "answered slowly");
    /* Its baseline is still that of before. */
    pass(desk, 30 * SECOND_NS);
    assert_true(desk->router.brokers[ALPHA].figures.count > 100);
    assert_true(desk->router.brokers[ALPHA].figures.p99_ns < 300 * MILLISECOND_NS);
    assert_breaker(desk, BETA, BREAKER_CLOSED);
}

/* --- Probing
 * --------------------------------------------------------------------------------------- */

static void idle_broker_is_asked_for_an_echo_every_five_seconds(void **state)
{
    struct desk *desk = *state;
    uint64_t echoes = 0;
    both_ready(desk);
    for (unsigned i = 0; i < 300; i++) { /* BETA is busy meanwhile. */
        uint32_t number = 0;
        order(desk, BETA, MILLISECOND_NS, taken);
        pass(desk, 99 * MILLISECOND_NS);
        while (router_probe_next(&desk->router, &number)) {
            assert_int_equal(number, ALPHA);
            router_probed(&desk->router, number, true);
            echoes += 1;
            row(desk, ALPHA, true, echoes);
        }
    }
    assert_in_range(echoes, 5, 8);
    assert_int_equal(desk->router.sessions[ALPHA].round_trip_ns, MILLISECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
}

static void idle_broker_that_gives_no_echo_opens(void **state)
{
    struct desk *desk = *state;
    uint32_t number = 0;
    both_ready(desk);
    pass(desk, 5 * SECOND_NS);
    while (router_probe_next(&desk->router, &number)) {
        router_probed(&desk->router, number, number == ALPHA); /* BETA's could not be sent. */
    }
    pass(desk, 5 * SECOND_NS - 1);
    row(desk, ALPHA, true, 0); /* None has come. */
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    pass(desk, 1);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
    assert_says(desk->last[ALPHA].reason.data, "no echo of a TestRequest within 5 s");
    assert_breaker(desk, BETA, BREAKER_CLOSED);
}

/* A resend makes the engine forget the TestRequest that is out: its echo is none. */
static void echo_that_is_lost_is_asked_for_once_more(void **state)
{
    struct desk *desk = *state;
    uint32_t number = 0;
    unsigned asked = 0;
    both_ready(desk);
    pass(desk, 5 * SECOND_NS);
    for (unsigned i = 0; i < 49; i++) {
        while (router_probe_next(&desk->router, &number)) {
            router_probed(&desk->router, number, true);
            asked += number == ALPHA ? 1 : 0;
        }
        pass(desk, SECOND_NS / 10);
    }
    assert_int_equal(asked, 2);
    row(desk, ALPHA, true, 1);
    pass(desk, SECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_breaker(desk, BETA, BREAKER_OPEN);
}

static void broker_returns_by_echo_probes_and_ramp(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    uint64_t due_ns = desk->router.brokers[ALPHA].breaker.due_ns;
    session(desk, ids[ALPHA], "ALPHA", "READY", "");
    row(desk, ALPHA, true, 0);
    while (desk->last[ALPHA].breaker == BREAKER_OPEN) {
        wait_with_echoes(desk, 1);
        assert_true(desk->now_ns < due_ns + 3 * SECOND_NS);
    }
    assert_true(desk->now_ns >= due_ns);
    assert_breaker(desk, ALPHA, BREAKER_HALF_OPEN);
    assert_int_equal(desk->last[ALPHA].probes, 5);
    assert_int_equal(desk->last[ALPHA].ramp, 100);
    for (unsigned i = 0; i < 5; i++) {
        order(desk, ALPHA, MILLISECOND_NS, i == 2 ? business : taken);
    }
    wait_with_echoes(desk, 1);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_in_range(desk->last[ALPHA].ramp, 100, 130);
    wait_with_echoes(desk, 30);
    assert_in_range(desk->last[ALPHA].ramp, 530, 590);
    wait_with_echoes(desk, 32);
    assert_int_equal(desk->last[ALPHA].ramp, 1000);
}

static void line_that_drops_each_second_is_tried_ever_more_rarely(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    for (unsigned i = 0; i < 600; i++) {
        session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
        pass(desk, SECOND_NS / 10);
        session(desk, ids[ALPHA], "ALPHA", "READY", "");
        row(desk, ALPHA, true, desk->echoes[ALPHA]);
        wait_with_echoes(desk, 1);
        if (desk->last[ALPHA].breaker != BREAKER_OPEN) {
            order(desk, ALPHA, MILLISECOND_NS, taken);
        }
    }
    /* 5, 10, 20, 40, 80, 160, 300 s: seven in eleven minutes, there and back. */
    assert_in_range(desk->moves[ALPHA], 9, 16);
    assert_int_equal(desk->moves[BETA], 0);
}

/* --- Attempts
 * ------------------------------------------------------------------------------------- */

static void attempt_out_of_doubt_waits_since_it_was_first_sent(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    unsigned attempt = send(desk, ALPHA);
    pass(desk, SECOND_NS);
    order_event(desk, ALPHA, attempt, "IN_DOUBT");
    order_event(desk, ALPHA, attempt, "SENT");
    assert_int_equal(desk->router.pending.lines[ALPHA].count, 1);
    assert_int_equal(pending_due_sent_ns(&desk->router.pending, ALPHA), desk->now_ns - SECOND_NS);
}

static void order_that_goes_elsewhere_is_no_failure_any_more(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    for (unsigned i = 0; i < 3; i++) {
        unsigned attempt = send(desk, ALPHA);
        order_event(desk, ALPHA, attempt, "QUEUED");
    }
    assert_int_equal(desk->router.pending.lines[ALPHA].count, 0);
    pass(desk, 3 * SECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
}

static void time_that_a_line_was_down_is_no_latency(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    order(desk, ALPHA, MILLISECOND_NS, taken);
    unsigned attempt = send(desk, ALPHA);
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    pass(desk, 100 * SECOND_NS);
    session(desk, ids[ALPHA], "ALPHA", "READY", "");
    answer(desk, ALPHA, attempt, taken);
    assert_true(desk->router.brokers[ALPHA].latency.mean_ns <= MILLISECOND_NS);
    assert_int_equal(desk->router.pending.lines[ALPHA].count, 0);
}

/* The gateway was killed with orders on their way, and their answers come after it is back. */
static void orders_that_waited_while_the_gateway_was_away_are_not_judged(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    unsigned first = send(desk, ALPHA);
    for (unsigned i = 0; i < 20; i++) {
        (void)send(desk, ALPHA);
    }
    router_live(&desk->router);
    pass(desk, 30 * SECOND_NS);
    session(desk, ids[ALPHA], "ALPHA", "READY", "");
    answer(desk, ALPHA, first, taken);
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_int_equal(desk->router.brokers[ALPHA].latency.mean_ns, 0);
    /* What goes out from now on is. */
    for (unsigned i = 0; i < 3; i++) {
        (void)send(desk, ALPHA);
    }
    pass(desk, 2 * SECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
}

static void pauses_of_the_past_open_nothing_but_its_drops_do(void **state)
{
    struct desk *desk = *state;
    router_init(&desk->router, &desk->settings, &desk->config, 0);
    session(desk, ids[ALPHA], "ALPHA", "READY", "");
    session(desk, ids[BETA], "BETA", "READY", "");
    for (unsigned i = 0; i < 20; i++) {
        (void)send(desk, ALPHA);
    }
    desk->now_ns += 60 * SECOND_NS;
    session(desk, ids[ALPHA], "ALPHA", "READY", "");
    session(desk, ids[BETA], "BETA", "DISCONNECTED", "dropped");
    router_live(&desk->router);
    pass(desk, SECOND_NS);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_breaker(desk, BETA, BREAKER_OPEN);
    assert_int_equal(desk->router.pending.lines[ALPHA].count, 0);
}

static void more_attempts_than_can_be_watched_are_counted_and_told(void **state)
{
    struct desk *desk = *state;
    desk->settings.breaker.ack_timeout_ns = 1000 * SECOND_NS;
    desk->settings.pending_keep_ns = 100 * SECOND_NS;
    begin(desk);
    both_ready(desk);
    for (unsigned i = 0; i < PENDING_MAX + 7; i++) {
        (void)send(desk, BETA);
    }
    pass(desk, SECOND_NS);
    assert_says(desk->news, "more than 16384 orders wait for a word; 7 were not watched");
    pass(desk, 101 * SECOND_NS);
    assert_int_equal(desk->router.forgotten, PENDING_MAX);
    assert_int_equal(desk->router.pending.lines[BETA].count, 0);
}

static void unknown_brokers_sessions_and_garbage_are_passed_over(void **state)
{
    struct desk *desk = *state;
    both_ready(desk);
    uint64_t before = desk->router.events_count;
    tell(desk, "OR.SENT.VOD", "35=U1|10003=GAMMA|10004=T9|10005=SENT");
    tell(desk, "SE.x", "35=U2|10011=FIX.4.4:X->Y|10012=DISCONNECTED|10003=GAMMA");
    tell(desk, "ER.ALPHA.VOD", "35=8|10003=ALPHA|10004=T77|10005=ACKED|150=0");
    router_event(&desk->router, span_text("ER.ALPHA"), span_text("nonsense"));
    struct router_row none = {.session = span_text("FIX.4.4:X->Y")};
    router_row(&desk->router, desk->now_ns, &none);
    take_out(desk);
    assert_int_equal(desk->router.events_count, before + 3);
    assert_breaker(desk, ALPHA, BREAKER_CLOSED);
    assert_breaker(desk, BETA, BREAKER_CLOSED);
}

/* --- Scores
 * ---------------------------------------------------------------------------------------- */

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

/* --- The whole
 * --------------------------------------------------------------------------------------- */

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

static void row_tells_of_a_session_that_no_event_told_of(void **state)
{
    struct desk *desk = *state;
    row(desk, ALPHA, true, 0);
    row(desk, BETA, false, 0);
    pass(desk, SECOND_NS);
    assert_true(desk->router.sessions[ALPHA].ready);
    /* Not up yet is no failure. */
    assert_breaker(desk, BETA, BREAKER_CLOSED);
    session(desk, ids[ALPHA], "ALPHA", "DISCONNECTED", "");
    take_out(desk);
    assert_breaker(desk, ALPHA, BREAKER_OPEN);
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
        TEST(begins_closed_at_full_score_and_says_that_latency_is_unknown),
        TEST(posts_each_second_as_a_sign_of_life),
        TEST(change_is_posted_at_once_and_lost_post_again),
        TEST(session_that_drops_opens_with_the_reason_and_the_other_stays),
        TEST(last_broker_that_opens_is_told_of_as_such),
        TEST(drop_copy_session_is_no_matter),
        TEST(one_of_two_sessions_may_drop),
        TEST(rejects_of_session_and_application_open_at_once),
        TEST(business_rejects_do_not_open_and_are_told_by_instrument),
        TEST(rejects_without_such_a_reason_open),
        TEST(dead_broker_that_only_has_pending_orders_opens),
        TEST(stopped_broker_in_full_flow_opens_within_the_timeout),
        TEST(score_of_a_broker_that_hangs_falls_before_its_breaker_opens),
        TEST(slow_broker_opens_by_its_own_baseline),
        TEST(idle_broker_is_asked_for_an_echo_every_five_seconds),
        TEST(idle_broker_that_gives_no_echo_opens),
        TEST(echo_that_is_lost_is_asked_for_once_more),
        TEST(broker_returns_by_echo_probes_and_ramp),
        TEST(line_that_drops_each_second_is_tried_ever_more_rarely),
        TEST(attempt_out_of_doubt_waits_since_it_was_first_sent),
        TEST(order_that_goes_elsewhere_is_no_failure_any_more),
        TEST(time_that_a_line_was_down_is_no_latency),
        TEST(orders_that_waited_while_the_gateway_was_away_are_not_judged),
        TEST(pauses_of_the_past_open_nothing_but_its_drops_do),
        TEST(more_attempts_than_can_be_watched_are_counted_and_told),
        TEST(unknown_brokers_sessions_and_garbage_are_passed_over),
        TEST(slower_broker_gets_a_smaller_score_that_does_not_chatter),
        TEST(outbound_rate_that_is_used_up_costs_score),
        TEST(bytes_that_the_peer_does_not_read_cost_score),
        TEST(shadow_mode_tells_all_and_posts_nothing_as_open),
        TEST(row_tells_of_a_session_that_no_event_told_of),
        TEST(whatever_comes_keeps_the_bounds),
        TEST(same_events_at_the_same_times_give_the_same_posts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

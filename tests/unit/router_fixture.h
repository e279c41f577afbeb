/* A router with two brokers, told of events, rows and time by hand; what it posts and says. */
#ifndef TESTS_UNIT_ROUTER_FIXTURE_H
#define TESTS_UNIT_ROUTER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

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
    unsigned alerts[3]; /* Of the news, those for the bus; the last: about no broker. */
    struct router router;
};

/* --- The world ------------------------------------------------------------------------------- */

static const char *const names[] = {"ALPHA", "BETA"};
static const char *const ids[] = {"FIX.4.4:GATE->ALPHA", "FIX.4.4:GATE->BETA"};

static inline void begin(struct desk *desk)
{
    memset(desk->posts, 0, sizeof(desk->posts));
    memset(desk->moves, 0, sizeof(desk->moves));
    memset(desk->last, 0, sizeof(desk->last));
    memset(desk->echoes, 0, sizeof(desk->echoes));
    memset(desk->alerts, 0, sizeof(desk->alerts));
    desk->news[0] = '\0';
    desk->attempts = 0;
    desk->now_ns = START_NS;
    router_init(&desk->router, &desk->settings, &desk->config, 0);
    router_live(&desk->router);
}

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
    free(*state);
    return 0;
}

/* What comes out now: posts and news. */
static inline void take_out(struct desk *desk)
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
        if (news.alert) {
            desk->alerts[news.broker < 2 ? news.broker : 2] += 1;
        }
    }
}

static inline void tell(struct desk *desk, const char *topic, const char *body)
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

static inline void session(struct desk *desk, const char *id, const char *broker, const char *state,
                           const char *text)
{
    char body[512];
    (void)snprintf(body, sizeof(body), "35=U2|10011=%s|10012=%s|10003=%s%s%s", id, state, broker,
                   text[0] != '\0' ? "|58=" : "", text);
    tell(desk, "SE.x", body);
}

static inline void order_event(struct desk *desk, unsigned broker, unsigned attempt,
                               const char *order_state)
{
    char body[256];
    char topic[64];
    (void)snprintf(topic, sizeof(topic), "OR.%s.VOD", order_state);
    (void)snprintf(body, sizeof(body), "35=U1|11=O%u|10003=%s|10004=T%u|10005=%s|55=VOD", attempt,
                   names[broker], attempt, order_state);
    tell(desk, topic, body);
}

static inline unsigned send(struct desk *desk, unsigned broker)
{
    desk->attempts += 1;
    order_event(desk, broker, desk->attempts, "SENT");
    return desk->attempts;
}

/* `rest`: "150=0|10005=ACKED" */
static inline void answer(struct desk *desk, unsigned broker, unsigned attempt, const char *rest)
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

static inline void pass(struct desk *desk, uint64_t span_ns)
{
    desk->now_ns += span_ns;
    router_tick(&desk->router, desk->now_ns);
    take_out(desk);
}

static inline void order(struct desk *desk, unsigned broker, uint64_t latency_ns, const char *rest)
{
    unsigned attempt = send(desk, broker);
    desk->now_ns += latency_ns;
    answer(desk, broker, attempt, rest);
    take_out(desk);
}

static inline void row(struct desk *desk, unsigned number, bool ready, uint64_t echoes)
{
    struct router_row told = {.session = span_text(ids[number]),
                              .ready = ready,
                              .echoes = echoes,
                              .round_trip_ns = MILLISECOND_NS};
    router_row(&desk->router, desk->now_ns, &told);
}

static inline void both_ready(struct desk *desk)
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
static inline void trade(struct desk *desk, unsigned seconds, unsigned each, uint64_t alpha_ns,
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

static inline void assert_breaker(const struct desk *desk, unsigned broker,
                                  enum breaker_state state)
{
    if (desk->last[broker].breaker != state) {
        fail_msg("%s is %s, not %s: %s", names[broker],
                 breaker_state_name(desk->last[broker].breaker), breaker_state_name(state),
                 desk->last[broker].reason.data);
    }
}

static inline void assert_says(const char *text, const char *words)
{
    if (strstr(text, words) == NULL) {
        fail_msg("no \"%s\" in: %s", words, text);
    }
}

/* Lets time pass as the service does: it asks for echoes, and they come. */
static inline void wait_with_echoes(struct desk *desk, unsigned seconds)
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

#endif

/* The router's logic against any events of the bus, rows, echoes and clocks. Each line of the
 * input is one thing that happens; '|' stands for SOH:
 *
 *   cLETTERS      settings; only as the first line (see choose)
 *   eTOPIC BODY   an event, rightly framed, of now unless it says SendingTime(52)
 *   rTOPIC BYTES  an event of these bytes
 *   wN READY ECHOES UNSENT MICROSECONDS   a row of session N (an unknown one from 3 on)
 *   p p!          what is to be tested is; or could not be
 *   f             the latest post is lost
 *   l             the gateway was away (router_live)
 *   xMILLISECONDS time passes
 *   k-SECONDS     somebody sets the clock
 *
 * What must hold: breakers are in their states as long as they may be and no shorter, times do
 * not run backwards, posts are within their bounds and no more than are due, and the same input
 * gives the same posts and news. */
#include <stdio.h>
#include <stdlib.h>

#include "fix/timestamp.h"
#include "gateway/core/router/router.h"
#include "tests/fuzz/lines.h"

#define SECOND_NS      UINT64_C(1000000000)
#define MILLISECOND_NS UINT64_C(1000000)
#define START_NS       (UINT64_C(1795219200) * SECOND_NS)

enum { BROKERS = 2, SESSIONS = 3, LINE_BYTES_MAX = 1000, STEPS_MAX = 400, SECONDS_MAX = 100000 };

static const char *const ids[SESSIONS] = {"FIX.4.4:GATE->ALPHA", "FIX.4.4:GATE->BETA",
                                          "FIX.4.4:GATE->ALPHA-DC"};

/* When a broker's breaker last moved. */
struct seen {
    enum breaker_state state;
    uint64_t since_ns;
    uint64_t opened_count;
};

struct desk {
    struct router_settings settings;
    struct broker_config brokers[BROKERS];
    struct engine_session_config sessions[SESSIONS];
    struct engine_config config;
    uint64_t now_ns;     /* Of the system's clock. */
    uint64_t reached_ns; /* The router's, after the last line. */
    uint64_t digest;     /* Of all that came out. */
    uint32_t last_post;  /* Its broker; BROKERS: none. */
    struct seen seen[BROKERS];
    struct router router;
};

static struct desk desk;

/* --- The world ------------------------------------------------------------------------------ */

static void choose(char letter)
{
    struct router_settings *settings = &desk.settings;
    switch (letter) {
    case 's':
        settings->shadow = true;
        break;
    case 'r': /* Rates, and room for unsent bytes. */
        desk.sessions[0].rate_per_second = 2;
        desk.sessions[1].backlog_bytes_high = 1000;
        break;
    case 'f': /* Few orders are enough. */
        settings->breaker.orders_min = 2;
        settings->slow_samples_min = 2;
        settings->score.orders_min = 1;
        break;
    case 'h': /* A window of one bucket, and no pause between probes. */
        settings->breaker.buckets = 1;
        settings->breaker.probe_orders = 1;
        break;
    case 'k': /* What waits is forgotten soon. */
        settings->pending_keep_ns = 5 * SECOND_NS;
        break;
    case 'd':
        desk.sessions[2].role = ROLE_ORDERS;
        break;
    default:
        break;
    }
}

static void begin(const char *letters)
{
    memset(&desk, 0, sizeof(desk));
    desk.settings = router_settings_default();
    desk.brokers[0] = (struct broker_config){.name = "ALPHA", .weight = 1};
    desk.brokers[1] = (struct broker_config){.name = "BETA", .weight = 1};
    for (uint32_t i = 0; i < SESSIONS; i++) {
        desk.sessions[i] = (struct engine_session_config){
            .id = ids[i], .broker = i % BROKERS, .role = i < 2 ? ROLE_ORDERS : ROLE_DROPCOPY};
    }
    for (; *letters != '\0'; letters++) {
        choose(*letters);
    }
    desk.config = (struct engine_config){.brokers = desk.brokers,
                                         .brokers_count = BROKERS,
                                         .sessions = desk.sessions,
                                         .sessions_count = SESSIONS};
    desk.now_ns = START_NS;
    desk.last_post = BROKERS;
    router_init(&desk.router, &desk.settings, &desk.config, START_NS);
    for (uint32_t i = 0; i < BROKERS; i++) {
        desk.seen[i].since_ns = desk.router.brokers[i].breaker.since_ns;
    }
}

/* --- What must hold ----------------------------------------------------------------------------
 */

static void note(uint64_t number)
{
    desk.digest = (desk.digest ^ number) * UINT64_C(1099511628211);
}

static void check_post(const struct router_post *post)
{
    const struct breaker *breaker = &desk.router.brokers[post->broker].breaker;
    ASSERT(post->score <= ROUTING_PERMILLE);
    ASSERT(post->ramp > 0 && post->ramp <= ROUTING_PERMILLE);
    ASSERT(post->reason.size > 0);
    if (desk.settings.shadow) {
        ASSERT(post->breaker == BREAKER_CLOSED && post->score == ROUTING_PERMILLE);
        ASSERT(post->ramp == ROUTING_PERMILLE && post->probes == 0);
    } else {
        ASSERT(post->breaker == breaker->state);
        ASSERT((post->probes > 0) == (breaker->state == BREAKER_HALF_OPEN));
        ASSERT(post->probes <= desk.settings.breaker.probe_orders);
    }
}

/* One post of each broker is due at a time, at the most. */
static void take_out(void)
{
    struct router_post post;
    struct router_news news;
    unsigned posts = 0;
    unsigned lines = 0;
    while (router_post_next(&desk.router, &post)) {
        ASSERT(post.broker < BROKERS);
        check_post(&post);
        posts += 1;
        ASSERT(posts <= BROKERS);
        desk.last_post = post.broker;
        note(post.broker);
        note(post.breaker);
        note(post.score);
        note(post.ramp);
        note(post.reason.size);
    }
    while (router_news_next(&desk.router, &news)) {
        lines += 1;
        ASSERT(lines <= ROUTER_NEWS_MAX);
        ASSERT(news.text.size > 0);
        note(news.text.size);
    }
}

static void check_breaker(const struct breaker *breaker, struct seen *seen)
{
    const struct breaker_config *config = &desk.settings.breaker;
    ASSERT(breaker->since_ns >= seen->since_ns && breaker->since_ns <= breaker->now_ns);
    ASSERT(breaker->now_ns <= desk.router.now_ns);
    ASSERT(breaker->opened_count >= seen->opened_count);
    ASSERT(breaker->reason.size > 0);
    uint64_t age_ns = breaker->now_ns - seen->since_ns;
    bool moved = breaker->state != seen->state || breaker->since_ns != seen->since_ns ||
                 breaker->opened_count != seen->opened_count;
    if (!moved) {
        ASSERT(breaker->state != BREAKER_HALF_OPEN || age_ns < config->half_open_max_ns);
        return;
    }
    if (seen->state == BREAKER_OPEN) {
        uint64_t least = ROUTING_PERMILLE - config->jitter_permille;
        ASSERT(age_ns >= config->backoff_first_ns / ROUTING_PERMILLE * least);
    }
    ASSERT(breaker->opened_count > seen->opened_count || breaker->state != BREAKER_OPEN);
    *seen = (struct seen){breaker->state, breaker->since_ns, breaker->opened_count};
}

static void check(void)
{
    uint32_t pending = 0;
    ASSERT(desk.router.now_ns >= desk.reached_ns);
    desk.reached_ns = desk.router.now_ns;
    for (uint32_t i = 0; i < BROKERS; i++) {
        const struct router_broker *broker = &desk.router.brokers[i];
        struct breaker_share share = breaker_share(&broker->breaker);
        ASSERT(share.failed <= share.orders && share.slow <= share.orders);
        ASSERT(broker->breaker.overdue <= desk.router.pending.lines[i].count);
        ASSERT(broker->score <= ROUTING_PERMILLE);
        check_breaker(&broker->breaker, &desk.seen[i]);
        pending += desk.router.pending.lines[i].count;
    }
    ASSERT(pending <= PENDING_MAX);
}

/* --- What happens --------------------------------------------------------------------------------
 */

static size_t with_soh(const char *text, char *out)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        out[i] = (char)(text[i] == '|' ? FIX_SOH : text[i]);
    }
    return size;
}

/* "TOPIC …" */
static void tell(const char *text, bool framed)
{
    static char body[LINE_BYTES_MAX + 64];
    static char bytes[LINE_BYTES_MAX + 128];
    char time[TIMESTAMP_TEXT_BYTES_MAX + 1];
    size_t topic = strcspn(text, " ");
    const char *rest = text + topic + (text[topic] == ' ' ? 1 : 0);
    (void)snprintf(body, sizeof(body), "%s", rest);
    if (framed) {
        time[timestamp_format(desk.now_ns, 6, time)] = '\0';
        bool has_time = strstr(rest, "|52=") != NULL;
        (void)snprintf(body, sizeof(body), "%s|34=1%s%s|", rest,
                       has_time ? "" : "|52=", has_time ? "" : time);
        (void)snprintf(bytes, sizeof(bytes), "8=FIX.4.4|9=%zu|%s10=000|", strlen(body), body);
    } else {
        (void)snprintf(bytes, sizeof(bytes), "%s", body);
    }
    size_t size = with_soh(bytes, bytes);
    router_event(&desk.router, span_of(text, topic), span_of(bytes, size));
}

/* "N READY ECHOES UNSENT MICROSECONDS" */
static void tell_row(const char *text)
{
    char *rest = NULL;
    unsigned long session = strtoul(text, &rest, 10);
    struct router_row row = {.session = span_text(session < SESSIONS ? ids[session] : "unknown")};
    row.ready = strtoul(rest, &rest, 10) != 0;
    row.echoes = strtoul(rest, &rest, 10);
    row.backlog_bytes = strtoul(rest, &rest, 10);
    row.round_trip_ns = strtoul(rest, &rest, 10) % 100000000 * 1000;
    router_row(&desk.router, desk.now_ns, &row);
}

/* Each of them at most once: then it is not wanted again at the same instant. */
static void probe(bool sent)
{
    uint32_t number = 0;
    for (unsigned count = 0; router_probe_next(&desk.router, &number); count++) {
        ASSERT(number < SESSIONS && desk.sessions[number].role == ROLE_ORDERS);
        ASSERT(count < SESSIONS);
        note(number);
        router_probed(&desk.router, number, sent);
    }
}

static void set_clock(const char *text)
{
    long seconds = strtol(text, NULL, 10);
    seconds = seconds > SECONDS_MAX ? SECONDS_MAX : seconds;
    seconds = seconds < -SECONDS_MAX ? -SECONDS_MAX : seconds;
    desk.now_ns += (uint64_t)((int64_t)seconds * INT64_C(1000000000));
}

static void play(const char *line)
{
    switch (line[0]) {
    case 'e':
    case 'r':
        tell(line + 1, line[0] == 'e');
        break;
    case 'w':
        tell_row(line + 1);
        break;
    case 'p':
        probe(line[1] != '!');
        break;
    case 'f':
        if (desk.last_post < BROKERS) {
            router_post_failed(&desk.router, desk.last_post);
        }
        break;
    case 'l':
        router_live(&desk.router);
        break;
    case 'x':
        desk.now_ns +=
            strtoul(line + 1, NULL, 10) % (SECONDS_MAX * UINT64_C(1000)) * MILLISECOND_NS;
        break;
    case 'k':
        set_clock(line + 1);
        break;
    default:
        break;
    }
    router_tick(&desk.router, desk.now_ns);
    take_out();
    check();
}

/* What came out of all of it. */
static uint64_t run(const uint8_t *data, size_t size)
{
    struct fuzz_lines lines = {.data = data, .size = size};
    return fuzz_play(lines, LINE_BYTES_MAX, STEPS_MAX, begin, play) ? desk.digest : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t first = run(data, size);
    uint64_t second = run(data, size);
    ASSERT(first == second);
    return 0;
}

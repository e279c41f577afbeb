/* The oracle on the router's breakers, and on shares of the orders. */
#include "tests/oracle/oracle_rig.h"

#define MS     UINT64_C(1000000)
#define SECOND (1000 * MS)

static const struct oracle_router bounds = {
    .backoff_first_ns = 5 * SECOND,
    .backoff_most_ns = 20 * SECOND,
    .jitter_permille = 200,
    .forgive_ns = 600 * SECOND,
    .half_open_least_ns = SECOND,
    .ramp_permille = 100,
    .ramp_ns = 60 * SECOND,
    .silent_orders = 2,
    .silence_ns = 3 * SECOND,
};

static void begins(struct rig *rig, const struct oracle_router *router)
{
    oracle_router(rig->oracle, router);
    oracle_router_begins(rig->oracle);
    oracle_router_follows(rig->oracle);
}

static void says(struct rig *rig, const char *state, uint64_t at_ns)
{
    oracle_breaker_said(rig->oracle, ALPHA, span_text(state), at_ns);
}

static void posts(struct rig *rig, const char *state, uint32_t ramp, uint64_t at_ns)
{
    oracle_router_posts(rig->oracle, ALPHA, span_text(state), ramp, at_ns);
}

#define ROW(before, now) "35=U4|10003=ALPHA|10020=" now "|10021=" before "|10022=AUTO|10023=N|"

/* --- How it moves ---------------------------------------------------------------------------- */

static void a_breaker_that_waits_as_it_must_is_good(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    says(rig, "OPEN", 10 * SECOND);
    says(rig, "HALF_OPEN", 14 * SECOND);
    says(rig, "CLOSED", 15 * SECOND);
    says(rig, "OPEN", 16 * SECOND);
    says(rig, "HALF_OPEN", 24 * SECOND);
    says(rig, "OPEN", 24 * SECOND);
    says(rig, "HALF_OPEN", 40 * SECOND);
    assert_good(rig);
}

static void a_backoff_that_is_not_waited_for_is_seen(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    says(rig, "OPEN", 10 * SECOND);
    says(rig, "HALF_OPEN", 14 * SECOND - 1);
    assert_violates(rig, ORACLE_BREAKERS, "was OPEN for 3999 ms only, having opened 1 times");
}

static void a_backoff_that_does_not_grow_is_seen(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    says(rig, "OPEN", 10 * SECOND);
    says(rig, "HALF_OPEN", 15 * SECOND);
    says(rig, "OPEN", 15 * SECOND);
    says(rig, "HALF_OPEN", 20 * SECOND);
    assert_violates(rig, ORACLE_BREAKERS, "it must be that for 8000 ms");
}

static void what_was_closed_for_long_is_forgiven(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    says(rig, "OPEN", 10 * SECOND);
    says(rig, "HALF_OPEN", 15 * SECOND);
    says(rig, "CLOSED", 16 * SECOND);
    says(rig, "OPEN", 616 * SECOND);
    says(rig, "HALF_OPEN", 620 * SECOND);
    assert_good(rig);
}

static void a_half_open_one_that_closes_at_once_is_seen(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    says(rig, "OPEN", 10 * SECOND);
    says(rig, "HALF_OPEN", 15 * SECOND);
    says(rig, "CLOSED", 15 * SECOND + 999 * MS);
    assert_violates(rig, ORACLE_BREAKERS, "was HALF_OPEN for 999 ms only");
}

static void an_open_one_that_closes_unproven_is_seen(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    says(rig, "OPEN", 10 * SECOND);
    says(rig, "CLOSED", 100 * SECOND);
    assert_violates(rig, ORACLE_BREAKERS, "goes from OPEN to CLOSED");
}

static void a_router_that_starts_again_begins_anew(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    says(rig, "OPEN", 10 * SECOND);
    oracle_router_ends(rig->oracle);
    oracle_router_begins(rig->oracle);
    says(rig, "OPEN", 10 * SECOND); /* Out of the same events. */
    says(rig, "HALF_OPEN", 14 * SECOND);
    assert_good(rig);
}

static void one_that_opens_though_all_is_well_is_seen(void **state)
{
    struct rig *rig = *state;
    struct oracle_router calm = bounds;
    calm.calm = true;
    begins(rig, &calm);
    says(rig, "OPEN", 10 * SECOND);
    assert_violates(rig, ORACLE_BREAKERS, "nothing is wrong but orders of one instrument");
}

/* --- What is posted, and comes of it -----------------------------------------------------------
 */

static void a_ramp_that_is_skipped_is_seen(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    posts(rig, "CLOSED", 1000, SECOND);
    says(rig, "OPEN", 10 * SECOND);
    says(rig, "HALF_OPEN", 15 * SECOND);
    says(rig, "CLOSED", 20 * SECOND);
    posts(rig, "CLOSED", 100, 20 * SECOND);
    posts(rig, "CLOSED", 550, 50 * SECOND);
    posts(rig, "CLOSED", 1000, 80 * SECOND);
    assert_good(rig);
    posts(rig, "CLOSED", 1000, 50 * SECOND);
    assert_violates(rig, ORACLE_BREAKERS, "at most 550 are right");
}

static void a_post_that_is_not_what_it_says_is_seen(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    says(rig, "OPEN", 10 * SECOND);
    posts(rig, "CLOSED", 1000, 11 * SECOND);
    assert_violates(rig, ORACLE_BREAKERS, "posts CLOSED for ALPHA, and says OPEN");
}

static void one_in_shadow_mode_that_steers_is_seen(void **state)
{
    struct rig *rig = *state;
    struct oracle_router shadow = bounds;
    shadow.shadow = true;
    begins(rig, &shadow);
    says(rig, "OPEN", 10 * SECOND);
    posts(rig, "CLOSED", 1000, 10 * SECOND);
    assert_good(rig);
    posts(rig, "OPEN", 1000, 11 * SECOND);
    assert_violates(rig, ORACLE_BREAKERS, "in shadow mode");
}

static void a_table_that_follows_the_posts_is_good(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    says(rig, "OPEN", 10 * SECOND);
    posts(rig, "OPEN", 1000, 10 * SECOND);
    event(rig, "RT.ALPHA", ROW("CLOSED", "OPEN"));
    event(rig, "RT.ALPHA", ROW("OPEN", "OPEN")); /* People changed something else. */
    assert_good(rig);
}

static void a_table_that_moves_by_itself_is_seen(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    says(rig, "OPEN", 10 * SECOND);
    posts(rig, "OPEN", 1000, 10 * SECOND);
    event(rig, "RT.ALPHA", ROW("CLOSED", "OPEN"));
    oracle_router_ends(rig->oracle);
    event(rig, "RT.ALPHA", ROW("OPEN", "CLOSED"));
    assert_violates(rig, ORACLE_BREAKERS, "becomes CLOSED, and no router posted that");
}

static void a_table_that_forgot_its_breaker_is_seen(void **state)
{
    struct rig *rig = *state;
    event(rig, "RT.ALPHA", ROW("CLOSED", "OPEN"));
    event(rig, "RT.ALPHA", ROW("CLOSED", "HALF_OPEN"));
    assert_violates(rig, ORACLE_BREAKERS, "was CLOSED, and the bus had said OPEN");
}

/* --- Orders -------------------------------------------------------------------------------------
 */

static void goes(struct rig *rig, unsigned number, const char *broker, const char *second)
{
    char text[400];
    (void)snprintf(text, sizeof text, "8=FIX.4.4|35=D|49=OMS|11=%u|526=OMS/%u|" TERMS "60=now|",
                   number, number);
    request(rig, text);
    (void)snprintf(text, sizeof text,
                   "35=U1|52=20260921-10:00:%s|37=O%u|11=%u|" FRESH("SENT") "10003=%s|10004=X%u|",
                   second, number, number, broker, number);
    event(rig, "OR.SENT.VOD", text);
}

static void passes(struct rig *rig, const char *second)
{
    char text[100];
    (void)snprintf(text, sizeof text, "35=U3|52=20260921-10:00:%s|10013=info|58=time goes on|",
                   second);
    event(rig, "AL.info", text);
}

static void a_silent_broker_whose_breaker_stays_closed_is_seen(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    goes(rig, 1, "ALPHA", "01.000");
    goes(rig, 2, "ALPHA", "02.500000");
    passes(rig, "05.4999");
    assert_good(rig);
    passes(rig, "05.5");
    assert_violates(rig, ORACLE_BREAKERS, "ALPHA had 2 orders in a row, more than 3000 ms ago");
}

static void a_silent_broker_is_nobodys_fault_without_a_router(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    goes(rig, 1, "ALPHA", "01");
    goes(rig, 2, "ALPHA", "02");
    oracle_router_ends(rig->oracle);
    passes(rig, "09");
    assert_good(rig);
}

static void a_silent_broker_whose_breaker_opened_is_good(void **state)
{
    struct rig *rig = *state;
    begins(rig, &bounds);
    goes(rig, 1, "ALPHA", "01");
    goes(rig, 2, "ALPHA", "02");
    says(rig, "OPEN", 4 * SECOND);
    posts(rig, "OPEN", 1000, 4 * SECOND);
    event(rig, "RT.ALPHA", "52=20260921-10:00:04|" ROW("CLOSED", "OPEN"));
    passes(rig, "09");
    assert_good(rig);
}

#define READY(name) "35=U2|10011=FIX.4.4:FIXGATE->" name "|10012=READY|"

static void all_are_ready(struct rig *rig)
{
    oracle_warm_share(rig->oracle, 250);
    event(rig, "SE.A", READY("ALPHA"));
    event(rig, "SE.B", READY("BETA"));
}

/* With a warm share of 250 each has 200 of 1000 at least; four orders are not counted. */
static void a_broker_that_gets_its_warm_share_is_good(void **state)
{
    struct rig *rig = *state;
    all_are_ready(rig);
    for (unsigned i = 1; i <= 100; i++) {
        goes(rig, i, i % 5 == 0 ? "ALPHA" : "BETA", "01");
    }
    assert_good(rig);
}

static void a_broker_that_is_left_out_is_seen(void **state)
{
    struct rig *rig = *state;
    all_are_ready(rig);
    for (unsigned i = 1; i < 25; i++) {
        goes(rig, i, "BETA", "01");
    }
    assert_good(rig);
    goes(rig, 25, "BETA", "01");
    assert_violates(rig, ORACLE_SHARES, "ALPHA is well, and had 0 of 25 orders; about 5");
}

static void a_broker_that_is_away_gets_no_share(void **state)
{
    struct rig *rig = *state;
    all_are_ready(rig);
    event(rig, "SE.A", "35=U2|10011=FIX.4.4:FIXGATE->ALPHA|10012=DISCONNECTED|58=x|");
    for (unsigned i = 1; i <= 100; i++) {
        goes(rig, i, "BETA", "01");
    }
    assert_good(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_breaker_that_waits_as_it_must_is_good),
        RIG_TEST(a_backoff_that_is_not_waited_for_is_seen),
        RIG_TEST(a_backoff_that_does_not_grow_is_seen),
        RIG_TEST(what_was_closed_for_long_is_forgiven),
        RIG_TEST(a_half_open_one_that_closes_at_once_is_seen),
        RIG_TEST(an_open_one_that_closes_unproven_is_seen),
        RIG_TEST(a_router_that_starts_again_begins_anew),
        RIG_TEST(one_that_opens_though_all_is_well_is_seen),
        RIG_TEST(a_ramp_that_is_skipped_is_seen),
        RIG_TEST(a_post_that_is_not_what_it_says_is_seen),
        RIG_TEST(one_in_shadow_mode_that_steers_is_seen),
        RIG_TEST(a_table_that_follows_the_posts_is_good),
        RIG_TEST(a_table_that_moves_by_itself_is_seen),
        RIG_TEST(a_table_that_forgot_its_breaker_is_seen),
        RIG_TEST(a_silent_broker_whose_breaker_stays_closed_is_seen),
        RIG_TEST(a_silent_broker_is_nobodys_fault_without_a_router),
        RIG_TEST(a_silent_broker_whose_breaker_opened_is_good),
        RIG_TEST(a_broker_that_gets_its_warm_share_is_good),
        RIG_TEST(a_broker_that_is_left_out_is_seen),
        RIG_TEST(a_broker_that_is_away_gets_no_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

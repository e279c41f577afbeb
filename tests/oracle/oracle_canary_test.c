/* The oracle on canary orders of the router. */
#include "tests/oracle/oracle_rig.h"

#define CLIENT "FIXGATE-CANARY"

/* An order is entered under that ClOrdID. */
static void is_entered(struct rig *rig, const char *id)
{
    char text[300];
    struct rig_bytes bytes;
    (void)snprintf(text, sizeof(text),
                   "8=FIX.4.4|35=D|49=" CLIENT "|11=%s|526=" CLIENT
                   "/%s|55=TEST|54=1|38=100|40=2|44=10|59=3|60=now|",
                   id, id);
    oracle_request(rig->oracle, CLIENT, rig_soh(text, &bytes));
}

/* The bus says that it is in that state; with an attempt of that name at a broker, or not. */
static void is_told(struct rig *rig, const char *id, const char *state, const char *attempt)
{
    char topic[64];
    char text[300];
    (void)snprintf(topic, sizeof(topic), "OR.%s.TEST", state);
    (void)snprintf(text, sizeof(text),
                   "35=U1|56=" CLIENT "|37=O-%s|11=%s|55=TEST|54=1|38=100|44=10|14=0|151=100|6=0|"
                   "10005=%s|%s",
                   id, id, state, attempt);
    event(rig, topic, text);
}

static void goes(struct rig *rig, const char *id, const char *attempt)
{
    is_entered(rig, id);
    is_told(rig, id, "SENT", attempt);
}

static void a_canary_goes_to_the_broker_that_it_names(void **state)
{
    struct rig *rig = *state;
    goes(rig, "ALPHA.1a", "10003=ALPHA|10004=X1|");
    goes(rig, "BETA.1a", "10003=BETA|10004=X2|");
    oracle_book_taken(rig->oracle, BETA, "X2", CLIENT "/BETA.1a", 100 * BROKER_ONE,
                      10 * BROKER_ONE);
    assert_good(rig);
}

static void one_that_goes_to_another_broker_is_seen(void **state)
{
    struct rig *rig = *state;
    goes(rig, "ALPHA.1a", "10003=BETA|10004=X1|");
    assert_violates(rig, ORACLE_OBEYS, "ALPHA.1a is a canary for one broker, and goes to BETA");
}

static void one_in_another_brokers_book_is_seen(void **state)
{
    struct rig *rig = *state;
    is_entered(rig, "ALPHA.1a");
    oracle_book_taken(rig->oracle, BETA, "X1", CLIENT "/ALPHA.1a", 100 * BROKER_ONE,
                      10 * BROKER_ONE);
    assert_violates(rig, ORACLE_OBEYS, "ALPHA.1a is a canary for one broker, and goes to BETA");
}

static void one_whose_name_only_begins_like_the_brokers_is_seen(void **state)
{
    struct rig *rig = *state;
    goes(rig, "ALPHA2.1a", "10003=ALPHA|10004=X1|");
    assert_violates(rig, ORACLE_OBEYS, "ALPHA2.1a is a canary for one broker, and goes to ALPHA");
}

static void another_clients_order_may_have_any_name(void **state)
{
    struct rig *rig = *state;
    request(rig, NEW("ALPHA.1a"));
    event(rig, "OR.SENT.VOD", "35=U1|37=O1|11=ALPHA.1a|" FRESH("SENT") "10003=BETA|10004=X1|");
    assert_good(rig);
}

static void a_canary_goes_to_the_backup_too(void **state)
{
    struct rig *rig = *state;
    event(rig, "CO.route_mode",
          "35=U5|10032=route.mode|10033=mode=PRIMARY_BACKUP primary=ALPHA|10034=DONE|10030=joe|"
          "10031=jane|");
    goes(rig, "BETA.1a", "10003=BETA|10004=X1|");
    assert_good(rig);
}

static void a_canary_passes_orders_that_wait_for_other_brokers(void **state)
{
    struct rig *rig = *state;
    is_queued(rig);
    goes(rig, "BETA.1a", "10003=BETA|10004=X2|");
    assert_good(rig);
}

static void one_that_waits_while_others_go_is_seen(void **state)
{
    struct rig *rig = *state;
    is_entered(rig, "BETA.1a");
    is_told(rig, "BETA.1a", "QUEUED", "");
    assert_good(rig);
    is_sent(rig);
    assert_violates(rig, ORACLE_LEGAL_MOVES, "OMS/1 goes out before " CLIENT "/BETA.1a");
}

static void a_canary_is_no_part_of_anybodys_share(void **state)
{
    struct rig *rig = *state;
    oracle_warm_share(rig->oracle, 250);
    event(rig, "SE.A", "35=U2|10011=FIX.4.4:FIXGATE->ALPHA|10012=READY|");
    event(rig, "SE.B", "35=U2|10011=FIX.4.4:FIXGATE->BETA|10012=READY|");
    for (unsigned i = 0; i < 100; i++) {
        char id[16];
        char attempt[32];
        (void)snprintf(id, sizeof(id), "BETA.%x", i);
        (void)snprintf(attempt, sizeof(attempt), "10003=BETA|10004=X%u|", i);
        goes(rig, id, attempt);
    }
    assert_good(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_canary_goes_to_the_broker_that_it_names),
        RIG_TEST(one_that_goes_to_another_broker_is_seen),
        RIG_TEST(one_in_another_brokers_book_is_seen),
        RIG_TEST(one_whose_name_only_begins_like_the_brokers_is_seen),
        RIG_TEST(another_clients_order_may_have_any_name),
        RIG_TEST(a_canary_goes_to_the_backup_too),
        RIG_TEST(a_canary_passes_orders_that_wait_for_other_brokers),
        RIG_TEST(one_that_waits_while_others_go_is_seen),
        RIG_TEST(a_canary_is_no_part_of_anybodys_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The simulated subscriber by itself: each event once and in order, whatever is lost. */
#include "tests/sim/client_rig.h"

/* The gateway commits and publishes so many more events. */
static void publish(unsigned count)
{
    char text[RIG_TEXT_BYTES_MAX];
    for (unsigned i = 0; i < count; i++) {
        rig.committed++;
        sim_bus_published(rig.sim.bus, span_text("OR.X"), rig.committed,
                          rig_event(rig.committed, text));
    }
}

/* The subscriber has had all events, each once and in order. */
static void expect_all(void)
{
    char why[128];
    char text[RIG_TEXT_BYTES_MAX];
    assert_false(rig.sim.violated);
    assert_int_equal(rig.events.count, rig.committed);
    for (uint32_t i = 0; i < rig.events.count; i++) {
        struct span event = rig_event(i + 1, text);
        assert_int_equal(rig.events.number[i], i + 1);
        assert_int_equal(strlen(rig.events.text[i]), event.size);
    }
    assert_true(sim_bus_at_rest(rig.sim.bus, why));
}

static void published_events_arrive_without_replay(void **state)
{
    (void)state;
    rig_begin(1);
    sim_bus_mend(rig.sim.bus);
    publish(5);
    assert_int_equal(rig.published.count, 5);
    assert_int_equal(rig.events.count, 0); /* They take a while. */
    rig_pass(100);
    expect_all();
    assert_int_equal(rig.replays, 0);
    rig_end();
}

static void an_event_that_is_committed_and_not_published_is_replayed_at_the_next(void **state)
{
    (void)state;
    rig_begin(2);
    publish(3);
    rig.committed++;
    rig_pass(100);
    assert_int_equal(rig.events.count, 3);
    publish(1);
    rig_pass(1000);
    expect_all();
    assert_true(rig.replays > 0);
    rig_end();
}

static void a_heartbeat_ahead_shows_what_is_missing(void **state)
{
    (void)state;
    rig_begin(3);
    rig.committed = 4;
    sim_bus_heartbeat(rig.sim.bus, 4);
    rig_pass(1500);
    expect_all();
    rig_end();
}

static void silence_makes_it_ask_where_the_stream_is(void **state)
{
    (void)state;
    rig_begin(4);
    rig.committed = 4;
    rig_pass(10000);
    expect_all();
    rig_end();
}

static void a_heartbeat_behind_what_replay_told_is_no_fault(void **state)
{
    (void)state;
    rig_begin(5);
    sim_bus_act(rig.sim.bus, "slow");
    publish(2);
    sim_bus_heartbeat(rig.sim.bus, 2);
    publish(2);
    sim_bus_act(rig.sim.bus, "away"); /* And again: replay overtakes the heartbeat. */
    sim_bus_heartbeat(rig.sim.bus, 4);
    sim_bus_act(rig.sim.bus, "back");
    rig_pass(5000);
    expect_all();
    rig_end();
}

static void who_was_away_replays_all_of_it(void **state)
{
    (void)state;
    rig_begin(6);
    publish(2);
    sim_bus_act(rig.sim.bus, "away");
    publish(40);
    rig_pass(10000);
    assert_int_equal(rig.events.count, 0); /* What was on its way is lost, too. */
    assert_true(sim_bus_act(rig.sim.bus, "back"));
    rig_pass(5000);
    expect_all();
    rig_end();
}

static void a_slow_one_loses_frames_and_no_event(void **state)
{
    (void)state;
    rig_begin(7);
    sim_bus_act(rig.sim.bus, "slow");
    for (unsigned i = 0; i < 100; i++) {
        publish(10);
        rig_pass(10);
    }
    assert_true(rig.events.count < rig.committed);
    sim_bus_mend(rig.sim.bus);
    rig_pass(60000);
    sim_bus_heartbeat(rig.sim.bus, rig.committed);
    rig_pass(5000);
    expect_all();
    rig_end();
}

static void replay_is_asked_again_until_the_gateway_is_back(void **state)
{
    (void)state;
    rig_begin(8);
    sim_bus_act(rig.sim.bus, "away");
    publish(3);
    rig_gateway(false);
    sim_bus_act(rig.sim.bus, "back");
    rig_pass(5000);
    assert_int_equal(rig.events.count, 0);
    rig_gateway(true);
    rig_pass(2000);
    expect_all();
    rig_end();
}

static void of_the_frames_on_their_way_the_first_survive_the_gateway(void **state)
{
    unsigned seen[4] = {0};
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        rig_begin(seed);
        publish(3);
        rig_gateway(false);
        rig_pass(100);
        assert_true(rig.events.count <= 3);
        seen[rig.events.count]++;
        rig_gateway(true);
        rig_pass(10000);
        expect_all();
        rig_end();
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0 && seen[3] > 0);
}

static void an_event_that_replay_does_not_have_is_a_violation(void **state)
{
    (void)state;
    rig_begin(9);
    publish(3);
    rig_pass(100);
    rig.committed = 2;
    rig_pass(10000);
    assert_true(rig.sim.violated);
    assert_int_equal(rig.sim.violated_rule, ORACLE_DURABLE_FIRST);
    rig_end();
}

static void a_heartbeat_that_falls_behind_the_published_is_a_violation(void **state)
{
    (void)state;
    rig_begin(10);
    publish(3);
    sim_bus_heartbeat(rig.sim.bus, 2);
    assert_true(rig.sim.violated);
    assert_int_equal(rig.sim.violated_rule, ORACLE_BUS_COMPLETE);
    rig_end();
}

/* --- Another subscriber, and one that stands still ---------------------------------------------
 */

static void take(void *context, struct span topic, struct span message)
{
    struct rig_log *taken = context;
    assert_true(span_is(topic, "OR.X"));
    rig_keep(taken, taken->count + 1, message);
}

static void another_subscriber_begins_where_it_likes_and_the_oracle_hears_nothing(void **state)
{
    static struct rig_log taken;
    char text[RIG_TEXT_BYTES_MAX];
    (void)state;
    rig_begin(12);
    taken.count = 0;
    struct sim_bus *other = sim_bus_new(&rig.sim, "other", take, &taken);
    (void)sim_bus_act(other, "away");
    publish(5);
    sim_bus_follow(other, 3);
    assert_true(sim_bus_behind(other));
    rig_pass(3000);
    assert_false(sim_bus_behind(other));
    assert_int_equal(taken.count, 3); /* 3, 4 and 5, out of replay. */
    rig.committed++;
    sim_bus_published(other, span_text("OR.X"), rig.committed, rig_event(rig.committed, text));
    rig_pass(10);
    assert_int_equal(taken.count, 4);
    assert_int_equal(rig.published.count, 5);
    sim_bus_free(other);
    rig_end();
}

static void who_stands_still_reads_all_of_it_when_it_goes_on(void **state)
{
    (void)state;
    rig_begin(13);
    sim_bus_mend(rig.sim.bus);
    publish(2);
    assert_true(sim_bus_act(rig.sim.bus, "stop"));
    publish(3);
    rig_pass(1000);
    assert_int_equal(rig.events.count, 0);
    assert_true(sim_bus_act(rig.sim.bus, "go"));
    publish(1);
    rig_pass(1);
    expect_all();
    assert_int_equal(rig.replays, 0);
    rig_end();
}

static void words_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    rig_begin(11);
    assert_false(sim_bus_act(rig.sim.bus, ""));
    assert_false(sim_bus_act(rig.sim.bus, "away now"));
    assert_true(sim_bus_act(rig.sim.bus, "quick"));
    rig_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_events_arrive_without_replay),
        cmocka_unit_test(an_event_that_is_committed_and_not_published_is_replayed_at_the_next),
        cmocka_unit_test(a_heartbeat_ahead_shows_what_is_missing),
        cmocka_unit_test(silence_makes_it_ask_where_the_stream_is),
        cmocka_unit_test(a_heartbeat_behind_what_replay_told_is_no_fault),
        cmocka_unit_test(who_was_away_replays_all_of_it),
        cmocka_unit_test(a_slow_one_loses_frames_and_no_event),
        cmocka_unit_test(replay_is_asked_again_until_the_gateway_is_back),
        cmocka_unit_test(of_the_frames_on_their_way_the_first_survive_the_gateway),
        cmocka_unit_test(an_event_that_replay_does_not_have_is_a_violation),
        cmocka_unit_test(a_heartbeat_that_falls_behind_the_published_is_a_violation),
        cmocka_unit_test(another_subscriber_begins_where_it_likes_and_the_oracle_hears_nothing),
        cmocka_unit_test(who_stands_still_reads_all_of_it_when_it_goes_on),
        cmocka_unit_test(words_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

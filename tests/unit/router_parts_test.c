/* Latency, pending attempts, rejecting cells, sightings and scores, each by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/core/router/cells.h"
#include "gateway/core/router/latency.h"
#include "gateway/core/router/pending.h"
#include "gateway/core/router/scores.h"
#include "gateway/core/router/sighting.h"

#define SECOND_NS      UINT64_C(1000000000)
#define MILLISECOND_NS UINT64_C(1000000)
#define START_NS       (UINT64_C(1795219200) * SECOND_NS)

/* --- Latency --------------------------------------------------------------------------------- */

static struct latency *latency_new(void)
{
    struct latency *latency = calloc(1, sizeof(*latency));
    assert_non_null(latency);
    return latency;
}

static void mean_jumps_to_a_peak_and_forgets_it_slowly(void **state)
{
    (void)state;
    struct latency *latency = latency_new();
    uint64_t now_ns = START_NS;
    latency_add(latency, now_ns, 5 * MILLISECOND_NS);
    assert_int_equal(latency->mean_ns, 5 * MILLISECOND_NS);
    latency_add(latency, now_ns, 500 * MILLISECOND_NS);
    assert_int_equal(latency->mean_ns, 500 * MILLISECOND_NS);
    uint64_t before_ns = latency->mean_ns;
    for (unsigned i = 0; i < 100; i++) {
        now_ns += SECOND_NS / 10;
        latency_add(latency, now_ns, 5 * MILLISECOND_NS);
        assert_true(latency->mean_ns < before_ns);
        assert_true(latency->mean_ns > 5 * MILLISECOND_NS);
        before_ns = latency->mean_ns;
    }
    /* Ten seconds: about 1/e of the peak is left. */
    assert_in_range(latency->mean_ns, 150 * MILLISECOND_NS, 220 * MILLISECOND_NS);
    free(latency);
}

static void one_answer_after_long_silence_takes_most_of_a_peak_away(void **state)
{
    (void)state;
    struct latency *latency = latency_new();
    latency_add(latency, START_NS, SECOND_NS);
    latency_add(latency, START_NS + 90 * SECOND_NS, MILLISECOND_NS);
    assert_in_range(latency->mean_ns, 90 * MILLISECOND_NS, 110 * MILLISECOND_NS);
    free(latency);
}

static void percentiles_are_at_most_an_eighth_too_high(void **state)
{
    (void)state;
    struct latency *latency = latency_new();
    for (uint64_t i = 1; i <= 1000; i++) {
        latency_add(latency, START_NS, i * MILLISECOND_NS);
    }
    struct latency_figures figures = latency_figures(latency, START_NS, false);
    assert_int_equal(figures.count, 1000);
    assert_in_range(figures.p50_ns, 500 * MILLISECOND_NS, 563 * MILLISECOND_NS);
    assert_in_range(figures.p99_ns, 990 * MILLISECOND_NS, 1114 * MILLISECOND_NS);
    free(latency);
}

static void shortest_and_longest_spans_have_a_bin(void **state)
{
    (void)state;
    struct latency *latency = latency_new();
    latency_add(latency, START_NS, 0);
    assert_true(latency_figures(latency, START_NS, false).p99_ns <= 2000);
    latency_add(latency, START_NS, UINT64_MAX);
    assert_true(latency_figures(latency, START_NS, false).p99_ns >= 100 * SECOND_NS);
    free(latency);
}

static void fifteen_minutes_later_nothing_is_left(void **state)
{
    (void)state;
    struct latency *latency = latency_new();
    latency_add(latency, START_NS, MILLISECOND_NS);
    assert_int_equal(latency_figures(latency, START_NS + 899 * SECOND_NS, false).count, 1);
    assert_int_equal(latency_figures(latency, START_NS + 900 * SECOND_NS, false).count, 0);
    /* The place is used again. */
    latency_add(latency, START_NS + 900 * SECOND_NS, MILLISECOND_NS);
    assert_int_equal(latency_figures(latency, START_NS + 900 * SECOND_NS, false).count, 1);
    free(latency);
}

static void what_happens_now_is_no_part_of_the_baseline_yet(void **state)
{
    (void)state;
    struct latency *latency = latency_new();
    latency_add(latency, START_NS, MILLISECOND_NS);
    assert_int_equal(latency_figures(latency, START_NS + 9 * SECOND_NS, true).count, 0);
    assert_int_equal(latency_figures(latency, START_NS + 19 * SECOND_NS, true).count, 0);
    assert_int_equal(latency_figures(latency, START_NS + 20 * SECOND_NS, true).count, 1);
    free(latency);
}

static void what_a_failure_spoilt_is_forgotten(void **state)
{
    (void)state;
    struct latency *latency = latency_new();
    uint64_t now_ns = START_NS + 35 * SECOND_NS;
    latency_add(latency, START_NS, MILLISECOND_NS);
    latency_add(latency, START_NS + 12 * SECOND_NS, SECOND_NS);
    latency_add(latency, now_ns, SECOND_NS);
    latency_forget_recent(latency, now_ns);
    struct latency_figures figures = latency_figures(latency, now_ns, false);
    assert_int_equal(figures.count, 1);
    assert_true(figures.p99_ns < 2 * MILLISECOND_NS);
    free(latency);
}

/* --- Pending -----------------------------------------------------------------------------------
 */

static struct pending *pending_new(void)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    assert_non_null(pending);
    pending_init(pending);
    return pending;
}

static struct span attempt_of(char text[16], unsigned number)
{
    (void)snprintf(text, 16, "ABCDEFGA%u", number);
    return span_text(text);
}

static void attempts_are_found_by_their_id_and_only_once(void **state)
{
    (void)state;
    struct pending *pending = pending_new();
    struct pending_found found;
    assert_true(pending_add(pending, 1, span_text("A1"), START_NS));
    assert_false(pending_add(pending, 1, span_text("A1"), START_NS + 1));
    assert_false(pending_take(pending, span_text("A2"), &found));
    assert_true(pending_take(pending, span_text("A1"), &found));
    assert_int_equal(found.broker, 1);
    assert_int_equal(found.sent_ns, START_NS);
    assert_false(pending_take(pending, span_text("A1"), &found));
    assert_int_equal(pending->lines[1].count, 0);
    free(pending);
}

static void ids_that_are_none_are_not_kept(void **state)
{
    (void)state;
    struct pending *pending = pending_new();
    assert_false(pending_add(pending, 0, span_text(""), START_NS));
    assert_false(pending_add(pending, 0, span_text("12345678901234567890123456789"), START_NS));
    assert_int_equal(pending->overflow_count, 0);
    free(pending);
}

static void full_table_counts_what_it_cannot_watch_and_goes_on(void **state)
{
    (void)state;
    struct pending *pending = pending_new();
    struct pending_found found;
    char text[16];
    for (unsigned i = 0; i < PENDING_MAX; i++) {
        assert_true(pending_add(pending, i % 3, attempt_of(text, i), START_NS + i));
    }
    assert_false(pending_add(pending, 0, span_text("B1"), START_NS));
    assert_int_equal(pending->overflow_count, 1);
    for (unsigned i = 0; i < PENDING_MAX; i++) {
        unsigned number = (i * 7919) % PENDING_MAX; /* In no order. */
        assert_true(pending_take(pending, attempt_of(text, number), &found));
        assert_int_equal(found.sent_ns, START_NS + number);
    }
    assert_int_equal(pending->lines[0].count + pending->lines[1].count, 0);
    assert_true(pending_add(pending, 0, span_text("B1"), START_NS));
    free(pending);
}

static void overdue_ones_are_told_once_and_in_order(void **state)
{
    (void)state;
    struct pending *pending = pending_new();
    struct pending_found found;
    uint64_t sent_ns = 0;
    char text[16];
    for (unsigned i = 0; i < 4; i++) {
        assert_true(pending_add(pending, 2, attempt_of(text, i), START_NS + i));
    }
    assert_int_equal(pending_due_sent_ns(pending, 2), START_NS);
    assert_int_equal(pending_due_sent_ns(pending, 1), UINT64_MAX);
    assert_true(pending_take(pending, attempt_of(text, 0), &found));
    assert_false(found.overdue);
    assert_true(pending_overdue(pending, 2, START_NS + 3, &sent_ns));
    assert_int_equal(sent_ns, START_NS + 1);
    assert_true(pending_take(pending, attempt_of(text, 2), &found));
    assert_false(pending_overdue(pending, 2, START_NS + 3, &sent_ns));
    assert_int_equal(pending_due_sent_ns(pending, 2), START_NS + 3);
    assert_true(pending_take(pending, attempt_of(text, 1), &found));
    assert_true(found.overdue);
    assert_true(pending_expire(pending, 2, START_NS + 4, &found));
    assert_false(pending_expire(pending, 2, UINT64_MAX, &found));
    assert_int_equal(pending_due_sent_ns(pending, 2), UINT64_MAX);
    free(pending);
}

/* --- Cells --------------------------------------------------------------------------------------
 */

static void instrument_that_is_rejected_again_and_again_is_told(void **state)
{
    (void)state;
    struct cells *cells = calloc(1, sizeof(*cells));
    assert_non_null(cells);
    uint32_t rejects = 0;
    unsigned told = 0;
    for (unsigned i = 1; i <= 20; i++) {
        bool tell = cells_rejected(cells, 0, span_text("VOD"), &rejects);
        assert_int_equal(rejects, i);
        assert_int_equal(tell, i == 5 || i == 10 || i == 20);
        told += tell ? 1 : 0;
        assert_false(cells_rejected(cells, i % 2 + 1, span_text("BP"), &rejects) && i < 9);
    }
    assert_int_equal(told, 3);
    cells_taken(cells, 0, span_text("VOD"));
    assert_false(cells_rejected(cells, 0, span_text("VOD"), &rejects));
    assert_int_equal(rejects, 1);
    free(cells);
}

static void table_of_cells_is_bounded_and_the_oldest_gives_way(void **state)
{
    (void)state;
    struct cells *cells = calloc(1, sizeof(*cells));
    assert_non_null(cells);
    uint32_t rejects = 0;
    char symbol[128];
    for (unsigned i = 0; i < 100000; i++) {
        (void)snprintf(symbol, sizeof(symbol), "S%u", i);
        (void)cells_rejected(cells, 0, span_text(symbol), &rejects);
        assert_int_equal(rejects, 1);
    }
    (void)snprintf(symbol, sizeof(symbol), "S%u", 99999);
    (void)cells_rejected(cells, 0, span_text(symbol), &rejects);
    assert_int_equal(rejects, 2);
    memset(symbol, 'X', sizeof(symbol)); /* Longer than any name: cut, alike each time. */
    (void)cells_rejected(cells, 0, span_of(symbol, sizeof(symbol)), &rejects);
    (void)cells_rejected(cells, 0, span_of(symbol, sizeof(symbol)), &rejects);
    assert_int_equal(rejects, 2);
    assert_false(cells_rejected(cells, 0, span_of(NULL, 0), &rejects));
    free(cells);
}

/* --- Sightings ----------------------------------------------------------------------------------
 */

struct wire {
    char bytes[2048];
    struct field fields[64];
};

/* An event with those fields, '|' for SOH. */
static struct sighting see(struct wire *wire, const char *topic, const char *body)
{
    char whole[1024];
    int size = snprintf(whole, sizeof(whole),
                        "%s34=7|52=20261121-10:00:00.000250|10003=ALPHA|10004=T1|55=VOD|", body);
    size = snprintf(wire->bytes, sizeof(wire->bytes), "8=FIX.4.4|9=%d|%s10=000|", size, whole);
    for (int i = 0; i < size; i++) {
        wire->bytes[i] = (char)(wire->bytes[i] == '|' ? 1 : wire->bytes[i]);
    }
    return sighting_of(span_text(topic), span_of(wire->bytes, (size_t)size), wire->fields,
                       ARRAY_LEN(wire->fields));
}

static void order_events_tell_when_an_attempt_begins_and_when_it_is_withdrawn(void **state)
{
    (void)state;
    struct wire wire;
    struct sighting sighting = see(&wire, "OR.SENT.VOD", "35=U1|10005=SENT|");
    assert_int_equal(sighting.kind, SIGHTING_SENT);
    assert_true(span_is(sighting.broker, "ALPHA"));
    assert_true(span_is(sighting.attempt, "T1"));
    assert_int_equal(sighting.at_ns % SECOND_NS, 250000);
    assert_int_equal(see(&wire, "OR.QUEUED.VOD", "35=U1|10005=QUEUED|").kind, SIGHTING_WITHDRAWN);
    assert_int_equal(see(&wire, "OR.DEAD_LETTER.VOD", "35=U1|10005=DEAD_LETTER|").kind,
                     SIGHTING_WITHDRAWN);
    assert_int_equal(see(&wire, "OR.IN_DOUBT.VOD", "35=U1|10005=IN_DOUBT|").kind, SIGHTING_NONE);
}

static void session_events_tell_of_ready_and_down(void **state)
{
    (void)state;
    struct wire wire;
    struct sighting sighting = see(&wire, "SE.X", "35=U2|10011=FIX.4.4:A->B|10012=READY|58=hello|");
    assert_int_equal(sighting.kind, SIGHTING_READY);
    assert_true(span_is(sighting.session, "FIX.4.4:A->B"));
    assert_true(span_is(sighting.text, "hello"));
    assert_int_equal(see(&wire, "SE.X", "35=U2|10012=DISCONNECTED|").kind, SIGHTING_DOWN);
    assert_int_equal(see(&wire, "SE.X", "35=U2|10012=SYNCHRONISING|").kind, SIGHTING_NONE);
}

static void reports_are_judged_by_their_reasons(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum sighting_verdict verdict;
    } cases[] = {
        {"150=0|10005=ACKED|", VERDICT_TAKEN},
        {"150=F|10005=FILLED|", VERDICT_TAKEN},
        {"150=4|10005=CANCELLED|", VERDICT_TAKEN},
        {"150=8|10005=REJECTED|103=1|", VERDICT_BUSINESS},
        {"150=8|10005=REJECTED|103=2|", VERDICT_BUSINESS},
        {"150=8|10005=REJECTED|103=3|", VERDICT_BUSINESS},
        {"150=8|10005=REJECTED|103=13|", VERDICT_BUSINESS},
        {"150=8|10005=REJECTED|103=15|", VERDICT_BUSINESS},
        {"150=8|10005=REJECTED|103=18|", VERDICT_BUSINESS},
        {"150=8|10005=REJECTED|103=99|58=Instrument HALTED by the exchange|", VERDICT_BUSINESS},
        {"150=8|10005=REJECTED|103=0|58=trading suspended|", VERDICT_BUSINESS},
        {"150=8|10005=REJECTED|103=0|", VERDICT_FAILED},
        {"150=8|10005=REJECTED|103=99|58=hal|", VERDICT_FAILED},
        {"150=8|10005=REJECTED|", VERDICT_FAILED},
        {"150=8|10005=REJECTED|380=4|45=7|", VERDICT_REFUSED},
        {"150=8|10005=REJECTED|380=2|45=7|", VERDICT_BUSINESS},
        {"150=8|10005=REJECTED|380=6|45=7|", VERDICT_FAILED},
        {"150=8|10005=REJECTED|45=7|372=D|373=5|", VERDICT_REFUSED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct wire wire;
        char body[256];
        (void)snprintf(body, sizeof(body), "35=8|%s", cases[i].body);
        struct sighting sighting = see(&wire, "ER.ALPHA.VOD", body);
        assert_int_equal(sighting.kind, SIGHTING_ANSWERED);
        if (sighting.verdict != cases[i].verdict) {
            fail_msg("%s is %d, not %d", cases[i].body, sighting.verdict, cases[i].verdict);
        }
    }
}

static void what_is_no_word_of_the_broker_ends_no_wait(void **state)
{
    (void)state;
    struct wire wire;
    /* "Unknown order": it does not say that it has it. */
    assert_int_equal(see(&wire, "ER.ALPHA.VOD", "35=8|150=I|39=8|10005=SENT|").kind, SIGHTING_NONE);
    assert_int_equal(see(&wire, "ER.ALPHA.VOD", "35=8|150=I|10005=IN_DOUBT|").kind, SIGHTING_NONE);
    assert_int_equal(see(&wire, "ER.ALPHA.VOD", "35=9|10005=ACKED|").kind, SIGHTING_NONE);
    assert_int_equal(see(&wire, "AL.warning", "35=U3|").kind, SIGHTING_NONE);
    assert_int_equal(see(&wire, "DC.ALPHA", "35=8|150=0|10005=ACKED|").kind, SIGHTING_NONE);
    assert_int_equal(sighting_of(span_text("ER.ALPHA"), span_text("garbage"), wire.fields, 64).kind,
                     SIGHTING_NONE);
    assert_int_equal(sighting_of(span_of(NULL, 0), span_of(NULL, 0), wire.fields, 64).kind,
                     SIGHTING_NONE);
}

/* --- Scores
 * --------------------------------------------------------------------------------------- */

struct scored {
    struct score_config config;
    struct score_input inputs[3];
    uint32_t scores[3];
};

static struct scored scored_new(void)
{
    struct scored scored = {.config = score_config_default()};
    for (unsigned i = 0; i < 3; i++) {
        scored.inputs[i] =
            (struct score_input){.able = true, .latency_ns = 20 * MILLISECOND_NS, .headroom = 1000};
    }
    return scored;
}

static void reckon(struct scored *scored)
{
    scores_reckon(&scored->config, scored->inputs, 3, scored->scores);
}

static void equal_brokers_score_alike_and_the_best_has_all(void **state)
{
    (void)state;
    struct scored scored = scored_new();
    reckon(&scored);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(scored.scores[i], 1000);
    }
}

static void score_falls_with_latency_load_failures_and_rate_used(void **state)
{
    (void)state;
    struct scored scored = scored_new();
    scored.inputs[1].latency_ns = 40 * MILLISECOND_NS;
    reckon(&scored);
    assert_int_equal(scored.scores[1], 500);
    scored = scored_new();
    scored.inputs[1].pending = scored.config.pending_cap;
    reckon(&scored);
    assert_int_equal(scored.scores[1], 500);
    scored = scored_new();
    scored.inputs[1].orders = 100;
    scored.inputs[1].failed = 10;
    reckon(&scored);
    assert_int_equal(scored.scores[1], 810);
    scored = scored_new();
    scored.inputs[1].headroom = 300;
    reckon(&scored);
    assert_int_equal(scored.scores[1], 300);
    assert_int_equal(scored.scores[0], 1000);
}

static void below_ten_milliseconds_faster_is_not_better(void **state)
{
    (void)state;
    struct scored scored = scored_new();
    scored.inputs[0].latency_ns = 1000;
    scored.inputs[1].latency_ns = 9 * MILLISECOND_NS;
    reckon(&scored);
    assert_int_equal(scored.scores[1], 1000);
}

static void unknown_latency_is_as_good_as_the_best(void **state)
{
    (void)state;
    struct scored scored = scored_new();
    scored.inputs[0].latency_ns = 0;
    scored.inputs[2].latency_ns = 200 * MILLISECOND_NS;
    reckon(&scored);
    assert_int_equal(scored.scores[0], 1000);
    assert_int_equal(scored.scores[1], 1000);
    assert_int_equal(scored.scores[2], 100);
    memset(scored.inputs, 0, sizeof(scored.inputs));
    scored.inputs[0] = (struct score_input){.able = true, .headroom = 1000};
    reckon(&scored); /* Nothing known of anybody. */
    assert_int_equal(scored.scores[0], 1000);
    assert_int_equal(scored.scores[1], 0);
}

static void healthy_broker_keeps_a_warm_share_however_bad_it_is(void **state)
{
    (void)state;
    struct scored scored = scored_new();
    scored.inputs[1].latency_ns = 60 * SECOND_NS;
    scored.inputs[1].pending = 100000;
    scored.inputs[1].orders = 50;
    scored.inputs[1].failed = 50;
    scored.inputs[1].headroom = 0;
    reckon(&scored);
    assert_int_equal(scored.scores[1], 50);
    for (unsigned i = 0; i < 3; i++) {
        scored.inputs[i] = scored.inputs[1];
    }
    reckon(&scored); /* All as bad: nobody is better. */
    assert_int_equal(scored.scores[0], 1000);
    assert_int_equal(scored.scores[2], 1000);
}

static void broker_that_is_out_counts_for_nobody(void **state)
{
    (void)state;
    struct scored scored = scored_new();
    scored.inputs[0].able = false;
    scored.inputs[0].latency_ns = 11 * MILLISECOND_NS;
    reckon(&scored);
    assert_int_equal(scored.scores[0], 0);
    assert_int_equal(scored.scores[1], 1000);
}

static void changes_within_fifteen_percent_are_none(void **state)
{
    (void)state;
    struct score_config config = score_config_default();
    assert_int_equal(score_settle(&config, 1000, 860), 1000);
    assert_int_equal(score_settle(&config, 1000, 849), 849);
    assert_int_equal(score_settle(&config, 400, 455), 400);
    assert_int_equal(score_settle(&config, 400, 461), 461);
    /* A score that swings between two close values is told once. */
    uint32_t score = 1000;
    unsigned changes = 0;
    for (unsigned i = 0; i < 100; i++) {
        uint32_t next = score_settle(&config, score, i % 2 == 0 ? 700 : 780);
        changes += next != score ? 1 : 0;
        score = next;
    }
    assert_int_equal(changes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_jumps_to_a_peak_and_forgets_it_slowly),
        cmocka_unit_test(one_answer_after_long_silence_takes_most_of_a_peak_away),
        cmocka_unit_test(percentiles_are_at_most_an_eighth_too_high),
        cmocka_unit_test(shortest_and_longest_spans_have_a_bin),
        cmocka_unit_test(fifteen_minutes_later_nothing_is_left),
        cmocka_unit_test(what_happens_now_is_no_part_of_the_baseline_yet),
        cmocka_unit_test(what_a_failure_spoilt_is_forgotten),
        cmocka_unit_test(attempts_are_found_by_their_id_and_only_once),
        cmocka_unit_test(ids_that_are_none_are_not_kept),
        cmocka_unit_test(full_table_counts_what_it_cannot_watch_and_goes_on),
        cmocka_unit_test(overdue_ones_are_told_once_and_in_order),
        cmocka_unit_test(instrument_that_is_rejected_again_and_again_is_told),
        cmocka_unit_test(table_of_cells_is_bounded_and_the_oldest_gives_way),
        cmocka_unit_test(order_events_tell_when_an_attempt_begins_and_when_it_is_withdrawn),
        cmocka_unit_test(session_events_tell_of_ready_and_down),
        cmocka_unit_test(reports_are_judged_by_their_reasons),
        cmocka_unit_test(what_is_no_word_of_the_broker_ends_no_wait),
        cmocka_unit_test(equal_brokers_score_alike_and_the_best_has_all),
        cmocka_unit_test(score_falls_with_latency_load_failures_and_rate_used),
        cmocka_unit_test(below_ten_milliseconds_faster_is_not_better),
        cmocka_unit_test(unknown_latency_is_as_good_as_the_best),
        cmocka_unit_test(healthy_broker_keeps_a_warm_share_however_bad_it_is),
        cmocka_unit_test(broker_that_is_out_counts_for_nobody),
        cmocka_unit_test(changes_within_fifteen_percent_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

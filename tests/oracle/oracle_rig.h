/* A hand-made world for tests of the oracle: one client, "OMS", two brokers, ALPHA (session 0)
 * and BETA (session 1), and messages written with '|' for SOH. Orders are of VOD, 100 at 10. */
#ifndef TESTS_ORACLE_ORACLE_RIG_H
#define TESTS_ORACLE_ORACLE_RIG_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/oracle/oracle.h"
#include "tests/tools/broker_number.h"

enum { RIG_MESSAGE_BYTES_MAX = 1024, RIG_TEXT_BYTES_MAX = 400, ALPHA = 0, BETA = 1 };

struct rig {
    struct oracle *oracle;
    uint64_t bus_seq; /* Of the last event. */
    uint64_t violations;
    enum oracle_rule rule; /* Of the first. */
    char text[RIG_TEXT_BYTES_MAX];
};

static inline void rig_violated(void *context, enum oracle_rule rule, const char *text)
{
    struct rig *rig = context;
    if (rig->violations++ == 0) {
        rig->rule = rule;
        (void)snprintf(rig->text, sizeof rig->text, "%s", text);
    }
}

static inline int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig->oracle = oracle_new(rig_violated, rig);
    oracle_add_broker(rig->oracle, "ALPHA");
    oracle_add_broker(rig->oracle, "BETA");
    oracle_add_session(rig->oracle, "FIX.4.4:FIXGATE->ALPHA", ALPHA);
    oracle_add_session(rig->oracle, "FIX.4.4:FIXGATE->BETA", BETA);
    *state = rig;
    return 0;
}

static inline int rig_teardown(void **state)
{
    struct rig *rig = *state;
    oracle_free(rig->oracle);
    free(rig);
    return 0;
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

struct rig_bytes {
    char data[2 * RIG_MESSAGE_BYTES_MAX];
};

/* With SOH for '|'; the span is into `bytes`. */
static inline struct span rig_soh(const char *text, struct rig_bytes *bytes)
{
    size_t size = strlen(text);
    assert_true(size < sizeof bytes->data);
    for (size_t index = 0; index < size; index++) {
        bytes->data[index] = text[index] == '|' ? '\001' : text[index];
    }
    return span_of(bytes->data, size);
}

/* --- What is said ------------------------------------------------------------------------ */

static inline void request(struct rig *rig, const char *text)
{
    struct rig_bytes bytes;
    oracle_request(rig->oracle, "OMS", rig_soh(text, &bytes));
}

static inline void answer(struct rig *rig, const char *text)
{
    struct rig_bytes bytes;
    oracle_answer(rig->oracle, "OMS", rig_soh(text, &bytes));
}

/* Published and delivered, under the next BusSeq. */
static inline void event(struct rig *rig, const char *topic, const char *text)
{
    struct rig_bytes bytes;
    char whole[2 * RIG_MESSAGE_BYTES_MAX];
    rig->bus_seq++;
    (void)snprintf(whole, sizeof whole, "%s56=OMS|10006=%" PRIu64 "|", text, rig->bus_seq);
    struct span message = rig_soh(whole, &bytes);
    oracle_published(rig->oracle, rig->bus_seq, span_text(topic), message);
    oracle_event(rig->oracle, rig->bus_seq, span_text(topic), message);
}

static inline void received(struct rig *rig, uint32_t session, const char *text)
{
    struct rig_bytes bytes;
    oracle_received(rig->oracle, session, rig_soh(text, &bytes));
}

static inline void sent(struct rig *rig, uint32_t session, const char *text)
{
    struct rig_bytes bytes;
    oracle_sent(rig->oracle, session, rig_soh(text, &bytes));
}

/* --- An order's life, step by step ------------------------------------------------------- */

#define TERMS          "55=VOD|54=1|38=100|40=2|44=10|59=1|"
#define NEW(id)        "8=FIX.4.4|35=D|49=OMS|11=" id "|526=OMS/" id "|" TERMS "60=now|"
#define CANCEL(id, of) "35=F|11=" id "|41=" of "|526=OMS/1|55=VOD|54=1|60=now|"
#define REPLACE(id, of, quantity)                                                                  \
    "35=G|11=" id "|41=" of "|526=OMS/1|55=VOD|54=1|38=" quantity "|40=2|44=10|59=1|60=now|"
#define STATUS(id) "35=H|11=" id "|55=VOD|54=1|"

/* Where an order of 100 at 10 stands. */
#define STANDS(state, cumulative, leaves, average)                                                 \
    "55=VOD|54=1|38=100|44=10|14=" cumulative "|151=" leaves "|6=" average "|10005=" state "|"
#define FRESH(state) STANDS(state, "0", "100", "0")
#define AT_ALPHA     "10003=ALPHA|10004=X1|"

#define ANSWER(id, exec_type, status, stands)                                                      \
    "35=8|37=O" id "|11=" id "|17=0|150=" exec_type "|39=" status "|" stands
#define REFUSED(id) "35=8|37=NONE|11=" id "|17=0|150=8|39=8|103=6|58=no|"
/* A report on order 1, whose attempt X1 is at ALPHA. */
#define REPORT(ours, theirs, exec_type, status, more)                                              \
    "35=8|37=O1|11=1|17=" ours "|527=" theirs "|150=" exec_type "|39=" status "|" AT_ALPHA more
#define ORDER_EVENT(more) "35=U1|37=O1|11=1|" more

#define ALPHA_ORDER(seq, more)                                                                     \
    "8=FIX.4.4|9=99|35=D|34=" seq "|49=FIXGATE|52=20260921-10:00:00|56=ALPHA|" more                \
    "11=X1|526=OMS/1|" TERMS "10=123|"

static inline void is_submitted(struct rig *rig)
{
    request(rig, NEW("1"));
}

static inline void is_sent(struct rig *rig)
{
    is_submitted(rig);
    event(rig, "OR.SENT.VOD", ORDER_EVENT(FRESH("SENT") AT_ALPHA));
    answer(rig, ANSWER("1", "A", "A", FRESH("SENT")));
}

static inline void is_queued(struct rig *rig)
{
    is_submitted(rig);
    event(rig, "OR.QUEUED.VOD", ORDER_EVENT(FRESH("QUEUED")));
    answer(rig, ANSWER("1", "A", "A", FRESH("QUEUED")));
}

static inline void is_taken(struct rig *rig)
{
    is_sent(rig);
    received(rig, ALPHA, "35=A|34=1|52=a|");
    received(rig, ALPHA, ALPHA_ORDER("2", ""));
    oracle_book_taken(rig->oracle, ALPHA, "X1", "OMS/1", 100 * BROKER_ONE, 10 * BROKER_ONE);
}

static inline void is_acknowledged(struct rig *rig)
{
    is_taken(rig);
    sent(rig, ALPHA, "35=8|34=2|11=X1|17=B1|150=0|39=0|");
    event(rig, "ER.ALPHA.VOD", REPORT("E1", "B1", "0", "0", FRESH("ACKED")));
}

/* In the book only: 60 at 10. */
static inline void executes(struct rig *rig)
{
    oracle_book_executed(rig->oracle, ALPHA, "X1", "B2", 60 * BROKER_ONE, 10 * BROKER_ONE);
}

static inline void is_partly_filled(struct rig *rig)
{
    is_acknowledged(rig);
    executes(rig);
    event(rig, "ER.ALPHA.VOD",
          REPORT("E2", "B2", "F", "1", "32=60|31=10|" STANDS("PARTIAL", "60", "40", "10")));
}

static inline void is_filled(struct rig *rig)
{
    is_partly_filled(rig);
    oracle_book_executed(rig->oracle, ALPHA, "X1", "B3", 40 * BROKER_ONE, 9 * BROKER_ONE);
    oracle_book_ended(rig->oracle, ALPHA, "X1", ORACLE_FILLED);
    event(rig, "ER.ALPHA.VOD",
          REPORT("E3", "B3", "F", "2", "32=40|31=9|" STANDS("FILLED", "100", "0", "9.6")));
}

/* --- What the oracle thinks of it -------------------------------------------------------- */

static inline void assert_good(struct rig *rig)
{
    if (rig->violations > 0) {
        print_error("%s: %s\n", oracle_rule_name(rig->rule), rig->text);
    }
    assert_int_equal(rig->violations, 0);
}

/* The first violation is of that rule, and says `text`. */
static inline void assert_violates(struct rig *rig, enum oracle_rule rule, const char *text)
{
    assert_true(rig->violations > 0);
    if (rig->rule != rule || strstr(rig->text, text) == NULL) {
        print_error("%s: %s\n", oracle_rule_name(rig->rule), rig->text);
    }
    assert_int_equal(rig->rule, rule);
    assert_non_null(strstr(rig->text, text));
}

static inline void judge_good(struct rig *rig)
{
    oracle_judge(rig->oracle);
    assert_good(rig);
}

/* All was good until the judgement. */
static inline void judge_violates(struct rig *rig, enum oracle_rule rule, const char *text)
{
    assert_good(rig);
    oracle_judge(rig->oracle);
    assert_violates(rig, rule, text);
}

#endif

/* The judge itself: it finds each kind of fault in journals and books made by
 * hand, and none in a faultless one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/tools/audit.h"

enum { PATH_BYTES_MAX = 256 };

/* Two orders: O1 is filled by ALPHA, O2 is queued; ALPHA saw O1 as number 2. */
#define SUBMIT(id, quantity)                                                                       \
    "8=FIX.4.4|35=D|49=OMS|11=" id "|526=" id "|55=VOD|54=1|38=" quantity "|40=2|44=10|\n"
#define STANDS(quantity, cumulative, leaves, average, state)                                       \
    "55=VOD|54=1|38=" quantity "|44=10|14=" cumulative "|151=" leaves "|6=" average                \
    "|10005=" state "|\n"
#define EVENT(id)   "56=OMS|37=" id "|11=" id "|"
#define AT_ALPHA    "10003=ALPHA|10004=X1|"
#define SENT_STANDS AT_ALPHA STANDS("100", "0", "100", "0", "SENT")

#define SUBMIT_1 "S 1 0 0 - " SUBMIT("O1", "100")
#define ANSWER_1 "A 2 0 0 - 35=8|37=O1|11=O1|17=0|150=A|39=A|" SENT_STANDS
#define SUBMIT_2 "S 3 0 0 - " SUBMIT("O2", "50")
#define ANSWER_2                                                                                   \
    "A 4 0 0 - 35=8|37=O2|11=O2|17=0|150=A|39=A|" STANDS("50", "0", "50", "0", "QUEUED")
#define SENT_1   "E 5 1 7 OR.SENT.VOD 35=U1|" EVENT("O1") SENT_STANDS
#define QUEUED_2 "E 6 2 7 OR.QUEUED.VOD 35=U1|" EVENT("O2") STANDS("50", "0", "50", "0", "QUEUED")
#define FILL(bus_seq, average)                                                                     \
    "E 7 " bus_seq " 7 ER.ALPHA.VOD 35=8|" EVENT(                                                  \
        "O1") "17=E" bus_seq                                                                       \
              "|527=ALPHA-1-E2|150=F|39=2|32=100|31=10|" AT_ALPHA STANDS("100", "100", "0",        \
                                                                         average, "FILLED")
#define FILL_1 FILL("3", "10")
#define SESSION_EVENT(bus_seq, name, state)                                                        \
    "E 8 " bus_seq " 7 SE.X 8=FIX.4.4|35=U2|49=FIXGATE|56=ALL|10011=FIX.4.4:FIXGATE->" name        \
    "|10012=" state "|\n"
#define JOURNAL SUBMIT_1 ANSWER_1 SUBMIT_2 ANSWER_2 SENT_1 QUEUED_2 FILL_1

#define BOOK "BOOK time=1 version=1 name=ALPHA created=1 start=00:00:00\n"
#define ROW(number, id, marker)                                                                    \
    "ORDER time=1 order=" number " clordid=" id " secondary=" marker                               \
    " symbol=VOD side=1 type=2 tif=0 qty=100 price=10\n"
#define ACCEPTED "ACCEPTED time=1 n=1 order=1 clordid=X1\n"
#define EXECUTED(n, count)                                                                         \
    "EXECUTED time=1 n=" n " order=1 clordid=X1 qty=100 px=10 cum=100 count=" count "\n"
#define ALPHA_BOOK BOOK ROW("1", "X1", "O1") ACCEPTED EXECUTED("2", "1")

#define LOGON_MESSAGE    "8=FIX.4.4|35=A|34=1|49=FIXGATE|56=ALPHA|52=a|\n"
#define LOGON_AGAIN(seq) "8=FIX.4.4|35=A|34=" seq "|49=FIXGATE|56=ALPHA|52=b|\n"
#define LOGGED_ON        "LOGON ALPHA\n"
#define ORDER_MESSAGE(seq, id, more)                                                               \
    "8=FIX.4.4|35=D|34=" seq "|49=FIXGATE|56=ALPHA|" more "11=" id                                 \
    "|526=O1|55=VOD|54=1|38=100|40=2|44=10|\n"
#define GAP_FILL(seq, next)                                                                        \
    "8=FIX.4.4|35=4|34=" seq "|43=Y|49=FIXGATE|56=ALPHA|123=Y|36=" next "|\n"
#define WIRE LOGON_MESSAGE ORDER_MESSAGE("2", "X1", "52=a|")

static void file_write(const char *directory, const char *name, const char *text, bool soh)
{
    char path[PATH_BYTES_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    for (; *text != '\0'; text++) {
        (void)fputc(soh && *text == '|' ? 1 : *text, file);
    }
    assert_int_equal(fclose(file), 0);
}

/* Judges a world of one or two brokers; the second has no wire of its own. */
static struct audit *judge(const char *journal, const char *alpha, const char *wire,
                           const char *beta)
{
    const char *base = getenv("TMPDIR");
    char directory[PATH_BYTES_MAX - 64];
    char path[PATH_BYTES_MAX];
    (void)snprintf(directory, sizeof directory, "%s/fixgate-audit-XXXXXX",
                   base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(directory));
    struct audit *audit = calloc(1, sizeof *audit);
    assert_non_null(audit);
    audit_init(audit);
    file_write(directory, "oms.log", journal, false);
    (void)snprintf(path, sizeof path, "%s/oms.log", directory);
    (void)audit_journal(audit, path);
    file_write(directory, "book.log", alpha, false);
    file_write(directory, "wire.log", wire, true);
    (void)audit_broker(audit, directory);
    (void)audit_wire(audit, "ALPHA", directory);
    if (beta != NULL) {
        file_write(directory, "book.log", beta, false);
        (void)audit_broker(audit, directory);
    }
    audit_judge(audit);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/book.log", directory);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/wire.log", directory);
    (void)unlink(path);
    (void)rmdir(directory);
    return audit;
}

static void done(struct audit *audit)
{
    audit_free(audit);
    free(audit);
}

/* The judgement is bad, and one of the faults says `text`. */
static void assert_fault(struct audit *audit, const char *text)
{
    bool said = false;
    for (uint64_t index = 0; index < audit->counts.faults && index < AUDIT_FAULTS_MAX; index++) {
        said = said || strstr(audit->faults[index], text) != NULL;
    }
    if (!said) {
        audit_print(audit, stderr);
    }
    assert_true(said);
    assert_false(audit_good(audit));
    done(audit);
}

static void a_faultless_day_is_good(void **state)
{
    (void)state;
    struct audit *audit = judge(JOURNAL, ALPHA_BOOK, WIRE, NULL);
    audit_print(audit, stdout);
    assert_true(audit_good(audit));
    assert_int_equal(audit->counts.submitted, 2);
    assert_int_equal(audit->counts.acknowledged, 2);
    assert_int_equal(audit->counts.executed, 1);
    assert_int_equal(audit->counts.queued, 1);
    assert_int_equal(audit->counts.wire_messages, 2);
    done(audit);
}

static void an_acknowledged_order_that_nobody_knows_is_lost(void **state)
{
    (void)state;
    struct audit *audit =
        judge(SUBMIT_1 ANSWER_1 SUBMIT_2 ANSWER_2 SENT_1 FILL("2", "10"), ALPHA_BOOK, WIRE, NULL);
    assert_int_equal(audit->counts.lost, 1);
    assert_fault(audit, "LOST: OMS/O2");
}

static void an_order_that_the_bus_calls_sent_and_no_broker_has_is_lost(void **state)
{
    (void)state;
    struct audit *audit = judge(SUBMIT_1 ANSWER_1 SENT_1, BOOK, LOGON_MESSAGE, NULL);
    assert_int_equal(audit->counts.lost, 1);
    assert_fault(audit, "LOST: OMS/O1");
}

static void an_order_executed_beyond_its_quantity_is_doubled(void **state)
{
    (void)state;
    struct audit *audit = judge(JOURNAL, ALPHA_BOOK EXECUTED("3", "2"), WIRE, NULL);
    assert_true(audit->counts.doubled > 0);
    assert_fault(audit, "NO_DOUBLE: ALPHA executes 100 of OMS/O1");
}

static void an_order_executed_at_two_brokers_is_doubled(void **state)
{
    (void)state;
    static const char beta[] = "BOOK time=1 version=1 name=BETA created=1 start=00:00:00\n" ROW(
        "1", "X2", "O1") "ACCEPTED time=1 n=1 order=1 clordid=X2\n"
                         "EXECUTED time=1 n=2 order=1 clordid=X2 qty=100 px=10 cum=100 count=1\n";
    struct audit *audit = judge(JOURNAL, ALPHA_BOOK, WIRE, beta);
    assert_true(audit->counts.doubled > 0);
    assert_fault(audit, "BETA takes OMS/O1 (attempt X2), which ALPHA has as X1");
}

/* O1, held at ALPHA, is sent on to BETA by two persons, and both have executed it. */
#define FORCED          "10009=Y|"
#define AT_BETA         "10003=BETA|10004=X2|"
#define EVENT_OF(topic) " 7 " topic " 35=U1|" EVENT("O1")
#define REROUTED                                                                                   \
    "E 8 4 7 CO.doubt.reroute 35=U5|10032=doubt.reroute|10033=reason=waits order=OMS/O1|"          \
    "10034=DONE|10030=omar|10031=jane|\n"
#define FILL_OF(number, broker, at, cumulative)                                                    \
    "E 7 " number " 7 ER." broker                                                                  \
    ".VOD 35=8|" EVENT("O1") "17=E" number "|527=" broker                                          \
                             "-1-E2|150=F|39=2|32=100|31=10|" FORCED at STANDS(                    \
                                 "100", cumulative, "0", "10", "FILLED")
#define FORCED_JOURNAL(rerouted)                                                                   \
    SUBMIT_1 ANSWER_1 "E 5 1 7 OR.SENT.VOD 35=U1|" EVENT("O1") SENT_STANDS                         \
        "E 5 2" EVENT_OF("OR.IN_DOUBT.VOD")                                                        \
            AT_ALPHA STANDS("100", "0", "100", "0", "IN_DOUBT") "E 5 3" EVENT_OF("OR.QUEUED.VOD")  \
                FORCED AT_ALPHA STANDS("100", "0", "100", "0", "QUEUED") rerouted                  \
        "E 9 5" EVENT_OF("OR.SENT.VOD") FORCED AT_BETA STANDS("100", "0", "100", "0", "SENT")      \
            FILL_OF("6", "BETA", AT_BETA, "100") FILL_OF("7", "ALPHA", AT_ALPHA, "200")

static const char beta_executed[] =
    "BOOK time=1 version=1 name=BETA created=1 start=00:00:00\n" ROW(
        "1", "X2", "O1") "ACCEPTED time=1 n=1 order=1 clordid=X2\n"
                         "EXECUTED time=1 n=2 order=1 clordid=X2 qty=100 px=10 cum=100 count=1\n";

static void an_order_that_two_persons_forced_may_execute_twice(void **state)
{
    (void)state;
    struct audit *audit = judge(FORCED_JOURNAL(REROUTED), ALPHA_BOOK, WIRE, beta_executed);
    if (!audit_good(audit)) {
        audit_print(audit, stderr);
    }
    assert_true(audit_good(audit));
    audit_free(audit);
    free(audit);
}

static void an_order_that_says_so_of_itself_may_not(void **state)
{
    (void)state;
    assert_fault(
        judge(FORCED_JOURNAL("E 8 4 7 AL.x 35=U3|58=x|\n"), ALPHA_BOOK, WIRE, beta_executed),
        "nobody forced it");
}

static void an_execution_that_never_reached_the_bus_is_a_fault(void **state)
{
    (void)state;
    assert_fault(judge(SUBMIT_1 ANSWER_1 SENT_1, ALPHA_BOOK, WIRE, NULL), "never reached the bus");
}

static void an_execution_that_no_book_has_is_a_fault(void **state)
{
    (void)state;
    assert_fault(judge(JOURNAL, BOOK ROW("1", "X1", "O1") ACCEPTED, WIRE, NULL), "in no book");
}

static void an_execution_told_twice_is_a_fault(void **state)
{
    (void)state;
    assert_fault(judge(JOURNAL FILL("4", "10"), ALPHA_BOOK, WIRE, NULL), "stands on the bus twice");
}

static void a_wrong_average_is_a_fault(void **state)
{
    (void)state;
    assert_fault(judge(SUBMIT_1 ANSWER_1 SENT_1 FILL("2", "10.5"), ALPHA_BOOK, WIRE, NULL),
                 "FIGURES");
}

static void an_order_that_the_oms_never_sent_is_a_fault(void **state)
{
    (void)state;
    assert_fault(judge(JOURNAL, ALPHA_BOOK ROW("2", "X2", "O9"), WIRE, NULL),
                 "no client ever submitted");
}

static void an_acknowledgement_taken_back_is_a_fault(void **state)
{
    (void)state;
    assert_fault(judge(JOURNAL "R 8 0 0 - O1\nA 9 0 0 - 35=8|37=NONE|11=O1|17=0|150=8|39=8|\n",
                       ALPHA_BOOK, WIRE, NULL),
                 "then refused");
}

static void a_hole_in_the_bus_is_a_fault(void **state)
{
    (void)state;
    assert_fault(judge(JOURNAL "E 9 5 7 HB 35=U1|\n", ALPHA_BOOK, WIRE, NULL),
                 "the bus goes from 3 to 5");
}

static void a_bus_seq_with_two_meanings_is_a_fault(void **state)
{
    (void)state;
    assert_fault(judge(JOURNAL "F 9 3 7 ER.ALPHA.VOD 123\n", ALPHA_BOOK, WIRE, NULL),
                 "other bytes");
    assert_fault(judge(JOURNAL "F 9 2 7 X 123\nF 9 2 7 X 123\n", ALPHA_BOOK, WIRE, NULL),
                 "published twice");
}

static void a_number_that_means_two_things_is_a_fault(void **state)
{
    (void)state;
    assert_fault(
        judge(JOURNAL, ALPHA_BOOK, WIRE ORDER_MESSAGE("2", "X7", "43=Y|52=b|122=a|"), NULL),
        "means two things");
    assert_fault(judge(JOURNAL, ALPHA_BOOK, WIRE ORDER_MESSAGE("1", "X1", "52=b|"), NULL),
                 "means two things");
    assert_fault(judge(SUBMIT_1 ANSWER_1 SENT_1, BOOK, WIRE GAP_FILL("2", "3"), NULL),
                 "its order OMS/O1 was alive");
}

static void a_gap_fill_for_an_answered_order_is_no_fault(void **state)
{
    (void)state;
    struct audit *audit = judge(JOURNAL, ALPHA_BOOK, WIRE GAP_FILL("2", "3"), NULL);
    assert_true(audit_good(audit));
    done(audit);
}

static void a_resend_of_the_same_is_no_fault(void **state)
{
    (void)state;
    struct audit *audit =
        judge(JOURNAL, ALPHA_BOOK,
              WIRE GAP_FILL("1", "2") ORDER_MESSAGE("2", "X1", "43=Y|52=b|122=a|"), NULL);
    assert_true(audit_good(audit));
    assert_int_equal(audit->counts.wire_repeats, 2);
    done(audit);
}

/* Whether their broker heard of them or not; but not their states. */
static void events_of_sessions_are_understood_by_their_names(void **state)
{
    (void)state;
    struct audit *audit =
        judge(JOURNAL SESSION_EVENT("4", "ALPHA", "READY") SESSION_EVENT("5", "GAMMA", "READY"),
              ALPHA_BOOK, WIRE, NULL);
    assert_true(audit_good(audit));
    done(audit);
    assert_fault(judge(JOURNAL SESSION_EVENT("4", "ALPHA", "TIRED"), ALPHA_BOOK, WIRE, NULL),
                 "FIX.4.4:FIXGATE->ALPHA is TIRED");
}

/* The gateway died and is back on a new line, while the old one is still being read. */
static void a_logon_refused_while_the_old_line_is_read_is_no_fault(void **state)
{
    (void)state;
    struct audit *audit = judge(JOURNAL, ALPHA_BOOK,
                                LOGON_MESSAGE LOGGED_ON LOGON_AGAIN("3")
                                    ORDER_MESSAGE("2", "X1", "52=a|") LOGON_AGAIN("4") LOGGED_ON,
                                NULL);
    assert_true(audit_good(audit));
    done(audit);
}

static void a_new_number_below_that_of_a_logon_that_was_taken_is_a_fault(void **state)
{
    (void)state;
    assert_fault(judge(JOURNAL, ALPHA_BOOK,
                       LOGON_MESSAGE LOGGED_ON LOGON_AGAIN("3")
                           LOGGED_ON ORDER_MESSAGE("2", "X1", "52=a|"),
                       NULL),
                 "gets a new 35=D under number 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_faultless_day_is_good),
        cmocka_unit_test(an_acknowledged_order_that_nobody_knows_is_lost),
        cmocka_unit_test(an_order_that_the_bus_calls_sent_and_no_broker_has_is_lost),
        cmocka_unit_test(an_order_executed_beyond_its_quantity_is_doubled),
        cmocka_unit_test(an_order_executed_at_two_brokers_is_doubled),
        cmocka_unit_test(an_order_that_two_persons_forced_may_execute_twice),
        cmocka_unit_test(an_order_that_says_so_of_itself_may_not),
        cmocka_unit_test(an_execution_that_never_reached_the_bus_is_a_fault),
        cmocka_unit_test(an_execution_that_no_book_has_is_a_fault),
        cmocka_unit_test(an_execution_told_twice_is_a_fault),
        cmocka_unit_test(a_wrong_average_is_a_fault),
        cmocka_unit_test(an_order_that_the_oms_never_sent_is_a_fault),
        cmocka_unit_test(an_acknowledgement_taken_back_is_a_fault),
        cmocka_unit_test(a_hole_in_the_bus_is_a_fault),
        cmocka_unit_test(a_bus_seq_with_two_meanings_is_a_fault),
        cmocka_unit_test(a_number_that_means_two_things_is_a_fault),
        cmocka_unit_test(a_gap_fill_for_an_answered_order_is_no_fault),
        cmocka_unit_test(events_of_sessions_are_understood_by_their_names),
        cmocka_unit_test(a_logon_refused_while_the_old_line_is_read_is_no_fault),
        cmocka_unit_test(a_new_number_below_that_of_a_logon_that_was_taken_is_a_fault),
        cmocka_unit_test(a_resend_of_the_same_is_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

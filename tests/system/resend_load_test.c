/* A long resend on one session while another takes orders: the other's orders must not
 * wait for it. 20,000 messages in `make test`; FIXGATE_LONG=1 makes it 100,000.
 *
 * Both brokers are sockets of this test (sink.h), so that no other engine is measured.
 * ALPHA gets all orders first and answers none, so that all of them must be sent again
 * when it asks; it is played by a thread of its own, which reads as fast as it can. BETA
 * then gets one order at a time, from the send to its bytes at BETA's socket: while ALPHA
 * is quiet, and while it asks for everything again and again. */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "fix/message.h"
#include "fix/tags.h"
#include "gateway/shell/zeromq.h"
#include "tests/tools/sink.h"
#include "tests/tools/world.h"

enum {
    SHORT_MESSAGES = 20000,
    LONG_MESSAGES = 100000,
    SHORT_TRIES = 4, /* A single stall of a shared disk is more than one in a hundred. */
    WINDOW = 500,    /* Unanswered requests while ALPHA's orders are placed. */
    QUIET_SAMPLES = 2000,
    BUSY_SAMPLES_MIN = 2000,
    SAMPLES_MAX = 400000,
    ARRIVAL_MS_MAX = 20000,
    FIELDS_MAX = 256,
    STREAM_BYTES_MAX = 1024 * 1024,
};

#define HEARTBEAT_NS UINT64_C(2000000000)
#define RATIO_MAX    2

/* ALPHA: everything here belongs to its thread but the atomics. */
struct drain {
    struct sink sink;
    pthread_t thread;
    atomic_bool stop;
    atomic_bool ask;             /* Ask for all orders again. */
    atomic_bool resending;       /* It did, and they are not all here yet. */
    atomic_uint_fast64_t orders; /* NewOrderSingles that came for the first time. */
    atomic_uint_fast64_t resent;
    uint64_t first; /* MsgSeqNum of the first and the last order. */
    uint64_t last;
    uint64_t resend_due; /* Next number of the resend. */
    uint64_t said_ns;
    size_t used;
    uint8_t bytes[STREAM_BYTES_MAX];
    struct field fields[FIELDS_MAX];
};

static void drain_number(struct drain *drain, const struct message *message)
{
    uint64_t seq = 0;
    bool again = false;
    enum value_result read = message_uint(message, TAG_MsgSeqNum, &seq);
    ASSERT(read == VALUE_OK);
    if (message_bool(message, TAG_PossDupFlag, &again) != VALUE_OK || !again) {
        ASSERT(drain->last == 0 || seq > drain->last);
        drain->first = drain->first == 0 ? seq : drain->first;
        drain->last = seq;
        atomic_fetch_add(&drain->orders, 1);
        return;
    }
    ASSERT(seq == drain->resend_due); /* In order, each once. */
    drain->resend_due = seq + 1;
    atomic_fetch_add(&drain->resent, 1);
}

static void drain_fill(struct drain *drain, const struct message *message)
{
    uint64_t seq = 0;
    uint64_t next = 0;
    bool numbered = message_uint(message, TAG_MsgSeqNum, &seq) == VALUE_OK &&
                    message_uint(message, TAG_NewSeqNo, &next) == VALUE_OK;
    ASSERT(numbered);
    ASSERT(seq == drain->resend_due);
    drain->resend_due = next;
}

static void drain_message(struct drain *drain, struct span bytes)
{
    struct message message;
    message_init(&message, drain->fields, FIELDS_MAX);
    enum frame_fault fault = message_index(&message, bytes, NULL);
    ASSERT(fault == FRAME_FAULT_NONE);
    struct span type = message_type(&message);
    if (span_is(type, MSG_NewOrderSingle)) {
        drain_number(drain, &message);
    } else if (span_is(type, MSG_SequenceReset)) {
        drain_fill(drain, &message);
    } else if (span_is(type, MSG_TestRequest)) {
        char field[96];
        char id[80];
        span_to_text(message_value(&message, TAG_TestReqID), id, sizeof id);
        (void)snprintf(field, sizeof field, "112=%s\001", id);
        sink_say(&drain->sink, MSG_Heartbeat, span_text(field));
    }
    if (atomic_load(&drain->resending) && drain->resend_due > drain->last) {
        atomic_store(&drain->resending, false);
    }
}

static void drain_read(struct drain *drain)
{
    struct pollfd ready = {.fd = drain->sink.client, .events = POLLIN};
    if (poll(&ready, 1, 1) <= 0) {
        return;
    }
    ssize_t got =
        read(drain->sink.client, drain->bytes + drain->used, sizeof drain->bytes - drain->used);
    ASSERT(got > 0);
    drain->used += (size_t)got;
    size_t at = 0;
    struct frame frame;
    while (at < drain->used &&
           frame_find(span_of(drain->bytes + at, drain->used - at), &frame) == FRAME_FOUND) {
        drain_message(drain, frame.bytes);
        at += frame.consumed;
    }
    memmove(drain->bytes, drain->bytes + at, drain->used - at);
    drain->used -= at;
}

static void *drain_run(void *argument)
{
    struct drain *drain = argument;
    while (!atomic_load(&drain->stop)) {
        uint64_t now_ns = process_now_ns();
        if (now_ns - drain->said_ns > HEARTBEAT_NS) {
            sink_say(&drain->sink, MSG_Heartbeat, span_of(NULL, 0));
            drain->said_ns = now_ns;
        }
        if (atomic_exchange(&drain->ask, false)) {
            char range[48];
            (void)snprintf(range, sizeof range, "7=%" PRIu64 "\00116=0\001", drain->first);
            drain->resend_due = drain->first;
            sink_say(&drain->sink, MSG_ResendRequest, span_text(range));
        }
        drain_read(drain);
    }
    return NULL;
}

/* The OMS. */

struct place {
    struct world *world;
    struct drain *alpha;
    struct sink *beta;
    struct zeromq zeromq;
    struct zeromq_socket client;
    struct zeromq_frames frames;
    uint64_t sent;
    uint64_t answered;
    uint64_t beta_said_ns;
};

static void place_answers(struct place *place)
{
    while (zeromq_receive(&place->client, &place->frames) == STATUS_OK) {
        place->answered += 1;
    }
}

static void place_send(struct place *place)
{
    char order[320];
    (void)snprintf(order, sizeof order,
                   "8=FIX.4.4\00135=D\00149=BENCH\00111=R%" PRIu64 "\001526=R%" PRIu64
                   "\0011=ISA-204817\00155=VOD\00154=1\00138=100\00140=2\00144=71.24\00115=GBX"
                   "\00159=1\00160=20261120-09:00:00.000\001",
                   place->sent, place->sent);
    struct span frame = span_text(order);
    enum status status = zeromq_send(&place->client, &frame, 1);
    ASSERT(status == STATUS_OK);
    place->sent += 1;
}

/* Places `count` orders that all go to ALPHA, the only one there. */
static void place_fill(struct place *place, uint64_t count)
{
    while (place->answered < count || atomic_load(&place->alpha->orders) < count) {
        while (place->sent < count && place->sent - place->answered < WINDOW) {
            place_send(place);
        }
        struct zeromq_poll item = {.socket = &place->client};
        enum status status = zeromq_poll(&item, 1, 10);
        ASSERT(status == STATUS_OK);
        place_answers(place);
    }
}

/* One order; its time if it came to BETA, 0 if it went to ALPHA. */
static uint64_t place_time(struct place *place)
{
    char marker[48];
    (void)snprintf(marker, sizeof marker, "526=R%" PRIu64 "\001", place->sent);
    uint64_t now_ns = process_now_ns();
    if (now_ns - place->beta_said_ns > HEARTBEAT_NS) {
        sink_say(place->beta, MSG_Heartbeat, span_of(NULL, 0));
        place->beta_said_ns = now_ns;
    }
    uint64_t elsewhere = atomic_load(&place->alpha->orders);
    uint64_t begin_ns = process_now_ns();
    place_send(place);
    while (!sink_holds(place->beta, marker)) {
        if (atomic_load(&place->alpha->orders) > elsewhere) {
            place_answers(place);
            return 0;
        }
        bool came = sink_read(place->beta, 1);
        assert_true(came || process_now_ns() - begin_ns < ARRIVAL_MS_MAX * UINT64_C(1000000));
    }
    uint64_t took_ns = process_now_ns() - begin_ns;
    place->beta->used = 0;
    place_answers(place);
    return took_ns;
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static uint64_t print_figures(const char *name, uint64_t *times, size_t count)
{
    qsort(times, count, sizeof times[0], compare);
    (void)printf("  %-22s %7zu orders  p50 %6" PRIu64 " us  p99 %6" PRIu64 " us\n", name, count,
                 times[count / 2] / 1000, times[count * 99 / 100] / 1000);
    return times[count * 99 / 100];
}

static size_t measure_quiet(struct place *place, uint64_t *times)
{
    size_t count = 0;
    while (count < QUIET_SAMPLES) {
        uint64_t took_ns = place_time(place);
        if (took_ns > 0) {
            times[count++] = took_ns;
        }
    }
    return count;
}

/* Orders while ALPHA asks for everything, as often as it takes to have enough of them. */
static size_t measure_busy(struct place *place, uint64_t *times, uint64_t *resend_ns)
{
    struct drain *alpha = place->alpha;
    size_t count = 0;
    uint64_t begin_ns = process_now_ns();
    do {
        atomic_store(&alpha->resending, true);
        atomic_store(&alpha->ask, true);
        while (atomic_load(&alpha->resending)) {
            uint64_t took_ns = place_time(place);
            if (took_ns > 0 && count < SAMPLES_MAX) {
                times[count++] = took_ns;
            }
        }
    } while (count < BUSY_SAMPLES_MIN);
    *resend_ns = process_now_ns() - begin_ns;
    return count;
}

static bool measure(struct place *place, uint64_t messages)
{
    uint64_t *times = calloc(SAMPLES_MAX, sizeof times[0]);
    assert_non_null(times);
    size_t quiet_count = measure_quiet(place, times);
    (void)printf("resend of %" PRIu64 " messages on one session, orders on another\n", messages);
    uint64_t quiet_ns = print_figures("the other session quiet", times, quiet_count);
    uint64_t resent_before = atomic_load(&place->alpha->resent);
    uint64_t resend_ns = 0;
    size_t busy_count = measure_busy(place, times, &resend_ns);
    uint64_t busy_ns = print_figures("while it resends", times, busy_count);
    uint64_t resent = atomic_load(&place->alpha->resent) - resent_before;
    assert_true(resent >= messages);
    (void)printf("  p99 ratio %" PRIu64 ".%02" PRIu64 "; %" PRIu64 " messages resent, %" PRIu64
                 " a second\n",
                 busy_ns / quiet_ns, busy_ns * 100 / quiet_ns % 100, resent,
                 resent * UINT64_C(1000000000) / resend_ns);
    free(times);
    return busy_ns <= RATIO_MAX * quiet_ns;
}

static void place_open(struct place *place)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct zeromq_options options = {.kind = ZEROMQ_DEALER, .connected_only_off = true};
    assert_int_equal(zeromq_open(&place->zeromq), STATUS_OK);
    assert_int_equal(zeromq_socket_open(&place->zeromq, &options, &place->client, error),
                     STATUS_OK);
    assert_int_equal(zeromq_connect(&place->client, place->world->order_entry_endpoint, error),
                     STATUS_OK);
}

static void a_long_resend_does_not_slow_another_session(void **state)
{
    (void)state;
    const char *wanted = getenv("FIXGATE_LONG");
    bool is_long = wanted != NULL && strcmp(wanted, "0") != 0;
    uint64_t messages = is_long ? LONG_MESSAGES : SHORT_MESSAGES;
    const struct world_options options = {
        .brokers_count = 2,
        .foreign_brokers = 2,
        .drop_copy_off = true,
        .router_off = true,
        /* Orders are what there is to send again here, and nobody answers for them. */
        .default_more = "ResendOrders=Y\nOrderStatusRequest=N\n"};
    struct world *world = calloc(1, sizeof *world);
    struct drain *alpha = calloc(1, sizeof *alpha);
    struct sink *beta = calloc(1, sizeof *beta);
    assert_true(world != NULL && alpha != NULL && beta != NULL);
    struct place place = {.world = world, .alpha = alpha, .beta = beta};
    world_open(world, &options);
    sink_open(&alpha->sink, "ALPHA", world->brokers[0].port);
    assert_true(world_gateway_start(world));
    sink_log_on(&alpha->sink);
    alpha->said_ns = process_now_ns();
    assert_int_equal(pthread_create(&alpha->thread, NULL, drain_run, alpha), 0);
    place_open(&place);
    place_fill(&place, messages);
    sink_open(beta, "BETA", world->brokers[1].port);
    sink_log_on(beta);
    place.beta_said_ns = process_now_ns();

    bool unaffected = measure(&place, messages);
    for (unsigned tries = 1; !unaffected && !is_long && tries < SHORT_TRIES; tries++) {
        unaffected = measure(&place, messages);
    }
    assert_true(unaffected);

    atomic_store(&alpha->stop, true);
    assert_int_equal(pthread_join(alpha->thread, NULL), 0);
    zeromq_frames_release(&place.frames);
    zeromq_socket_close(&place.client);
    zeromq_close(&place.zeromq);
    world_gateway_kill(world);
    sink_close(&alpha->sink);
    sink_close(beta);
    assert_true(world_close(world));
    free(world);
    free(alpha);
    free(beta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_resend_does_not_slow_another_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A world with one broker in it, for its own tests: the gateway's end of its lines is played by
 * hand, and the oracle keeps what it is told. Messages are texts with '|' for SOH. Included by
 * one program each. */
#ifndef TESTS_SIM_BROKER_RIG_H
#define TESTS_SIM_BROKER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/sim/broker.h"
#include "tests/sim/broker_wire.h"
#include "tests/sim/gateway.h"
#include "tests/tools/broker_number.h"

enum { RIG_TEXT_BYTES = 700, RIG_LOG_MAX = 2000, RIG_BYTES_MAX = 1 << 20 };

struct rig_log {
    char text[RIG_LOG_MAX][RIG_TEXT_BYTES];
    uint32_t count;
    uint32_t seen;
};

static struct rig {
    struct sim sim;
    struct sim_broker_settings settings;
    struct sim_broker *broker;
    struct line *line; /* The newest. */
    bool ended;        /* It is. */
    bool gateway_up;
    uint32_t session;
    uint8_t bytes[RIG_BYTES_MAX]; /* That came over it. */
    size_t bytes_size;
    struct rig_log came; /* Messages of the broker. */
    struct rig_log told; /* What the oracle heard of the book. */
    struct rig_log wire; /* And of the lines. */
    uint64_t seq;        /* The gateway's next number. */
    uint32_t knocks;
} rig;

__attribute__((format(printf, 2, 3))) static inline void rig_keep(struct rig_log *rig_log,
                                                                  const char *format, ...)
{
    va_list arguments;
    assert_true(rig_log->count < RIG_LOG_MAX);
    va_start(arguments, format);
    (void)vsnprintf(rig_log->text[rig_log->count], RIG_TEXT_BYTES, format, arguments);
    va_end(arguments);
    for (char *at = rig_log->text[rig_log->count]; *at != '\0'; at++) {
        *at = *at == WIRE_SOH ? '|' : *at;
    }
    rig_log->count++;
}

/* --- What the broker calls ------------------------------------------------------------- */

struct rig_number {
    char text[BROKER_NUMBER_BYTES_MAX];
};

static inline struct rig_number rig_number(int64_t value)
{
    struct rig_number number;
    broker_number_format(value, number.text);
    return number;
}

void sim_later(struct sim *sim, uint64_t delay_ns, agenda_act act, void *actor, uint64_t number)
{
    agenda_add(&sim->agenda, sim->now_ns + delay_ns, act, actor, number);
}

void sim_violate(struct sim *sim, enum oracle_rule rule, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sim->violation, sizeof(sim->violation), format, arguments);
    va_end(arguments);
    sim->violated = true;
    sim->violated_rule = rule;
}

void oracle_received(struct oracle *oracle, uint32_t session, struct span message)
{
    (void)oracle;
    rig_keep(&rig.wire, "%u received %.*s", session, (int)message.size, (const char *)message.data);
}

void oracle_sent(struct oracle *oracle, uint32_t session, struct span message)
{
    (void)oracle;
    rig_keep(&rig.wire, "%u sent %.*s", session, (int)message.size, (const char *)message.data);
}

void oracle_numbers_reset(struct oracle *oracle, uint32_t session)
{
    (void)oracle;
    rig_keep(&rig.wire, "%u reset", session);
}

void oracle_numbers_lost(struct oracle *oracle, uint32_t session, uint64_t in_next)
{
    (void)oracle;
    rig_keep(&rig.wire, "%u lost %u", session, (unsigned)in_next);
}

void oracle_book_taken(struct oracle *oracle, uint32_t broker, const char *attempt,
                       const char *marker, int64_t quantity, int64_t price)
{
    (void)oracle;
    (void)broker;
    rig_keep(&rig.told, "taken %s %s %s @ %s", attempt, marker, rig_number(quantity).text,
             rig_number(price).text);
}

void oracle_book_replaced(struct oracle *oracle, uint32_t broker, const char *attempt,
                          const char *attempt_new, int64_t quantity, int64_t price)
{
    (void)oracle;
    (void)broker;
    rig_keep(&rig.told, "replaced %s %s %s @ %s", attempt, attempt_new, rig_number(quantity).text,
             rig_number(price).text);
}

void oracle_book_executed(struct oracle *oracle, uint32_t broker, const char *attempt,
                          const char *exec_id, int64_t quantity, int64_t price)
{
    (void)oracle;
    (void)broker;
    rig_keep(&rig.told, "executed %s %s %s @ %s", attempt, exec_id, rig_number(quantity).text,
             rig_number(price).text);
}

void oracle_book_busted(struct oracle *oracle, uint32_t broker, const char *exec_id)
{
    (void)oracle;
    (void)broker;
    rig_keep(&rig.told, "busted %s", exec_id);
}

void oracle_book_corrected(struct oracle *oracle, uint32_t broker, const char *exec_id,
                           int64_t quantity, int64_t price)
{
    (void)oracle;
    (void)broker;
    rig_keep(&rig.told, "corrected %s %s @ %s", exec_id, rig_number(quantity).text,
             rig_number(price).text);
}

void oracle_book_ended(struct oracle *oracle, uint32_t broker, const char *attempt,
                       enum oracle_end how)
{
    static const char *const ends[] = {"filled", "cancelled", "rejected", "expired"};
    (void)oracle;
    (void)broker;
    rig_keep(&rig.told, "ended %s %s", attempt, ends[how]);
}

void oracle_book_withheld(struct oracle *oracle, uint32_t broker, const char *attempt,
                          const char *exec_id)
{
    (void)oracle;
    (void)broker;
    rig_keep(&rig.told, "withheld %s %s", attempt, exec_id != NULL ? exec_id : "-");
}

bool sim_gateway_up(const struct sim_gateway *gateway)
{
    (void)gateway;
    return rig.gateway_up;
}

/* --- The gateway's end ---------------------------------------------------------------------- */

static inline void rig_arrived(void *context, struct line *line)
{
    (void)context;
    struct span bytes = line_peek(line, LINE_GATEWAY);
    assert_true(rig.bytes_size + bytes.size <= RIG_BYTES_MAX);
    memcpy(rig.bytes + rig.bytes_size, bytes.data, bytes.size);
    rig.bytes_size += bytes.size;
    line_take(line, LINE_GATEWAY, bytes.size);
    size_t begin = 0;
    for (size_t at = 0; at + 8 <= rig.bytes_size; at++) {
        if (memcmp(rig.bytes + at, "\00110=", 4) == 0) {
            size_t end = at + 8;
            rig_keep(&rig.came, "|%.*s", (int)(end - begin), (const char *)rig.bytes + begin);
            begin = end;
        }
    }
    rig.bytes_size -= begin;
    memmove(rig.bytes, rig.bytes + begin, rig.bytes_size);
}

static inline void rig_ended(void *context, struct line *line, const char *reason)
{
    (void)context;
    (void)reason;
    rig.ended = rig.ended || line == rig.line;
}

static inline void rig_take_line(struct line *line)
{
    const struct line_handler handler = {.arrived = rig_arrived, .ended = rig_ended};
    line_attach(line, LINE_GATEWAY, &handler);
    rig.line = line;
    rig.ended = false;
    rig.bytes_size = 0;
}

uint64_t sim_gateway_peer_has(const struct sim_gateway *gateway, uint32_t session)
{
    (void)gateway;
    (void)session;
    return UINT64_MAX;
}

bool sim_gateway_was_there(const struct sim_gateway *gateway, uint32_t session, uint64_t since_ns)
{
    (void)gateway;
    (void)session;
    (void)since_ns;
    return false;
}

void sim_gateway_knock(struct sim_gateway *gateway, struct line *line)
{
    (void)gateway;
    rig.knocks++;
    rig_take_line(line);
}

static inline void rig_run(uint64_t milliseconds)
{
    uint64_t until_ns = rig.sim.now_ns + milliseconds * SIM_MS_NS;
    while (agenda_next_ns(&rig.sim.agenda) <= until_ns) {
        struct agenda_entry entry = agenda_take(&rig.sim.agenda);
        rig.sim.now_ns = entry.at_ns;
        entry.act(entry.actor, entry.number);
    }
    rig.sim.now_ns = until_ns;
}

/* The gateway connects for `session`. */
static inline void rig_connect_for(uint32_t session)
{
    assert_true(sim_broker_listens(rig.broker, session, 0));
    rig.session = session;
    rig_take_line(line_open(&rig.sim, session));
    sim_broker_line_up(rig.broker, rig.line);
}

static inline void rig_connect(void)
{
    rig_connect_for(0);
}

/* One whole message: `fields` begin with 35 and hold all but 8, 9, 34, 49, 52, 56 and 10. */
static inline void rig_send_as(uint64_t seq, uint64_t at_ns, const char *fields)
{
    char text[RIG_TEXT_BYTES];
    char whole[RIG_TEXT_BYTES + 40];
    char time[WIRE_TIME_BYTES];
    unsigned sum = 0;
    wire_time(at_ns, time);
    size_t type = strcspn(fields, "|") + 1;
    int size =
        snprintf(text, sizeof(text), "%.*s49=FIXGATE|56=%s|34=%u|52=%s|%s", (int)type, fields,
                 rig.session == 0 ? "ALPHA" : "ALPHADC", (unsigned)seq, time, fields + type);
    size = snprintf(whole, sizeof(whole), "8=FIX.4.4|9=%d|%s", size, text);
    for (int i = 0; i < size; i++) {
        whole[i] = whole[i] == '|' ? WIRE_SOH : whole[i];
        sum += (unsigned char)whole[i];
    }
    size += snprintf(whole + size, sizeof(whole) - (size_t)size, "10=%03u\001", sum % 256);
    line_send(rig.line, LINE_GATEWAY, span_of(whole, (size_t)size));
    rig_run(2);
}

/* Under the gateway's next number. */
static inline void rig_send(const char *fields)
{
    rig_send_as(rig.seq++, rig.sim.now_ns, fields);
}

/* A resend of number `seq`, first sent a second ago. */
static inline void rig_resend(uint64_t seq, const char *fields)
{
    char text[RIG_TEXT_BYTES];
    char time[WIRE_TIME_BYTES];
    wire_time(rig.sim.now_ns - SIM_SECOND_NS, time);
    (void)snprintf(text, sizeof(text), "%s43=Y|122=%s|", fields, time);
    rig_send_as(seq, rig.sim.now_ns, text);
}

/* Every field of `fields` stands in the text. */
static inline void rig_has(const char *text, const char *fields)
{
    while (*fields != '\0') {
        char field[RIG_TEXT_BYTES];
        size_t size = strcspn(fields, "|");
        (void)snprintf(field, sizeof(field), "|%.*s|", (int)size, fields);
        if (strstr(text, field) == NULL) {
            fail_msg("no %s in %s", field, text);
        }
        fields += size + (fields[size] == '|' ? 1 : 0);
    }
}

/* The broker's next message has these fields; it may take three seconds of virtual time. */
static inline const char *rig_expect(const char *fields)
{
    for (int i = 0; i < 3000 && rig.came.seen == rig.came.count; i++) {
        rig_run(1);
    }
    if (rig.came.seen == rig.came.count) {
        fail_msg("nothing came, instead of %s", fields);
    }
    const char *text = rig.came.text[rig.came.seen++];
    rig_has(text, fields);
    return text;
}

/* It says nothing now. */
static inline void rig_quiet(void)
{
    rig_run(100);
    if (rig.came.seen != rig.came.count) {
        fail_msg("came: %s", rig.came.text[rig.came.seen]);
    }
}

/* The next that the oracle heard of the book. */
static inline void rig_told(const char *text)
{
    if (rig.told.seen == rig.told.count) {
        fail_msg("the oracle was not told %s", text);
    }
    assert_string_equal(rig.told.text[rig.told.seen++], text);
}

static inline void rig_told_no_more(void)
{
    if (rig.told.seen != rig.told.count) {
        fail_msg("the oracle was told %s", rig.told.text[rig.told.seen]);
    }
}

/* How many lines that the oracle was told of the wire have this in them. */
static inline uint32_t rig_wire_count(const char *part)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < rig.wire.count; i++) {
        count += strstr(rig.wire.text[i], part) != NULL ? 1 : 0;
    }
    return count;
}

static inline void rig_act(const char *words)
{
    if (!sim_broker_act(rig.broker, words)) {
        fail_msg("not understood: %s", words);
    }
}

/* --- Making and ending --------------------------------------------------------------------------
 */

/* Settings to be changed before rig_begin(): everything rests, and is answered in 5 ms. */
static inline int rig_setup(void **state)
{
    (void)state;
    rig.sim = (struct sim){.now_ns = SIM_BEGIN_NS};
    rig.sim.network = (struct network_settings){
        .latency_least_ns = SIM_MS_NS / 2, .latency_most_ns = SIM_MS_NS / 2, .window_bytes = 65536};
    random_seed(&rig.sim.random, 7);
    trace_init(&rig.sim.trace, &rig.sim.now_ns, getenv("RIG_TRACE") != NULL ? stderr : NULL);
    rig.came.count = rig.came.seen = 0;
    rig.told.count = rig.told.seen = 0;
    rig.wire.count = 0;
    rig.line = NULL;
    rig.session = 0;
    rig.seq = 1;
    rig.knocks = 0;
    rig.gateway_up = true;
    rig.settings = (struct sim_broker_settings){
        .name = "ALPHA",
        .orders = {.present = true,
                   .number = 0,
                   .gateway_comp = "FIXGATE",
                   .broker_comp = "ALPHA",
                   .redial_ns = SIM_SECOND_NS,
                   .heart_bt_int = 30,
                   .endpoints = 1},
        .answer_least_ns = 5 * SIM_MS_NS,
        .answer_most_ns = 5 * SIM_MS_NS,
        .fills_most = 1,
    };
    return 0;
}

static inline int rig_teardown(void **state)
{
    (void)state;
    assert_false(rig.sim.violated);
    sim_broker_free(rig.broker);
    rig.broker = NULL;
    network_free(&rig.sim);
    agenda_free(&rig.sim.agenda);
    return 0;
}

static inline void rig_begin(void)
{
    rig.broker = sim_broker_new(&rig.sim, 0, &rig.settings);
    sim_broker_start(rig.broker);
}

/* Logged on: both next numbers are 2. */
static inline void rig_log_on(void)
{
    rig_begin();
    rig_connect();
    rig_send("35=A|98=0|108=30|");
    (void)rig_expect("35=A|34=1|98=0|108=30");
}

/* A limit order that rests: A1, marker M1, bought 100 at 10.5. */
static inline void rig_rest_order(void)
{
    rig_send("35=D|11=A1|526=M1|55=VOD|54=1|38=100|40=2|44=10.5|59=1|");
    (void)rig_expect("35=8|150=0|39=0|11=A1|526=M1|55=VOD|54=1|38=100|44=10.5|151=100|14=0|6=0");
    rig_told("taken A1 M1 100 @ 10.5");
}

#endif

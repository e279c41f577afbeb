/* Bytes that should not be: some are no message at all, some only a bad one. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/broker_parts.h"

static void say_raw(struct broker_session *session, struct span bytes, const char *what)
{
    trace_message(&session->broker->sim->trace, session->to, bytes, what);
    line_send(session->line, LINE_BROKER, bytes);
}

/* A Heartbeat as it would be, whose number is not used up. */
static struct span heartbeat(struct broker_session *session, struct wire_text *text)
{
    const struct wire_header header = {.type = "0",
                                       .sender = session->set->broker_comp,
                                       .target = session->set->gateway_comp,
                                       .seq = session->out_next,
                                       .sending_ns = session->broker->sim->now_ns};
    return wire_compose(&header, span_of(NULL, 0), text);
}

static void noise(struct broker_session *session)
{
    uint8_t bytes[40];
    struct random *random = &session->broker->sim->random;
    size_t size = random_between(random, 1, sizeof(bytes));
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)random_below(random, 256);
    }
    say_raw(session, span_of(bytes, size), "noise");
}

static void wrong_checksum(struct broker_session *session)
{
    struct wire_text text;
    struct span bytes = heartbeat(session, &text);
    char *last = &text.data[bytes.size - 2];
    *last = *last == '0' ? '1' : '0';
    say_raw(session, bytes, "wrong CheckSum");
}

/* Its BodyLength says less than there is. */
static void wrong_length(struct broker_session *session)
{
    struct wire_text text;
    struct span bytes = heartbeat(session, &text);
    char *digit = &text.data[strlen("8=FIX.4.4|9=")];
    *digit = *digit == '1' ? '0' : '1';
    say_raw(session, bytes, "wrong BodyLength");
}

static void half(struct broker_session *session)
{
    struct wire_text text;
    struct span bytes = heartbeat(session, &text);
    say_raw(session, span_of(bytes.data, bytes.size / 2), "half a message");
}

/* Its number was used before, and it does not say so. */
static void low(struct broker_session *session)
{
    struct wire_text text;
    const struct wire_header header = {.type = "0",
                                       .sender = session->set->broker_comp,
                                       .target = session->set->gateway_comp,
                                       .seq = session->out_next - 1,
                                       .sending_ns = session->broker->sim->now_ns};
    struct span bytes = wire_compose(&header, span_of(NULL, 0), &text);
    oracle_sent(session->broker->sim->oracle, session->set->number, bytes);
    say_raw(session, bytes, "a number too low");
}

/* Right as a message, and of no use. These use a number up. */
static void bad_message(struct broker_session *session, const char *type, const char *fields)
{
    struct wire_text body;
    body.size = strlen(fields);
    memcpy(body.data, fields, body.size);
    (void)broker_send(session, type, wire_fields(&body));
}

static void bad_type(struct broker_session *session)
{
    bad_message(session, "ZZ", "58=nobody knows this type\001");
}

static void bad_field(struct broker_session *session)
{
    bad_message(session, "8",
                "37=X\00117=X\001150=?\00139=0\00155=VOD\00154=1\001151=0\00114=many\0016=0\001");
}

static void missing_field(struct broker_session *session)
{
    bad_message(session, "8",
                "17=X\001150=0\00139=0\00155=VOD\00154=1\001151=0\00114=0\0016=0\001");
}

bool broker_garbage(struct broker_session *session, const char *kind)
{
    static const struct {
        const char *name;
        void (*say)(struct broker_session *session);
    } kinds[] = {
        {"noise", noise},           {"checksum", wrong_checksum},
        {"length", wrong_length},   {"half", half},
        {"type", bad_type},         {"field", bad_field},
        {"missing", missing_field}, {"low", low},
    };
    struct sim_broker *broker = session->broker;
    size_t chosen = ARRAY_LEN(kinds);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        chosen = strcmp(kinds[i].name, kind) == 0 ? i : chosen;
    }
    if (kind[0] == '\0') {
        chosen = random_below(&broker->sim->random, ARRAY_LEN(kinds));
    }
    if (chosen == ARRAY_LEN(kinds)) {
        return false;
    }
    if (session->state == BROKER_LOGGED_ON && !session->reset_awaited && !broker->mute &&
        broker_awake(broker)) {
        kinds[chosen].say(session);
    }
    return true;
}

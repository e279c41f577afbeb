/* Subscribers of the bus: what docs/bus.md, section 4, asks of one that misses nothing. */
#include "tests/sim/gateway.h"
#include "tests/sim/oms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FRAMES_MAX = 256, /* A power of two. */
    QUEUE_LEAST = 4,  /* What the subscriber's queue holds is drawn, up to FRAMES_MAX. */
    LATENCY_LEAST_US = 20,
    LATENCY_MOST_US = 500,
    SLOW_LEAST_MS = 5,
    SLOW_MOST_MS = 200,
    REPLAY_LEAST_US = 100,
    REPLAY_MOST_US = 3000,
    REPLAY_SILENT_PERMILLE = 50, /* Questions without an answer. */
    RETRY_MS = 200,
    SILENCE_MS = 3000, /* Without a sign of life: ask where the stream is. */
};

#define MICROSECOND_NS UINT64_C(1000)

/* One message on its way, or waiting to be read. */
struct bus_frame {
    uint64_t number; /* Its own; the agenda's entry has it too. */
    uint64_t bus_seq;
    bool heartbeat;
    size_t topic_size;
    size_t message_size;
    uint8_t *bytes; /* Owned: the topic, then the message. */
};

struct sim_bus {
    struct sim *sim;
    const char *name;
    sim_bus_take *take; /* NULL: the events are the oracle's and the clients'. */
    void *context;
    struct bus_frame frames[FRAMES_MAX]; /* A ring. */
    uint32_t first;
    uint32_t count;
    uint32_t queue_most;
    uint64_t numbers;        /* Given to frames. */
    uint64_t last_ns;        /* When the newest frame is read. */
    uint64_t published_last; /* BusSeq. */
    uint64_t due;            /* BusSeq of the next event. */
    uint64_t known;          /* The newest that live frames or heartbeats told of. */
    uint64_t heard_ns;       /* Last sign of life. */
    bool asked;              /* A question to replay is out, or to be repeated. */
    uint64_t question;       /* Grows: answers to earlier ones are not wanted. */
    bool away;
    bool slow;
    bool stopped; /* Its process stands still: it is sent to, and reads nothing. */
    bool losing;  /* Its queue was full when last something came. */
};

/* --- Events, once and in order ---------------------------------------------------- */

static void deliver(struct sim_bus *bus, struct span topic, struct span message, const char *note)
{
    struct sim *sim = bus->sim;
    if (bus->take != NULL) {
        bus->due++;
        bus->take(bus->context, topic, message);
        return;
    }
    trace_message(&sim->trace, "bus > subscriber", message, note);
    oracle_event(sim->oracle, bus->due, topic, message);
    bus->due++;
    for (uint32_t i = 0; i < sim->oms_count; i++) {
        sim_oms_event(sim->oms[i], message);
    }
}

/* --- Replay ----------------------------------------------------------------------- */

static void question_arrives(void *actor, uint64_t question);

static void ask_in(struct sim_bus *bus, uint64_t delay_ns)
{
    bus->asked = true;
    sim_later(bus->sim, delay_ns, question_arrives, bus, ++bus->question);
}

static void ask(struct sim_bus *bus)
{
    if (!bus->asked && !bus->away) {
        uint64_t us = random_between(&bus->sim->random, REPLAY_LEAST_US, REPLAY_MOST_US);
        ask_in(bus, us * MICROSECOND_NS);
    }
}

static void take_replayed(void *context, uint64_t bus_seq, struct span topic, struct span message)
{
    struct sim_bus *bus = context;
    if (bus_seq == bus->due) {
        deliver(bus, topic, message, "replayed");
    } else if (bus_seq > bus->due) {
        sim_violate(bus->sim, ORACLE_BUS_COMPLETE,
                    "replay gave event %" PRIu64 " where event %" PRIu64 " was due", bus_seq,
                    bus->due);
    }
}

/* What replay does not have must never have been said. */
static void check_end(struct sim_bus *bus, uint64_t last)
{
    uint64_t newest = bus->known >= bus->due ? bus->known : bus->due - 1;
    if (last < newest) {
        sim_violate(bus->sim, ORACLE_DURABLE_FIRST,
                    "the bus told of event %" PRIu64 ", but replay ends at event %" PRIu64, newest,
                    last);
    }
}

static uint32_t draw_most(struct random *random)
{
    static const uint32_t most[] = {1, 10, 1000};
    return most[random_below(random, ARRAY_LEN(most))];
}

static void question_arrives(void *actor, uint64_t question)
{
    struct sim_bus *bus = actor;
    struct sim *sim = bus->sim;
    if (bus->away || question != bus->question) {
        return;
    }
    if (bus->stopped || !sim_gateway_up(sim->gateway) ||
        random_chance(&sim->random, REPLAY_SILENT_PERMILLE)) {
        ask_in(bus, RETRY_MS * SIM_MS_NS);
        return;
    }
    bus->asked = false;
    bus->heard_ns = sim->now_ns;
    check_end(bus, sim_gateway_last_event(sim->gateway));
    if (sim->violated) {
        return;
    }
    uint64_t from = bus->due;
    bool more = sim_gateway_replay(sim->gateway, from, draw_most(&sim->random), take_replayed, bus);
    if (more || bus->due <= bus->known) {
        if (bus->due == from) {
            sim_violate(sim, ORACLE_BUS_COMPLETE,
                        "replay from event %" PRIu64 " gave nothing, though event %" PRIu64
                        " is told of",
                        from, bus->known);
            return;
        }
        ask(bus);
    }
}

/* The gateway has said nothing for a while. */
static void listen(void *actor, uint64_t unused)
{
    struct sim_bus *bus = actor;
    (void)unused;
    if (bus->sim->now_ns - bus->heard_ns >= SILENCE_MS * SIM_MS_NS) {
        ask(bus);
    }
    sim_later(bus->sim, SILENCE_MS * SIM_MS_NS, listen, bus, 0);
}

/* --- Live frames -------------------------------------------------------------------- */

static struct bus_frame *frame_at(struct sim_bus *bus, uint32_t place)
{
    return &bus->frames[(bus->first + place) % FRAMES_MAX];
}

static void take_live(struct sim_bus *bus, const struct bus_frame *frame)
{
    bus->heard_ns = bus->sim->now_ns;
    if (!frame->heartbeat && frame->bus_seq == bus->due) {
        deliver(bus, span_of(frame->bytes, frame->topic_size),
                span_of(frame->bytes + frame->topic_size, frame->message_size), NULL);
        return;
    }
    if (frame->bus_seq < bus->due) {
        return; /* Had by replay. A heartbeat may lie behind what replay told. */
    }
    bus->known = frame->bus_seq > bus->known ? frame->bus_seq : bus->known;
    if (!bus->asked) {
        trace_say(&bus->sim->trace, bus->name,
                  "%s %" PRIu64 " where event %" PRIu64 " is due: asks for replay",
                  frame->heartbeat ? "a heartbeat tells of event" : "sees event", frame->bus_seq,
                  bus->due);
        ask(bus);
    }
}

static void frame_arrives(void *actor, uint64_t number)
{
    struct sim_bus *bus = actor;
    if (bus->stopped || bus->count == 0 || frame_at(bus, 0)->number != number) {
        return; /* Lost on its way; or not read yet. */
    }
    struct bus_frame frame = *frame_at(bus, 0);
    bus->first = (bus->first + 1) % FRAMES_MAX;
    bus->count--;
    take_live(bus, &frame);
    free(frame.bytes);
}

/* Loses all behind the first `kept`. */
static void cut(struct sim_bus *bus, uint32_t kept)
{
    while (bus->count > kept) {
        free(frame_at(bus, --bus->count)->bytes);
    }
}

/* Copies of what is sent to a subscriber that is there and has room. */
static void send(struct sim_bus *bus, struct span topic, uint64_t bus_seq, struct span message,
                 bool heartbeat)
{
    struct random *random = &bus->sim->random;
    bool full = bus->count >= bus->queue_most;
    if (full && !bus->losing && !bus->away) {
        trace_say(&bus->sim->trace, bus->name, "its queue is full at event %" PRIu64, bus_seq);
    }
    bus->losing = full;
    if (bus->away || full) {
        return;
    }
    uint64_t us = random_between(random, LATENCY_LEAST_US, LATENCY_MOST_US);
    uint64_t at_ns = bus->sim->now_ns + us * MICROSECOND_NS;
    uint64_t pause_ns =
        bus->slow ? random_between(random, SLOW_LEAST_MS, SLOW_MOST_MS) * SIM_MS_NS : 0;
    uint64_t ready_ns = bus->count > 0 ? bus->last_ns + pause_ns : 0;
    bus->last_ns = at_ns > ready_ns ? at_ns : ready_ns;
    struct bus_frame *frame = frame_at(bus, bus->count++);
    *frame = (struct bus_frame){.number = ++bus->numbers,
                                .bus_seq = bus_seq,
                                .heartbeat = heartbeat,
                                .topic_size = topic.size,
                                .message_size = message.size,
                                .bytes = malloc(topic.size + message.size + 1)};
    ASSERT(frame->bytes != NULL);
    if (!heartbeat) {
        memcpy(frame->bytes, topic.data, topic.size);
        memcpy(frame->bytes + topic.size, message.data, message.size);
    }
    agenda_add(&bus->sim->agenda, bus->last_ns, frame_arrives, bus, frame->number);
}

void sim_bus_published(struct sim_bus *bus, struct span topic, uint64_t bus_seq,
                       struct span message)
{
    if (bus->take == NULL) {
        oracle_published(bus->sim->oracle, bus_seq, topic, message);
    }
    bus->published_last = bus_seq > bus->published_last ? bus_seq : bus->published_last;
    send(bus, topic, bus_seq, message, false);
}

void sim_bus_heartbeat(struct sim_bus *bus, uint64_t bus_seq)
{
    if (bus_seq < bus->published_last) {
        sim_violate(bus->sim, ORACLE_BUS_COMPLETE,
                    "a heartbeat tells of event %" PRIu64 " after event %" PRIu64 " was published",
                    bus_seq, bus->published_last);
        return;
    }
    send(bus, span_of(NULL, 0), bus_seq, span_of(NULL, 0), true);
}

void sim_bus_disconnected(struct sim_bus *bus)
{
    cut(bus, (uint32_t)random_below(&bus->sim->random, bus->count + 1));
}

/* --- Life ---------------------------------------------------------------------------- */

struct sim_bus *sim_bus_new(struct sim *sim, const char *name, sim_bus_take *take, void *context)
{
    struct sim_bus *bus = calloc(1, sizeof(*bus));
    ASSERT(bus != NULL);
    bus->sim = sim;
    bus->name = name;
    bus->take = take;
    bus->context = context;
    bus->due = 1;
    bus->heard_ns = sim->now_ns;
    bus->queue_most = (uint32_t)random_between(&sim->random, QUEUE_LEAST, FRAMES_MAX);
    sim_later(sim, SILENCE_MS * SIM_MS_NS, listen, bus, 0);
    return bus;
}

void sim_bus_free(struct sim_bus *bus)
{
    if (bus != NULL) {
        cut(bus, 0);
    }
    free(bus);
}

static void go_away(struct sim_bus *bus)
{
    if (!bus->away) {
        bus->away = true;
        bus->asked = false;
        cut(bus, 0);
    }
}

static void come_back(struct sim_bus *bus)
{
    if (bus->away) {
        bus->away = false;
        ask(bus);
    }
}

void sim_bus_follow(struct sim_bus *bus, uint64_t from)
{
    go_away(bus);
    bus->stopped = false;
    bus->due = from;
    bus->known = 0;
    bus->heard_ns = bus->sim->now_ns;
    come_back(bus);
}

/* What has come meanwhile is read now, before what comes later. */
static void go_on(struct sim_bus *bus)
{
    if (!bus->stopped) {
        return;
    }
    bus->stopped = false;
    bus->last_ns = bus->sim->now_ns + bus->count * MICROSECOND_NS;
    for (uint32_t i = 0; i < bus->count; i++) {
        sim_later(bus->sim, i * MICROSECOND_NS, frame_arrives, bus, frame_at(bus, i)->number);
    }
}

bool sim_bus_behind(const struct sim_bus *bus)
{
    return bus->away || bus->asked || bus->due <= bus->known;
}

uint64_t sim_bus_heard_ns(const struct sim_bus *bus)
{
    return bus->heard_ns;
}

bool sim_bus_act(struct sim_bus *bus, const char *words)
{
    if (strcmp(words, "away") == 0) {
        go_away(bus);
    } else if (strcmp(words, "back") == 0) {
        come_back(bus);
    } else if (strcmp(words, "slow") == 0) {
        bus->slow = true;
    } else if (strcmp(words, "quick") == 0) {
        bus->slow = false;
    } else if (strcmp(words, "stop") == 0) {
        bus->stopped = true;
    } else if (strcmp(words, "go") == 0) {
        go_on(bus);
    } else {
        return false;
    }
    return true;
}

void sim_bus_mend(struct sim_bus *bus)
{
    bus->slow = false;
    go_on(bus);
    bus->queue_most = FRAMES_MAX;
    come_back(bus);
}

bool sim_bus_at_rest(struct sim_bus *bus, char why[128])
{
    uint64_t last = sim_gateway_last_event(bus->sim->gateway);
    if (bus->away) {
        (void)snprintf(why, 128, "the %.32s is away", bus->name);
    } else if (bus->due != last + 1) {
        (void)snprintf(why, 128,
                       "the %.32s has had events up to %" PRIu64 ", the store up to %" PRIu64,
                       bus->name, bus->due - 1, last);
    } else {
        return true;
    }
    return false;
}

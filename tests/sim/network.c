#include "tests/sim/sim.h"

#include <stdlib.h>

/* One direction. Positions count bytes since the line began:
 * taken <= arrived <= scheduled <= sent, and nothing arrives beyond `limit`. */
struct way {
    uint8_t *bytes; /* Owned; from `taken` on. */
    size_t capacity;
    uint64_t taken;
    uint64_t arrived;
    uint64_t scheduled;
    uint64_t sent;
    uint64_t limit;
    uint64_t last_ns;  /* When the last piece arrives: order is kept. */
    uint64_t held_pos; /* What would have arrived, had the line not been held. */
    bool closing;      /* Its sender is through: the end comes behind what was sent. */
    bool end_due;      /* The end was put on the agenda. */
    bool end_held;
    const char *end_reason;
};

struct line {
    struct line *next;
    struct sim *sim;
    uint32_t session;
    struct way ways[2]; /* By sender. */
    struct line_handler handlers[2];
    bool over[2]; /* That end hears no more. */
    bool held;
    bool told_on_send[2]; /* Half open: that end learns of the end when it sends. */
};

static enum line_end other(enum line_end end)
{
    return end == LINE_GATEWAY ? LINE_BROKER : LINE_GATEWAY;
}

struct line *line_open(struct sim *sim, uint32_t session)
{
    struct line *line = calloc(1, sizeof(*line));
    ASSERT(line != NULL);
    line->sim = sim;
    line->session = session;
    line->next = sim->lines;
    sim->lines = line;
    line->ways[LINE_GATEWAY].limit = UINT64_MAX;
    line->ways[LINE_BROKER].limit = UINT64_MAX;
    return line;
}

void line_attach(struct line *line, enum line_end end, const struct line_handler *handler)
{
    line->handlers[end] = *handler;
}

uint32_t line_session(const struct line *line)
{
    return line->session;
}

void network_free(struct sim *sim)
{
    while (sim->lines != NULL) {
        struct line *line = sim->lines;
        sim->lines = line->next;
        free(line->ways[LINE_GATEWAY].bytes);
        free(line->ways[LINE_BROKER].bytes);
        free(line);
    }
}

/* --- Under way ------------------------------------------------------------------ */

static uint64_t delay(struct sim *sim)
{
    return random_between(&sim->random, sim->network.latency_least_ns,
                          sim->network.latency_most_ns);
}

static void end_arrives(struct line *line, enum line_end from)
{
    enum line_end to = other(from);
    if (line->over[to]) {
        return;
    }
    if (line->held) {
        line->ways[from].end_held = true;
        return;
    }
    line->over[to] = true;
    const struct line_handler *handler = &line->handlers[to];
    handler->ended(handler->context, line, line->ways[from].end_reason);
}

static void arrive(struct line *line, enum line_end from, uint64_t position)
{
    struct way *way = &line->ways[from];
    enum line_end to = other(from);
    position = position < way->limit ? position : way->limit;
    if (line->held) {
        way->held_pos = position > way->held_pos ? position : way->held_pos;
        return;
    }
    if (line->over[to] || position <= way->arrived) {
        return;
    }
    way->arrived = position;
    const struct line_handler *handler = &line->handlers[to];
    handler->arrived(handler->context, line);
}

static void act_arrive_from_gateway(void *actor, uint64_t position)
{
    arrive(actor, LINE_GATEWAY, position);
}

static void act_arrive_from_broker(void *actor, uint64_t position)
{
    arrive(actor, LINE_BROKER, position);
}

static void act_end(void *actor, uint64_t from)
{
    end_arrives(actor, (enum line_end)from);
}

static void end_later(struct line *line, enum line_end from, uint64_t at_ns, const char *reason)
{
    struct way *way = &line->ways[from];
    way->end_due = true;
    way->end_reason = reason;
    agenda_add(&line->sim->agenda, at_ns, act_end, line, (uint64_t)from);
}

/* Puts what the window has room for on its way, in pieces. */
static void schedule(struct line *line, enum line_end from)
{
    struct sim *sim = line->sim;
    struct way *way = &line->ways[from];
    while (way->scheduled < way->sent && way->scheduled - way->taken < sim->network.window_bytes) {
        uint64_t size = way->sent - way->scheduled;
        uint64_t room = sim->network.window_bytes - (way->scheduled - way->taken);
        size = size < room ? size : room;
        if (size > 1 && random_chance(&sim->random, sim->network.split_permille)) {
            size = random_between(&sim->random, 1, size - 1);
        }
        way->scheduled += size;
        uint64_t at_ns = sim->now_ns + delay(sim);
        way->last_ns = at_ns > way->last_ns ? at_ns : way->last_ns;
        agenda_add(&sim->agenda, way->last_ns,
                   from == LINE_GATEWAY ? act_arrive_from_gateway : act_arrive_from_broker, line,
                   way->scheduled);
    }
    if (way->closing && !way->end_due && way->scheduled == way->sent) {
        uint64_t at_ns = sim->now_ns + delay(sim);
        end_later(line, from, at_ns > way->last_ns ? at_ns : way->last_ns,
                  "the peer closed the connection");
    }
}

void line_send(struct line *line, enum line_end from, struct span bytes)
{
    struct way *way = &line->ways[from];
    if (line->over[from]) {
        return;
    }
    if (line->told_on_send[from]) {
        line->told_on_send[from] = false;
        end_later(line, other(from), line->sim->now_ns + delay(line->sim),
                  "connection reset by peer");
        return;
    }
    size_t used = (size_t)(way->sent - way->taken);
    if (used + bytes.size > way->capacity) {
        while (used + bytes.size > way->capacity) {
            way->capacity = way->capacity == 0 ? 4096 : 2 * way->capacity;
        }
        way->bytes = realloc(way->bytes, way->capacity);
        ASSERT(way->bytes != NULL);
    }
    if (bytes.size > 0) {
        memcpy(way->bytes + used, bytes.data, bytes.size);
    }
    way->sent += bytes.size;
    schedule(line, from);
}

struct span line_peek(const struct line *line, enum line_end end)
{
    const struct way *way = &line->ways[other(end)];
    return span_of(way->bytes, (size_t)(way->arrived - way->taken));
}

void line_take(struct line *line, enum line_end end, size_t size)
{
    struct way *way = &line->ways[other(end)];
    ASSERT(size <= way->arrived - way->taken);
    if (size == 0) {
        return;
    }
    memmove(way->bytes, way->bytes + size, (size_t)(way->sent - way->taken) - size);
    way->taken += size;
    schedule(line, other(end));
}

uint64_t line_backlog(const struct line *line, enum line_end from)
{
    const struct way *way = &line->ways[from];
    return way->sent - way->scheduled;
}

/* --- The end ---------------------------------------------------------------------- */

void line_close(struct line *line, enum line_end from)
{
    if (line->over[from]) {
        return;
    }
    line->over[from] = true;
    line->ways[from].closing = true;
    schedule(line, from);
}

/* What is under way stops at some byte. */
static void tear(struct line *line, enum line_end from)
{
    struct way *way = &line->ways[from];
    uint64_t limit = random_between(&line->sim->random, way->arrived, way->scheduled);
    way->limit = limit < way->limit ? limit : way->limit;
    way->sent = way->scheduled;
}

void line_abandon(struct line *line, enum line_end from, bool silent)
{
    if (line->over[from]) {
        return;
    }
    line->over[from] = true;
    tear(line, from);
    if (!silent) {
        struct way *way = &line->ways[from];
        uint64_t at_ns = line->sim->now_ns + delay(line->sim);
        end_later(line, from, at_ns > way->last_ns ? at_ns : way->last_ns,
                  "connection reset by peer");
    }
}

void line_cut(struct line *line, bool half_open)
{
    struct sim *sim = line->sim;
    enum line_end deaf = random_chance(&sim->random, 500) ? LINE_GATEWAY : LINE_BROKER;
    for (int i = 0; i < 2; i++) {
        enum line_end end = i == 0 ? LINE_GATEWAY : LINE_BROKER;
        tear(line, end);
        if (half_open && end == deaf) {
            line->told_on_send[end] = true;
        } else {
            end_later(line, other(end), sim->now_ns + delay(sim), "connection reset by peer");
        }
    }
}

void line_hold(struct line *line, bool held)
{
    if (line->held == held) {
        return;
    }
    line->held = held;
    for (int i = 0; i < 2 && !held; i++) {
        enum line_end from = i == 0 ? LINE_GATEWAY : LINE_BROKER;
        struct way *way = &line->ways[from];
        arrive(line, from, way->held_pos);
        if (way->end_held) {
            way->end_held = false;
            end_arrives(line, from);
        }
    }
}

bool line_is_in_use(const struct line *line)
{
    const struct way *way = &line->ways[LINE_GATEWAY];
    uint64_t last = way->sent < way->limit ? way->sent : way->limit;
    bool watched = line->handlers[LINE_BROKER].context != NULL; /* Else nobody ever reads it. */
    return !line->over[LINE_BROKER] && watched && (line->held || way->taken < last);
}

struct line *line_next(const struct line *line)
{
    return line->next;
}

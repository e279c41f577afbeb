/* The passes of a kill switch over all that is with a broker, or waits.
 *
 * One page of one kill switch per turn. A stage begins in a turn of its own, so that it sees all
 * that the turns before committed: an order moves from LIVE over HUNT to QUEUED at most, and is
 * found in one of them. */
#include "gateway/core/doubt/hunt.h"
#include "gateway/core/limits/kill_parts.h"
#include "gateway/core/orders/dead_letters.h"
#include "gateway/core/orders/queue.h"

#define SECOND_NS UINT64_C(1000000000)

enum {
    PAUSES_GROWING = 6,  /* 1 s, 2 s, … 32 s, */
    PASSES_QUICK = 12,   /* then every minute, */
    PASSES_TOLD_FROM = 3 /* Until then most cancels are answered. */
};

static uint64_t pause_ns(const struct kill *kill)
{
    if (kill->proven_ns != 0 || kill->pass > PASSES_QUICK) {
        return 300 * SECOND_NS;
    }
    return kill->pass <= PAUSES_GROWING ? SECOND_NS << (kill->pass - 1) : 60 * SECOND_NS;
}

static void stage_begin(struct kill *kill, enum kill_stage stage)
{
    kill->stage = stage;
    kill->cursor_size = 0;
    kill->turn_over = true;
}

static void pass_begin(struct engine *engine, struct kill *kill)
{
    kill->now = (struct kill_count){.left = {{0}}};
    kill->again = false;
    kill_mass_cancel(engine, kill);
    stage_begin(kill, KILL_LIVE);
    kill->turn_over = false;
}

static void add_left(struct text *words, const struct kill_count *count)
{
    for (uint32_t left = 0; left < KILL_LEFTS_COUNT; left++) {
        uint64_t sum = 0;
        for (uint32_t broker = 0; broker <= ENGINE_BROKERS_MAX; broker++) {
            sum += count->left[broker][left];
        }
        if (sum > 0) {
            text_add_uint(text_add(words, ", "), sum);
            text_add(text_add(words, " "), kill_left_words((enum kill_left)left));
        }
    }
}

static void pass_end(struct engine *engine, struct kill *kill)
{
    struct text words = {.size = 0};
    bool was_proven = kill->proven_ns != 0;
    uint64_t left = kill_left_count(&kill->now);
    kill->last = kill->now;
    kill->pass += 1;
    kill->proven_ns = left == 0 && !kill->again ? engine->now_ns : 0;
    limit_scope_add(text_add(&words, "kill switch of "), &kill->scope);
    if (kill->proven_ns != 0) {
        text_add(&words, ": proven: nothing is working");
        if (!was_proven) {
            kill_tell(engine, kill, "warning", &words);
        }
    } else if (left > 0 && kill->pass >= PASSES_TOLD_FROM) {
        text_add(&words, ": not all is cancelled yet");
        add_left(&words, &kill->now);
        text_add(&words, "; see kill.list, and call the broker");
        kill_tell(engine, kill, "critical", &words);
    }
    kill->next_ns = kill->again ? engine->now_ns : engine->now_ns + pause_ns(kill);
    stage_begin(kill, KILL_REST);
}

/* --- One order ------------------------------------------------------------------------------- */

static void count(struct kill *kill, uint32_t broker, enum kill_left left)
{
    kill->now.left[broker][left] += 1;
}

static bool is_of_broker(const struct kill *kill, struct span broker)
{
    return kill->scope.kind == SCOPE_BROKER && span_is(broker, kill->scope.name);
}

static void visit_live(struct engine *engine, struct kill *kill, struct span key)
{
    struct order order;
    if (!order_follow(&engine->view, key, &order)) {
        return;
    }
    uint32_t broker = kill_broker_of(engine, order.session_id);
    if (!kill_holds(kill, &order) && !is_of_broker(kill, order.broker)) {
        return;
    }
    bool doubt = order.state == ORDER_IN_DOUBT || order.state == ORDER_DEAD_LETTER;
    bool wants_cancel = order.pending == 0 && order.state != ORDER_DEAD_LETTER;
    count(kill, broker,
          doubt                  ? KILL_LEFT_IN_DOUBT
          : order.pending == 'F' ? KILL_LEFT_CANCELLING
                                 : KILL_LEFT_WORKING);
    if (wants_cancel && !kill_mass_pending(engine, kill, order.session_id)) {
        kill_cancel_working(engine, kill, &order);
        kill->asked += 1;
    }
}

/* `key`: session id NUL attempt. */
static void visit_hunted(struct engine *engine, struct kill *kill, struct span key,
                         struct span value)
{
    struct order order;
    const uint8_t *end = memchr(key.data, 0, key.size);
    if (end == NULL || !order_follow(&engine->view, hunt_order_key(value), &order)) {
        return;
    }
    uint32_t broker = kill_broker_of(engine, span_of(key.data, (size_t)(end - key.data)));
    struct span name = broker < ENGINE_BROKERS_MAX ? span_text(engine->config->brokers[broker].name)
                                                   : span_of(NULL, 0);
    if (kill_holds(kill, &order) || is_of_broker(kill, name)) {
        count(kill, broker, KILL_LEFT_FORCED);
    }
}

/* Of the queue, or a dead letter. */
static void visit_waiting(struct engine *engine, struct kill *kill, struct span order_key,
                          enum order_state state)
{
    struct order order;
    struct span attempt;
    struct dead_letter letter = {.unsure = false};
    if (!order_follow(&engine->view, order_key, &order) || order.state != state ||
        !kill_holds(kill, &order) || view_get(&engine->view, TABLE_LIVE, order_key, &attempt)) {
        return;
    }
    if (dead_letter_load(engine, &order, &letter) && letter.unsure) {
        return; /* Nothing of it works, but a person must find out what was executed. */
    }
    count(kill, ENGINE_BROKERS_MAX, KILL_LEFT_WAITING);
    kill_cancel_waiting(engine, kill, &order);
    kill->cancelled += 1;
}

/* --- A page ----------------------------------------------------------------------------------- */

static enum table table_of(enum kill_stage stage)
{
    switch (stage) {
    case KILL_LIVE:
        return TABLE_LIVE;
    case KILL_HUNT:
        return TABLE_HUNT;
    case KILL_DEAD:
        return TABLE_DEADLETTER;
    case KILL_QUEUED:
    case KILL_REST:
        break;
    }
    return TABLE_QUEUED;
}

static void visit(struct engine *engine, struct kill *kill, struct span key, struct span value)
{
    struct span order_key;
    char kind;
    switch (kill->stage) {
    case KILL_LIVE:
        visit_live(engine, kill, key);
        return;
    case KILL_HUNT:
        visit_hunted(engine, kill, key, value);
        return;
    case KILL_DEAD:
        visit_waiting(engine, kill, key, ORDER_DEAD_LETTER);
        return;
    case KILL_QUEUED:
        queue_read(value, &kind, &order_key);
        visit_waiting(engine, kill, order_key, ORDER_QUEUED);
        return;
    case KILL_REST:
        break;
    }
}

static void stage_end(struct engine *engine, struct kill *kill)
{
    switch (kill->stage) {
    case KILL_LIVE:
        stage_begin(kill, KILL_HUNT);
        return;
    case KILL_HUNT:
        stage_begin(kill, KILL_DEAD);
        return;
    case KILL_DEAD:
        stage_begin(kill, KILL_QUEUED);
        return;
    case KILL_QUEUED:
        pass_end(engine, kill);
        return;
    case KILL_REST:
        break;
    }
}

static void page(struct engine *engine, struct kill *kill)
{
    for (unsigned looked = 0; looked < TURN_KILL_MAX; looked++) {
        struct span cursor = span_of(kill->cursor, kill->cursor_size);
        struct span key;
        struct span value;
        if (engine_turn_full(engine)) {
            return;
        }
        bool found = cursor.size == 0
                         ? view_seek(&engine->view, table_of(kill->stage), cursor, &key, &value)
                         : view_after(&engine->view, table_of(kill->stage), cursor, &key, &value);
        if (!found) {
            stage_end(engine, kill);
            return;
        }
        ASSERT(key.size <= KILL_CURSOR_BYTES_MAX);
        memcpy(kill->cursor, key.data, key.size);
        kill->cursor_size = key.size;
        visit(engine, kill, span_of(kill->cursor, kill->cursor_size), value);
    }
}

static bool has_work(const struct engine *engine, const struct kill *kill)
{
    return kill->stage != KILL_REST || engine->now_ns >= kill->next_ns;
}

void kill_tick(struct engine *engine)
{
    struct kills *kills = &engine->kills;
    for (uint32_t tried = 0; tried < kills->count; tried++) {
        kills->turn = (kills->turn + 1) % kills->count;
        struct kill *kill = &kills->list[kills->turn];
        if (!has_work(engine, kill)) {
            continue;
        }
        if (kill->turn_over) {
            kill->turn_over = false;
            return;
        }
        if (kill->stage == KILL_REST) {
            pass_begin(engine, kill);
        }
        page(engine, kill);
        return;
    }
}

uint64_t kill_deadline_ns(const struct engine *engine)
{
    uint64_t deadline = UINT64_MAX;
    for (uint32_t i = 0; i < engine->kills.count; i++) {
        const struct kill *kill = &engine->kills.list[i];
        uint64_t due = has_work(engine, kill) ? engine->now_ns : kill->next_ns;
        deadline = due < deadline ? due : deadline;
    }
    return deadline;
}

#include "tests/session/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "fix/timestamp.h"

static void world_fail(struct world *world, const char *what, uint64_t a, uint64_t b)
{
    if (world->error[0] == '\0') {
        (void)snprintf(world->error, sizeof(world->error), "%s (%llu, %llu)", what,
                       (unsigned long long)a, (unsigned long long)b);
    }
}

static void world_observe(struct world *world, enum observed_kind kind, struct span bytes)
{
    ASSERT(world->observed_count < WORLD_OBSERVED_MAX);
    struct observed *observed = &world->observed[world->observed_count];
    world->observed_count += 1;
    *observed = (struct observed){.kind = kind, .size = bytes.size, .at_ns = world->now_ns};
    observed->bytes = malloc(bytes.size + 1);
    ASSERT(observed->bytes != NULL);
    if (bytes.size > 0) {
        memcpy(observed->bytes, bytes.data, bytes.size);
    }
    observed->bytes[bytes.size] = '\0';
}

static void queue_clear(struct world *world)
{
    for (size_t i = 0; i < WORLD_QUEUE_MAX; i++) {
        free(world->queue[i].bytes);
        world->queue[i] = (struct queued){.bytes = NULL};
    }
}

/* What every message of ours must be, whatever the script asks about (1.5). */
static void check_sent(struct world *world, const struct effect *effect)
{
    static const uint32_t always[] = {34, 35, 49, 52, 56};
    struct frame frame;
    if (frame_find(effect->bytes, &frame) != FRAME_FOUND ||
        frame.bytes.size != effect->bytes.size) {
        world_fail(world, "sent a message that is not well framed", effect->msg_seq_num, 0);
        return;
    }
    char value[SCRIPT_LINE_BYTES_MAX];
    for (size_t i = 0; i < ARRAY_LEN(always); i++) {
        if (!script_message_find(effect->bytes, always[i], value, sizeof(value))) {
            world_fail(world, "sent a message without a header field", always[i], 0);
        }
    }
    if (!script_message_find(effect->bytes, 34, value, sizeof(value)) ||
        strtoull(value, NULL, 10) != effect->msg_seq_num) {
        world_fail(world, "34 is not the effect's number", effect->msg_seq_num, 0);
    }
    bool poss_dup = script_message_find(effect->bytes, 43, value, sizeof(value));
    bool original = script_message_find(effect->bytes, 122, value, sizeof(value));
    if (poss_dup == effect->keep || original == effect->keep) {
        world_fail(world, "43 and 122 belong on resends, and only there", effect->msg_seq_num, 0);
    }
}

static void world_sent(struct world *world, const struct effect *effect)
{
    check_sent(world, effect);
    world_observe(world, OBSERVED_SEND, effect->bytes);
    if (!effect->keep) {
        return;
    }
    ASSERT(effect->msg_seq_num < WORLD_QUEUE_MAX);
    struct queued *queued = &world->queue[effect->msg_seq_num];
    if (queued->bytes != NULL) {
        world_fail(world, "a number was used twice", effect->msg_seq_num, 0);
        free(queued->bytes);
    }
    *queued = (struct queued){.size = effect->bytes.size, .kind = effect->message};
    queued->bytes = malloc(effect->bytes.size);
    ASSERT(queued->bytes != NULL);
    memcpy(queued->bytes, effect->bytes.data, effect->bytes.size);
}

/* Takes the effects of one step, as the engine does. */
static void world_take_effects(struct world *world)
{
    for (size_t i = 0; i < world->effects.count; i++) {
        const struct effect *effect = &world->effects.list[i];
        switch (effect->kind) {
        case EFFECT_SEND:
            world_sent(world, effect);
            break;
        case EFFECT_DELIVER:
            world_observe(world, OBSERVED_DELIVER, world->message.bytes);
            world->observed[world->observed_count - 1].poss_dup = effect->poss_dup;
            break;
        case EFFECT_STATE:
            if (effect->state == (int)SESSION_DISCONNECTED) {
                world->stream_size = 0;
            }
            break;
        case EFFECT_CLOSE:
            world_observe(world, OBSERVED_CLOSE, effect->text);
            break;
        case EFFECT_RESET:
            world_observe(world, OBSERVED_RESET, span_of(NULL, 0));
            queue_clear(world);
            break;
        case EFFECT_LOG:
            world_observe(world, OBSERVED_LOG, effect->text);
            break;
        }
    }
    effects_reset(&world->effects);
}

/* Numbers only grow, except by a reset. Compares around one step. */
struct numbers {
    uint64_t in;
    uint64_t out;
    uint32_t resets;
};

static struct numbers numbers_of(const struct world *world)
{
    return (struct numbers){
        .in = world->session.seq_in_next,
        .out = world->session.seq_out_next,
        .resets = world->session.resets,
    };
}

static void world_stepped(struct world *world, struct numbers before)
{
    struct numbers after = numbers_of(world);
    if (after.resets == before.resets && after.in < before.in) {
        world_fail(world, "inbound number went backwards", before.in, after.in);
    }
    if (after.resets == before.resets && after.out < before.out) {
        world_fail(world, "outbound number went backwards", before.out, after.out);
    }
    world_take_effects(world);
}

static bool serve_resend(struct world *world)
{
    uint64_t next = 0;
    uint64_t end = 0;
    if (!session_resend_next(&world->session, &next, &end)) {
        return false;
    }
    ASSERT(next < WORLD_QUEUE_MAX);
    const struct queued *queued = &world->queue[next];
    struct numbers before = numbers_of(world);
    session_resend_message(&world->session, world->now_ns, span_of(queued->bytes, queued->size),
                           queued->kind, queued->stale, &world->effects);
    world_stepped(world, before);
    return true;
}

static bool take_kept(struct world *world)
{
    struct numbers before = numbers_of(world);
    bool more =
        session_receive_kept(&world->session, world->now_ns, &world->message, &world->effects);
    world_stepped(world, before);
    return more;
}

static bool take_stream(struct world *world)
{
    if (world->stream_size == 0) {
        return false;
    }
    /* A copy of just these bytes, so that a sanitizer sees a step too far. */
    uint8_t *bytes = malloc(world->stream_size);
    ASSERT(bytes != NULL);
    memcpy(bytes, world->stream, world->stream_size);
    struct numbers before = numbers_of(world);
    size_t size = world->stream_size;
    size_t used = session_receive(&world->session, world->now_ns, span_of(bytes, size),
                                  &world->message, &world->effects);
    ASSERT(used <= size);
    world_stepped(world, before);
    free(bytes);
    if (world->stream_size > 0) {
        memmove(world->stream, world->stream + used, size - used);
        world->stream_size = size - used;
    }
    return used > 0;
}

static void world_run(struct world *world)
{
    while (serve_resend(world) || take_kept(world) || take_stream(world)) {
    }
}

void world_init(struct world *world, const struct dictionary *dictionary)
{
    memset(world, 0, sizeof(*world));
    world->config = session_config_default();
    world->config.dictionary = dictionary;
    world->config.sender_comp_id = "GATE";
    world->config.target_comp_id = "BROKER";
    world->now_ns = UINT64_C(1795219200) * TIMESTAMP_SECOND_NS; /* 2026-11-21T00:00:00Z */
    world->peer_seq = 1;
    world->early = calloc(FIX_EARLY_MESSAGES_MAX, sizeof(*world->early));
    world->early_bytes = malloc(FIX_EARLY_BYTES_MAX);
    ASSERT(world->early != NULL);
    ASSERT(world->early_bytes != NULL);
    message_init(&world->message, world->fields, FIX_FIELDS_MAX);
    world_start(world, 1, 1);
}

void world_start(struct world *world, uint64_t seq_in_next, uint64_t seq_out_next)
{
    session_init(&world->session, &world->config, world->early, FIX_EARLY_MESSAGES_MAX,
                 world->early_bytes, seq_in_next, seq_out_next);
    world->stream_size = 0;
}

void world_free(struct world *world)
{
    queue_clear(world);
    for (size_t i = 0; i < world->observed_count; i++) {
        free(world->observed[i].bytes);
    }
    free(world->early);
    free(world->early_bytes);
}

void world_connect(struct world *world)
{
    struct numbers before = numbers_of(world);
    session_connected(&world->session, world->now_ns, &world->effects);
    world_stepped(world, before);
}

void world_disconnect(struct world *world)
{
    struct numbers before = numbers_of(world);
    session_disconnected(&world->session, world->now_ns, &world->effects);
    world_stepped(world, before);
    world->stream_size = 0;
}

void world_receive(struct world *world, struct span bytes)
{
    ASSERT(bytes.size <= WORLD_STREAM_BYTES_MAX - world->stream_size);
    memcpy(world->stream + world->stream_size, bytes.data, bytes.size);
    world->stream_size += bytes.size;
    world_run(world);
}

void world_send(struct world *world, struct span msg_type, struct span body)
{
    struct numbers before = numbers_of(world);
    (void)session_send(&world->session, world->now_ns, msg_type, body, &world->effects);
    world_stepped(world, before);
}

void world_ask_reset(struct world *world)
{
    struct numbers before = numbers_of(world);
    session_request_reset(&world->session, world->now_ns, &world->effects);
    world_stepped(world, before);
}

void world_new_day(struct world *world)
{
    struct numbers before = numbers_of(world);
    session_reset(&world->session, world->now_ns, &world->effects);
    world_stepped(world, before);
    world->peer_seq = 1;
}

void world_logout(struct world *world, const char *text)
{
    struct numbers before = numbers_of(world);
    session_logout(&world->session, world->now_ns, text, &world->effects);
    world_stepped(world, before);
}

void world_business_reject(struct world *world, int reason, const char *text)
{
    struct numbers before = numbers_of(world);
    /* The last delivery, indexed again: its bytes are the world's own now. */
    for (size_t i = world->observed_count; i > 0; i--) {
        struct observed *observed = &world->observed[i - 1];
        if (observed->kind == OBSERVED_DELIVER) {
            enum frame_fault fault =
                message_index(&world->message, span_of(observed->bytes, observed->size), NULL);
            ASSERT(fault == FRAME_FAULT_NONE);
            session_business_reject(&world->session, world->now_ns, &world->message, reason, text,
                                    &world->effects);
            break;
        }
    }
    world_stepped(world, before);
}

static void world_tick(struct world *world)
{
    struct numbers before = numbers_of(world);
    session_tick(&world->session, world->now_ns, &world->effects);
    world_stepped(world, before);
    uint64_t deadline = session_deadline_ns(&world->session);
    if (deadline <= world->now_ns) {
        world_fail(world, "the deadline did not move", deadline, world->now_ns);
    }
}

void world_wait(struct world *world, uint64_t duration_ns)
{
    uint64_t end_ns = world->now_ns + duration_ns;
    while (world->error[0] == '\0' && session_deadline_ns(&world->session) <= end_ns) {
        world->now_ns = session_deadline_ns(&world->session);
        world_tick(world);
    }
    world->now_ns = end_ns;
    world_tick(world);
}

struct observed *world_next(struct world *world)
{
    for (size_t i = 0; i < world->observed_count; i++) {
        struct observed *observed = &world->observed[i];
        if (!observed->taken && observed->kind != OBSERVED_LOG) {
            return observed;
        }
    }
    return NULL;
}

void world_forget_logs(struct world *world)
{
    for (size_t i = 0; i < world->observed_count; i++) {
        if (world->observed[i].kind == OBSERVED_LOG) {
            world->observed[i].taken = true;
        }
    }
}

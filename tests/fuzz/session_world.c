#include "tests/fuzz/session_world.h"

static struct field fields[FIX_FIELDS_MAX];

static void make_session(struct session_world *world, uint64_t seq_in_next, uint64_t seq_out_next)
{
    session_init(&world->session, &world->config, world->early, SESSION_WORLD_EARLY_MAX,
                 world->early_bytes, seq_in_next, seq_out_next);
    world->stream_size = 0;
    world->rules.seq_out_expected = seq_out_next;
}

void session_world_begin(struct session_world *world, const struct session_config *config,
                         uint64_t seq_in_next, uint64_t seq_out_next)
{
    for (size_t i = 0; i < SESSION_WORLD_QUEUE_MAX; i++) {
        world->queue[i].size = 0;
    }
    world->rules = (struct session_rules){.logons = 0};
    world->config = *config;
    world->now_ns = SESSION_WORLD_START_NS;
    world->refusing = false;
    world->stale_modulus = 0;
    world->test_req_id[0] = '\0';
    message_init(&world->message, fields, FIX_FIELDS_MAX);
    make_session(world, seq_in_next, seq_out_next);
}

void session_world_restart(struct session_world *world)
{
    session_world_disconnect(world);
    uint32_t resets = world->session.resets;
    make_session(world, world->session.seq_in_next, world->session.seq_out_next);
    world->session.resets = resets;
}

/* --- The line ------------------------------------------------------------------ */

void session_world_connect(struct session_world *world)
{
    if (world->session.state != SESSION_DISCONNECTED) {
        return;
    }
    session_rules_begin(world, STEP_CONNECTION);
    world->rules.logons = 0;
    world->rules.logouts = 0;
    session_connected(&world->session, world->now_ns, &world->effects);
    session_rules_end(world);
}

void session_world_disconnect(struct session_world *world)
{
    session_rules_begin(world, STEP_CONNECTION);
    session_disconnected(&world->session, world->now_ns, &world->effects);
    session_rules_end(world);
}

bool session_world_resend(struct session_world *world)
{
    uint64_t next = 0;
    uint64_t end = 0;
    if (!session_resend_next(&world->session, &next, &end)) {
        return false;
    }
    struct span bytes = span_of(NULL, 0);
    enum message_kind kind = MESSAGE_ADMIN;
    if (next < SESSION_WORLD_QUEUE_MAX && world->queue[next].size > 0) {
        bytes = span_of(world->queue[next].bytes, world->queue[next].size);
        kind = world->queue[next].kind;
    }
    bool stale = world->stale_modulus != 0 && next % world->stale_modulus == 0;
    session_rules_begin(world, STEP_RESEND);
    session_resend_message(&world->session, world->now_ns, bytes, kind, stale, &world->effects);
    session_rules_end(world);
    return true;
}

/* In the step of the delivery, as the engine does. */
static void refuse_delivered(struct session_world *world)
{
    bool delivered = false;
    for (size_t i = 0; i < world->effects.count; i++) {
        delivered = delivered || world->effects.list[i].kind == EFFECT_DELIVER;
    }
    if (delivered && world->refusing) {
        session_business_reject(&world->session, world->now_ns, &world->message, 3,
                                "not handled here", &world->effects);
    }
}

static bool receive_kept(struct session_world *world)
{
    session_rules_begin(world, STEP_RECEIVE);
    bool more =
        session_receive_kept(&world->session, world->now_ns, &world->message, &world->effects);
    refuse_delivered(world);
    session_rules_end(world);
    return more;
}

static bool receive_stream(struct session_world *world)
{
    uint64_t next = 0;
    uint64_t end = 0;
    if (world->stream_size == 0 || session_resend_next(&world->session, &next, &end)) {
        return false;
    }
    size_t size = world->stream_size;
    session_rules_begin(world, STEP_RECEIVE);
    session_rules_given(world, span_of(world->stream, size));
    size_t used = session_receive(&world->session, world->now_ns, span_of(world->stream, size),
                                  &world->message, &world->effects);
    ASSERT(used <= size);
    refuse_delivered(world);
    session_rules_end(world);
    if (world->session.state == SESSION_DISCONNECTED) {
        world->stream_size = 0; /* The rest is of a dead connection. */
        return false;
    }
    memmove(world->stream, world->stream + used, size - used);
    world->stream_size = size - used;
    return used > 0;
}

void session_world_receive(struct session_world *world)
{
    while (receive_kept(world) || receive_stream(world)) {
    }
}

void session_world_feed(struct session_world *world, struct span bytes)
{
    if (bytes.size > SESSION_WORLD_STREAM_BYTES_MAX - world->stream_size) {
        world->stream_size = 0; /* What never ended is noise by now. */
        return;
    }
    memcpy(world->stream + world->stream_size, bytes.data, bytes.size);
    world->stream_size += bytes.size;
    session_world_receive(world);
}

/* --- Time, the application, operators --------------------------------------------- */

void session_world_tick(struct session_world *world, uint64_t now_ns)
{
    ASSERT(now_ns >= world->now_ns);
    world->now_ns = now_ns;
    session_rules_begin(world, STEP_TICK);
    session_tick(&world->session, world->now_ns, &world->effects);
    session_rules_end(world);
}

void session_world_send(struct session_world *world, struct span msg_type, struct span body)
{
    if (!session_can_send(&world->session)) {
        return;
    }
    session_rules_begin(world, STEP_APPLICATION);
    uint64_t number = session_send(&world->session, world->now_ns, msg_type, body, &world->effects);
    ASSERT(number == world->rules.before.seq_out_next);
    session_rules_end(world);
}

void session_world_logout(struct session_world *world, const char *text)
{
    session_rules_begin(world, STEP_OPERATOR);
    session_logout(&world->session, world->now_ns, text, &world->effects);
    session_rules_end(world);
}

void session_world_request_reset(struct session_world *world)
{
    session_rules_begin(world, STEP_OPERATOR);
    session_request_reset(&world->session, world->now_ns, &world->effects);
    session_rules_end(world);
}

void session_world_request_test(struct session_world *world)
{
    session_rules_begin(world, STEP_OPERATOR);
    session_request_test(&world->session, world->now_ns, &world->effects);
    session_rules_end(world);
}

void session_world_new_day(struct session_world *world)
{
    if (world->session.state == SESSION_DISCONNECTED) {
        session_rules_begin(world, STEP_OPERATOR);
        session_reset(&world->session, world->now_ns, &world->effects);
        session_rules_end(world);
    }
}

/* Longer than any time limit of the session as it is. */
static uint64_t patience_ns(const struct session_world *world)
{
    const struct session_config *config = &world->config;
    uint64_t limits_s =
        UINT64_C(600) + config->logon_timeout_seconds + config->logout_timeout_seconds;
    uint64_t permille =
        UINT64_C(2000) + config->silence_test_permille + config->silence_dead_permille;
    return limits_s * TIMESTAMP_SECOND_NS + world->session.heart_bt_int_ns / 1000 * permille;
}

void session_world_end(struct session_world *world)
{
    enum { TICKS_MAX = 20000 };
    while (session_world_resend(world)) {
    }
    session_world_receive(world);
    while (session_world_resend(world)) { /* One that a kept message began. */
    }
    uint64_t end_ns = world->now_ns + patience_ns(world);
    for (unsigned ticks = 0; session_deadline_ns(&world->session) <= end_ns; ticks++) {
        ASSERT(ticks < TICKS_MAX);
        uint64_t deadline_ns = session_deadline_ns(&world->session);
        session_world_tick(world, deadline_ns > world->now_ns ? deadline_ns : world->now_ns);
    }
    session_world_tick(world, end_ns);
    bool watched = world->config.heart_beat_check && world->session.heart_bt_int_ns > 0;
    enum session_state state = world->session.state;
    ASSERT(state == SESSION_DISCONNECTED || !watched);
    ASSERT(state == SESSION_DISCONNECTED || state == SESSION_SYNCHRONISING ||
           state == SESSION_READY);
}

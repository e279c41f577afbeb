/* What must hold after each step of any session, whatever was said to it. */
#include <stdio.h>
#include <stdlib.h>

#include "fix/tags.h"
#include "tests/fuzz/session_world.h"

enum {
    SENDS_MAX = 6, /* Of one step. */
    SEQ_DIGITS_MAX = 19,
};

static struct field sent_fields[FIX_FIELDS_MAX];
static struct field first_fields[FIX_FIELDS_MAX];

void session_rules_begin(struct session_world *world, enum session_world_step step)
{
    effects_reset(&world->effects);
    world->rules.before = world->session;
    world->rules.step = step;
    world->rules.seen_now = 0;
}

/* Every 34= in the bytes counts, be it in a garbled message: more than the session may
 * believe, never less. */
void session_rules_given(struct session_world *world, struct span bytes)
{
    uint64_t highest = 0;
    for (size_t at = 0; at + 4 < bytes.size; at++) {
        if (memcmp(bytes.data + at, "\00134=", 4) != 0) {
            continue;
        }
        uint64_t seq = 0;
        size_t digit = at + 4;
        for (; digit < bytes.size && digit < at + 4 + SEQ_DIGITS_MAX && bytes.data[digit] >= '0' &&
               bytes.data[digit] <= '9';
             digit++) {
            seq = seq * 10 + (uint64_t)(bytes.data[digit] - '0');
        }
        highest = seq > highest ? seq : highest;
    }
    world->rules.seen_now = highest;
    world->rules.seen = highest > world->rules.seen ? highest : world->rules.seen;
}

/* --- What is sent ------------------------------------------------------------------- */

static uint64_t number_of(const struct message *message, uint32_t tag)
{
    uint64_t number = 0;
    enum value_result read = message_uint(message, tag, &number);
    ASSERT(read == VALUE_OK);
    return number;
}

static bool is_new_on_resend(uint32_t tag)
{
    return tag == TAG_BodyLength || tag == TAG_CheckSum || tag == TAG_PossDupFlag ||
           tag == TAG_SendingTime || tag == TAG_OrigSendingTime ||
           tag == TAG_LastMsgSeqNumProcessed;
}

static uint32_t skip_new(const struct message *message, uint32_t at)
{
    while (at < message->count && is_new_on_resend(message->fields[at].tag)) {
        at += 1;
    }
    return at;
}

/* All else is as it was when it first went out (6.2). */
static void check_same_content(const struct session_world *world, const struct message *again,
                               const struct session_world_sent *first)
{
    struct message message;
    message_init(&message, first_fields, FIX_FIELDS_MAX);
    enum frame_fault fault =
        message_index(&message, span_of(first->bytes, first->size), world->config.dictionary);
    ASSERT(fault == FRAME_FAULT_NONE);
    uint32_t a = skip_new(again, 0);
    uint32_t b = skip_new(&message, 0);
    while (a < again->count && b < message.count) {
        ASSERT(again->fields[a].tag == message.fields[b].tag);
        ASSERT(span_equal(field_value(again, &again->fields[a]),
                          field_value(&message, &message.fields[b])));
        a = skip_new(again, a + 1);
        b = skip_new(&message, b + 1);
    }
    ASSERT(a == again->count);
    ASSERT(b == message.count);
    ASSERT(span_equal(message_value(again, TAG_OrigSendingTime),
                      message_value(&message, TAG_SendingTime)));
}

static bool may_go_again(const struct session_world *world, uint64_t number)
{
    bool stale = world->stale_modulus != 0 && number % world->stale_modulus == 0;
    return number < SESSION_WORLD_QUEUE_MAX && world->queue[number].size > 0 &&
           world->queue[number].kind == MESSAGE_APPLICATION && !stale;
}

/* A piece of a resend: what was sent before, or a gap fill over what was not (6.2, 6.3). */
static void check_resent(struct session_world *world, const struct effect *effect,
                         const struct message *message)
{
    struct session_rules *rules = &world->rules;
    uint64_t number = effect->msg_seq_num;
    ASSERT(rules->step == STEP_RESEND);
    ASSERT(number < rules->before.seq_out_next);
    ASSERT(span_is(message_value(message, TAG_PossDupFlag), "Y"));
    ASSERT(message_value(message, TAG_OrigSendingTime).size > 0);
    ASSERT(number == rules->cursor);
    if (effect->message == MESSAGE_APPLICATION) {
        ASSERT(may_go_again(world, number));
        check_same_content(world, message, &world->queue[number]);
        rules->cursor += 1;
        return;
    }
    uint64_t next = number_of(message, TAG_NewSeqNo);
    ASSERT(span_is(message_type(message), MSG_SequenceReset));
    ASSERT(span_is(message_value(message, TAG_GapFillFlag), "Y"));
    ASSERT(next > number);
    ASSERT(next <= rules->before.resend_end + 1);
    for (uint64_t filled = number; filled < next; filled++) {
        ASSERT(!may_go_again(world, filled));
    }
    rules->cursor = next;
}

static void check_resend_request(const struct session_world *world, const struct message *message)
{
    uint64_t begin = number_of(message, TAG_BeginSeqNo);
    uint64_t end = number_of(message, TAG_EndSeqNo);
    ASSERT(begin >= 1);
    ASSERT(begin <= world->rules.seen);
    ASSERT(end == 0 || end >= begin);
    ASSERT(end <= world->rules.seen);
    ASSERT(world->config.resend_request_chunk_size == 0 ||
           end - begin < world->config.resend_request_chunk_size);
    ASSERT(!world->config.closed_resend_interval || end != 0);
}

static void check_new(struct session_world *world, const struct effect *effect,
                      const struct message *message)
{
    struct session_rules *rules = &world->rules;
    struct span type = message_type(message);
    ASSERT(effect->msg_seq_num == rules->seq_out_expected);
    rules->seq_out_expected += 1;
    ASSERT(message_find(message, TAG_PossDupFlag) == NULL);
    /* Nothing comes between the pieces of a resend (6.4). */
    ASSERT(rules->before.resend_next == 0 || rules->step == STEP_RESEND);
    if (span_is(type, MSG_Logon)) {
        rules->logons += 1;
        ASSERT(rules->logons == 1);
    } else if (span_is(type, MSG_Logout)) {
        rules->logouts += 1;
        ASSERT(rules->logouts == 1);
    } else if (span_is(type, MSG_ResendRequest)) {
        check_resend_request(world, message);
    } else if (span_is(type, MSG_Reject)) {
        ASSERT(!span_is(message_value(message, TAG_RefMsgType), MSG_Reject));
    } else if (span_is(type, MSG_BusinessMessageReject)) {
        ASSERT(!span_is(message_value(message, TAG_RefMsgType), MSG_Reject));
        ASSERT(!span_is(message_value(message, TAG_RefMsgType), MSG_BusinessMessageReject));
    } else if (span_is(type, MSG_TestRequest)) {
        span_to_text(message_value(message, TAG_TestReqID), world->test_req_id,
                     sizeof(world->test_req_id));
    }
    bool business = effect->message == MESSAGE_APPLICATION;
    ASSERT(!business || rules->logouts == 0 || span_is(type, MSG_BusinessMessageReject));
}

static void keep_sent(struct session_world *world, const struct effect *effect)
{
    if (effect->msg_seq_num < SESSION_WORLD_QUEUE_MAX) {
        struct session_world_sent *sent = &world->queue[effect->msg_seq_num];
        sent->size = 0;
        sent->kind = effect->message;
        if (effect->bytes.size <= SESSION_WORLD_MESSAGE_BYTES_MAX) {
            memcpy(sent->bytes, effect->bytes.data, effect->bytes.size);
            sent->size = effect->bytes.size;
        }
    }
}

static void check_sent(struct session_world *world, const struct effect *effect)
{
    struct frame frame;
    enum frame_result result = frame_find(effect->bytes, &frame);
    ASSERT(result == FRAME_FOUND);
    ASSERT(frame.bytes.size == effect->bytes.size);
    struct message message;
    message_init(&message, sent_fields, FIX_FIELDS_MAX);
    enum frame_fault fault = message_index(&message, frame.bytes, world->config.dictionary);
    ASSERT(fault == FRAME_FAULT_NONE);
    ASSERT(number_of(&message, TAG_MsgSeqNum) == effect->msg_seq_num);
    ASSERT(message_value(&message, TAG_SenderCompID).size > 0);
    ASSERT(message_value(&message, TAG_TargetCompID).size > 0);
    ASSERT(message_value(&message, TAG_SendingTime).size > 0);
    if (effect->keep) {
        check_new(world, effect, &message);
        keep_sent(world, effect);
    } else {
        check_resent(world, effect, &message);
    }
}

/* --- What is delivered ---------------------------------------------------------------- */

static void check_delivered(struct session_world *world, const struct effect *effect)
{
    struct session_rules *rules = &world->rules;
    struct span type = message_type(&world->message);
    ASSERT(type.size != 1 || memchr("01245A", type.data[0], 6) == NULL);
    bool poss_dup = false;
    bool flagged =
        message_bool(&world->message, TAG_PossDupFlag, &poss_dup) == VALUE_OK && poss_dup;
    ASSERT(effect->poss_dup == flagged);
    /* What the peer sent before it heard of our reset has numbers of the old days. */
    uint64_t seq = number_of(&world->message, TAG_MsgSeqNum);
    if (rules->before.reset_awaited) {
        ASSERT(seq == rules->before.seq_in_before || effect->poss_dup);
        return;
    }
    /* In its turn, or never had and said to be so (2.5). */
    bool never_had =
        effect->poss_dup && seq >= rules->before.skipped_begin && seq < rules->before.skipped_end;
    ASSERT(seq == rules->before.seq_in_next || never_had);
    if (seq < SESSION_WORLD_DELIVERED_MAX) {
        ASSERT(!rules->delivered[seq]);
        rules->delivered[seq] = true;
    }
}

static void note_reset(struct session_world *world)
{
    struct session_rules *rules = &world->rules;
    memset(rules->delivered, 0, sizeof(rules->delivered));
    for (size_t i = 0; i < SESSION_WORLD_QUEUE_MAX; i++) {
        world->queue[i].size = 0;
    }
    rules->seq_out_expected = 1;
    rules->logons = 0;
    rules->seen = rules->seen_now;
}

/* --- The step as a whole ---------------------------------------------------------------- */

struct step_counts {
    unsigned sends;
    unsigned tests;
    unsigned delivered;
    bool closed;
};

static bool is_test_request(const struct effect *effect)
{
    static const char type[] = "\00135=1\001";
    for (size_t at = 0; at + sizeof(type) - 1 < effect->bytes.size && at < 32; at++) {
        if (memcmp(effect->bytes.data + at, type, sizeof(type) - 1) == 0) {
            return true;
        }
    }
    return false;
}

static struct step_counts take_effects(struct session_world *world)
{
    struct step_counts counts = {.sends = 0};
    for (size_t i = 0; i < world->effects.count; i++) {
        const struct effect *effect = &world->effects.list[i];
        switch (effect->kind) {
        case EFFECT_SEND:
            ASSERT(!counts.closed);
            check_sent(world, effect);
            counts.sends += 1;
            counts.tests += effect->keep && is_test_request(effect) ? 1 : 0;
            break;
        case EFFECT_DELIVER:
            check_delivered(world, effect);
            counts.delivered += 1;
            break;
        case EFFECT_CLOSE:
            ASSERT(!counts.closed);
            counts.closed = true;
            break;
        case EFFECT_RESET:
            note_reset(world);
            break;
        case EFFECT_STATE:
        case EFFECT_LOG:
            break;
        }
    }
    return counts;
}

static void check_tests(struct session_world *world, const struct step_counts *counts)
{
    struct session_rules *rules = &world->rules;
    ASSERT(counts->tests <= 1);
    if (rules->step != STEP_TICK) {
        if (world->session.received_last_ns != rules->before.received_last_ns ||
            rules->step == STEP_RECEIVE) {
            rules->silent_test = 0;
        }
        return;
    }
    /* In step, one silence has one TestRequest (5.4). */
    if (rules->before.state == SESSION_READY) {
        rules->silent_test += counts->tests;
        ASSERT(rules->silent_test <= 1);
    }
}

static void check_early(const struct session *session)
{
    ASSERT(session->early_count <= SESSION_WORLD_EARLY_MAX);
    ASSERT(session->early_bytes_used <= FIX_EARLY_BYTES_MAX);
    for (uint32_t i = 1; i < session->early_count; i++) {
        ASSERT(session->early[i - 1].msg_seq_num < session->early[i].msg_seq_num);
    }
}

static void check_deadline(const struct session_world *world)
{
    const struct session *session = &world->session;
    uint64_t deadline_ns = session_deadline_ns(session);
    switch (session->state) {
    case SESSION_DISCONNECTED:
        ASSERT(deadline_ns == UINT64_MAX);
        break;
    case SESSION_LOGON_SENT:
    case SESSION_LOGON_AWAITED:
    case SESSION_LOGOUT_SENT:
        ASSERT(deadline_ns != UINT64_MAX);
        break;
    case SESSION_SYNCHRONISING:
    case SESSION_READY:
        /* During a resend only the engine's pages count. */
        ASSERT(deadline_ns != UINT64_MAX || session->heart_bt_int_ns == 0 ||
               session->resend_next != 0);
        break;
    }
    ASSERT(world->rules.step != STEP_TICK || deadline_ns > world->now_ns);
}

static void check_resend(struct session_world *world)
{
    struct session_rules *rules = &world->rules;
    const struct session *session = &world->session;
    bool cut = session->state == SESSION_DISCONNECTED || session->leaving;
    if (rules->step == STEP_RESEND && session->resend_next == 0 && !cut) {
        ASSERT(rules->cursor == rules->before.resend_end + 1);
    }
    if (rules->before.resend_next == 0 && session->resend_next != 0) {
        ASSERT(session->resend_next <= session->resend_end);
        ASSERT(session->resend_end < session->seq_out_next);
        rules->cursor = session->resend_next;
    }
}

/* FUZZ_TRACE=1 tells what an input does, for whoever has one that fails. */
static void trace(const struct session_world *world)
{
    static const char *const steps[] = {"connection", "receive",     "resend",
                                        "tick",       "application", "operator"};
    const struct session *session = &world->session;
    (void)fprintf(stderr, "%-11s %s in=%llu out=%llu\n", steps[world->rules.step],
                  session_state_name(session->state), (unsigned long long)session->seq_in_next,
                  (unsigned long long)session->seq_out_next);
    for (size_t i = 0; i < world->effects.count; i++) {
        const struct effect *effect = &world->effects.list[i];
        struct span shown = effect->kind == EFFECT_SEND ? effect->bytes : effect->text;
        shown = effect->kind == EFFECT_DELIVER ? world->message.bytes : shown;
        (void)fprintf(stderr, "    %d ", (int)effect->kind);
        for (size_t at = 0; at < shown.size; at++) {
            (void)fputc(shown.data[at] == FIX_SOH ? '|' : shown.data[at], stderr);
        }
        (void)fputc('\n', stderr);
    }
}

void session_rules_end(struct session_world *world)
{
    static int tracing = -1;
    tracing = tracing < 0 ? getenv("FUZZ_TRACE") != NULL : tracing;
    if (tracing != 0) {
        trace(world);
    }
    struct session_rules *rules = &world->rules;
    const struct session *session = &world->session;
    struct step_counts counts = take_effects(world);
    ASSERT(counts.sends <= SENDS_MAX);
    ASSERT(counts.delivered <= 1);
    if (session->resets == rules->before.resets) {
        ASSERT(session->seq_in_next >= rules->before.seq_in_next);
        ASSERT(session->seq_out_next >= rules->before.seq_out_next);
    } else {
        ASSERT(session->resets == rules->before.resets + 1);
    }
    ASSERT(session->seq_out_next == rules->seq_out_expected);
    ASSERT(!counts.closed || session->state == SESSION_DISCONNECTED);
    if (session->state == SESSION_DISCONNECTED) {
        world->stream_size = 0;
    }
    check_tests(world, &counts);
    check_early(session);
    check_resend(world);
    check_deadline(world);
}

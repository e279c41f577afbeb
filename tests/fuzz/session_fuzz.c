/* A peer, a clock, an engine and an application that do anything in any order.
 *
 * The input is a list of steps: messages of all session types with odd numbers
 * and fields, raw bytes, time, losses of the line, sends, a resend served piece
 * by piece. What must hold after each step: numbers never go backwards and no
 * number is given twice, except by a reset; no inbound number is delivered
 * twice; what we send is well framed; a connection has one Logon of ours unless
 * numbers were reset; after a tick the deadline has moved; nothing is said on a
 * closed connection. */
#include <stdio.h>
#include <stdlib.h>

#include "fix/builder.h"
#include "fix/dictionary_loader.h"
#include "fix/session.h"
#include "fix/timestamp.h"
#include "tests/fuzz/fuzz.h"

enum {
    XML_BYTES_MAX = 8 * 1024 * 1024,
    EARLY_MAX = 8,
    STREAM_BYTES_MAX = 8 * 1024,
    QUEUE_MAX = 512, /* Numbers beyond are resent as gap fills. */
    QUEUED_BYTES_MAX = 512,
    DELIVERED_MAX = 4096,
};

#define START_NS (UINT64_C(1795219200) * TIMESTAMP_SECOND_NS)

struct input {
    const uint8_t *data;
    size_t size;
    size_t at;
};

struct queued {
    uint8_t bytes[QUEUED_BYTES_MAX];
    size_t size;
    enum message_kind kind;
};

struct fuzz_world {
    struct session_config config;
    struct session session;
    struct session_early early[EARLY_MAX];
    uint8_t early_bytes[FIX_EARLY_BYTES_MAX];
    struct message message;
    struct effects effects;
    uint64_t now_ns;
    uint8_t stream[STREAM_BYTES_MAX];
    size_t stream_size;
    struct queued queue[QUEUE_MAX];
    bool delivered[DELIVERED_MAX];
    unsigned logons; /* Ours on this connection since the last reset. */
    uint64_t seq_in_before;
    uint64_t seq_out_before;
    uint32_t resets_before;
    uint64_t seq_out_expected;
};

static struct dictionary *dictionary;
static struct field fields[FIX_FIELDS_MAX];
static struct fuzz_world world;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FILE *file = fopen(FIXGATE_SOURCE_DIR "/dictionaries/FIX44.xml", "rb");
    ASSERT(file != NULL);
    uint8_t *xml = malloc(XML_BYTES_MAX);
    ASSERT(xml != NULL);
    size_t size = fread(xml, 1, XML_BYTES_MAX, file);
    ASSERT(size > 0);
    (void)fclose(file);
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary_source source = {.name = "FIX44.xml", .xml = span_of(xml, size)};
    dictionary = dictionary_load(&source, 1, error);
    ASSERT(dictionary != NULL);
    free(xml);
    return 0;
}

static uint8_t next_byte(struct input *input)
{
    if (input->at == input->size) {
        return 0;
    }
    uint8_t byte = input->data[input->at];
    input->at += 1;
    return byte;
}

/* --- What comes out of a step ------------------------------------------------ */

static void take_sent(const struct effect *effect)
{
    struct frame frame;
    enum frame_result result = frame_find(effect->bytes, &frame);
    ASSERT(result == FRAME_FOUND);
    ASSERT(frame.bytes.size == effect->bytes.size);
    if (!effect->keep) {
        ASSERT(effect->msg_seq_num < world.seq_out_expected);
        return;
    }
    ASSERT(effect->msg_seq_num == world.seq_out_expected);
    world.seq_out_expected += 1;
    static const char logon[] = "\00135=A\001";
    bool is_logon = false;
    for (size_t i = 0; i + sizeof(logon) - 1 < effect->bytes.size && i < 32; i++) {
        is_logon = is_logon || memcmp(effect->bytes.data + i, logon, sizeof(logon) - 1) == 0;
    }
    if (is_logon) {
        world.logons += 1;
        ASSERT(world.logons == 1);
    }
    if (effect->msg_seq_num < QUEUE_MAX && effect->bytes.size <= QUEUED_BYTES_MAX) {
        struct queued *queued = &world.queue[effect->msg_seq_num];
        memcpy(queued->bytes, effect->bytes.data, effect->bytes.size);
        queued->size = effect->bytes.size;
        queued->kind = effect->message;
    }
}

static void take_delivered(void)
{
    /* What the peer sent before it heard of our reset has numbers of the old days. */
    if (world.session.reset_awaited) {
        return;
    }
    uint64_t seq = 0;
    enum value_result read = message_uint(&world.message, 34, &seq);
    ASSERT(read == VALUE_OK);
    if (seq < DELIVERED_MAX) {
        ASSERT(!world.delivered[seq]);
        world.delivered[seq] = true;
    }
}

static void take_reset(void)
{
    memset(world.delivered, 0, sizeof(world.delivered));
    for (size_t i = 0; i < QUEUE_MAX; i++) {
        world.queue[i].size = 0;
    }
    world.seq_out_expected = 1;
    world.logons = 0;
}

static void step_begins(void)
{
    effects_reset(&world.effects);
    world.seq_in_before = world.session.seq_in_next;
    world.seq_out_before = world.session.seq_out_next;
    world.resets_before = world.session.resets;
}

static void step_ends(void)
{
    bool closed = false;
    for (size_t i = 0; i < world.effects.count; i++) {
        const struct effect *effect = &world.effects.list[i];
        switch (effect->kind) {
        case EFFECT_SEND:
            ASSERT(!closed);
            take_sent(effect);
            break;
        case EFFECT_DELIVER:
            take_delivered();
            break;
        case EFFECT_CLOSE:
            closed = true;
            break;
        case EFFECT_RESET:
            take_reset();
            break;
        case EFFECT_STATE:
        case EFFECT_LOG:
            break;
        }
    }
    if (world.session.resets == world.resets_before) {
        ASSERT(world.session.seq_in_next >= world.seq_in_before);
        ASSERT(world.session.seq_out_next >= world.seq_out_before);
    }
    ASSERT(world.session.seq_out_next == world.seq_out_expected);
    ASSERT(!closed || world.session.state == SESSION_DISCONNECTED);
    ASSERT(world.session.early_count <= EARLY_MAX);
    for (uint32_t i = 1; i < world.session.early_count; i++) {
        ASSERT(world.session.early[i - 1].msg_seq_num < world.session.early[i].msg_seq_num);
    }
    if (world.session.state == SESSION_DISCONNECTED) {
        world.stream_size = 0;
        ASSERT(session_deadline_ns(&world.session) == UINT64_MAX);
    }
}

/* --- Steps ------------------------------------------------------------------- */

static bool resend_piece(void)
{
    uint64_t next = 0;
    uint64_t end = 0;
    if (!session_resend_next(&world.session, &next, &end)) {
        return false;
    }
    struct span bytes = span_of(NULL, 0);
    enum message_kind kind = MESSAGE_ADMIN;
    if (next < QUEUE_MAX && world.queue[next].size > 0) {
        bytes = span_of(world.queue[next].bytes, world.queue[next].size);
        kind = world.queue[next].kind;
    }
    step_begins();
    session_resend_message(&world.session, world.now_ns, bytes, kind, false, &world.effects);
    step_ends();
    return true;
}

static bool receive_kept(void)
{
    step_begins();
    bool more = session_receive_kept(&world.session, world.now_ns, &world.message, &world.effects);
    step_ends();
    return more;
}

static bool receive_stream(void)
{
    uint64_t next = 0;
    uint64_t end = 0;
    if (world.stream_size == 0 || session_resend_next(&world.session, &next, &end)) {
        return false;
    }
    step_begins();
    size_t size = world.stream_size;
    size_t used = session_receive(&world.session, world.now_ns, span_of(world.stream, size),
                                  &world.message, &world.effects);
    ASSERT(used <= size);
    step_ends();
    if (world.stream_size > 0) {
        memmove(world.stream, world.stream + used, size - used);
        world.stream_size = size - used;
    }
    return used > 0;
}

static void receive_all(void)
{
    while (receive_kept() || receive_stream()) {
    }
}

static void feed(struct span bytes)
{
    if (bytes.size > STREAM_BYTES_MAX - world.stream_size) {
        world.stream_size = 0; /* What never ended is noise by now. */
        return;
    }
    memcpy(world.stream + world.stream_size, bytes.data, bytes.size);
    world.stream_size += bytes.size;
    receive_all();
}

/* A number near one that matters, or one at the end of the world. */
static uint64_t odd_number(struct input *input, uint64_t near)
{
    uint8_t byte = next_byte(input);
    if (byte == 255) {
        return UINT64_MAX;
    }
    if (byte == 254) {
        return UINT64_C(4294967295);
    }
    if (byte == 253) {
        return 0;
    }
    int64_t shift = (int64_t)(byte % 16) - 4;
    return shift < 0 && near < (uint64_t)-shift ? 0 : near + (uint64_t)shift;
}

/* Header fields that a peer may send besides. */
static void write_header_more(struct input *input, struct builder *builder)
{
    uint8_t more = next_byte(input);
    if ((more & 1) != 0) {
        builder_text(builder, 115, (more & 2) != 0 ? "DESK" : "NOBODY");
    }
    if ((more & 4) != 0) {
        builder_uint(builder, 369, odd_number(input, world.session.seq_out_next));
    }
    if ((more & 8) != 0) {
        builder_text(builder, 50, "SUB");
    }
}

static void write_type_fields(struct input *input, struct builder *builder, char type)
{
    uint8_t form = next_byte(input);
    switch (type) {
    case '0':
    case '1':
        if (form % 4 == 1) {
            builder_uint(builder, 112, world.session.test_request_id);
        } else if (form % 4 == 2) {
            builder_text(builder, 112, "id");
        }
        break;
    case '2':
        builder_uint(builder, 7, odd_number(input, world.session.seq_out_next));
        builder_uint(builder, 16, form % 2 == 0 ? 0 : odd_number(input, 4));
        break;
    case '4':
        if (form % 4 != 0) {
            builder_bool(builder, 123, form % 4 != 1);
        }
        builder_uint(builder, 36, odd_number(input, world.session.seq_in_next + 1));
        break;
    case 'A':
        builder_uint(builder, 98, form % 16 == 1 ? 1 : 0);
        builder_uint(builder, 108, form % 16 == 2 ? 7 : 30);
        if (form % 4 == 3) {
            builder_bool(builder, 141, true);
        }
        if (form >= 128) {
            builder_uint(builder, 789, odd_number(input, world.session.seq_out_next));
        }
        break;
    case '8':
        builder_raw(builder, span_text("37=1\00117=e\001150=0\00139=0\00155=X\00154=1\001151=0\001"
                                       "14=0\0016=0\001"));
        break;
    default:
        break;
    }
}

static void give_message(struct input *input)
{
    static const char types[] = "00012345A888AAZ2";
    uint8_t choice = next_byte(input);
    uint8_t form = next_byte(input);
    char type = types[choice % (sizeof(types) - 1)];
    uint64_t seq =
        choice < 128 ? world.session.seq_in_next : odd_number(input, world.session.seq_in_next);
    uint8_t bytes[1024];
    struct builder builder;
    builder_begin(&builder, bytes, sizeof(bytes), span_text(form == 1 ? "FIX.4.2" : "FIX.4.4"),
                  span_of(&type, 1));
    builder_text(&builder, 49, form == 2 ? "OTHER" : "BROKER");
    if (form != 3) {
        builder_text(&builder, 56, "GATE");
    }
    if (form != 4) {
        builder_uint(&builder, 34, seq);
    }
    bool poss_dup = form >= 128;
    if (poss_dup) {
        builder_bool(&builder, 43, true);
    }
    uint64_t sent_ns = form == 5 ? START_NS - TIMESTAMP_DAY_NS : world.now_ns;
    builder_timestamp(&builder, 52, sent_ns, 3);
    if (poss_dup && form % 8 != 0) {
        builder_timestamp(&builder, 122, form % 8 == 1 ? sent_ns + TIMESTAMP_SECOND_NS : sent_ns,
                          3);
    }
    if (form >= 192) {
        write_header_more(input, &builder);
    }
    write_type_fields(input, &builder, type);
    struct span whole = builder_finish(&builder);
    ASSERT(whole.size > 0);
    feed(whole);
}

static void give_raw(struct input *input)
{
    size_t size = next_byte(input) % 64;
    size_t left = input->size - input->at;
    size = size < left ? size : left;
    feed(span_of(input->data + input->at, size));
    input->at += size;
}

static void pass_time(struct input *input)
{
    static const uint64_t amounts_ns[] = {
        1,
        TIMESTAMP_MILLISECOND_NS,
        TIMESTAMP_SECOND_NS,
        2 * TIMESTAMP_SECOND_NS,
        30 * TIMESTAMP_SECOND_NS,
        90 * TIMESTAMP_SECOND_NS,
    };
    uint8_t byte = next_byte(input);
    uint64_t deadline = session_deadline_ns(&world.session);
    if (byte % 2 == 0 && deadline != UINT64_MAX) {
        world.now_ns = deadline > world.now_ns ? deadline : world.now_ns;
    } else {
        world.now_ns += amounts_ns[(byte / 2) % ARRAY_LEN(amounts_ns)];
    }
    step_begins();
    session_tick(&world.session, world.now_ns, &world.effects);
    step_ends();
    ASSERT(session_deadline_ns(&world.session) > world.now_ns);
}

static void change_line(void)
{
    step_begins();
    if (world.session.state == SESSION_DISCONNECTED) {
        world.logons = 0;
        session_connected(&world.session, world.now_ns, &world.effects);
    } else {
        session_disconnected(&world.session, world.now_ns, &world.effects);
    }
    step_ends();
}

static void application_sends(void)
{
    if (!session_can_send(&world.session)) {
        return;
    }
    step_begins();
    (void)session_send(&world.session, world.now_ns, span_text("D"), span_text("11=a\001"),
                       &world.effects);
    step_ends();
}

static void request_reset(void)
{
    step_begins();
    session_request_reset(&world.session, world.now_ns, &world.effects);
    step_ends();
}

static void log_out(void)
{
    step_begins();
    session_logout(&world.session, world.now_ns, "bye", &world.effects);
    step_ends();
}

static void step(struct input *input)
{
    switch (next_byte(input) % 16) {
    case 0:
        give_raw(input);
        break;
    case 1:
    case 2:
        pass_time(input);
        break;
    case 3:
        change_line();
        break;
    case 4:
        application_sends();
        break;
    case 5: {
        uint8_t wish = next_byte(input);
        if (wish % 4 == 0) {
            log_out();
        } else if (wish % 4 == 1) {
            request_reset();
        }
        break;
    }
    case 6:
    case 7:
    case 8:
        if (resend_piece()) {
            receive_all();
        }
        break;
    default:
        give_message(input);
        break;
    }
}

static struct session_config choose_config(struct input *input)
{
    static const char *const names[] = {"DESK"};
    static const struct session_logon_tag tags[] = {{1137, "9"}, {9001, "x"}};
    uint8_t first = next_byte(input);
    uint8_t second = next_byte(input);
    uint8_t third = next_byte(input);
    struct session_config config = session_config_default();
    config.sender_comp_id = "GATE";
    config.target_comp_id = "BROKER";
    config.acceptor = (first & 1) != 0;
    config.reset_on_logon = (first & 2) != 0;
    config.reset_on_logout = (first & 4) != 0;
    config.reset_on_disconnect = (first & 8) != 0;
    config.dictionary = (first & 16) != 0 ? dictionary : NULL;
    config.heart_bt_int_seconds = (first & 32) != 0 ? 0 : 30;
    config.test_request_at_logon = (first & 64) != 0;
    config.heart_beat_check = (first & 128) == 0;
    config.next_expected_seq_num = (second & 1) != 0;
    config.last_seq_num_processed = (second & 2) != 0;
    config.resend_request_chunk_size = (second & 4) != 0 ? 1 + (second >> 6) : 0;
    config.closed_resend_interval = (second & 8) != 0;
    config.redundant_resend_requests = (second & 16) != 0;
    config.requires_orig_sending_time = (second & 32) == 0;
    config.reject_invalid_message = (third & 1) == 0;
    config.reject_garbled_message = (third & 2) != 0;
    config.heart_bt_int_override = (third & 4) != 0;
    config.check_comp_id = (third & 8) == 0;
    if ((third & 16) != 0) {
        config.on_behalf_of = (struct session_names){.list = names, .count = 1};
    }
    if ((third & 32) != 0) {
        config.logon_tags = tags;
        config.logon_tags_count = ARRAY_LEN(tags);
        config.sender_sub_id = "SUB";
        config.target_location_id = "LOC";
    }
    config.timestamp_precision = third >> 6 == 3 ? 9 : (third >> 6) * 3;
    return config;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.data = data, .size = size};
    memset(&world.queue, 0, sizeof(world.queue));
    memset(world.delivered, 0, sizeof(world.delivered));
    world.stream_size = 0;
    world.logons = 0;
    world.now_ns = START_NS;
    world.config = choose_config(&input);
    message_init(&world.message, fields, FIX_FIELDS_MAX);
    session_init(&world.session, &world.config, world.early, EARLY_MAX, world.early_bytes, 1, 1);
    world.seq_out_expected = 1;
    step_begins();
    session_connected(&world.session, world.now_ns, &world.effects);
    step_ends();
    while (input.at < input.size) {
        step(&input);
    }
    return 0;
}

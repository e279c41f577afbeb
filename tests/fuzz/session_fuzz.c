/* A peer, a clock, an engine and an application that do anything in any order.
 *
 * The input is the settings and a list of steps, as bytes: messages of all session
 * types with odd numbers and fields, raw bytes, time, losses of the line, sends, a
 * resend served piece by piece. What must hold stands in session_rules.c. */
#include <stdio.h>

#include "fix/builder.h"
#include "tests/fuzz/dictionary.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/session_world.h"

struct input {
    const uint8_t *data;
    size_t size;
    size_t at;
};

static struct dictionary *dictionary;
static struct session_world world;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    dictionary = fuzz_dictionary();
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

enum { CLOCK_JUMPS = 251 };

/* Our clock goes no further: instants end in 2262. */
#define CLOCK_END_NS (SESSION_WORLD_START_NS + 20000 * TIMESTAMP_DAY_NS)

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
    if (byte == 252) {
        return UINT64_C(2147483648);
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

/* Most clocks are right; some are a day behind, some years off. */
static uint64_t date_of(uint8_t form)
{
    switch (form) {
    case 5:
        return SESSION_WORLD_START_NS - TIMESTAMP_DAY_NS;
    case 6:
        return 0;
    case 7:
        return world.now_ns + 10000 * TIMESTAMP_DAY_NS;
    default:
        return world.now_ns;
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
    uint64_t sent_ns = date_of(form);
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
    session_world_feed(&world, whole);
}

static void give_raw(struct input *input)
{
    size_t size = next_byte(input) % 64;
    size_t left = input->size - input->at;
    size = size < left ? size : left;
    session_world_feed(&world, span_of(input->data + input->at, size));
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
    uint64_t deadline_ns = session_deadline_ns(&world.session);
    uint64_t now_ns = world.now_ns;
    if (byte % 2 == 0 && deadline_ns != UINT64_MAX) {
        now_ns = deadline_ns > now_ns ? deadline_ns : now_ns;
    } else if (byte == CLOCK_JUMPS && now_ns < CLOCK_END_NS) {
        now_ns += 1000 * TIMESTAMP_DAY_NS;
    } else {
        now_ns += amounts_ns[(byte / 2) % ARRAY_LEN(amounts_ns)];
    }
    session_world_tick(&world, now_ns);
}

static void change_line(void)
{
    if (world.session.state == SESSION_DISCONNECTED) {
        session_world_connect(&world);
    } else {
        session_world_disconnect(&world);
    }
}

static void wish(struct input *input)
{
    uint8_t byte = next_byte(input);
    switch (byte % 8) {
    case 0:
    case 4:
        session_world_logout(&world, "bye");
        break;
    case 1:
    case 5:
        session_world_request_reset(&world);
        break;
    case 2:
        session_world_request_test(&world);
        break;
    case 3:
        world.refusing = byte >= 128;
        break;
    case 6:
        world.stale_modulus = byte / 8 % 4;
        break;
    default:
        if (byte >= 128) {
            session_world_restart(&world);
        } else {
            session_world_new_day(&world);
        }
        break;
    }
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
        session_world_send(&world, span_text("D"), span_text("11=a\00195=3\00196=x\001y\001"));
        break;
    case 5:
        wish(input);
        break;
    case 6:
    case 7:
    case 8:
        if (session_world_resend(&world)) {
            session_world_receive(&world);
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
    struct session_config config = choose_config(&input);
    session_world_begin(&world, &config, 1, 1);
    session_world_connect(&world);
    while (input.at < input.size) {
        step(&input);
    }
    session_world_end(&world);
    return 0;
}

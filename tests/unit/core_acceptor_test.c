/* Who may log on to us: names, addresses, one connection per session (§4.1 to 4.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fix/builder.h"
#include "fix/tags.h"
#include "tests/unit/core_rig.h"

#define ORDER(id) "35=D|49=OMS|11=" id "|55=VOD|54=1|38=100|40=2|44=10.5|59=1|60=20260921-14:13:20|"

static int with_rig(void **state)
{
    struct rig *rig = rig_new();
    rig->broker_configs[1].weight = 0;
    rig_make_acceptor(rig, 0);
    rig->broker[0].listening = false; /* It connects when a test says so. */
    rig->broker[1].listening = false;
    *state = rig;
    return 0;
}

/* --- By hand ---------------------------------------------------------------------- */

struct knock {
    enum acceptor_verdict verdict;
    size_t consumed;
    uint32_t session;
    char reason[ENGINE_TEXT_BYTES_MAX + 1];
};

static const struct address ten = {{[10] = 0xff, [11] = 0xff, [12] = 10, [14] = 0, [15] = 7}};

static struct knock knock_from(struct rig *rig, const struct address *address, const void *bytes,
                               size_t size)
{
    struct knock knock;
    enum status status = store_read_begin(rig->store_reader);
    assert_int_equal(STATUS_OK, status);
    engine_turn_begin(rig->engine, &rig->reader.port, rig->now_ns);
    knock.verdict = engine_identify(rig->engine, 0, address, span_of(bytes, size), &knock.consumed,
                                    &knock.session, knock.reason);
    (void)engine_turn_end(rig->engine);
    store_read_end(rig->store_reader);
    return knock;
}

/* A first message; `more` with '|' for SOH. */
static size_t first_message(uint8_t *bytes, size_t capacity, const char *begin_string,
                            const char *msg_type, const char *more)
{
    uint8_t fields[512];
    uint8_t room[1024];
    size_t size = strlen(more);
    for (size_t i = 0; i < size; i++) {
        fields[i] = more[i] == '|' ? FIX_SOH : (uint8_t)more[i];
    }
    struct builder builder;
    builder_begin(&builder, room, sizeof(room), span_text(begin_string), span_text(msg_type));
    builder_raw(&builder, span_of(fields, size));
    struct span whole = builder_finish(&builder);
    assert_true(whole.size > 0 && whole.size <= capacity);
    memcpy(bytes, whole.data, whole.size);
    return whole.size;
}

static struct knock knock_with(struct rig *rig, const char *msg_type, const char *more)
{
    uint8_t bytes[1024];
    size_t size = first_message(bytes, sizeof(bytes), "FIX.4.4", msg_type, more);
    return knock_from(rig, &ten, bytes, size);
}

#define REST "34=1|52=20260921-14:13:20|98=0|108=30|"

static void a_logon_finds_its_session_by_comp_ids(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    struct knock knock = knock_with(rig, "A", "49=ALPHA|56=FIXGATE|" REST);
    assert_int_equal(ACCEPTOR_FOUND, knock.verdict);
    assert_int_equal(0, knock.session);
    assert_int_equal(0, knock.consumed);
    assert_string_equal("", knock.reason);
    /* The other session is an initiator: nobody logs on to it. */
    knock = knock_with(rig, "A", "49=BETA|56=FIXGATE|" REST);
    assert_int_equal(ACCEPTOR_REFUSE, knock.verdict);
}

static void a_reason_names_address_and_ids(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    struct knock knock = knock_with(rig, "A", "49=MALLORY|56=FIXGATE|50=DESK|" REST);
    assert_int_equal(ACCEPTOR_REFUSE, knock.verdict);
    assert_string_equal("connection from 10.0.0.7 refused: no session of this listener has these "
                        "IDs; SenderCompID=MALLORY TargetCompID=FIXGATE SenderSubID=DESK",
                        knock.reason);
}

static void only_a_logon_may_be_first(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    struct knock knock = knock_with(rig, "0", "49=ALPHA|56=FIXGATE|" REST);
    assert_int_equal(ACCEPTOR_REFUSE, knock.verdict);
    assert_non_null(strstr(knock.reason, "not a Logon"));
}

static void half_a_logon_waits_at_every_split(void **state)
{
    struct rig *rig = *state;
    uint8_t bytes[1024];
    rig_start(rig);
    size_t size = first_message(bytes, sizeof(bytes), "FIX.4.4", "A", "49=ALPHA|56=FIXGATE|" REST);
    for (size_t part = 0; part < size; part++) {
        struct knock knock = knock_from(rig, &ten, bytes, part);
        assert_int_equal(ACCEPTOR_WAIT, knock.verdict);
        assert_int_equal(0, knock.consumed);
    }
    assert_int_equal(ACCEPTOR_FOUND, knock_from(rig, &ten, bytes, size).verdict);
}

static void a_wrong_begin_string_is_for_the_session_to_say(void **state)
{
    struct rig *rig = *state;
    uint8_t bytes[1024];
    rig_start(rig);
    size_t size = first_message(bytes, sizeof(bytes), "FIX.4.2", "A", "49=ALPHA|56=FIXGATE|" REST);
    assert_int_equal(ACCEPTOR_FOUND, knock_from(rig, &ten, bytes, size).verdict);
}

static void a_client_hello_of_tls_is_refused_with_the_remedy(void **state)
{
    static const uint8_t hello[] = {22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3};
    struct rig *rig = *state;
    rig_start(rig);
    assert_int_equal(ACCEPTOR_WAIT, knock_from(rig, &ten, hello, 1).verdict);
    struct knock knock = knock_from(rig, &ten, hello, sizeof(hello));
    assert_int_equal(ACCEPTOR_REFUSE, knock.verdict);
    assert_string_equal("connection from 10.0.0.7 refused: it speaks TLS, this port does not: set "
                        "SocketUseSSL=Y, or let it do without",
                        knock.reason);
}

static void garbled_first_messages_are_dropped_up_to_a_few(void **state)
{
    struct rig *rig = *state;
    uint8_t bytes[4096];
    uint8_t one[1024];
    rig_start(rig);
    size_t size = first_message(one, sizeof(one), "FIX.4.4", "A", "49=ALPHA|56=FIXGATE|" REST);
    for (size_t garbled = 0; garbled <= ACCEPTOR_GARBLED_MAX + 1; garbled++) {
        size_t used = 0;
        for (size_t i = 0; i <= garbled; i++) {
            memcpy(bytes + used, one, size);
            bytes[used + size - 2] ^= i < garbled ? 1 : 0; /* A digit of the CheckSum. */
            used += size;
        }
        struct knock knock = knock_from(rig, &ten, bytes, used);
        bool few = garbled <= ACCEPTOR_GARBLED_MAX;
        assert_int_equal(few ? ACCEPTOR_FOUND : ACCEPTOR_REFUSE, knock.verdict);
        if (few) {
            assert_int_equal(garbled * size, knock.consumed);
        }
    }
    one[size - 2] ^= 1;
    struct knock knock = knock_from(rig, &ten, one, size);
    assert_int_equal(ACCEPTOR_WAIT, knock.verdict);
    assert_int_equal(size, knock.consumed);
}

static void any_bytes_at_all_are_survived(void **state)
{
    struct rig *rig = *state;
    uint8_t bytes[512];
    uint64_t random = 4711;
    rig_start(rig);
    for (unsigned round = 0; round < 3000; round++) {
        size_t size = first_message(bytes, sizeof(bytes), "FIX.4.4", "A",
                                    "49=ALPHA|56=FIXGATE|50=A|142=B|" REST);
        for (unsigned change = 0; change < 1 + round % 5; change++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            bytes[(random >> 33) % size] = (uint8_t)(random >> 56);
        }
        struct knock knock = knock_from(rig, &ten, bytes, size);
        assert_true(knock.consumed <= size);
        assert_true((knock.verdict == ACCEPTOR_REFUSE) == (knock.reason[0] != '\0'));
    }
}

static void a_session_with_sub_ids_is_preferred_and_without_them_any_will_do(void **state)
{
    struct rig *rig = *state;
    rig_make_acceptor(rig, 1);
    rig->sessions[1].fix.target_comp_id = "ALPHA";
    rig->sessions[1].fix.target_sub_id = "DESK";
    rig->sessions[1].fix.sender_location_id = "LDN";
    rig_start(rig);
    const char *both = "49=ALPHA|56=FIXGATE|50=DESK|143=LDN|" REST;
    assert_int_equal(1, knock_with(rig, "A", both).session);
    assert_int_equal(0, knock_with(rig, "A", "49=ALPHA|56=FIXGATE|50=DESK|" REST).session);
    assert_int_equal(0, knock_with(rig, "A", "49=ALPHA|56=FIXGATE|50=OTHER|57=X|" REST).session);
    assert_int_equal(0, knock_with(rig, "A", "49=ALPHA|56=FIXGATE|" REST).session);
}

static void a_session_belongs_to_its_listener(void **state)
{
    struct rig *rig = *state;
    rig->sessions[0].listener = 3;
    rig_start(rig);
    struct knock knock = knock_with(rig, "A", "49=ALPHA|56=FIXGATE|" REST);
    assert_int_equal(ACCEPTOR_REFUSE, knock.verdict);
}

static void only_allowed_addresses_log_on(void **state)
{
    struct rig *rig = *state;
    static const struct address_block blocks[] = {
        {.address = {{[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 1}}, .prefix_bits = 112},
        {.address = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0}}, .prefix_bits = 33},
        {.address = {{[15] = 1}}, .prefix_bits = 128},
    };
    static const struct {
        struct address address;
        const char *text;
        bool allowed;
    } cases[] = {
        {{{[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 1, [14] = 255, [15] = 9}},
         "10.1.255.9",
         true},
        {{{[10] = 0xff, [11] = 0xff, [12] = 10, [13] = 2, [14] = 0, [15] = 9}}, "10.2.0.9", false},
        {{{0x20, 0x01, 0x0d, 0xb8, 0x7f, [15] = 1}}, "2001:db8:7f00::1", true},
        {{{0x20, 0x01, 0x0d, 0xb8, 0x80, [15] = 1}}, "2001:db8:8000::1", false},
        {{{[15] = 1}}, "::1", true},
        {{{[15] = 2}}, "::2", false},
        {{{0xfe, 0x80}}, "fe80::", false},
        {{{1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0}},
         "100:200:300:400:500:600:700:800",
         false},
    };
    rig->sessions[0].allowed = blocks;
    rig->sessions[0].allowed_count = ARRAY_LEN(blocks);
    rig_start(rig);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t bytes[1024];
        size_t size =
            first_message(bytes, sizeof(bytes), "FIX.4.4", "A", "49=ALPHA|56=FIXGATE|" REST);
        struct knock knock = knock_from(rig, &cases[i].address, bytes, size);
        assert_int_equal(cases[i].allowed ? ACCEPTOR_FOUND : ACCEPTOR_REFUSE, knock.verdict);
        if (!cases[i].allowed) {
            assert_non_null(strstr(knock.reason, cases[i].text));
            assert_non_null(strstr(knock.reason, "AllowedRemoteAddresses"));
        }
        struct text text = {.size = 0};
        assert_string_equal(cases[i].text, address_text(&text, &cases[i].address)->data);
    }
}

/* --- With a peer ------------------------------------------------------------------ */

static void an_acceptor_trades_as_an_initiator_does(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].listening = true;
    rig_start(rig);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_int_equal(0, rig->broker[0].connects);
    (void)rig_request(rig, ORDER("C1"));
    assert_non_null(rig_event(rig, "OR.SENT.VOD", "|11=C1|"));
    assert_int_equal(1, rig->broker[0].orders);
    rig_drop(rig, 0);
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
    assert_int_equal(0, rig->broker[0].connects);
    rig_crash(rig);
    rig_start(rig);
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
}

static void a_second_connection_of_a_session_is_refused_and_the_first_goes_on(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].listening = true;
    rig_start(rig);
    uint64_t due = rig->engine->links[0].session.seq_in_next;
    struct knock knock = knock_with(rig, "A", "49=ALPHA|56=FIXGATE|" REST);
    assert_int_equal(ACCEPTOR_REFUSE, knock.verdict);
    assert_non_null(strstr(knock.reason, "connected already"));
    assert_int_equal(due, rig->engine->links[0].session.seq_in_next);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
}

static void a_session_that_an_operator_keeps_off_takes_no_logon(void **state)
{
    struct rig *rig = *state;
    rig->broker[0].listening = true;
    rig_start(rig);
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGOFF, false);
    rig_pass(rig, 3000);
    assert_false(rig->engine->links[0].connected);
    assert_non_null(strstr(rig->broker[0].refused, "operator keeps the session logged off"));
    (void)rig_command(rig, 0, SESSION_COMMAND_LOGON, false);
    rig_pass(rig, 3000);
    assert_int_equal(SESSION_READY, rig->engine->links[0].session.state);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_logon_finds_its_session_by_comp_ids),
        RIG_TEST(a_reason_names_address_and_ids),
        RIG_TEST(only_a_logon_may_be_first),
        RIG_TEST(half_a_logon_waits_at_every_split),
        RIG_TEST(a_wrong_begin_string_is_for_the_session_to_say),
        RIG_TEST(a_client_hello_of_tls_is_refused_with_the_remedy),
        RIG_TEST(garbled_first_messages_are_dropped_up_to_a_few),
        RIG_TEST(any_bytes_at_all_are_survived),
        RIG_TEST(a_session_with_sub_ids_is_preferred_and_without_them_any_will_do),
        RIG_TEST(a_session_belongs_to_its_listener),
        RIG_TEST(only_allowed_addresses_log_on),
        RIG_TEST(an_acceptor_trades_as_an_initiator_does),
        RIG_TEST(a_second_connection_of_a_session_is_refused_and_the_first_goes_on),
        RIG_TEST(a_session_that_an_operator_keeps_off_takes_no_logon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The audit: its hash, its chain, and what becomes of a chain that somebody wrote into. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/core/commands/audit.h"
#include "tests/unit/core_rig.h"

static int with_rig(void **state)
{
    *state = rig_new();
    return 0;
}

/* --- SHA-256 --------------------------------------------------------------------------------- */

static const char *hash_of(struct span bytes, size_t piece)
{
    static struct text words;
    uint8_t hash[SHA256_BYTES];
    struct sha256 sha256;
    sha256_begin(&sha256);
    for (size_t at = 0; at < bytes.size; at += piece) {
        size_t left = bytes.size - at;
        sha256_add(&sha256, span_of(bytes.data + at, left < piece ? left : piece));
    }
    sha256_end(&sha256, hash);
    words = audit_hash_words(hash);
    return words.data;
}

/* Examples of the standard (FIPS 180-4), in pieces of every size. */
static void the_hash_is_that_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *hash;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrl"
         "mnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t piece = 1; piece <= 70; piece++) {
            assert_string_equal(cases[i].hash, hash_of(span_text(cases[i].bytes), piece));
        }
    }
    static uint8_t million[1000000];
    memset(million, 'a', sizeof(million));
    assert_string_equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
                        hash_of(span_of(million, sizeof(million)), 4096));
}

/* --- The chain ---------------------------------------------------------------------------------
 */

static void fill(struct rig *rig, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        (void)rig_command(rig, i % 2, SESSION_COMMAND_TEST_REQUEST, false);
    }
}

static const char *verify(struct rig *rig, enum command_result result)
{
    static char words[FIX_TEXT_BYTES_MAX + 1];
    char arguments[300] = "";
    for (;;) {
        const struct rig_answer *answer = rig_ask(rig, "ann", "audit.verify", arguments);
        assert_int_equal(answer->more[0] != '\0' ? COMMAND_DONE : result, answer->result);
        if (answer->more[0] == '\0') {
            (void)snprintf(words, sizeof(words), "%s", answer->words);
            return words;
        }
        (void)snprintf(arguments, sizeof(arguments), "after=%s", answer->more);
    }
}

static void a_chain_of_many_pages_is_whole_over_restarts(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    assert_string_equal("all 0 entries fit", verify(rig, COMMAND_DONE));
    fill(rig, 300);
    rig_crash(rig);
    rig_start(rig);
    fill(rig, 300);
    assert_string_equal("all 600 entries fit", verify(rig, COMMAND_DONE));
}

static void key_of(uint64_t number, uint8_t key[AUDIT_KEY_BYTES])
{
    for (unsigned i = 0; i < AUDIT_KEY_BYTES; i++) {
        key[i] = (uint8_t)(number >> (8 * (AUDIT_KEY_BYTES - 1 - i)));
    }
}

/* Somebody else than the gateway writes into its store: an entry anew, or (empty) none. */
static void write_by_hand(struct rig *rig, uint64_t number, struct span value)
{
    uint8_t bytes[AUDIT_KEY_BYTES];
    key_of(number, bytes);
    struct span key = span_of(bytes, sizeof(bytes));
    assert_int_equal(STATUS_OK, store_begin(rig->store));
    assert_int_equal(STATUS_OK, value.size > 0 ? store_put(rig->store, TABLE_AUDIT, key, value)
                                               : store_delete(rig->store, TABLE_AUDIT, key));
    assert_int_equal(STATUS_OK, store_commit(rig->store, store_batch_number(rig->store) + 1));
    rig_crash(rig);
    rig_start(rig);
}

/* The bytes of an entry as they are stored. */
static size_t read_entry(struct rig *rig, uint64_t number, uint8_t *bytes, size_t capacity)
{
    uint8_t key[AUDIT_KEY_BYTES];
    struct span value;
    key_of(number, key);
    assert_int_equal(STATUS_OK, store_read_begin(rig->store_reader));
    assert_int_equal(STATUS_OK,
                     store_get(rig->store_reader, TABLE_AUDIT, span_of(key, sizeof(key)), &value));
    assert_true(value.size <= capacity);
    memcpy(bytes, value.data, value.size);
    store_read_end(rig->store_reader);
    return value.size;
}

static void a_changed_entry_is_named(void **state)
{
    struct rig *rig = *state;
    uint8_t bytes[4096];
    rig_start(rig);
    fill(rig, 20);
    size_t size = read_entry(rig, 7, bytes, sizeof(bytes));
    uint8_t *name = memchr(bytes, 'a', size); /* alice */
    assert_non_null(name);
    *name = 'o';
    write_by_hand(rig, 7, span_of(bytes, size));
    assert_string_equal("entry 7 was changed: its hash does not fit it",
                        verify(rig, COMMAND_REFUSED));
    assert_string_equal("its hash does not fit it",
                        rig_ask(rig, "ann", "audit.show", "number=7")->words);
    assert_string_equal("it is whole", rig_ask(rig, "ann", "audit.show", "number=8")->words);
}

static void an_entry_that_was_taken_out_is_named(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    fill(rig, 20);
    write_by_hand(rig, 13, span_of(NULL, 0));
    assert_string_equal("entry 13 is missing", verify(rig, COMMAND_REFUSED));
}

static void entries_cut_off_at_the_end_are_missed(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    fill(rig, 20);
    write_by_hand(rig, 20, span_of(NULL, 0));
    assert_string_equal("entry 20 is missing", verify(rig, COMMAND_REFUSED));
}

static void an_entry_that_was_put_behind_the_end_is_found(void **state)
{
    struct rig *rig = *state;
    uint8_t bytes[4096];
    rig_start(rig);
    fill(rig, 3);
    size_t size = read_entry(rig, 3, bytes, sizeof(bytes));
    write_by_hand(rig, 4, span_of(bytes, size));
    assert_string_equal("entry 4 was not written by the gateway", verify(rig, COMMAND_REFUSED));
}

/* Whole by itself, but with another past. */
static void an_entry_in_anothers_place_is_named(void **state)
{
    struct rig *rig = *state;
    uint8_t bytes[4096];
    rig_start(rig);
    fill(rig, 5);
    size_t size = read_entry(rig, 2, bytes, sizeof(bytes));
    write_by_hand(rig, 4, span_of(bytes, size));
    assert_string_equal("entry 4 cannot be read", verify(rig, COMMAND_REFUSED));
}

/* --- Looking at it ------------------------------------------------------------------------------
 */

static void the_list_is_filtered_and_paged(void **state)
{
    struct rig *rig = *state;
    rig_start(rig);
    fill(rig, 6);
    (void)rig_ask(rig, "bob", "session.logoff", "session=FIX.4.4:FIXGATE->ALPHA");
    const struct rig_answer *answer = rig_ask(rig, "ann", "audit.list", "");
    assert_int_equal(7, answer->rows_count);
    assert_string_equal("7 entries", answer->words);
    assert_non_null(strstr(answer->rows[0], "|number=1|"));
    assert_non_null(strstr(answer->rows[0], "|operator=alice|proposer=|command=session.test|"));
    answer = rig_ask(rig, "ann", "audit.list", "by=bob");
    assert_int_equal(1, answer->rows_count);
    assert_non_null(strstr(answer->rows[0], "|number=7|"));
    answer = rig_ask(rig, "ann", "audit.list", "what=session.test|limit=4");
    assert_int_equal(4, answer->rows_count);
    assert_string_equal("4", answer->more);
    answer = rig_ask(rig, "ann", "audit.list", "what=session.|after=4");
    assert_int_equal(3, answer->rows_count);
    assert_string_equal("", answer->more);
}

static void words_that_are_too_long_for_an_entry_are_cut(void **state)
{
    struct rig *rig = *state;
    char arguments[3000];
    rig_start(rig);
    int size = snprintf(arguments, sizeof(arguments), "session=");
    memset(arguments + size, 'x', sizeof(arguments) - (size_t)size - 1);
    arguments[sizeof(arguments) - 1] = '\0';
    assert_int_equal(COMMAND_REFUSED, rig_ask(rig, "ann", "session.logoff", arguments)->result);
    assert_string_equal("all 1 entries fit", verify(rig, COMMAND_DONE));
}

/* --- All commands -------------------------------------------------------------------------------
 */

static void every_command_has_a_name_of_its_own_a_role_help_and_arguments_of_its_own(void **state)
{
    (void)state;
    static const char *const taken[] = {"command", "operator", "key",        "config", "control",
                                        "json",    "help",     "server-key", "secret", ""};
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        assert_true(strlen(group->title) > 0);
        for (const struct command_spec *spec = group->specs; spec->name != NULL; spec++) {
            assert_ptr_equal(spec, command_find(span_text(spec->name)));
            assert_true(strlen(spec->name) <= COMMAND_NAME_BYTES_MAX);
            assert_true(spec->may != 0);
            assert_true(strlen(spec->help) > 0);
            assert_non_null(spec->run);
            assert_true(spec->changes || !spec->two_persons);
            const char *rest = spec->arguments;
            struct span name;
            bool optional;
            bool optional_before = false;
            while (command_argument_next(&rest, &name, &optional)) {
                for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
                    assert_false(span_is(name, taken[i]));
                }
                assert_true(optional || !optional_before); /* Positions would be unclear. */
                optional_before = optional;
            }
        }
    }
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, with_rig, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_that_of_the_standard),
        RIG_TEST(a_chain_of_many_pages_is_whole_over_restarts),
        RIG_TEST(a_changed_entry_is_named),
        RIG_TEST(an_entry_that_was_taken_out_is_named),
        RIG_TEST(entries_cut_off_at_the_end_are_missed),
        RIG_TEST(an_entry_that_was_put_behind_the_end_is_found),
        RIG_TEST(an_entry_in_anothers_place_is_named),
        RIG_TEST(the_list_is_filtered_and_paged),
        RIG_TEST(words_that_are_too_long_for_an_entry_are_cut),
        cmocka_unit_test(every_command_has_a_name_of_its_own_a_role_help_and_arguments_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* `fixgate log` on records that are torn, damaged or hostile. */
#include "tests/unit/console_log_fixture.h"

static void torn_and_damaged_records_are_shown_and_harm_no_other(void **state)
{
    (void)state;
    char torn[128];
    (void)snprintf(torn, sizeof(torn), "%.60s", record("08:00:01", "out", "35=0|112=TORN|"));
    put("a.log", "w", TITLE);
    put("a.log", "a", record("08:00:00", "out", "35=0|112=FIRST|"));
    put("a.log", "a", torn);
    put("a.log", "a", "\n");
    put("a.log", "a", record("08:00:02", "out", "35=0|112=SECOND|"));
    put("a.log", "a", "2026-11-21T08:00:03.000000000Z out 9999999 8=FIX\n");
    put("a.log", "a", "what is this?\n");
    put("a.log", "a", record("08:00:04", "out", "35=0|112=THIRD|"));
    put("a.log", "a", "# 2026-11-21T08:00:05.000000000Z records dropped: 3 (No space left)\n");
    put("a.log", "a", torn);
    assert_int_equal(run("log show --raw @"), 0);
    assert_order("FIRST", "damaged record: 2026-11-21T08:00:01.000000000Z out 36 8=FIX.4.4|9=");
    assert_order("damaged record: 2026-11-21T08:00:01", "SECOND");
    /* A head that cannot be right; the time is. */
    assert_order("SECOND", "2026-11-21T08:00:03.000000000Z ? FIX.4.4:US->ALPHA 8=FIX\n");
    assert_order("what is this?", "THIRD");
    assert_order("THIRD", "note: 2026-11-21T08:00:05.000000000Z records dropped: 3");
    assert_int_equal(count_of(output, "damaged record"), 3);
}

/* Reads all of a file; the count of whole records in it. */
static size_t read_all(const char *path)
{
    struct log_reader reader;
    struct log_record next;
    const char *const paths[] = {path};
    size_t records = 0;
    size_t pieces = 0;
    assert_int_equal(log_reader_open(&reader, paths, 1, false), STATUS_OK);
    while (log_reader_next(&reader, &next) == LOG_READ_RECORD) {
        records += next.kind == LOG_RECORD_BYTES ? 1 : 0;
        pieces += 1;
        assert_true(pieces < 10000);
    }
    assert_int_equal(log_reader_next(&reader, &next), LOG_READ_END);
    log_reader_close(&reader);
    return records;
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void file_cut_anywhere_has_what_is_whole(void **state)
{
    (void)state;
    char path[256];
    char whole[512];
    (void)snprintf(whole, sizeof(whole), "%s%s%s", TITLE, record("08:00:00", "in", "35=0|112=A|"),
                   record("08:00:01", "in", "35=0|112=B|"));
    size_t first = strlen(TITLE) + strlen(record("08:00:00", "in", "35=0|112=A|"));
    path_of("a.log", path);
    for (size_t size = 0; size <= strlen(whole); size++) {
        write_bytes(path, whole, size);
        assert_int_equal(read_all(path), (size >= first ? 1 : 0) + (size == strlen(whole) ? 1 : 0));
    }
}

static void torn_record_hides_none_of_those_behind(void **state)
{
    (void)state;
    char path[256];
    const char *torn = record("08:00:00", "in", "35=0|112=AAAAAAAAAAAAAAAAAAAAAAAAAAA|");
    path_of("a.log", path);
    for (size_t size = 1; size + 1 < strlen(torn); size++) {
        char whole[1024];
        int written = snprintf(whole, sizeof(whole), "%.*s\n%s%s%s", (int)size, torn,
                               record("08:00:01", "in", "35=0|112=B|"),
                               record("08:00:02", "in", "35=0|112=C|"), TITLE);
        assert_true(written > 0);
        write_bytes(path, whole, (size_t)written);
        assert_int_equal(read_all(path), 2);
    }
}

static void any_bytes_are_read_and_shown_somehow(void **state)
{
    (void)state;
    char path[256];
    uint64_t seed = 4711;
    path_of("a.log", path);
    for (unsigned round = 0; round < 3000; round++) {
        static const uint8_t likely[] = {'\n', '#', FIX_SOH, '0', '9', ' ', 0, 0xff};
        char whole[1024];
        int size = snprintf(whole, sizeof(whole), "%s%s%s%s", TITLE,
                            record("08:00:00", "in", "35=A|95=3|96=abc|"),
                            record("08:00:01", "out", ORDER), record("08:00:02", "in", "35=0|"));
        assert_true(size > 0);
        for (unsigned change = 0; change < 3; change++) {
            whole[random_next(&seed) % (uint64_t)size] =
                (char)likely[random_next(&seed) % ARRAY_LEN(likely)];
        }
        write_bytes(path, whole, (size_t)size);
        assert_true(read_all(path) <= 4);
        if (round % 100 == 0) {
            assert_true(run("log show @/a.log") <= 1);
            assert_true(run("log show --json @/a.log") <= 1);
        }
    }
}

static void garbled_messages_are_named(void **state)
{
    (void)state;
    put("a.log", "w",
        "2026-11-21T08:00:00.000000000Z in 26 8=FIX.4.4|9=5|35=0|10=000|\n"
        "2026-11-21T08:00:01.000000000Z in 26 8=FIX.4.4|9=6|35=0|10=163|\n"
        "2026-11-21T08:00:02.000000000Z in 7 rubbish\n");
    assert_int_equal(run("log show @"), 0);
    assert_non_null(strstr(output, " Heartbeat MsgSeqNum  [garbled: CheckSum(10) is wrong]\n"));
    assert_non_null(strstr(output, " Heartbeat MsgSeqNum  [garbled: "));
    assert_non_null(strstr(output, " 7 bytes [garbled: no FIX message]\n  rubbish\n"));
}

static void rest_of_a_secret_in_a_damaged_line_is_not_shown(void **state)
{
    (void)state;
    put("FIX.4.4-US-BETA.messages.current.log", "w",
        "20261121-08:00:00 : 8=FIX.4.4|9=x|35=A|554=ses\name|10=000|\n");
    assert_int_equal(run("log show --raw @"), 0);
    assert_null(strstr(output, "ses"));
    assert_null(strstr(output, "ame|"));
}

static void no_byte_of_a_log_commands_the_terminal(void **state)
{
    (void)state;
    put("a.log", "w", "# fixgate message log 1 FIX.4.4:\x1b[1mUS->ALPHA\n");
    put("a.log", "a", record("08:00:00", "in", "35=\x1b[2J|34=\x1b[3m|58=\x1b[4m|"));
    put("a.log", "a", "2026-11-21T08:00:01.000000000Z in 4 \x1b[5m\n# \x1b[6m\n\x1b[7m");
    static const char *const lines[] = {"log show @", "log show --raw @", "log show --json @"};
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        assert_int_equal(run(lines[i]), 0);
        assert_null(strchr(output, '\x1b'));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(torn_and_damaged_records_are_shown_and_harm_no_other),
        TEST(file_cut_anywhere_has_what_is_whole),
        TEST(torn_record_hides_none_of_those_behind),
        TEST(any_bytes_are_read_and_shown_somehow),
        TEST(garbled_messages_are_named),
        TEST(rest_of_a_secret_in_a_damaged_line_is_not_shown),
        TEST(no_byte_of_a_log_commands_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

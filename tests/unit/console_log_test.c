/* `fixgate log`: what it shows, and of what. */
#include "tests/unit/console_log_fixture.h"

static void fields_have_names_words_and_groups(void **state)
{
    (void)state;
    put("a.log", "w", TITLE);
    put("a.log", "a", record("08:00:00", "out", ORDER));
    assert_int_equal(run("log show @/a.log"), 0);
    assert_string_equal(
        output, "2026-11-21T08:00:00.000000000Z out FIX.4.4:US->ALPHA NewOrderSingle MsgSeqNum 7\n"
                "  BeginString(8) = FIX.4.4\n"
                "  BodyLength(9) = 64\n"
                "  MsgType(35) = D NEW_ORDER_SINGLE\n"
                "  SenderCompID(49) = US\n"
                "  TargetCompID(56) = ALPHA\n"
                "  MsgSeqNum(34) = 7\n"
                "  ClOrdID(11) = ORD-1\n"
                "  Side(54) = 1 BUY\n"
                "  OrderQty(38) = 5\n"
                "  NoPartyIDs(453) = 1\n"
                "    1.\n"
                "      PartyID(448) = X\n"
                "  QuotedPx(10001) = y\n"
                "  CheckSum(10) = 173\n"
                "\n");
    assert_string_equal(messages, "");
}

static void raw_is_one_line_per_message(void **state)
{
    (void)state;
    put("a.log", "w", TITLE);
    put("a.log", "a", record("08:00:00", "out", "35=0|34=1|"));
    put("a.log", "a", record("08:00:01", "in", "35=0|34=2|58=a\x1b[1m|"));
    assert_int_equal(run("log show --raw @/a.log"), 0);
    assert_string_equal(output, "2026-11-21T08:00:00.000000000Z out FIX.4.4:US->ALPHA "
                                "8=FIX.4.4|9=10|35=0|34=1|10=165|\n"
                                "2026-11-21T08:00:01.000000000Z in FIX.4.4:US->ALPHA "
                                "8=FIX.4.4|9=19|35=0|34=2|58=a?[1m|10=207|\n");
}

static void json_is_one_object_per_line(void **state)
{
    (void)state;
    put("a.log", "w", TITLE);
    put("a.log", "a", record("08:00:00", "out", "35=0|34=1|"));
    put("a.log", "a", "2026-11-21T08:00:01.000000000Z in 3 \"\xff!\n");
    put("a.log", "a", "torn");
    assert_int_equal(run("log show --json @/a.log"), 0);
    assert_string_equal(
        output,
        "{\"Time\":\"2026-11-21T08:00:00.000000000Z\",\"Session\":\"FIX.4.4:US->ALPHA\","
        "\"Direction\":\"out\",\"Type\":\"Heartbeat\",\"Message\":{\"Header\":{\"BeginString\":"
        "\"FIX.4.4\",\"MsgType\":\"0\",\"MsgSeqNum\":\"1\"},\"Body\":{},\"Trailer\":{}}}\n"
        "{\"Time\":\"2026-11-21T08:00:01.000000000Z\",\"Session\":\"FIX.4.4:US->ALPHA\","
        "\"Direction\":\"in\",\"Fault\":\"no FIX message\",\"Raw\":\"\\\"\xef\xbf\xbd!\"}\n"
        "{\"Time\":\"2026-11-21T08:00:01.000000000Z\",\"Session\":\"FIX.4.4:US->ALPHA\","
        "\"Damaged\":\"torn\"}\n");
}

static void rotated_files_and_sessions_are_merged_by_time(void **state)
{
    (void)state;
    put("a.log.10", "w", record("07:00:00", "out", "35=0|112=T1|"));
    put("a.log.2", "w", record("08:00:00", "out", "35=0|112=T2|"));
    put("a.log.1", "w", record("09:00:00", "out", "35=0|112=T4|"));
    put("a.log", "w", record("10:00:00", "out", "35=0|112=T5|"));
    put("b.log", "w", record("08:30:00", "in", "35=0|112=T3|"));
    put("b.log", "a", record("11:00:00", "in", "35=0|112=T6|"));
    /* However they are named. */
    static const char *const lines[] = {
        "log show --raw @",
        "log show --raw @/b.log @/a.log @/a.log.1 @/a.log.2 @/a.log.10 @/a.log"};
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        assert_int_equal(run(lines[i]), 0);
        assert_int_equal(count_of(output, "\n"), 6);
        assert_order("T1|", "T2|");
        assert_order("T2|", "T3|");
        assert_order("T3|", "T4|");
        assert_order("T4|", "T5|");
        assert_order("T5|", "T6|");
    }
}

static void filters_choose(void **state)
{
    static const struct {
        const char *options;
        const char *found; /* The TestReqIDs. */
    } cases[] = {
        {"", "ABCD"},
        {"--type D", "A"},
        {"--type newordersingle,OrderCancelRequest", "AC"},
        {"--type 8,U7", "B"},
        {"--clordid ORD-1", "ABC"},
        {"--clordid ORD-1 --type 8", "B"},
        {"--in", "BD"},
        {"--out", "AC"},
        {"--in --out", "ABCD"},
        {"--session BETA", "D"},
        {"--session US->ALPHA", "ABC"},
        {"--from 2026-11-21T08:00:01", "BCD"},
        {"--to 2026-11-21T08:00:02", "AB"},
        {"--from 2026-11-21T08:00:01Z --to 20261121-08:00:02", "B"},
        {"--from 2026-11-21 --to 2026-11-21", "ABCD"},
        {"--count 2", "AB"},
    };
    (void)state;
    put("a.log", "w", TITLE);
    put("a.log", "a", record("08:00:00", "out", "35=D|11=ORD-1|112=A|"));
    put("a.log", "a", record("08:00:01", "in", "35=8|11=ORD-2|41=ORD-1|112=B|"));
    put("a.log", "a", record("08:00:02", "out", "35=F|11=ORD-3|41=ORD-1|112=C|"));
    put("b.log", "w", "# fixgate message log 1 FIX.4.4:US->BETA\n");
    put("b.log", "a", record("08:00:03", "in", "35=0|112=D|"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char line[128];
        char found[8] = "";
        (void)snprintf(line, sizeof(line), "log show --raw @ %s", cases[i].options);
        assert_int_equal(run(line), 0);
        for (const char *at = strstr(output, "|112="); at != NULL; at = strstr(at + 1, "|112=")) {
            strncat(found, at + 5, 1);
        }
        assert_string_equal(found, cases[i].found);
    }
    assert_int_equal(run("log show --raw @ --clordid ORD"), 1);
    assert_string_equal(messages, "fixgate log: nothing matches, out of 4 records\n");
}

static void configuration_tells_the_directory_and_the_names(void **state)
{
    static const char text[] = "[GATEWAY]\nStorePath=/tmp/fixgate-none\n%s%s\n"
                               "[BROKER]\nName=ALPHA\n"
                               "[SESSION]\nBroker=ALPHA\nSenderCompID=US\nTargetCompID=ALPHA\n"
                               "SocketConnectHost=127.0.0.1\nSocketConnectPort=9801\n"
                               "DataDictionaryOverlay=%s/overlay.xml\n";
    char config[1024];
    (void)state;
    put("overlay.xml", "w",
        "<fix major='4' minor='4'><fields><field number='9100' name='DeskCode' type='STRING'/>"
        "</fields><messages><message name='NewOrderSingle' msgtype='D' msgcat='app'>"
        "<field name='DeskCode' required='N'/></message></messages></fix>");
    put("a.log", "w", TITLE);
    put("a.log", "a", record("08:00:00", "out", "35=D|9100=x|"));
    (void)snprintf(config, sizeof(config), text, "MessageLogPath=", directory, directory);
    put("fixgate.cfg", "w", config);
    assert_int_equal(run("log show -c @/fixgate.cfg"), 0);
    assert_string_equal(messages, "");
    assert_non_null(strstr(output, "  DeskCode(9100) = x\n"));
    assert_int_equal(run("log show @"), 0);
    assert_non_null(strstr(output, "  9100 = x\n"));
    (void)snprintf(config, sizeof(config), text, "#", "", directory);
    put("fixgate.cfg", "w", config);
    assert_int_equal(run("log show -c @/fixgate.cfg"), 2);
    assert_non_null(strstr(messages, "has no MessageLogPath: no message log is written"));
}

static void what_a_filter_cannot_read_is_counted(void **state)
{
    (void)state;
    put("a.log", "w", record("08:00:00", "out", "35=D|11=ORD-1|"));
    put("a.log", "a", "torn");
    assert_int_equal(run("log show --raw @ --type D"), 0);
    assert_int_equal(count_of(output, "\n"), 1);
    assert_string_equal(messages,
                        "fixgate log: passed over: 1 damaged or unreadable records and notes\n");
}

static void logs_of_quickfix_are_read_and_masked(void **state)
{
    static const char name[] = "FIX.4.4-US-BETA.messages.current.log";
    (void)state;
    put(name, "w", "20261121-08:00:00.123456 : ");
    put(name, "a", framed("35=A|49=US|56=BETA|554=sesame|112=A|"));
    put(name, "a", "\r\n20261121-08:00:01 : ");
    put(name, "a", framed("35=A|49=BETA|56=US|112=B|"));
    put(name, "a", "\n2026/11/21 08:00:02.5 ");
    put(name, "a", framed("35=B|49=US|56=BETA|95=5|96=a\nb\nc|112=C|"));
    put(name, "a", "\n");
    put(name, "a", framed("35=0|49=BETA|56=US|52=20261121-08:00:03|112=D|"));
    put(name, "a", "\n");
    put("FIX.4.4-US-BETA.messages.backup.2.log", "w", "20261120-08:00:00 : ");
    put("FIX.4.4-US-BETA.messages.backup.2.log", "a", framed("35=0|112=Y|"));
    put("FIX.4.4-US-BETA.messages.backup.2.log", "a", "\n");
    put("FIX.4.4-US-BETA.messages.backup.1.log", "w", "20261119-08:00:00 : ");
    put("FIX.4.4-US-BETA.messages.backup.1.log", "a", framed("35=0|112=X|"));
    put("FIX.4.4-US-BETA.messages.backup.1.log", "a", "\n");
    put("FIX.4.4-US-BETA.event.current.log", "w", "20261121-08:00:00 : Created session\n");
    assert_int_equal(run("log show --raw @"), 0);
    assert_null(strstr(output, "sesame"));
    assert_null(strstr(output, "Created"));
    assert_null(strstr(output, "damaged"));
    assert_order("112=X|", "112=Y|");
    assert_order("112=Y|", "2026-11-21T08:00:00.123456000Z out FIX.4.4-US-BETA 8=FIX.4.4|9=***|");
    assert_order("112=A|", "2026-11-21T08:00:01.000000000Z in FIX.4.4-US-BETA 8=");
    assert_order("112=B|", "2026-11-21T08:00:02.500000000Z out FIX.4.4-US-BETA 8=");
    assert_order("112=C|", "2026-11-21T08:00:03.000000000Z in FIX.4.4-US-BETA 8=");
    assert_int_equal(count_of(output, "\n"), 6);
}

static void other_files_of_a_directory_are_left_alone(void **state)
{
    (void)state;
    put("gateway.log", "w", "2026-11-21T01:02:03.123456Z INFO  fixgate ready\n");
    put("notes.txt", "w", "8=FIX.4.4|9=5|35=0|10=163|\n");
    assert_int_equal(run("log show @"), 3);
    assert_non_null(strstr(messages, ": no message logs there"));
    put("empty.log", "w", "");
    put("a.log", "w", record("08:00:00", "out", "35=0|"));
    assert_int_equal(run("log show --raw @"), 0);
    assert_int_equal(count_of(output, "\n"), 1);
}

static void wrong_options_are_told_with_what_would_be_right(void **state)
{
    static const struct {
        const char *line;
        int exit_code;
        const char *message;
    } cases[] = {
        {"log", 2, "say what to do: show"},
        {"log shwo", 2, "unknown command shwo"},
        {"log show", 2, "which log? Give FILE or DIRECTORY, or -c CONFIG"},
        {"log show /nonexistent", 3, "/nonexistent: No such file or directory"},
        {"log show --raw --json x", 2, "--raw and --json exclude each other"},
        {"log show --from 8 x", 2, "--from: '8' is no time"},
        {"log show --to 2026-02-30 x", 2, "--to: '2026-02-30' is no time"},
        {"log show --count 0 x", 2, "--count must be a whole number"},
        {"log show --type NewOrderSingel x", 2, "did you mean NewOrderSingle?"},
        {"log show --dictionary /nonexistent.xml x", 2, "/nonexistent.xml"},
        {"log show -c /nonexistent.cfg", 2, "/nonexistent.cfg"},
        {"log show --sesion x", 2, "did you mean --session?"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(run(cases[i].line), cases[i].exit_code);
        if (strstr(messages, cases[i].message) == NULL) {
            (void)fprintf(stderr, "%s: %s", cases[i].line, messages);
        }
        assert_non_null(strstr(messages, cases[i].message));
        assert_string_equal(output, "");
    }
}

static void help_teaches_with_examples(void **state)
{
    static const char *const lines[] = {"log --help", "log show --help"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        assert_int_equal(run(lines[i]), 0);
        assert_non_null(strstr(output, "examples:\n  fixgate log show -c config/fixgate.cfg"));
    }
}

static void times_are_read_as_people_write_them(void **state)
{
    static const struct {
        const char *text;
        uint64_t second; /* Of 2026-11-21. */
    } cases[] = {
        {"2026-11-21", 0},
        {"20261121", 0},
        {"2026/11/21", 0},
        {"2026-11-21Z", 0},
        {"2026-11-21T08:00", 28800},
        {"2026-11-21 08:00Z", 28800},
        {"2026-11-21T08:00:01", 28801},
        {"20261121-08:00:01", 28801},
        {"08:00", 28800},
        {"08:00:01Z", 28801},
        {"23:59:59", 86399},
    };
    static const char *const wrong[] = {"",
                                        "8",
                                        "8:00",
                                        "24:01",
                                        "2026-13-01",
                                        "today",
                                        "2026-11-21T",
                                        "2026-11-21T8",
                                        "2026-11-21x08:00",
                                        "08:00:01.1234567890",
                                        "Z"};
    const uint64_t day_ns = UINT64_C(1795219200000000000);
    uint64_t time_ns = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(log_time_parse(span_text(cases[i].text), day_ns + 5, &time_ns, NULL));
        assert_int_equal(time_ns, day_ns + cases[i].second * UINT64_C(1000000000));
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_false(log_time_parse(span_text(wrong[i]), day_ns, &time_ns, NULL));
    }
    assert_true(log_time_parse(span_text("08:00:00.25"), day_ns, &time_ns, NULL));
    assert_int_equal(time_ns % UINT64_C(1000000000), 250000000);
}

static void assert_next(struct log_reader *reader, const char *part)
{
    struct log_record next;
    assert_int_equal(log_reader_next(reader, &next), LOG_READ_RECORD);
    assert_int_equal(next.kind, LOG_RECORD_BYTES);
    span_to_text(next.bytes, output, sizeof(output));
    assert_non_null(strstr(output, part));
}

static void follow_waits_for_whole_records_and_goes_to_the_next_file(void **state)
{
    char path[256];
    char old_path[256];
    struct log_reader reader;
    struct log_record next;
    (void)state;
    path_of("a.log", path);
    path_of("a.log.1", old_path);
    const char *const paths[] = {path};
    put("a.log", "w", TITLE);
    assert_int_equal(log_reader_open(&reader, paths, 1, true), STATUS_OK);
    assert_int_equal(log_reader_next(&reader, &next), LOG_READ_END);
    put("a.log", "a", record("08:00:00", "in", "35=0|112=A|"));
    assert_next(&reader, "112=A");
    char half[128];
    (void)snprintf(half, sizeof(half), "%s", record("08:00:01", "in", "35=0|112=B|"));
    for (size_t i = 0; i + 1 < strlen(half); i++) {
        const char byte[] = {half[i], '\0'};
        put("a.log", "a", byte);
        assert_int_equal(log_reader_next(&reader, &next), LOG_READ_END);
    }
    put("a.log", "a", "\n");
    assert_next(&reader, "112=B");
    put("a.log", "a", record("08:00:02", "in", "35=0|112=C|"));
    assert_int_equal(rename(path, old_path), 0);
    assert_next(&reader, "112=C");
    assert_int_equal(log_reader_next(&reader, &next), LOG_READ_END);
    put("a.log.1", "a", record("08:00:03", "in", "35=0|112=D|"));
    put("a.log", "w", record("08:00:04", "in", "35=0|112=E|"));
    assert_next(&reader, "112=D");
    assert_next(&reader, "112=E");
    assert_int_equal(log_reader_next(&reader, &next), LOG_READ_END);
    log_reader_close(&reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fields_have_names_words_and_groups),
        TEST(raw_is_one_line_per_message),
        TEST(json_is_one_object_per_line),
        TEST(rotated_files_and_sessions_are_merged_by_time),
        TEST(filters_choose),
        TEST(configuration_tells_the_directory_and_the_names),
        TEST(what_a_filter_cannot_read_is_counted),
        TEST(logs_of_quickfix_are_read_and_masked),
        TEST(other_files_of_a_directory_are_left_alone),
        TEST(wrong_options_are_told_with_what_would_be_right),
        TEST(help_teaches_with_examples),
        TEST(times_are_read_as_people_write_them),
        TEST(follow_waits_for_whole_records_and_goes_to_the_next_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

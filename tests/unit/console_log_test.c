/* `fixgate log show`: what it prints of whole, torn and foreign message logs. */
#include "tests/unit/codec_help.h"

#include "gateway/console/command_line.h"
#include "gateway/console/log_reader.h"
#include "gateway/console/log_time.h"

#include <dirent.h>
#include <fcntl.h>

enum { OUTPUT_BYTES_MAX = 1024 * 1024, WORDS_MAX = 24 };

static char directory[64];
static char output[OUTPUT_BYTES_MAX];
static char messages[OUTPUT_BYTES_MAX];

static int begin(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/fixgate-show-XXXXXX");
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    DIR *list = opendir(directory);
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
        char path[512];
        (void)snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(list);
    return rmdir(directory);
}

static void path_of(const char *name, char path[256])
{
    (void)snprintf(path, 256, "%s/%s", directory, name);
}

/* Writes text with SOH for '|'; "a" goes on at the end of what is there. */
static void put(const char *name, const char *mode, const char *text)
{
    char path[256];
    path_of(name, path);
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    for (const char *c = text; *c != '\0'; c++) {
        (void)fputc(*c == '|' ? FIX_SOH : *c, file);
    }
    assert_int_equal(fclose(file), 0);
}

/* One record at `time` of 2026-11-21, with '|' for SOH. */
static const char *record(const char *time, const char *direction, const char *body)
{
    static char text[4][CODEC_TEXT_BYTES_MAX + 64];
    static unsigned next;
    char message[CODEC_TEXT_BYTES_MAX];
    size_t size = 0;
    codec_append(body, message, &size);
    next = (next + 1) % 4;
    (void)snprintf(text[next], sizeof(text[next]), "2026-11-21T%s.000000000Z %s %zu %.*s\n", time,
                   direction, size, (int)size, message);
    return text[next];
}

static const char *framed(const char *body)
{
    static char message[2][CODEC_TEXT_BYTES_MAX];
    static unsigned next;
    size_t size = 0;
    next = (next + 1) % 2;
    codec_append(body, message[next], &size);
    return message[next];
}

static size_t slurp(int fd, char *text)
{
    size_t size = 0;
    ssize_t got = 0;
    (void)lseek(fd, 0, SEEK_SET);
    do {
        got = read(fd, text + size, OUTPUT_BYTES_MAX - 1 - size);
        size += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    text[size] = '\0';
    return size;
}

/* Runs `fixgate log …`, '@' standing for the directory; what it wrote is in `output` and
 * `messages`. */
static int run(const char *line)
{
    char *argv[WORDS_MAX] = {NULL};
    int argc = 0;
    char expanded[1024] = "";
    for (const char *c = line; *c != '\0'; c++) {
        size_t size = strlen(expanded);
        const char one[] = {*c, '\0'};
        (void)snprintf(expanded + size, sizeof(expanded) - size, "%s", *c == '@' ? directory : one);
    }
    char *rest = NULL;
    for (char *word = strtok_r(expanded, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(argc < WORDS_MAX - 1);
        argv[argc] = word;
        argc++;
    }
    FILE *files[] = {tmpfile(), tmpfile()};
    int kept[] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    (void)fflush(stdout);
    (void)fflush(stderr);
    assert_true(dup2(fileno(files[0]), STDOUT_FILENO) >= 0);
    assert_true(dup2(fileno(files[1]), STDERR_FILENO) >= 0);
    int exit_code = command_log(argc, argv);
    (void)fflush(stdout);
    (void)fflush(stderr);
    assert_true(dup2(kept[0], STDOUT_FILENO) >= 0);
    assert_true(dup2(kept[1], STDERR_FILENO) >= 0);
    (void)close(kept[0]);
    (void)close(kept[1]);
    (void)slurp(fileno(files[0]), output);
    (void)slurp(fileno(files[1]), messages);
    (void)fclose(files[0]);
    (void)fclose(files[1]);
    return exit_code;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

static void assert_order(const char *first, const char *second)
{
    assert_non_null(strstr(output, first));
    assert_non_null(strstr(output, second));
    assert_true(strstr(output, first) < strstr(output, second));
}

#define TITLE "# fixgate message log 1 FIX.4.4:US->ALPHA\n"
#define ORDER "35=D|49=US|56=ALPHA|34=7|11=ORD-1|54=1|38=5|453=1|448=X|10001=y|"

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
        TEST(torn_and_damaged_records_are_shown_and_harm_no_other),
        TEST(file_cut_anywhere_has_what_is_whole),
        TEST(torn_record_hides_none_of_those_behind),
        TEST(any_bytes_are_read_and_shown_somehow),
        TEST(filters_choose),
        TEST(configuration_tells_the_directory_and_the_names),
        TEST(what_a_filter_cannot_read_is_counted),
        TEST(garbled_messages_are_named),
        TEST(logs_of_quickfix_are_read_and_masked),
        TEST(rest_of_a_secret_in_a_damaged_line_is_not_shown),
        TEST(no_byte_of_a_log_commands_the_terminal),
        TEST(other_files_of_a_directory_are_left_alone),
        TEST(wrong_options_are_told_with_what_would_be_right),
        TEST(help_teaches_with_examples),
        TEST(times_are_read_as_people_write_them),
        TEST(follow_waits_for_whole_records_and_goes_to_the_next_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

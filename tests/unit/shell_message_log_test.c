/* The message log: form, secrets, rotation, and disks that refuse. */
#include "tests/unit/codec_help.h"

#include "gateway/shell/message_log.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
/* 2026-11-21T01:02:03.123456789Z */
#define NOW   (UINT64_C(1795222923) * SECOND + 123456789)
#define TITLE "# fixgate message log 1 FIX.4.4:A->B\n"

enum { FILE_BYTES_MAX = 4 * 1024 * 1024 };

struct fixture {
    char root[64];
    char directory[80];
    struct log log;
    char log_path[80];
    struct message_log *messages;
    struct message_log_config config;
    char text[FILE_BYTES_MAX];
};

static struct fixture *fixture;
static const char *const ids[] = {"FIX.4.4:A->B", "FIX.4.4:A->C"};

static int begin(void **state)
{
    (void)state;
    fixture = calloc(1, sizeof(*fixture));
    strcpy(fixture->root, "/tmp/fixgate-messages-XXXXXX");
    assert_non_null(mkdtemp(fixture->root));
    (void)snprintf(fixture->directory, sizeof(fixture->directory), "%s/log", fixture->root);
    (void)snprintf(fixture->log_path, sizeof(fixture->log_path), "%s/gateway.log", fixture->root);
    const struct log_config config = {.path = fixture->log_path, .level = SEVERITY_INFO};
    assert_int_equal(log_open(&fixture->log, &config), STATUS_OK);
    fixture->config = (struct message_log_config){
        .directory = fixture->directory, .rotate_bytes = 0, .keep = 3, .heartbeats = true};
    return 0;
}

static void path_of(const char *name, char path[256])
{
    (void)snprintf(path, 256, "%s/%s", fixture->directory, name);
}

static void remove_all(const char *directory)
{
    DIR *list = opendir(directory);
    for (struct dirent *entry = list != NULL ? readdir(list) : NULL; entry != NULL;
         entry = readdir(list)) {
        char path[512];
        (void)snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        if (entry->d_name[0] != '.') {
            (void)remove(path);
        }
    }
    if (list != NULL) {
        (void)closedir(list);
    }
    (void)rmdir(directory);
}

static int end(void **state)
{
    (void)state;
    message_log_close(fixture->messages);
    log_close(&fixture->log, NOW);
    remove_all(fixture->directory);
    remove_all(fixture->root);
    free(fixture);
    return 0;
}

static void open_log(void)
{
    char error[MESSAGE_LOG_ERROR_BYTES_MAX] = "";
    enum status status = message_log_open(&fixture->config, ids, ARRAY_LEN(ids), &fixture->log,
                                          &fixture->messages, error);
    assert_string_equal(error, "");
    assert_int_equal(status, STATUS_OK);
}

static void close_log(void)
{
    message_log_close(fixture->messages);
    fixture->messages = NULL;
}

static const char *content_at(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = file != NULL ? fread(fixture->text, 1, sizeof(fixture->text) - 1, file) : 0;
    if (file != NULL) {
        (void)fclose(file);
    }
    fixture->text[size] = '\0';
    for (size_t i = 0; i < size; i++) {
        fixture->text[i] = fixture->text[i] == FIX_SOH ? '|' : fixture->text[i];
    }
    return fixture->text;
}

static const char *content(const char *name)
{
    char path[256];
    path_of(name, path);
    return content_at(path);
}

static void write_text(uint64_t now_ns, bool out, const char *text)
{
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    message_log_write(fixture->messages, now_ns, 0, out, codec_wire(text, wire));
}

static const char *framed(const char *body)
{
    static char message[CODEC_TEXT_BYTES_MAX];
    size_t size = 0;
    codec_append(body, message, &size);
    return message;
}

static void record_has_time_direction_count_and_bytes(void **state)
{
    (void)state;
    open_log();
    write_text(NOW, true, framed("35=0|49=A|"));
    write_text(NOW + 1, false, framed("35=0|49=B|"));
    message_log_flush(fixture->messages, NOW);
    assert_string_equal(content("FIX.4.4_A-_B.log"), TITLE "2026-11-21T01:02:03.123456789Z out 32 "
                                                           "8=FIX.4.4|9=10|35=0|49=A|10=187|\n"
                                                           "2026-11-21T01:02:03.123456790Z in 32 "
                                                           "8=FIX.4.4|9=10|35=0|49=B|10=188|\n");
    assert_string_equal(content("FIX.4.4_A-_C.log"), "");
}

static void files_and_directory_are_private(void **state)
{
    struct stat about;
    char path[256];
    (void)state;
    open_log();
    assert_int_equal(stat(fixture->directory, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    path_of("FIX.4.4_A-_B.log", path);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void nothing_is_written_before_the_flush(void **state)
{
    (void)state;
    open_log();
    write_text(NOW, true, framed("35=0|"));
    assert_string_equal(content("FIX.4.4_A-_B.log"), "");
    close_log();
    assert_non_null(strstr(content("FIX.4.4_A-_B.log"), " out "));
}

static void each_message_of_a_batch_is_one_record_and_so_is_rubbish(void **state)
{
    char batch[CODEC_TEXT_BYTES_MAX] = "rubbish";
    size_t size = strlen(batch);
    (void)state;
    codec_append("35=0|", batch, &size);
    codec_append("35=1|", batch, &size);
    strcpy(batch + size, "8=FIX.4.4|9=x|and more");
    open_log();
    write_text(NOW, false, batch);
    message_log_flush(fixture->messages, NOW);
    assert_string_equal(content("FIX.4.4_A-_B.log"),
                        TITLE "2026-11-21T01:02:03.123456789Z in 7 rubbish\n"
                              "2026-11-21T01:02:03.123456789Z in 26 8=FIX.4.4|9=5|35=0|10=163|\n"
                              "2026-11-21T01:02:03.123456789Z in 26 8=FIX.4.4|9=5|35=1|10=164|\n"
                              "2026-11-21T01:02:03.123456789Z in 22 8=FIX.4.4|9=x|and more\n");
}

static void heartbeats_are_left_out_if_so_set(void **state)
{
    (void)state;
    fixture->config.heartbeats = false;
    open_log();
    write_text(NOW, true, framed("35=0|"));
    write_text(NOW, true, framed("35=1|112=x|"));
    write_text(NOW, true, framed("35=A|"));
    message_log_flush(fixture->messages, NOW);
    const char *text = content("FIX.4.4_A-_B.log");
    assert_null(strstr(text, "|35=0|"));
    assert_null(strstr(text, "|35=1|"));
    assert_non_null(strstr(text, "|35=A|"));
}

static void secrets_never_reach_the_file(void **state)
{
    (void)state;
    open_log();
    write_text(NOW, true, framed("35=A|553=joe|554=sesame|"));
    /* A broken Logon, as the network brings it. */
    write_text(NOW, false, "8=FIX.4.4|9=x|35=A|554=ses");
    write_text(NOW, false, "ame|10=000|");
    message_log_flush(fixture->messages, NOW);
    assert_string_equal(content("FIX.4.4_A-_B.log"),
                        TITLE "2026-11-21T01:02:03.123456789Z out 44 "
                              "8=FIX.4.4|9=***|35=A|553=joe|554=***|10=***|\n"
                              "2026-11-21T01:02:03.123456789Z in 28 8=FIX.4.4|9=***|35=A|554=***\n"
                              "2026-11-21T01:02:03.123456789Z in 8 |10=***|\n");
}

static void count_is_that_of_the_masked_bytes(void **state)
{
    char body[CODEC_TEXT_BYTES_MAX] = "35=A|554=";
    (void)state;
    memset(body + 9, 's', 3000);
    strcpy(body + 3009, "|");
    open_log();
    write_text(NOW, true, framed(body));
    message_log_flush(fixture->messages, NOW);
    assert_string_equal(content("FIX.4.4_A-_B.log"),
                        TITLE "2026-11-21T01:02:03.123456789Z out 36 "
                              "8=FIX.4.4|9=***|35=A|554=***|10=***|\n");
}

static void restart_goes_on_at_the_end_of_the_file(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_log();
        write_text(NOW, true, framed("35=0|"));
        close_log();
    }
    assert_string_equal(content("FIX.4.4_A-_B.log"),
                        TITLE "2026-11-21T01:02:03.123456789Z out 26 8=FIX.4.4|9=5|35=0|10=163|\n"
                              "2026-11-21T01:02:03.123456789Z out 26 8=FIX.4.4|9=5|35=0|10=163|\n");
}

static void record_behind_a_torn_one_begins_a_line(void **state)
{
    char path[256];
    (void)state;
    open_log();
    write_text(NOW, true, framed("35=0|"));
    close_log();
    path_of("FIX.4.4_A-_B.log", path);
    assert_int_equal(truncate(path, (off_t)strlen(TITLE) + 50), 0);
    open_log();
    write_text(NOW, true, framed("35=0|"));
    close_log();
    assert_string_equal(content("FIX.4.4_A-_B.log"),
                        TITLE "2026-11-21T01:02:03.123456789Z out 26 8=FIX.4.4|9=\n"
                              "2026-11-21T01:02:03.123456789Z out 26 8=FIX.4.4|9=5|35=0|10=163|\n");
}

static void full_file_becomes_an_old_one_and_the_oldest_goes(void **state)
{
    static const char *const names[] = {"FIX.4.4_A-_B.log", "FIX.4.4_A-_B.log.1",
                                        "FIX.4.4_A-_B.log.2", "FIX.4.4_A-_B.log.3"};
    char path[256];
    (void)state;
    fixture->config.rotate_bytes = 200; /* Two records and the title. */
    open_log();
    for (unsigned i = 0; i < 20; i++) {
        char body[32];
        (void)snprintf(body, sizeof(body), "35=0|34=%02u|", i);
        write_text(NOW, true, framed(body));
        message_log_flush(fixture->messages, NOW);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char expected[16];
        const char *text = content(names[i]);
        assert_memory_equal(text, TITLE, strlen(TITLE));
        (void)snprintf(expected, sizeof(expected), "|34=%02u|", 18 - 2 * (unsigned)i);
        assert_non_null(strstr(text, expected));
        (void)snprintf(expected, sizeof(expected), "|34=%02u|", 19 - 2 * (unsigned)i);
        assert_non_null(strstr(text, expected));
        assert_true(strlen(text) <= 200);
    }
    path_of("FIX.4.4_A-_B.log.4", path);
    assert_int_equal(access(path, F_OK), -1);
}

static void keep_zero_keeps_no_old_file(void **state)
{
    char path[256];
    (void)state;
    fixture->config.rotate_bytes = 150;
    fixture->config.keep = 0;
    open_log();
    for (unsigned i = 0; i < 5; i++) {
        write_text(NOW, true, framed("35=0|"));
        message_log_flush(fixture->messages, NOW);
    }
    assert_true(strlen(content("FIX.4.4_A-_B.log")) <= 150);
    path_of("FIX.4.4_A-_B.log.1", path);
    assert_int_equal(access(path, F_OK), -1);
}

static void rotation_that_is_refused_loses_nothing(void **state)
{
    char path[256];
    (void)state;
    fixture->config.rotate_bytes = 150;
    fixture->config.keep = 1;
    open_log();
    path_of("FIX.4.4_A-_B.log.1", path);
    assert_int_equal(mkdir(path, 0700), 0);
    for (unsigned i = 0; i < 3; i++) {
        write_text(NOW, true, framed("35=0|"));
        message_log_flush(fixture->messages, NOW);
    }
    const char *text = content("FIX.4.4_A-_B.log");
    size_t records = 0;
    for (const char *at = strstr(text, " out "); at != NULL; at = strstr(at + 1, " out ")) {
        records++;
    }
    assert_int_equal(records, 3);
    assert_non_null(strstr(content_at(fixture->log_path), "message log cannot be rotated"));
    (void)rmdir(path);
}

/* Files may not grow beyond `bytes`: what a full disk looks like. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
}

static void full_disk_warns_once_drops_and_recovers(void **state)
{
    char body[2048] = "35=B|58=";
    (void)state;
    memset(body + 8, 'x', 2000);
    strcpy(body + 2008, "|");
    open_log();
    write_text(NOW, true, framed(body));
    message_log_flush(fixture->messages, NOW);
    size_t whole = strlen(content("FIX.4.4_A-_B.log"));
    limit_files((rlim_t)whole + 20); /* The gateway's log still has room. */
    for (uint64_t i = 0; i < 50; i++) {
        write_text(NOW + i * SECOND / 10, true, framed("35=0|"));
        message_log_flush(fixture->messages, NOW + i * SECOND / 10);
    }
    limit_files(RLIM_INFINITY);
    assert_int_equal(message_log_dropped(fixture->messages), 50);
    /* What was half written is taken back. */
    assert_int_equal(strlen(content("FIX.4.4_A-_B.log")), whole);
    write_text(NOW + 10 * SECOND, true, framed("35=A|"));
    message_log_flush(fixture->messages, NOW + 10 * SECOND);
    assert_string_equal(content("FIX.4.4_A-_B.log") + whole,
                        "# 2026-11-21T01:02:13.123456789Z records dropped: 50 (File too large)\n"
                        "2026-11-21T01:02:13.123456789Z out 26 8=FIX.4.4|9=5|35=A|10=180|\n");
    log_flush(&fixture->log, NOW + 10 * SECOND);
    const char *told = content_at(fixture->log_path);
    const char *warning = strstr(told, "message log cannot be written: File too large");
    assert_non_null(warning);
    assert_null(strstr(strchr(warning, '\n'), "cannot be written"));
    assert_non_null(strstr(told, "message log is written again; records dropped: 50"));
}

static void batch_is_cut_between_records(void **state)
{
    (void)state;
    open_log();
    for (unsigned i = 0; i < 10; i++) {
        write_text(NOW, true, framed("35=0|"));
    }
    limit_files((rlim_t)(strlen(TITLE) + 3 * 65 + 20));
    message_log_flush(fixture->messages, NOW);
    limit_files(RLIM_INFINITY);
    assert_int_equal(strlen(content("FIX.4.4_A-_B.log")), strlen(TITLE) + (size_t)3 * 65);
    assert_int_equal(message_log_dropped(fixture->messages), 7);
}

static void secrets_stay_masked_over_a_time_of_dropping(void **state)
{
    (void)state;
    open_log();
    limit_files(0);
    write_text(NOW, false, "rubbish");
    message_log_flush(fixture->messages, NOW);
    write_text(NOW + 1, false, "8=FIX.4.4|9=x|35=A|554=ses");
    message_log_flush(fixture->messages, NOW + 1);
    limit_files(RLIM_INFINITY);
    write_text(NOW + 2 * SECOND, false, "ame|10=000|");
    message_log_flush(fixture->messages, NOW + 2 * SECOND);
    assert_null(strstr(content("FIX.4.4_A-_B.log"), "ame"));
    assert_non_null(strstr(content("FIX.4.4_A-_B.log"), "10=***"));
}

static void deleted_or_moved_file_is_made_anew(void **state)
{
    char path[256];
    (void)state;
    open_log();
    write_text(NOW, true, framed("35=0|"));
    message_log_flush(fixture->messages, NOW);
    path_of("FIX.4.4_A-_B.log", path);
    assert_int_equal(unlink(path), 0);
    write_text(NOW + SECOND, true, framed("35=A|"));
    message_log_flush(fixture->messages, NOW + SECOND);
    assert_non_null(strstr(content("FIX.4.4_A-_B.log"), "|35=A|"));
    assert_int_equal(message_log_dropped(fixture->messages), 0);
}

static void deleted_directory_warns_and_drops(void **state)
{
    (void)state;
    open_log();
    remove_all(fixture->directory);
    write_text(NOW + SECOND, true, framed("35=0|"));
    message_log_flush(fixture->messages, NOW + SECOND);
    assert_int_equal(message_log_dropped(fixture->messages), 1);
    assert_non_null(strstr(content_at(fixture->log_path), "No such file or directory"));
}

static void turn_that_is_fuller_than_the_buffer_is_written_all_the_same(void **state)
{
    (void)state;
    open_log();
    char body[1200] = "35=B|58=";
    memset(body + 8, 'x', 1000);
    strcpy(body + 1008, "|");
    for (unsigned i = 0; i < 1000; i++) {
        write_text(NOW, true, framed(body));
    }
    message_log_flush(fixture->messages, NOW);
    size_t records = 0;
    const char *text = content("FIX.4.4_A-_B.log");
    for (const char *at = strchr(text, '\n'); at != NULL && at[1] != '\0';
         at = strchr(at + 1, '\n')) {
        records++;
    }
    assert_int_equal(records, 1000);
}

static void rubbish_of_any_size_is_kept_in_pieces(void **state)
{
    (void)state;
    open_log();
    size_t size = (size_t)4 * FIX_MESSAGE_BYTES_MAX;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    memset(bytes, 'x', size);
    message_log_write(fixture->messages, NOW, 0, false, span_of(bytes, size));
    free(bytes);
    close_log();
    size_t kept = 0;
    for (const char *at = strchr(content("FIX.4.4_A-_B.log"), '\n'); *at != '\0'; at++) {
        kept += *at == 'x' ? 1 : 0;
    }
    assert_int_equal(kept, size);
}

static void sessions_whose_names_look_alike_have_files_of_their_own(void **state)
{
    static const char *const alike[] = {"FIX.4.4:A/B->C", "FIX.4.4:A:B->C", "../../x"};
    char error[MESSAGE_LOG_ERROR_BYTES_MAX];
    (void)state;
    assert_int_equal(
        message_log_open(&fixture->config, alike, 3, &fixture->log, &fixture->messages, error),
        STATUS_OK);
    uint8_t wire[CODEC_TEXT_BYTES_MAX];
    for (uint32_t i = 0; i < 3; i++) {
        message_log_write(fixture->messages, NOW, i, true, codec_wire(framed("35=0|"), wire));
    }
    close_log();
    assert_non_null(strstr(content("FIX.4.4_A_B-_C.log"), " FIX.4.4:A/B->C\n"));
    assert_non_null(strstr(content("FIX.4.4_A_B-_C_2.log"), " FIX.4.4:A:B->C\n"));
    assert_non_null(strstr(content("_._.._x.log"), " ../../x\n"));
}

static void what_cannot_be_opened_is_named(void **state)
{
    char error[MESSAGE_LOG_ERROR_BYTES_MAX];
    char path[256];
    (void)state;
    fixture->config.directory = "/nonexistent/directory";
    assert_int_equal(
        message_log_open(&fixture->config, ids, 1, &fixture->log, &fixture->messages, error),
        STATUS_IO);
    assert_string_equal(error, "message log /nonexistent/directory: No such file or directory; "
                               "correct MessageLogPath or the rights there");
    fixture->config.directory = fixture->directory;
    assert_int_equal(mkdir(fixture->directory, 0700), 0);
    path_of("FIX.4.4_A-_B.log", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(
        message_log_open(&fixture->config, ids, 1, &fixture->log, &fixture->messages, error),
        STATUS_IO);
    assert_non_null(strstr(error, "FIX.4.4_A-_B.log: it is no ordinary file"));
    assert_null(fixture->messages);
}

static void without_a_directory_there_is_no_log(void **state)
{
    char error[MESSAGE_LOG_ERROR_BYTES_MAX];
    (void)state;
    fixture->config.directory = NULL;
    assert_int_equal(
        message_log_open(&fixture->config, ids, 1, &fixture->log, &fixture->messages, error),
        STATUS_OK);
    assert_null(fixture->messages);
    message_log_write(NULL, NOW, 0, true, span_text("x"));
    message_log_flush(NULL, NOW);
    assert_int_equal(message_log_dropped(NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(record_has_time_direction_count_and_bytes),
        TEST(files_and_directory_are_private),
        TEST(nothing_is_written_before_the_flush),
        TEST(each_message_of_a_batch_is_one_record_and_so_is_rubbish),
        TEST(heartbeats_are_left_out_if_so_set),
        TEST(secrets_never_reach_the_file),
        TEST(count_is_that_of_the_masked_bytes),
        TEST(restart_goes_on_at_the_end_of_the_file),
        TEST(record_behind_a_torn_one_begins_a_line),
        TEST(full_file_becomes_an_old_one_and_the_oldest_goes),
        TEST(keep_zero_keeps_no_old_file),
        TEST(rotation_that_is_refused_loses_nothing),
        TEST(full_disk_warns_once_drops_and_recovers),
        TEST(batch_is_cut_between_records),
        TEST(secrets_stay_masked_over_a_time_of_dropping),
        TEST(deleted_or_moved_file_is_made_anew),
        TEST(deleted_directory_warns_and_drops),
        TEST(turn_that_is_fuller_than_the_buffer_is_written_all_the_same),
        TEST(rubbish_of_any_size_is_kept_in_pieces),
        TEST(sessions_whose_names_look_alike_have_files_of_their_own),
        TEST(what_cannot_be_opened_is_named),
        TEST(without_a_directory_there_is_no_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

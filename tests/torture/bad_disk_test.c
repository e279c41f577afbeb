/* The bad disk itself: its rules; that it sees what a process writes and syncs, and fails as
 * told; and that a loss of power takes what was not synced, sector by sector, and nothing else. */
#define _GNU_SOURCE /* pwritev() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/tools/process.h"
#include "tests/torture/bad_disk_rules.h"
#include "tests/torture/power_loss.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SEEDS = 60, ACTS_MAX = 24, BYTES_MAX = 8192, CHILD_MS_MAX = 20000 };

/* --- The child: does what its arguments say, one call each --------------------------------- */

/* An act is "HOW NAME OFFSET BYTE SIZE"; what it does not need may be missing. */
struct act {
    char how[12];
    char name[40];
    size_t offset;
    char byte;
    size_t size;
};

static long act_write(const struct act *act, int file)
{
    static char bytes[BYTES_MAX];
    memset(bytes, act->byte, act->size);
    struct iovec parts[] = {{bytes, act->size / 3}, {bytes, act->size - act->size / 3}};
    if (strcmp(act->how, "write") == 0) {
        return lseek(file, (off_t)act->offset, SEEK_SET) < 0 ? -1 : write(file, bytes, act->size);
    }
    if (strcmp(act->how, "writev") == 0) {
        return lseek(file, (off_t)act->offset, SEEK_SET) < 0 ? -1 : writev(file, parts, 2);
    }
    if (strcmp(act->how, "pwritev") == 0) {
        return pwritev(file, parts, 2, (off_t)act->offset);
    }
    return pwrite(file, bytes, act->size, (off_t)act->offset); /* pwrite, dsync */
}

static long act_do(const struct act *act, const char *directory)
{
    char path[400];
    (void)snprintf(path, sizeof path, "%s/%s", directory, act->name);
    bool names = strcmp(act->how, "names") == 0;
    int flags = strcmp(act->how, "dsync") == 0 ? O_RDWR | O_CREAT | O_DSYNC : O_RDWR | O_CREAT;
    int file = open(names ? directory : path, names ? O_RDONLY : flags, 0600);
    if (file < 0) {
        return -1;
    }
    long result = 0;
    if (names || strcmp(act->how, "fsync") == 0) {
        result = fsync(file);
    } else if (strcmp(act->how, "fdatasync") == 0) {
        result = fdatasync(file);
    } else if (strcmp(act->how, "size") == 0) {
        result = ftruncate(file, (off_t)act->offset);
    } else if (strcmp(act->how, "map") == 0) {
        (void)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    } else {
        result = act_write(act, file);
    }
    int error = errno;
    (void)close(file);
    errno = error;
    return result;
}

/* Says of each act what came of it: a number, or the error. */
static int child_main(const char *directory, char **acts, int count)
{
    for (int index = 0; index < count; index++) {
        struct act act = {.byte = '?'};
        char offset[12] = "";
        char size[12] = "";
        (void)sscanf(acts[index], "%11s %39s %11s %c %11s", act.how, act.name, offset, &act.byte,
                     size);
        act.offset = strtoul(offset, NULL, 10);
        act.size = strtoul(size, NULL, 10);
        long result = act_do(&act, directory);
        (void)printf("%s%ld\n", result < 0 ? "error " : "", result < 0 ? (long)errno : result);
    }
    return 0;
}

/* --- The rig -------------------------------------------------------------------------------- */

struct rig {
    char directory[128];
    char store[160];
    char base[160];
    char found[160];
    char journal[160];
    char control[160];
    char log[160];
    const char *rules;
};

static int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    const char *base = getenv("TMPDIR");
    (void)snprintf(rig->directory, sizeof rig->directory, "%.100s/bad-disk.XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(rig->directory) == NULL) {
        return -1;
    }
    (void)snprintf(rig->store, sizeof rig->store, "%s/store", rig->directory);
    (void)snprintf(rig->base, sizeof rig->base, "%s/base", rig->directory);
    (void)snprintf(rig->found, sizeof rig->found, "%s/found", rig->directory);
    (void)snprintf(rig->journal, sizeof rig->journal, "%s/journal", rig->directory);
    (void)snprintf(rig->control, sizeof rig->control, "%s/control", rig->directory);
    (void)snprintf(rig->log, sizeof rig->log, "%s/log", rig->directory);
    assert_int_equal(mkdir(rig->store, 0700), 0);
    power_loss_begin(rig->store, rig->base, rig->journal);
    *state = rig;
    return 0;
}

static int entry_remove(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    return remove(path);
}

static int rig_teardown(void **state)
{
    struct rig *rig = *state;
    (void)nftw(rig->directory, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(rig);
    return 0;
}

/* Runs a child over the acts (NULL at the end); its exit code. */
static int acts_run(struct rig *rig, const char *const *acts)
{
    const char *arguments[ACTS_MAX + 3] = {"/proc/self/exe", rig->store};
    for (size_t index = 0; acts[index] != NULL; index++) {
        assert_true(index < ACTS_MAX);
        arguments[index + 2] = acts[index];
    }
    const struct bad_disk_settings settings = {
        .path = rig->store, .journal = rig->journal, .rules = rig->rules, .control = rig->control};
    struct bad_disk_environment environment;
    bad_disk_environment_init(&environment, &settings);
    struct process child = {.pid = 0};
    (void)unlink(rig->log);
    assert_true(process_start_with(&child, "child", rig->log, arguments, environment.list));
    uint64_t deadline_ns = process_now_ns() + CHILD_MS_MAX * UINT64_C(1000000);
    while (process_running(&child)) {
        assert_true(process_now_ns() < deadline_ns);
        process_pause(1);
    }
    return child.exit_code;
}

/* What the child said, in one line: parted by commas. */
static void expect_said(const struct rig *rig, const char *expected)
{
    char text[512] = "";
    FILE *log = fopen(rig->log, "re");
    assert_non_null(log);
    size_t size = fread(text, 1, sizeof text - 1, log);
    (void)fclose(log);
    for (size_t index = 0; index < size; index++) {
        text[index] = text[index] == '\n' ? ',' : text[index];
    }
    assert_string_equal(text, expected);
}

/* The file's bytes at offsets `first`, first + 512, …, as text; "" if there is no file. */
static void sectors_of(const char *directory, const char *name, char text[BYTES_MAX / 512 + 1])
{
    char path[256];
    char bytes[BYTES_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? 0 : read(file, bytes, sizeof bytes);
    size_t count = 0;
    for (ssize_t at = 0; at < size; at += 512) {
        text[count++] = bytes[at] == '\0' ? '.' : bytes[at];
    }
    text[count] = '\0';
    if (file >= 0) {
        (void)close(file);
    }
}

/* How many of the SEEDS losses at the end of the journal leave `name` as `expected`. */
static int losses_with(struct rig *rig, const char *name, const char *expected)
{
    int count = 0;
    struct power_loss *loss = power_loss_open(rig->base, rig->journal);
    assert_non_null(loss);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        char text[BYTES_MAX / 512 + 1];
        power_loss_restore(loss, power_loss_moments(loss), seed, rig->found, NULL);
        sectors_of(rig->found, name, text);
        count += strcmp(text, expected) == 0 ? 1 : 0;
    }
    power_loss_close(loss);
    return count;
}

static void expect_always(struct rig *rig, const char *name, const char *expected)
{
    assert_int_equal(losses_with(rig, name, expected), SEEDS);
}

static void expect_sometimes(struct rig *rig, const char *name, const char *expected)
{
    int count = losses_with(rig, name, expected);
    assert_true(count > 0);
    assert_true(count < SEEDS);
}

/* --- Rules ----------------------------------------------------------------------------------- */

/* What becomes of ten syncs: a letter each. */
static void expect_syncs(const char *text, const char *expected)
{
    static const char letters[] = {
        [BAD_DISK_WELL] = '.',  [BAD_DISK_EIO] = 'E',    [BAD_DISK_ENOSPC] = 'F',
        [BAD_DISK_SHORT] = 's', [BAD_DISK_UNSURE] = 'u',
    };
    struct bad_disk_rules rules = {.count = 0};
    uint64_t random = 1;
    char outcomes[11] = "";
    assert_true(bad_disk_rules_read(&rules, text));
    for (int index = 0; index < 10; index++) {
        outcomes[index] = letters[bad_disk_rules_apply(&rules, BAD_DISK_CALL_SYNC, &random)];
        (void)bad_disk_rules_apply(&rules, BAD_DISK_CALL_META, &random);
    }
    assert_string_equal(outcomes, expected);
}

static void rules_say_which_call_fails(void **state)
{
    (void)state;
    expect_syncs("", "..........");
    expect_syncs("sync EIO", "EEEEEEEEEE");
    expect_syncs("sync EIO at 3", "..E.......");
    expect_syncs("sync ENOSPC from 8", ".......FFF");
    expect_syncs("write EIO; meta EIO; truncate EIO", "..........");
    expect_syncs("sync EIO at 2 ; sync ENOSPC from 2\n", ".EFFFFFFFF");
    expect_syncs("sync EIO chance 0", "..........");
    expect_syncs("sync EIO chance 1000", "EEEEEEEEEE");
}

static void rules_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "sync",         "sync well",       "flush EIO",         "sync EIO at",
        "sync EIO 3",   "sync EIO at 3 4", "sync EIO at three", "sync EIO chance",
        "sync EIO;;;x",
    };
    for (size_t index = 0; index < ARRAY_LEN(wrong); index++) {
        struct bad_disk_rules rules = {.count = 0};
        assert_false(bad_disk_rules_read(&rules, wrong[index]));
    }
}

static void rules_that_change_begin_to_count_anew(void **state)
{
    (void)state;
    struct bad_disk_rules rules = {.count = 0};
    uint64_t random = 1;
    assert_true(bad_disk_rules_read(&rules, "write EIO at 2"));
    assert_int_equal(bad_disk_rules_apply(&rules, BAD_DISK_CALL_PLAIN, &random), BAD_DISK_WELL);
    assert_true(bad_disk_rules_read(&rules, "write EIO at 2"));
    assert_int_equal(bad_disk_rules_apply(&rules, BAD_DISK_CALL_META, &random), BAD_DISK_EIO);
    assert_true(bad_disk_rules_read(&rules, ""));
    assert_true(bad_disk_rules_read(&rules, "write EIO at 2"));
    assert_int_equal(bad_disk_rules_apply(&rules, BAD_DISK_CALL_PLAIN, &random), BAD_DISK_WELL);
}

/* --- The library --------------------------------------------------------------------------------
 */

static void every_way_of_writing_and_syncing_is_seen(void **state)
{
    struct rig *rig = *state;
    static const char *const acts[] = {"write f 0 a 1024",
                                       "writev f 1024 b 1024",
                                       "pwrite f 2048 c 512",
                                       "pwritev f 2560 d 512",
                                       "dsync f 3072 e 512",
                                       "size f 4096",
                                       "fsync f",
                                       "fdatasync f",
                                       "names f",
                                       NULL};
    static const enum bad_disk_kind kinds[] = {
        BAD_DISK_CREATE,       BAD_DISK_WRITE,    BAD_DISK_WRITE, BAD_DISK_WRITE, BAD_DISK_WRITE,
        BAD_DISK_WRITE_SYNCED, BAD_DISK_TRUNCATE, BAD_DISK_SYNC,  BAD_DISK_SYNC,  BAD_DISK_SYNC};
    assert_int_equal(acts_run(rig, acts), 0);
    expect_said(rig, "1024,1024,512,512,512,0,0,0,0,");
    struct power_loss *loss = power_loss_open(rig->base, rig->journal);
    assert_non_null(loss);
    assert_int_equal(power_loss_moments(loss), ARRAY_LEN(kinds));
    for (size_t index = 0; index < ARRAY_LEN(kinds); index++) {
        assert_int_equal(power_loss_kind(loss, index), kinds[index]);
    }
    power_loss_close(loss);
    expect_always(rig, "f", "aabbcde.");
}

static void other_files_are_left_alone(void **state)
{
    struct rig *rig = *state;
    rig->rules = "write EIO; sync EIO";
    static const char *const acts[] = {"write ../g 0 a 512", "fsync ../g", "write owner 0 a 512",
                                       "write lock.mdb 0 a 512", NULL};
    assert_int_equal(acts_run(rig, acts), 0);
    expect_said(rig, "512,0,512,512,");
}

static void calls_fail_as_the_rules_say(void **state)
{
    struct rig *rig = *state;
    rig->rules = "plain EIO at 1; plain ENOSPC at 2; plain short at 3; plain unsure at 4; "
                 "sync EIO at 1; meta EIO at 1; truncate EIO";
    static const char *const acts[] = {"write f 0 a 512",    "pwrite f 0 b 512",
                                       "pwritev f 0 c 1024", "write f 512 d 512",
                                       "fdatasync f",        "dsync f 0 e 512",
                                       "size f 100",         "fsync f",
                                       "pwrite f 0 f 512",   NULL};
    assert_int_equal(acts_run(rig, acts), 0);
    expect_said(rig, "error 5,error 28,512,error 5,error 5,error 5,error 5,0,512,");
    char text[BYTES_MAX / 512 + 1];
    sectors_of(rig->store, "f", text);
    assert_string_equal(text, "fd");
    struct bad_disk_journal journal;
    assert_true(bad_disk_journal_read(rig->journal, &journal));
    assert_int_equal(journal.failures, 7);
    assert_int_equal(journal.failed_records, 1); /* After the file was made. */
}

static void control_file_fails_calls_while_it_is_there(void **state)
{
    struct rig *rig = *state;
    static const char *const acts[] = {"fsync f", "fsync f", NULL};
    bad_disk_control(rig->control, "sync EIO at 2\n");
    assert_int_equal(acts_run(rig, acts), 0);
    expect_said(rig, "0,error 5,");
    bad_disk_control(rig->control, NULL);
    assert_int_equal(acts_run(rig, acts), 0);
    expect_said(rig, "0,0,");
}

static void process_that_could_write_unseen_is_ended(void **state)
{
    struct rig *rig = *state;
    static const char *const acts[] = {"map f", NULL};
    assert_int_equal(acts_run(rig, acts), BAD_DISK_EXIT);
    rig->rules = "sync sometimes";
    assert_int_equal(acts_run(rig, acts), BAD_DISK_EXIT);
}

/* --- Losses of power ---------------------------------------------------------------------------
 */

static void what_was_not_synced_may_be_lost_or_torn(void **state)
{
    struct rig *rig = *state;
    static const char *const acts[] = {"write f 0 a 2048", "fsync f", "names f",
                                       "pwrite f 512 b 1024", NULL};
    assert_int_equal(acts_run(rig, acts), 0);
    expect_sometimes(rig, "f", "aaaa");
    expect_sometimes(rig, "f", "abaa");
    expect_sometimes(rig, "f", "aaba");
    expect_sometimes(rig, "f", "abba");
}

static void earlier_write_may_outlive_a_later_one(void **state)
{
    struct rig *rig = *state;
    static const char *const acts[] = {"write f 0 a 512", "fsync f",         "names f",
                                       "write f 0 b 512", "write f 0 c 512", NULL};
    assert_int_equal(acts_run(rig, acts), 0);
    expect_sometimes(rig, "f", "a");
    expect_sometimes(rig, "f", "b");
    expect_sometimes(rig, "f", "c");
}

static void write_that_is_synced_by_itself_syncs_no_other(void **state)
{
    struct rig *rig = *state;
    static const char *const acts[] = {"write f 0 a 1024", "fsync f",           "names f",
                                       "write f 0 b 512",  "dsync f 512 c 512", NULL};
    assert_int_equal(acts_run(rig, acts), 0);
    expect_sometimes(rig, "f", "ac");
    expect_sometimes(rig, "f", "bc");
    assert_int_equal(losses_with(rig, "f", "aa") + losses_with(rig, "f", "ba"), 0);
}

static void sync_after_a_failed_one_does_not_bring_back_what_it_lost(void **state)
{
    struct rig *rig = *state;
    rig->rules = "sync EIO at 3";
    static const char *const acts[] = {"write f 0 a 1024", "fsync f", "names f",
                                       "write f 0 b 1024", "fsync f", "write f 0 c 512",
                                       "fsync f",          NULL};
    assert_int_equal(acts_run(rig, acts), 0);
    expect_said(rig, "1024,0,0,1024,error 5,512,0,");
    expect_sometimes(rig, "f", "ca");
    expect_sometimes(rig, "f", "cb");
    assert_int_equal(losses_with(rig, "f", "ca") + losses_with(rig, "f", "cb"), SEEDS);
}

static void file_is_lost_until_its_name_is_synced(void **state)
{
    struct rig *rig = *state;
    static const char *const acts[] = {"write f 0 a 512", "fsync f", NULL};
    static const char *const more[] = {"names f", NULL};
    assert_int_equal(acts_run(rig, acts), 0);
    expect_sometimes(rig, "f", "");
    expect_sometimes(rig, "f", "a");
    assert_int_equal(acts_run(rig, more), 0);
    expect_always(rig, "f", "a");
}

static void same_seed_leaves_the_same_disk(void **state)
{
    struct rig *rig = *state;
    static const char *const acts[] = {"write f 0 a 8192", "write f 2048 b 4096", NULL};
    assert_int_equal(acts_run(rig, acts), 0);
    struct power_loss *loss = power_loss_open(rig->base, rig->journal);
    assert_non_null(loss);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        char first[BYTES_MAX / 512 + 1];
        char second[BYTES_MAX / 512 + 1];
        power_loss_restore(loss, power_loss_moments(loss), seed, rig->found, NULL);
        sectors_of(rig->found, "f", first);
        power_loss_restore(loss, power_loss_moments(loss), seed, rig->found, NULL);
        sectors_of(rig->found, "f", second);
        assert_string_equal(first, second);
    }
    power_loss_close(loss);
}

#define DISK_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(int argument_count, char **arguments)
{
    if (argument_count > 1) {
        return child_main(arguments[1], arguments + 2, argument_count - 2);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_say_which_call_fails),
        cmocka_unit_test(rules_that_make_no_sense_are_refused),
        cmocka_unit_test(rules_that_change_begin_to_count_anew),
        DISK_TEST(every_way_of_writing_and_syncing_is_seen),
        DISK_TEST(other_files_are_left_alone),
        DISK_TEST(calls_fail_as_the_rules_say),
        DISK_TEST(control_file_fails_calls_while_it_is_there),
        DISK_TEST(process_that_could_write_unseen_is_ended),
        DISK_TEST(what_was_not_synced_may_be_lost_or_torn),
        DISK_TEST(earlier_write_may_outlive_a_later_one),
        DISK_TEST(write_that_is_synced_by_itself_syncs_no_other),
        DISK_TEST(sync_after_a_failed_one_does_not_bring_back_what_it_lost),
        DISK_TEST(file_is_lost_until_its_name_is_synced),
        DISK_TEST(same_seed_leaves_the_same_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

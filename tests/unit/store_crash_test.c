/* Kill -9 at any moment, a disk that is full, and every single I/O failing: what
 * was reported as committed is there afterwards, whole, and nothing else is. */
#define _GNU_SOURCE
#include "tests/unit/store_fixture.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* --- A faulty operating system: these stand before libc's for LMDB too ------ */

struct faults {
    bool armed;
    bool short_writes; /* Half of the bytes are written; else nothing is. */
    int error;
    uint32_t calls;
    uint32_t fail_at; /* The call that fails; all after it work again. */
};

static struct faults faults;

static bool fault_now(void)
{
    if (!faults.armed) {
        return false;
    }
    faults.calls++;
    if (faults.calls != faults.fail_at) {
        return false;
    }
    errno = faults.error;
    return true;
}

ssize_t pread(int file, void *bytes, size_t size, off_t offset)
{
    return fault_now() ? -1 : syscall(SYS_pread64, file, bytes, size, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset)
{
    if (fault_now()) {
        return faults.short_writes && size > 4096
                   ? syscall(SYS_pwrite64, file, bytes, size / 2, offset)
                   : -1;
    }
    return syscall(SYS_pwrite64, file, bytes, size, offset);
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    if (fault_now()) {
        return faults.short_writes ? syscall(SYS_writev, file, parts, count / 2) : -1;
    }
    return syscall(SYS_writev, file, parts, count);
}

int fdatasync(int file)
{
    return fault_now() ? -1 : (int)syscall(SYS_fdatasync, file);
}

int fsync(int file)
{
    return fault_now() ? -1 : (int)syscall(SYS_fsync, file);
}

int ftruncate(int file, off_t size)
{
    return fault_now() ? -1 : (int)syscall(SYS_ftruncate, file, size);
}

/* --- Batches that can be recognised as whole -------------------------------- */

static uint32_t records_of(uint64_t batch)
{
    return 1 + (uint32_t)(batch * 7 % 40);
}

/* Puts the records of a batch; the last one says how many batches there are. */
static enum status batch_put(struct store *store, uint64_t batch)
{
    uint8_t value[300];
    memset(value, (int)(batch & 0xFF), sizeof(value));
    char key[48];
    for (uint32_t index = 0; index < records_of(batch); index++) {
        (void)snprintf(key, sizeof(key), "%08llu %08u", (unsigned long long)batch, index);
        TRY(store_append(store, TABLE_EVENT, span_text(key), span_of(value, sizeof(value))));
    }
    (void)snprintf(key, sizeof(key), "%llu", (unsigned long long)batch);
    TRY(store_put(store, TABLE_ORDER, span_text("last"), span_text(key)));
    if (batch > 10) { /* Old pages come into use again. */
        (void)snprintf(key, sizeof(key), "%08llu %08u", (unsigned long long)(batch - 10), 0u);
        TRY(store_delete(store, TABLE_OUT, span_text(key)));
    }
    (void)snprintf(key, sizeof(key), "%08llu %08u", (unsigned long long)batch, 0u);
    return store_put_new(store, TABLE_OUT, span_text(key), span_of(value, sizeof(value)));
}

static enum status batch_write(struct store *store, uint64_t batch)
{
    TRY(store_begin(store));
    TRY(batch_put(store, batch));
    return store_commit(store, batch);
}

/* All batches up to the store's number are whole, and there is nothing behind. */
static void expect_whole(struct fixture *fixture)
{
    uint64_t batches = store_batch_number(fixture->store);
    struct store_reader *reader = fixture_reader(fixture);
    struct span key;
    struct span value;
    assert_int_equal(store_read_begin(reader), STATUS_OK);
    enum status status = store_seek(reader, TABLE_EVENT, span_of(NULL, 0), &key, &value);
    for (uint64_t batch = 1; batch <= batches; batch++) {
        for (uint32_t index = 0; index < records_of(batch); index++) {
            char expected[48];
            (void)snprintf(expected, sizeof(expected), "%08llu %08u", (unsigned long long)batch,
                           index);
            assert_int_equal(status, STATUS_OK);
            assert_true(span_is(key, expected));
            assert_int_equal(value.size, 300);
            assert_int_equal(value.data[299], batch & 0xFF);
            status = store_after(reader, TABLE_EVENT, key, &key, &value);
        }
    }
    assert_int_equal(status, STATUS_NOT_FOUND);
    status = store_get(reader, TABLE_ORDER, span_text("last"), &value);
    assert_int_equal(status, batches == 0 ? STATUS_NOT_FOUND : STATUS_OK);
    if (status == STATUS_OK) {
        char text[48];
        span_to_text(value, text, sizeof(text));
        assert_int_equal(strtoull(text, NULL, 10), batches);
    }
    store_read_end(reader);
    store_reader_close(reader);
}

/* --- Kill -9 ---------------------------------------------------------------- */

/* Opens, and writes batches until it is killed; reports each that is committed. */
static void victim_run(struct fixture *fixture, int report)
{
    if (store_open(&fixture->config, &fixture->store, fixture->error) != STATUS_OK) {
        _exit(1);
    }
    for (;;) {
        uint64_t batch = store_batch_number(fixture->store) + 1;
        if (batch_write(fixture->store, batch) != STATUS_OK ||
            write(report, &batch, sizeof(batch)) != (ssize_t)sizeof(batch)) {
            _exit(2);
        }
    }
}

/* Lets a victim write `wanted` batches and a little more; the last it reported. */
static uint64_t victim_kill(struct fixture *fixture, uint32_t wanted, uint32_t more)
{
    int report[2];
    assert_int_equal(pipe(report), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(report[0]);
        victim_run(fixture, report[1]);
    }
    close(report[1]);
    uint64_t last = 0;
    for (uint32_t count = 0; count < wanted; count++) {
        if (read(report[0], &last, sizeof(last)) != (ssize_t)sizeof(last)) {
            break; /* It ended by itself: seen below. */
        }
    }
    for (volatile uint32_t spin = 0; spin < more; spin++) {
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(report[0], &last, sizeof(last)) == (ssize_t)sizeof(last)) {
    }
    close(report[0]);
    int ended = 0;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFSIGNALED(ended));
    return last;
}

static void kill_at_any_moment_loses_no_reported_batch(void **state)
{
    struct fixture *fixture = *state;
    uint32_t random = 12345;
    uint64_t before = 0;
    for (int round = 0; round < 60; round++) {
        random = random * 1664525 + 1013904223;
        fixture->config.durability = round % 3 == 0 ? STORE_COMMIT : STORE_PROCESS;
        /* Every fifth dies while, or before, it opens the store. */
        uint32_t wanted = round % 5 == 0 ? 0 : 1 + (random >> 16) % 40;
        uint64_t reported = victim_kill(fixture, wanted, (random >> 8) % 300000);
        fixture_open(fixture); /* Also: the guard gives no false alarm. */
        uint64_t batches = store_batch_number(fixture->store);
        assert_true(batches >= reported);
        assert_true(batches >= before);
        expect_whole(fixture);
        assert_int_equal(batch_write(fixture->store, batches + 1), STATUS_OK);
        before = batches + 1;
        fixture_close(fixture);
    }
    fixture_open(fixture);
    assert_true(store_was_clean(fixture->store));
    expect_whole(fixture);
}

static void clean_mark_is_gone_while_the_store_is_open(void **state)
{
    struct fixture *fixture = *state;
    fixture_open(fixture);
    assert_true(store_was_clean(fixture->store));
    fixture_close(fixture);
    fixture_open(fixture);
    assert_true(store_was_clean(fixture->store));
    fixture_close(fixture);
    (void)victim_kill(fixture, 1, 0);
    fixture_open(fixture);
    assert_false(store_was_clean(fixture->store));
}

/* --- Every single I/O fails ------------------------------------------------- */

/* Opens, writes five batches, closes. The count of batches that were committed. */
static uint64_t faulty_run(struct fixture *fixture, bool *opened)
{
    struct store *store = NULL;
    *opened = store_open(&fixture->config, &store, fixture->error) == STATUS_OK;
    if (!*opened) {
        assert_null(store);
        assert_true(fixture->error[0] != '\0');
        return 0;
    }
    uint64_t first = store_batch_number(store);
    uint64_t committed = first;
    for (uint64_t batch = first + 1; batch <= first + 5; batch++) {
        enum status status = batch_write(store, batch);
        if (status != STATUS_OK) {
            assert_true(status == STATUS_FULL || status == STATUS_IO);
            assert_true(store_error(store)[0] != '\0');
            assert_int_equal(store_begin(store), status); /* It takes no more. */
            break;
        }
        committed = batch;
    }
    store_close(store);
    return committed;
}

static void data_remove(const struct fixture *fixture)
{
    fixture_remove(fixture->path);
}

/* Fails the first call, the second, … until a run makes no call that could fail. */
static void fail_every_call(struct fixture *fixture, bool fresh)
{
    uint64_t committed_last = 0;
    for (uint32_t fail_at = 1;; fail_at++) {
        if (fresh) {
            data_remove(fixture);
            committed_last = 0;
        }
        bool opened = false;
        faults.calls = 0;
        faults.fail_at = fail_at;
        faults.armed = true;
        uint64_t committed = faulty_run(fixture, &opened);
        faults.armed = false;
        if (opened) {
            committed_last = committed;
        }
        fixture_open(fixture);
        assert_int_equal(store_batch_number(fixture->store), committed_last);
        expect_whole(fixture);
        fixture_close(fixture);
        if (faults.calls < fail_at) {
            assert_true(fail_at > 10); /* The faults did reach the store. */
            return;
        }
    }
}

static void any_failing_call_loses_no_committed_batch(void **state)
{
    struct fixture *fixture = *state;
    static const int errors[] = {ENOSPC, EIO};
    for (int durability = STORE_COMMIT; durability <= STORE_PROCESS; durability++) {
        for (size_t index = 0; index < ARRAY_LEN(errors); index++) {
            fixture->config.durability = (enum store_durability)durability;
            faults = (struct faults){.error = errors[index]};
            fail_every_call(fixture, true);
            fail_every_call(fixture, false);
            data_remove(fixture);
        }
    }
}

static void writes_cut_in_half_lose_no_committed_batch(void **state)
{
    struct fixture *fixture = *state;
    fixture->config.durability = STORE_COMMIT;
    fixture_open(fixture);
    fixture_close(fixture);
    faults = (struct faults){.error = EIO, .short_writes = true};
    fail_every_call(fixture, false);
}

/* --- A full disk ------------------------------------------------------------ */

enum { DISK_SKIPPED = 77 };

static bool file_put(const char *path, const char *text)
{
    int file = open(path, O_WRONLY);
    if (file < 0) {
        return false;
    }
    ssize_t size = write(file, text, strlen(text));
    close(file);
    return size == (ssize_t)strlen(text);
}

/* Mounts of our own, which nobody else sees. Whoever is not root becomes root of a
 * user namespace first, where the kernel permits that. */
static bool mounts_unshare(void)
{
    char user[32];
    char group[32];
    (void)snprintf(user, sizeof(user), "0 %u 1", (unsigned)getuid());
    (void)snprintf(group, sizeof(group), "0 %u 1", (unsigned)getgid());
    if (unshare(CLONE_NEWNS) == 0) {
        return true;
    }
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && file_put("/proc/self/setgroups", "deny") &&
           file_put("/proc/self/uid_map", user) && file_put("/proc/self/gid_map", group);
}

/* Runs in a process of its own, on a disk of 4 MiB. */
static int full_disk_run(struct fixture *fixture)
{
    if (!mounts_unshare()) {
        return DISK_SKIPPED;
    }
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", fixture->directory, "tmpfs", 0, "size=4m") != 0) {
        return DISK_SKIPPED;
    }
    fixture->config.durability = STORE_COMMIT;
    fixture->config.reserve_bytes = 1 << 20;
    fixture_open(fixture);
    uint64_t committed = 0;
    enum status status = STATUS_OK;
    struct store_space space;
    bool was_low = false;
    while (committed < 10000) {
        assert_int_equal(store_space(fixture->store, &space), STATUS_OK);
        was_low = was_low || space.low;
        status = batch_write(fixture->store, committed + 1);
        if (status != STATUS_OK) {
            break;
        }
        committed++;
    }
    assert_int_equal(status, STATUS_FULL);
    assert_true(was_low); /* It was said before it happened. */
    assert_true(committed > 100);
    assert_non_null(strstr(store_error(fixture->store), "No space left"));
    expect_whole(fixture);
    fixture_close(fixture);

    /* While the disk is full, the start says so, or works; nothing is lost. */
    status = store_open(&fixture->config, &fixture->store, fixture->error);
    assert_true(status == STATUS_OK || status == STATUS_FULL);
    if (status == STATUS_OK) {
        fixture_close(fixture);
    }
    assert_int_equal(mount("none", fixture->directory, "tmpfs", MS_REMOUNT, "size=16m"), 0);
    fixture_open(fixture);
    assert_int_equal(store_batch_number(fixture->store), committed);
    expect_whole(fixture);
    assert_int_equal(batch_write(fixture->store, committed + 1), STATUS_OK);
    fixture_close(fixture);
    return 0;
}

static void full_disk_fails_the_commit_and_keeps_all_before(void **state)
{
    struct fixture *fixture = *state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(full_disk_run(fixture));
    }
    int ended = 0;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    if (WEXITSTATUS(ended) == DISK_SKIPPED) {
        print_message("skipped: this user may not mount a small disk\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(ended), 0);
}

#define CRASH_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CRASH_TEST(kill_at_any_moment_loses_no_reported_batch),
        CRASH_TEST(clean_mark_is_gone_while_the_store_is_open),
        CRASH_TEST(any_failing_call_loses_no_committed_batch),
        CRASH_TEST(writes_cut_in_half_lose_no_committed_batch),
        CRASH_TEST(full_disk_fails_the_commit_and_keeps_all_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

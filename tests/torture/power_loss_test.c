/* What "commit survives a loss of power" means: a process writes to a store, is killed at any
 * moment, starts again; whenever the power goes, the store opens, has every batch that was
 * acknowledged until then, whole batches only, and takes new ones. FIXGATE_LOSSES: how many
 * losses of power; FIXGATE_SEED: which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/tools/process.h"
#include "tests/torture/power_loss.h"
#include "tests/torture/store_batches.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LIVES = 7,
    BATCHES_PER_LIFE = 60,
    LOSSES = 300,
    LOSSES_ON_BAD_DISK = 150,
    LOSSES_UNSYNCED = 60,
    LOSSES_IN_THE_MAKING = 20, /* At each moment. */
    UNSURE_LIVES = 12,
    ACKS_MAX = 8192,
    STARTS_MAX = 64,
    START_RECORDS = 24, /* About as many as an opening makes. */
    LIFE_MS_MAX = 20000,
    CHECK_SECONDS_MAX = 20,
};

struct ack {
    uint64_t batch;
    uint64_t records;
};

struct rig {
    char directory[128];
    char store[160];
    char base[160];
    char found[160]; /* The store as it is after the power came back. */
    char journal[160];
    char log[160];
    uint64_t random;
    struct ack acks[ACKS_MAX]; /* In the order of time. */
    uint32_t acks_count;
    uint64_t starts[STARTS_MAX]; /* The moments at which a writer was started. */
    uint32_t starts_count;
};

static uint64_t rig_random(struct rig *rig, uint64_t limit)
{
    rig->random ^= rig->random << 13;
    rig->random ^= rig->random >> 7;
    rig->random ^= rig->random << 17;
    return rig->random % limit;
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    const char *base = getenv("TMPDIR");
    (void)snprintf(rig->directory, sizeof rig->directory, "%.100s/power-loss.XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(rig->directory) == NULL) {
        return -1;
    }
    (void)snprintf(rig->store, sizeof rig->store, "%s/store", rig->directory);
    (void)snprintf(rig->base, sizeof rig->base, "%s/base", rig->directory);
    (void)snprintf(rig->found, sizeof rig->found, "%s/found", rig->directory);
    (void)snprintf(rig->journal, sizeof rig->journal, "%s/journal", rig->directory);
    (void)snprintf(rig->log, sizeof rig->log, "%s/log", rig->directory);
    uint64_t seed = number_from("FIXGATE_SEED", process_now_ns() % 1000000);
    (void)printf("seed %" PRIu64 "\n", seed);
    rig->random = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
    *state = rig;
    return 0;
}

static void directory_remove(const char *path)
{
    DIR *entries = opendir(path);
    const struct dirent *entry = NULL;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        char inside[512];
        (void)snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        (void)unlink(inside);
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
    (void)rmdir(path);
}

static int rig_teardown(void **state)
{
    struct rig *rig = *state;
    directory_remove(rig->store);
    directory_remove(rig->base);
    directory_remove(rig->found);
    directory_remove(rig->directory);
    free(rig);
    return 0;
}

/* --- Lives of the writer ---------------------------------------------------------------------- */

static void writer_start(struct rig *rig, struct process *writer, const char *durability,
                         const char *rules)
{
    char programs[PROCESS_PATH_BYTES_MAX];
    char program[PROCESS_PATH_BYTES_MAX + 16];
    process_programs(programs);
    (void)snprintf(program, sizeof program, "%s/store_writer", programs);
    const char *const arguments[] = {program, rig->store, durability, "0", NULL};
    const struct bad_disk_settings settings = {
        .path = rig->store, .journal = rig->journal, .rules = rules};
    struct bad_disk_environment environment;
    bad_disk_environment_init(&environment, &settings);
    (void)unlink(rig->log);
    struct bad_disk_journal journal;
    assert_true(rig->starts_count < STARTS_MAX);
    rig->starts[rig->starts_count++] =
        bad_disk_journal_read(rig->journal, &journal) ? journal.records : 0;
    assert_true(process_start_with(writer, "writer", rig->log, arguments, environment.list));
}

/* Takes over what the writer acknowledged. */
static void acks_read(struct rig *rig)
{
    FILE *log = fopen(rig->log, "re");
    char line[128];
    assert_non_null(log);
    while (fgets(line, sizeof line, log) != NULL) {
        char *end = NULL;
        uint64_t batch = strtoull(line, &end, 10);
        if (end == line || *end != ' ') {
            (void)printf("%s", line); /* The writer's last words. */
            continue;
        }
        assert_true(rig->acks_count < ACKS_MAX);
        rig->acks[rig->acks_count++] = (struct ack){batch, strtoull(end, NULL, 10)};
    }
    (void)fclose(log);
}

/* Starts the writer, kills it after some batches at any moment (or in its start). */
static void life(struct rig *rig, const char *durability)
{
    struct process writer = {.pid = 0};
    writer_start(rig, &writer, durability, NULL);
    uint32_t wanted = (uint32_t)rig_random(rig, BATCHES_PER_LIFE);
    uint64_t deadline_ns = process_now_ns() + LIFE_MS_MAX * UINT64_C(1000000);
    while (process_log_count(&writer, "\n") < wanted) {
        assert_true(process_running(&writer));
        assert_true(process_now_ns() < deadline_ns);
    }
    for (uint64_t spin = rig_random(rig, 400000); spin > 0; spin--) {
        __asm__ volatile("");
    }
    assert_int_equal(process_end(&writer, SIGKILL, LIFE_MS_MAX), 128 + SIGKILL);
    acks_read(rig);
}

/* Starts the writer on a disk that fails: it must stop by itself, and say why. */
static void life_on_bad_disk(struct rig *rig, const char *rule)
{
    char rules[64];
    struct process writer = {.pid = 0};
    (void)snprintf(rules, sizeof rules, "%s from %" PRIu64, rule, 1 + rig_random(rig, 40));
    writer_start(rig, &writer, "commit", rules);
    uint64_t deadline_ns = process_now_ns() + LIFE_MS_MAX * UINT64_C(1000000);
    while (process_running(&writer)) {
        assert_true(process_now_ns() < deadline_ns);
        process_pause(1);
    }
    assert_int_equal(writer.exit_code, 1);
    acks_read(rig);
}

/* The last batch that was acknowledged until `moment`. */
static uint64_t acknowledged(const struct rig *rig, uint64_t moment)
{
    uint64_t batch = 0;
    for (uint32_t index = 0; index < rig->acks_count && rig->acks[index].records <= moment;
         index++) {
        batch = rig->acks[index].batch;
    }
    return batch;
}

/* --- After the power came back ------------------------------------------------------------------
 */

enum verdict {
    VERDICT_WHOLE,   /* It opens and is what its number of batches make. */
    VERDICT_REFUSED, /* It does not open, and says why. */
    VERDICT_NOTICED, /* It opens; reading or writing it says that it is damaged. */
    VERDICT_UNSEEN,  /* It opens, something is wrong, and nothing says so. */
    VERDICT_DIED,    /* The process that opens it dies, or never ends. */
    VERDICTS,
};

/* Opens, checks, writes three batches, checks. `batch` is what was found at first. */
static enum verdict store_judge(const struct rig *rig, enum store_durability durability,
                                uint64_t *batch, char text[STORE_ERROR_BYTES_MAX])
{
    struct store_config config;
    struct store *store = NULL;
    store_batches_config(&config, rig->found, durability);
    if (store_open(&config, &store, text) != STATUS_OK) {
        return VERDICT_REFUSED;
    }
    *batch = store_batch_number(store);
    enum status status = store_batches_check(store, text);
    for (uint64_t next = *batch + 1; status == STATUS_OK && next <= *batch + 3; next++) {
        status = store_batches_write(store, next);
        if (status != STATUS_OK) {
            (void)snprintf(text, STORE_ERROR_BYTES_MAX, "%s", store_error(store));
        }
    }
    if (status == STATUS_OK) {
        status = store_batches_check(store, text);
    }
    store_close(store);
    if (status == STATUS_INVALID) {
        return VERDICT_UNSEEN;
    }
    return status == STATUS_OK ? VERDICT_WHOLE : VERDICT_NOTICED;
}

/* As store_judge(), in a process of its own: a damaged store may well be its end. */
static enum verdict store_judge_apart(const struct rig *rig, enum store_durability durability)
{
    (void)fflush(stdout);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(nowhere, 2);
        static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};
        for (size_t index = 0; index < ARRAY_LEN(deadly); index++) {
            (void)signal(deadly[index], SIG_DFL); /* Neither cmocka nor a sanitizer has a say. */
        }
        (void)alarm(CHECK_SECONDS_MAX);
        uint64_t batch = 0;
        char text[STORE_ERROR_BYTES_MAX] = "";
        _exit((int)store_judge(rig, durability, &batch, text));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    bool spoke = WIFEXITED(status) && WEXITSTATUS(status) < VERDICT_DIED;
    return spoke ? (enum verdict)WEXITSTATUS(status) : VERDICT_DIED;
}

/* A moment of the journal: any; or one just about a sync, or while a writer opened the store,
 * where it matters most. */
static uint64_t moment_draw(struct rig *rig, const struct power_loss *loss)
{
    uint64_t moments = power_loss_moments(loss);
    uint64_t moment = rig_random(rig, moments + 1);
    switch (rig_random(rig, 3)) {
    case 0:
        moment = rig->starts[rig_random(rig, rig->starts_count)] + rig_random(rig, START_RECORDS);
        break;
    case 1:
        while (moment < moments && power_loss_kind(loss, moment) == BAD_DISK_WRITE) {
            moment++;
        }
        moment += rig_random(rig, 3);
        break;
    default:
        break;
    }
    return moment < moments ? moment : moments;
}

static void expect_all_there(struct rig *rig, const struct power_loss *loss, uint64_t moment)
{
    char text[STORE_ERROR_BYTES_MAX] = "";
    uint64_t batch = 0;
    uint64_t seed = rig_random(rig, UINT64_MAX);
    struct power_loss_report report;
    power_loss_restore(loss, moment, seed, rig->found, &report);
    enum verdict verdict = store_judge(rig, STORE_COMMIT, &batch, text);
    uint64_t acked = acknowledged(rig, moment);
    if (verdict != VERDICT_WHOLE || batch < acked) {
        fail_msg("loss of power at %" PRIu64 " of %" PRIu64 ", seed %" PRIu64
                 ": verdict %d, batch %" PRIu64 " of %" PRIu64 " acknowledged: %s",
                 moment, power_loss_moments(loss), seed, (int)verdict, batch, acked, text);
    }
}

static void committed_batches_survive_a_loss_of_power(void **state)
{
    struct rig *rig = *state;
    power_loss_begin(rig->store, rig->base, rig->journal);
    for (int number = 0; number < LIVES; number++) {
        life(rig, "commit");
    }
    struct power_loss *loss = power_loss_open(rig->base, rig->journal);
    assert_non_null(loss);
    assert_true(rig->acks_count > LIVES);
    uint64_t losses = number_from("FIXGATE_LOSSES", LOSSES);
    for (uint64_t number = 0; number < losses; number++) {
        expect_all_there(rig, loss, moment_draw(rig, loss));
    }
    expect_all_there(rig, loss, power_loss_moments(loss));
    (void)printf("%" PRIu64 " losses of power over %" PRIu32 " acknowledged batches\n", losses + 1,
                 rig->acks_count);
    power_loss_close(loss);
}

static void committed_batches_survive_a_bad_disk_and_a_loss_of_power(void **state)
{
    static const char *const rules[] = {"sync EIO",     "meta EIO",    "meta unsure",
                                        "plain ENOSPC", "plain short", "plain unsure"};
    struct rig *rig = *state;
    power_loss_begin(rig->store, rig->base, rig->journal);
    for (size_t index = 0; index < 2 * ARRAY_LEN(rules); index++) {
        life(rig, "commit");
        life_on_bad_disk(rig, rules[index % ARRAY_LEN(rules)]);
    }
    struct power_loss *loss = power_loss_open(rig->base, rig->journal);
    assert_non_null(loss);
    uint64_t losses = number_from("FIXGATE_LOSSES", LOSSES_ON_BAD_DISK);
    for (uint64_t number = 0; number < losses; number++) {
        expect_all_there(rig, loss, moment_draw(rig, loss));
    }
    power_loss_close(loss);
}

/* The write that makes a batch valid fails, and stands on the disk all the same; LMDB puts the
 * old page back, which need not. The next owner begins upon the old one. */
static void failed_commit_that_is_on_the_disk_harms_no_later_one(void **state)
{
    struct rig *rig = *state;
    power_loss_begin(rig->store, rig->base, rig->journal);
    for (int number = 0; number < UNSURE_LIVES; number++) {
        life_on_bad_disk(rig, "meta unsure");
    }
    life(rig, "commit");
    struct power_loss *loss = power_loss_open(rig->base, rig->journal);
    assert_non_null(loss);
    for (int number = 0; number < LOSSES_ON_BAD_DISK; number++) {
        uint64_t start = rig->starts[rig_random(rig, rig->starts_count)];
        uint64_t moment = start + rig_random(rig, START_RECORDS);
        uint64_t moments = power_loss_moments(loss);
        expect_all_there(rig, loss, moment < moments ? moment : moments);
    }
    power_loss_close(loss);
}

/* The same treatment of a store that is not synced: it shows that there is something to be
 * found, and what docs/operations.md says of Durability=process: that even a store which opens
 * may be wrong. */
static void without_syncs_a_loss_of_power_does_harm(void **state)
{
    static const char *const names[VERDICTS] = {"whole", "refused", "noticed in use",
                                                "wrong and unnoticed", "end of the process"};
    struct rig *rig = *state;
    uint32_t counts[VERDICTS] = {0};
    power_loss_begin(rig->store, rig->base, rig->journal);
    for (int number = 0; number < LIVES; number++) {
        life(rig, "process");
    }
    struct power_loss *loss = power_loss_open(rig->base, rig->journal);
    assert_non_null(loss);
    uint64_t losses = number_from("FIXGATE_LOSSES", LOSSES_UNSYNCED);
    for (uint64_t number = 0; number < losses; number++) {
        struct power_loss_report report;
        power_loss_restore(loss, moment_draw(rig, loss), rig_random(rig, UINT64_MAX), rig->found,
                           &report);
        counts[store_judge_apart(rig, STORE_PROCESS)]++;
    }
    power_loss_close(loss);
    for (int verdict = 0; verdict < VERDICTS; verdict++) {
        (void)printf("%s: %" PRIu32 "\n", names[verdict], counts[verdict]);
    }
    assert_true(counts[VERDICT_WHOLE] < losses);
}

/* Until its first opening has returned, nothing was promised; but it must be no riddle either. */
static void power_lost_while_a_store_is_made_leaves_one_that_can_be_made(void **state)
{
    struct rig *rig = *state;
    power_loss_begin(rig->store, rig->base, rig->journal);
    while (rig->acks_count == 0) {
        life(rig, "commit");
    }
    struct power_loss *loss = power_loss_open(rig->base, rig->journal);
    assert_non_null(loss);
    for (uint64_t moment = 0; moment <= rig->acks[0].records; moment++) {
        for (int number = 0; number < LOSSES_IN_THE_MAKING; number++) {
            expect_all_there(rig, loss, moment);
        }
    }
    power_loss_close(loss);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(committed_batches_survive_a_loss_of_power, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(committed_batches_survive_a_bad_disk_and_a_loss_of_power,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(without_syncs_a_loss_of_power_does_harm, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(failed_commit_that_is_on_the_disk_harms_no_later_one,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(
            power_lost_while_a_store_is_made_leaves_one_that_can_be_made, rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

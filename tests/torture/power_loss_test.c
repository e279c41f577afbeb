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
    LOSSES_IN_THE_MAKING = 20, /* At each moment. */
    ACKS_MAX = 8192,
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

static void writer_start(const struct rig *rig, struct process *writer, const char *durability,
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

/* A moment of the journal: any, or one just about a sync, where it matters most. */
static uint64_t moment_draw(struct rig *rig, const struct power_loss *loss)
{
    uint64_t moments = power_loss_moments(loss);
    uint64_t moment = rig_random(rig, moments + 1);
    if (rig_random(rig, 2) == 0) {
        return moment;
    }
    while (moment < moments && power_loss_kind(loss, moment) == BAD_DISK_WRITE) {
        moment++;
    }
    uint64_t near = moment + rig_random(rig, 3);
    return near > moments ? moments : near;
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
        cmocka_unit_test_setup_teardown(
            power_lost_while_a_store_is_made_leaves_one_that_can_be_made, rig_setup, rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

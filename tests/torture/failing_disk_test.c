/* The gateway on a disk that fails: at the first commit that is not on the disk it stops with the
 * reason and has let nothing out; with a good disk again nothing is lost and nothing doubled. And
 * the gateway on a machine that loses its power: what it had said is still true. The audit judges
 * from the OMS's journal and the brokers' books. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/tools/load.h"
#include "tests/torture/power_loss.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

enum {
    ORDERS_PER_SECOND = 300,
    STOP_MS = 20000,
    SETTLE_MS = 60000,
    BAD_DISKS = 10,
    SYNCS_MAX = 300, /* Before one fails; a start takes about ten. */
    POWER_LOSSES = 8,
    ALIVE_MS_MAX = 1200,
};

struct rig {
    struct world world;
    struct load load;
    char base[PROCESS_PATH_BYTES_MAX];
    char journal[PROCESS_PATH_BYTES_MAX];
    char control[PROCESS_PATH_BYTES_MAX];
    struct bad_disk_environment environment;
};

static const char *const broker_arguments[] = {"--fill-latency", "20", "--partial-fills", "2",
                                               NULL};

/* The gateway's next starts are upon a disk with these rules, besides the control file's. */
static void disk_set(struct rig *rig, const char *rules)
{
    const struct bad_disk_settings settings = {.path = rig->world.store_directory,
                                               .journal = rig->journal,
                                               .rules = rules,
                                               .control = rig->control};
    bad_disk_environment_init(&rig->environment, &settings);
    rig->world.gateway_environment = rig->environment.list;
}

static void path_in(char path[PROCESS_PATH_BYTES_MAX], const struct world *world, const char *name)
{
    int size = snprintf(path, PROCESS_PATH_BYTES_MAX, "%s/%s", world->directory, name);
    assert_true(size > 0);
    assert_true(size < PROCESS_PATH_BYTES_MAX);
}

static struct rig *rig_open(const char *prefix)
{
    const struct world_options options = {.brokers_count = 2, .broker_arguments = broker_arguments};
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    load_init(&rig->load, load_seed(), ORDERS_PER_SECOND, prefix);
    world_open(&rig->world, &options);
    path_in(rig->base, &rig->world, "base");
    path_in(rig->journal, &rig->world, "disk-journal");
    path_in(rig->control, &rig->world, "disk-rules");
    power_loss_begin(rig->world.store_directory, rig->base, rig->journal);
    disk_set(rig, NULL);
    assert_true(world_start(&rig->world));
    return rig;
}

/* All comes to rest, and nothing was lost or doubled. */
static void rig_judge_and_close(struct rig *rig)
{
    assert_true(world_await(&rig->world, world_all_ended, NULL, SETTLE_MS,
                            "every request answered and every order ended"));
    assert_true(world_judge(&rig->world));
    assert_true(world_close(&rig->world));
    free(rig);
}

/* It must end by itself, as it ends for a reason. */
static void await_stop(struct rig *rig, bool orders)
{
    struct world *world = &rig->world;
    uint64_t deadline_ns = process_now_ns() + STOP_MS * UINT64_C(1000000);
    rig->load.due_ns = 0;
    while (process_running(&world->gateway)) {
        assert_true(process_now_ns() < deadline_ns);
        if (orders) {
            load_step(&rig->load, world, 10);
        } else {
            oms_poll(world->oms, 10);
        }
    }
    oms_poll(world->oms, 50); /* What it may have let out. */
    assert_true(world->gateway.exit_code > 0);
    assert_true(world->gateway.exit_code < 128);
}

/* Brings a good disk, and the gateway upon it. */
static void restart_well(struct rig *rig)
{
    bad_disk_control(rig->control, NULL);
    disk_set(rig, NULL);
    assert_true(world_gateway_start(&rig->world));
}

/* --- A disk that fails --------------------------------------------------------------------- */

/* One order comes while the disk fails in this way. */
static void fail_once(struct rig *rig, const char *rule, const char *reason, uint32_t number)
{
    struct world *world = &rig->world;
    char request[128];
    (void)snprintf(request, sizeof request,
                   "35=D|11=FAIL-%" PRIu32 "|55=VOD|54=1|38=10|40=1|15=GBX|59=0", number);
    bad_disk_control(rig->control, rule);
    uint32_t index = oms_submit(world->oms, request);
    await_stop(rig, false);
    assert_int_equal(oms_request(world->oms, index)->answered_ns, 0);
    assert_int_equal(oms_request(world->oms, index)->ord_status, 0); /* Nor from the bus. */
    if (!process_logged(&world->gateway, reason, NULL, 0)) {
        process_print_tail(&world->gateway, stderr, 20);
        fail_msg("%s: its log does not say '%s'", rule, reason);
    }
    restart_well(rig);
    assert_true(
        world_await(world, world_all_ended, NULL, SETTLE_MS, "the order after the restart"));
    assert_int_equal(oms_request(world->oms, index)->ord_status, '2');
    assert_int_equal(oms_request(world->oms, index)->cum_qty, INT64_C(10) * 100000000);
}

static void failing_commit_stops_the_gateway_before_anything_is_let_out(void **state)
{
    static const struct {
        const char *rule;
        const char *reason;
    } failures[] = {
        {"sync EIO", "cannot commit a batch: Input/output error"},
        {"meta EIO", "cannot commit a batch: Input/output error"},
        {"meta unsure", "cannot commit a batch: Input/output error"},
        {"plain EIO", "cannot commit a batch: Input/output error"},
        {"plain short", "cannot commit a batch: Input/output error"},
        {"plain ENOSPC", "cannot commit a batch: No space left on device"},
    };
    (void)state;
    struct rig *rig = rig_open("F");
    for (uint32_t index = 0; index < ARRAY_LEN(failures); index++) {
        fail_once(rig, failures[index].rule, failures[index].reason, index);
    }
    rig_judge_and_close(rig);
}

static void disks_that_fail_under_load_lose_and_double_nothing(void **state)
{
    static const char *const rules[] = {"sync EIO", "meta EIO", "meta unsure", "plain ENOSPC",
                                        "plain short"};
    (void)state;
    struct rig *rig = rig_open("L");
    for (int round = 0; round < BAD_DISKS; round++) {
        char rule[64];
        load_run(&rig->load, &rig->world, load_random(&rig->load, ALIVE_MS_MAX / 2));
        (void)snprintf(rule, sizeof rule, "%s from %" PRIu64,
                       rules[load_random(&rig->load, ARRAY_LEN(rules))],
                       1 + load_random(&rig->load, SYNCS_MAX));
        if (round % 2 == 0) {
            bad_disk_control(rig->control, rule);
        } else { /* Or it fails from its start on, and perhaps in it. */
            world_gateway_kill(&rig->world);
            disk_set(rig, rule);
            assert_true(world_gateway_launch(&rig->world));
        }
        await_stop(rig, true);
        restart_well(rig);
    }
    struct bad_disk_journal journal;
    assert_true(bad_disk_journal_read(rig->journal, &journal));
    assert_true(journal.failures >= BAD_DISKS);
    (void)printf("%d disks failed, %u orders and requests, %u sendings repeated\n", BAD_DISKS,
                 (unsigned)oms_requests_count(rig->world.oms),
                 (unsigned)oms_counts(rig->world.oms)->resubmitted);
    rig_judge_and_close(rig);
}

/* --- A machine that loses its power ---------------------------------------------------------- */

/* The store becomes what a disk might have of it. */
static void power_lose(struct rig *rig, struct power_loss_report *report)
{
    struct power_loss *loss = power_loss_open(rig->base, rig->journal);
    assert_non_null(loss);
    uint64_t seed = load_random(&rig->load, UINT64_MAX);
    power_loss_restore(loss, power_loss_moments(loss), seed, rig->world.store_directory, report);
    power_loss_close(loss);
    power_loss_begin(rig->world.store_directory, rig->base, rig->journal);
}

static void power_lost_under_load_loses_and_doubles_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_open("P");
    uint64_t unsynced = 0;
    for (int round = 0; round < POWER_LOSSES; round++) {
        load_run(&rig->load, &rig->world, 1 + load_random(&rig->load, ALIVE_MS_MAX));
        world_gateway_kill(&rig->world);
        if (round % 3 == 1) { /* The process alone died; the power goes later. */
            assert_true(world_gateway_launch(&rig->world));
            load_run(&rig->load, &rig->world, 1 + load_random(&rig->load, ALIVE_MS_MAX));
            world_gateway_kill(&rig->world);
        }
        struct power_loss_report report;
        power_lose(rig, &report);
        unsynced += report.sectors_unsynced;
        assert_true(world_gateway_start(&rig->world));
    }
    (void)printf("%d losses of power, %" PRIu64 " sectors unsynced, %u orders and requests\n",
                 POWER_LOSSES, unsynced, (unsigned)oms_requests_count(rig->world.oms));
    rig_judge_and_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_commit_stops_the_gateway_before_anything_is_let_out),
        cmocka_unit_test(disks_that_fail_under_load_lose_and_double_nothing),
        cmocka_unit_test(power_lost_under_load_loses_and_doubles_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

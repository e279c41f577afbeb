/* The disk runs full: intake stops with a clear reject while a reserve is left, so
 * that executions can still be committed; a commit that really fails stops the
 * process with the reason; nothing acknowledged is lost, and after space has
 * returned a restart goes on. The router runs, and writes to the same store. The store lies on a
 * small tmpfs in a mount namespace of this process; where that is not permitted the test is
 * skipped. */
#define _GNU_SOURCE /* unshare() */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/tools/load.h"

enum {
    ORDERS_PER_SECOND = 400,
    BALLAST_BYTES = 16 << 20,
    FILL_MS = 60000,
    SETTLE_MS = 60000,
    HELD_ORDERS = 200,
};

static const char gateway_more[] = "StoreReserve=6M\nStoreMapInitial=4M\n";
static const char tmpfs_options[] = "size=32m";

static bool file_write(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t size = (ssize_t)strlen(text);
    bool written = file >= 0 && write(file, text, strlen(text)) == size;
    if (file >= 0) {
        (void)close(file);
    }
    return written;
}

/* A mount namespace of our own, as root or as an ordinary user. */
static bool namespace_enter(void)
{
    char map[64];
    uid_t user = getuid();
    gid_t group = getgid();
    if (unshare(CLONE_NEWNS) != 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
            return false;
        }
        (void)file_write("/proc/self/setgroups", "deny");
        (void)snprintf(map, sizeof map, "0 %u 1", (unsigned)user);
        bool mapped = file_write("/proc/self/uid_map", map);
        (void)snprintf(map, sizeof map, "0 %u 1", (unsigned)group);
        if (!mapped || !file_write("/proc/self/gid_map", map)) {
            return false;
        }
    }
    /* In a chroot "/" is no mount point: then there is nothing to keep to ourselves. */
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 || errno == EINVAL;
}

struct disk {
    char directory[200];
    char ballast[220];
    char more_ballast[220];
};

static bool disk_open(struct disk *disk)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(disk->directory, sizeof disk->directory, "%s/fixgate-disk-XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(disk->directory) == NULL ||
        mount("fixgate", disk->directory, "tmpfs", 0, tmpfs_options) != 0) {
        return false;
    }
    (void)snprintf(disk->ballast, sizeof disk->ballast, "%s/ballast", disk->directory);
    (void)snprintf(disk->more_ballast, sizeof disk->more_ballast, "%s/more", disk->directory);
    return true;
}

static void disk_close(struct disk *disk)
{
    (void)umount2(disk->directory, MNT_DETACH);
    (void)rmdir(disk->directory);
}

/* Writes up to `bytes`, or until the disk is full. */
static void ballast_put(const char *path, size_t bytes)
{
    static const char block[4096] = {1};
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    for (size_t put = 0; put < bytes; put += sizeof block) {
        if (write(file, block, sizeof block) != (ssize_t)sizeof block) {
            break;
        }
    }
    (void)close(file);
}

static uint32_t refused_count(const struct world *world)
{
    uint32_t count = 0;
    for (uint32_t index = 0; index < oms_requests_count(world->oms); index++) {
        const struct oms_request *request = oms_request(world->oms, index);
        if (request->answer == '8') {
            assert_non_null(strstr(request->text, "disk")); /* The reject says why. */
            count++;
        }
    }
    return count;
}

static void load_until_refused(struct load *load, struct world *world)
{
    uint64_t deadline_ns = process_now_ns() + FILL_MS * UINT64_C(1000000);
    load->due_ns = 0;
    while (refused_count(world) == 0) {
        assert_true(process_now_ns() < deadline_ns);
        load_step(load, world, 20);
    }
}

static bool gateway_ended(struct world *world, void *context)
{
    (void)context;
    return !process_running(&world->gateway);
}

static void assert_good_order(struct world *world, const char *name)
{
    char request[128];
    (void)snprintf(request, sizeof request, "35=D|11=%s|55=VOD|54=1|38=10|40=1|15=GBX|59=0", name);
    uint32_t index = oms_submit(world->oms, request);
    assert_true(world_await(world, world_all_ended, NULL, SETTLE_MS, "a good order filled"));
    assert_int_equal(oms_request(world->oms, index)->answer, 'A');
    assert_int_equal(oms_request(world->oms, index)->ord_status, '2');
}

static struct world *world_begin(const struct disk *disk, struct load *load)
{
    const struct world_options options = {.brokers_count = 1,
                                          .store_directory = disk->directory,
                                          .gateway_more = gateway_more,
                                          .config_more = "[ROUTER]\nRun=Y\n"};
    load_init(load, load_seed(), ORDERS_PER_SECOND, "D");
    load->amend = false;
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world_open(world, &options);
    assert_true(world_start(world));
    return world;
}

static void intake_stops_while_executions_go_on(void **state)
{
    struct disk disk;
    struct load load;
    (void)state;
    if (!disk_open(&disk)) {
        (void)printf("skipped: no tmpfs can be mounted here (%s)\n", strerror(errno));
        skip();
    }
    ballast_put(disk.ballast, BALLAST_BYTES);
    struct world *world = world_begin(&disk, &load);
    load_until_refused(&load, world);
    /* All that was acknowledged before is executed all the same. */
    assert_true(world_await(world, world_all_ended, NULL, SETTLE_MS, "accepted orders executed"));
    assert_true(process_running(&world->gateway));
    assert_int_equal(unlink(disk.ballast), 0);
    assert_int_equal(process_end(&world->gateway, SIGTERM, 15000), 0);
    assert_true(world_gateway_start(world));
    assert_good_order(world, "AFTER-1");
    assert_true(world_judge(world));
    assert_true(world_close(world));
    free(world);
    disk_close(&disk);
}

static void a_commit_that_fails_stops_the_process_and_loses_nothing(void **state)
{
    struct disk disk;
    struct load load;
    (void)state;
    if (!disk_open(&disk)) {
        (void)printf("skipped: no tmpfs can be mounted here (%s)\n", strerror(errno));
        skip();
    }
    ballast_put(disk.ballast, BALLAST_BYTES);
    struct world *world = world_begin(&disk, &load);
    assert_int_equal(world_broker_control(world, 0, "hold"), 0);
    load.due_ns = 0;
    while (load.number < HELD_ORDERS) {
        load_step(&load, world, 20);
    }
    assert_true(world_await(world, world_all_answered, NULL, SETTLE_MS, "all acknowledged"));
    ballast_put(disk.more_ballast, SIZE_MAX);
    assert_int_equal(world_broker_control(world, 0, "resume"), 0);
    uint64_t deadline_ns = process_now_ns() + SETTLE_MS * UINT64_C(1000000);
    while (!gateway_ended(world, NULL)) {
        assert_true(process_now_ns() < deadline_ns);
        oms_poll(world->oms, 5);
    }
    assert_true(world->gateway.exit_code > 0);
    assert_true(world->gateway.exit_code < 128); /* It stopped; it was not struck down. */
    assert_int_equal(unlink(disk.ballast), 0);
    assert_int_equal(unlink(disk.more_ballast), 0);
    assert_true(world_gateway_start(world));
    assert_good_order(world, "AFTER-2");
    assert_true(world_judge(world));
    assert_true(world_close(world));
    free(world);
    disk_close(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intake_stops_while_executions_go_on),
        cmocka_unit_test(a_commit_that_fails_stops_the_process_and_loses_nothing),
    };
    if (!namespace_enter()) {
        (void)printf("skipped: no mount namespace is permitted here (%s)\n", strerror(errno));
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

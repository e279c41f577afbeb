/* Order in (ZeroMQ) to bytes at the broker's socket, beside what nobody can beat:
 * a bare ZeroMQ-to-TCP relay for Durability=process, and the same relay with one
 * bare fdatasync() per order for Durability=commit. All in one run, one order at
 * a time, so that the figures are latencies and the ratios hold across machines.
 *
 * The "broker" is a socket here that speaks just enough FIX to log on. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fix/builder.h"
#include "fix/message.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/zeromq.h"
#include "tests/tools/sink.h"
#include "tests/tools/world.h"

enum {
    ORDERS = 3000,
    WARM_UP = 300,
    ARRIVAL_MS_MAX = 10000,
    RELAY_SYNC_BYTES = 512, /* About what an order with its records is. */
    BATCH_ORDERS = 100,
};

_Static_assert(ORDERS % BATCH_ORDERS == 0 && WARM_UP % BATCH_ORDERS == 0, "whole batches");

#define HEARTBEAT_NS UINT64_C(2000000000)

/* The relay: its own process, nothing but what it must do. */

static void relay_run(const char *endpoint, uint16_t port, const char *sync_path)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct zeromq zeromq;
    struct zeromq_socket router;
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct zeromq_options options = {.kind = ZEROMQ_ROUTER};
    enum status status = zeromq_open(&zeromq);
    ASSERT(status == STATUS_OK);
    status = zeromq_socket_open(&zeromq, &options, &router, error);
    ASSERT(status == STATUS_OK);
    status = zeromq_bind(&router, endpoint, error);
    ASSERT(status == STATUS_OK);
    int file = sync_path == NULL ? -1 : open(sync_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int out = socket(AF_INET, SOCK_STREAM, 0);
    int yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int connected = connect(out, (const struct sockaddr *)&address, sizeof address);
    ASSERT(connected == 0);
    (void)setsockopt(out, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    static const uint8_t record[RELAY_SYNC_BYTES] = {1};
    struct zeromq_frames frames = {0};
    for (;;) {
        struct zeromq_poll item = {.socket = &router};
        status = zeromq_poll(&item, 1, -1);
        ASSERT(status == STATUS_OK);
        while (zeromq_receive(&router, &frames) == STATUS_OK) {
            if (file >= 0) {
                ssize_t kept = write(file, record, sizeof record);
                int synced = fdatasync(file);
                ASSERT(kept == (ssize_t)sizeof record);
                ASSERT(synced == 0);
            }
            struct span message = frames.list[frames.count - 1];
            ssize_t put = write(out, message.data, message.size);
            ASSERT(put == (ssize_t)message.size);
        }
    }
}

/* Measuring. Four lanes stand side by side and take turns, batch by batch, so that
 * what else the machine and its disk do falls on all of them alike. */

struct lane {
    const char *name;
    struct sink sink;
    struct zeromq zeromq;
    struct zeromq_socket client;
    struct zeromq_frames frames;
    struct world *world; /* A gateway's; NULL: a relay. */
    pid_t relay;
    uint64_t said_ns; /* When we last spoke as the broker. */
    uint32_t sent;
    uint64_t times[ORDERS];
};

static void lane_connect(struct lane *lane, const char *name, const char *endpoint)
{
    char error[ZEROMQ_ERROR_BYTES_MAX];
    struct zeromq_options options = {.kind = ZEROMQ_DEALER, .connected_only_off = true};
    lane->name = name;
    lane->said_ns = clock_monotonic_ns();
    enum status status = zeromq_open(&lane->zeromq);
    ASSERT(status == STATUS_OK);
    status = zeromq_socket_open(&lane->zeromq, &options, &lane->client, error);
    ASSERT(status == STATUS_OK);
    status = zeromq_connect(&lane->client, endpoint, error);
    ASSERT(status == STATUS_OK);
}

static struct lane *lane_relay(const char *name, const struct world *place, bool synced)
{
    struct lane *lane = calloc(1, sizeof *lane);
    ASSERT(lane != NULL);
    char endpoint[PROCESS_PATH_BYTES_MAX + 32];
    char path[PROCESS_PATH_BYTES_MAX + 32];
    (void)snprintf(endpoint, sizeof endpoint, "ipc://%s/relay%d.ipc", place->directory, synced);
    (void)snprintf(path, sizeof path, "%s/relay.data", place->directory);
    sink_open(&lane->sink, "ALPHA", process_free_port(0));
    lane->relay = fork();
    ASSERT(lane->relay >= 0);
    if (lane->relay == 0) {
        relay_run(endpoint, lane->sink.port, synced ? path : NULL);
    }
    sink_accept(&lane->sink);
    lane_connect(lane, name, endpoint);
    return lane;
}

static struct lane *lane_gateway(const char *name, const char *durability)
{
    const struct world_options options = {
        .brokers_count = 1, .durability = durability, .foreign_brokers = 1, .drop_copy_off = true};
    struct lane *lane = calloc(1, sizeof *lane);
    struct world *world = calloc(1, sizeof *world);
    ASSERT(lane != NULL);
    ASSERT(world != NULL);
    lane->world = world;
    world_open(world, &options);
    sink_open(&lane->sink, "ALPHA", world->brokers[0].port);
    bool started = world_gateway_start(world);
    ASSERT(started);
    sink_log_on(&lane->sink);
    lane_connect(lane, name, world->order_entry_endpoint);
    return lane;
}

static void lane_close(struct lane *lane)
{
    zeromq_frames_release(&lane->frames);
    zeromq_socket_close(&lane->client);
    zeromq_close(&lane->zeromq);
    if (lane->world != NULL) {
        world_gateway_kill(lane->world);
        (void)world_close(lane->world);
        free(lane->world);
    } else {
        (void)kill(lane->relay, SIGKILL);
        (void)waitpid(lane->relay, NULL, 0);
    }
    sink_close(&lane->sink);
    free(lane);
}

/* One order, from the send to its bytes at the sink. */
static void lane_order(struct lane *lane)
{
    char order[320];
    char marker[48];
    (void)snprintf(marker, sizeof marker, "526=B%" PRIu32 "\001", lane->sent);
    (void)snprintf(order, sizeof order,
                   "8=FIX.4.4\00135=D\00149=BENCH\00111=B%" PRIu32
                   "\001%s1=ISA-204817\00155=VOD\00154=1\00138=100\00140=2\00144=71.24\00115=GBX"
                   "\00159=0\00160=20261120-09:00:00.000\001",
                   lane->sent, marker);
    struct span frame = span_text(order);
    uint64_t begin_ns = clock_monotonic_ns();
    enum status status = zeromq_send(&lane->client, &frame, 1);
    ASSERT(status == STATUS_OK);
    while (!sink_holds(&lane->sink, marker)) {
        bool came = sink_read(&lane->sink, ARRIVAL_MS_MAX);
        ASSERT(came);
    }
    uint64_t end_ns = clock_monotonic_ns();
    lane->sink.used = 0;
    if (lane->sent >= WARM_UP) {
        lane->times[lane->sent - WARM_UP] = end_ns - begin_ns;
    }
    lane->sent++;
    while (zeromq_receive(&lane->client, &lane->frames) == STATUS_OK) {
    }
}

/* A batch of orders; the session is kept alive. */
static void lane_run(struct lane *lane, uint32_t orders)
{
    for (uint32_t count = 0; count < orders; count++) {
        uint64_t now_ns = clock_monotonic_ns();
        if (lane->world != NULL && now_ns - lane->said_ns > HEARTBEAT_NS) {
            sink_say(&lane->sink, "0", span_of(NULL, 0));
            lane->said_ns = now_ns;
        }
        lane_order(lane);
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void print_ratio(uint64_t part, uint64_t whole)
{
    uint64_t hundredths = part * 100 / whole;
    (void)printf("  %3" PRIu64 ".%02" PRIu64 " x", hundredths / 100, hundredths % 100);
}

/* `limit` is what the lane is measured against, or NULL. */
static void lane_print(struct lane *lane, const struct lane *limit)
{
    uint64_t *times = lane->times;
    qsort(times, ORDERS, sizeof times[0], compare);
    (void)printf("  %-34s %9" PRIu64 " %9" PRIu64, lane->name, times[ORDERS / 2] / 1000,
                 times[ORDERS * 99 / 100] / 1000);
    if (limit != NULL) {
        print_ratio(times[ORDERS / 2], limit->times[ORDERS / 2]);
        print_ratio(times[ORDERS * 99 / 100], limit->times[ORDERS * 99 / 100]);
    }
    (void)printf("\n");
}

int main(void)
{
    const struct world_options options = {.brokers_count = 1};
    struct world *place = calloc(1, sizeof *place);
    ASSERT(place != NULL);
    world_open(place, &options); /* For its directory: on the disk where the stores are. */
    struct lane *lanes[] = {
        lane_relay("bare relay", place, false),
        lane_gateway("fixgate, Durability=process", "process"),
        lane_relay("bare relay and one fdatasync", place, true),
        lane_gateway("fixgate, Durability=commit", "commit"),
    };
    for (uint32_t sent = 0; sent < WARM_UP + ORDERS; sent += BATCH_ORDERS) {
        for (size_t index = 0; index < ARRAY_LEN(lanes); index++) {
            lane_run(lanes[index], BATCH_ORDERS);
        }
    }
    (void)printf(
        "Order in (ZeroMQ) to bytes at the broker's socket, one at a time, %d orders each\n"
        "  %-34s %9s %9s   %s\n",
        ORDERS, "", "p50 us", "p99 us", "beside the relay: p50, p99");
    for (size_t index = 0; index < ARRAY_LEN(lanes); index++) {
        lane_print(lanes[index], index % 2 == 1 ? lanes[index - 1] : NULL);
    }
    for (size_t index = 0; index < ARRAY_LEN(lanes); index++) {
        lane_close(lanes[index]);
    }
    (void)world_close(place);
    free(place);
    return 0;
}

/* The demo: orders of a retail platform go through the gateway to two brokers; a
 * broker and the gateway itself are killed on the way; an audit says what became
 * of every order. `demo --keep-running` leaves the same world running instead. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/tools/world.h"

enum {
    LINES_MAX = 4096,
    LINE_BYTES_MAX = 512,
    SEND_INTERVAL_MS = 65,    /* Some fifteen requests a second: half a minute in all. */
    KILL_BROKER_PERCENT = 30, /* Of the lines sent. */
    WAKE_BROKER_PERCENT = 45,
    KILL_GATEWAY_PERCENT = 65,
    WAKE_GATEWAY_PERCENT = 69,
    SETTLE_QUIET_MS = 2500, /* Longer than a broker of ours takes to fill. */
    SETTLE_LIMIT_MS = 30000,
    PLAIN_INTERVAL_MS = 2000,
    BAR_CELLS = 24,
    PORT_FIRST = 19101,
};

struct demo {
    struct world world;
    char (*lines)[LINE_BYTES_MAX];
    uint32_t lines_count;
    uint32_t sent;
    bool terminal;
    uint64_t begin_ns;
    uint64_t printed_ns;
    uint64_t events_seen; /* For the wait until nothing moves any more. */
    uint64_t events_changed_ns;
};

static const char *const broker_arguments[] = {"--ack-latency",
                                               "25",
                                               "--fill-latency",
                                               "400",
                                               "--partial-fills",
                                               "2",
                                               "--reject-rate",
                                               "2",
                                               "--fill-rate",
                                               "93",
                                               NULL};

static const char help[] =
    "demo: shows fixgate at work between an OMS and two brokers\n"
    "\n"
    "  demo                  plays config/demo-orders.fix on a fresh store, kills a broker\n"
    "                        and the gateway with SIGKILL on the way, prints an audit\n"
    "  demo --keep-running   starts the same world in ./run and leaves it running\n"
    "\n"
    "Exit status: 0 if no order was lost or doubled, 1 if one was, 2 for wrong options.\n";

static uint64_t elapsed_ms(const struct demo *demo)
{
    return (process_now_ns() - demo->begin_ns) / UINT64_C(1000000);
}

/* One line about what happens now. */
static void say(const struct demo *demo, const char *text)
{
    uint64_t tenths = elapsed_ms(demo) / 100;
    (void)printf("%s%3" PRIu64 ".%" PRIu64 " s  %s\n", demo->terminal ? "\r\033[K" : "",
                 tenths / 10, tenths % 10, text);
    (void)fflush(stdout);
}

/* Where it stands, as the OMS sees it: one line that is written over and over on
 * a terminal, a new line now and then elsewhere. */
static void progress(struct demo *demo)
{
    uint64_t now_ns = process_now_ns();
    const struct oms_counts *counts = oms_counts(demo->world.oms);
    if (!demo->terminal && now_ns - demo->printed_ns < PLAIN_INTERVAL_MS * UINT64_C(1000000)) {
        return;
    }
    demo->printed_ns = now_ns;
    char text[160];
    char bar[BAR_CELLS + 1];
    for (uint32_t cell = 0; cell < BAR_CELLS; cell++) {
        bar[cell] = cell * demo->lines_count < demo->sent * BAR_CELLS ? '#' : '.';
    }
    bar[BAR_CELLS] = '\0';
    (void)snprintf(text, sizeof text,
                   "[%s] %3" PRIu32 " of %" PRIu32 " sent, %3" PRIu64
                   " without an answer, %3" PRIu64 " orders open, %4" PRIu64 " events",
                   bar, demo->sent, demo->lines_count, counts->unanswered, counts->open_orders,
                   counts->events);
    if (!demo->terminal) {
        say(demo, text);
        return;
    }
    uint64_t tenths = elapsed_ms(demo) / 100;
    (void)printf("\r\033[K%3" PRIu64 ".%" PRIu64 " s  %s", tenths / 10, tenths % 10, text);
    (void)fflush(stdout);
}

static bool lines_read(struct demo *demo, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        (void)fprintf(stderr, "demo: cannot read %s; run it from the sources' root\n", path);
        return false;
    }
    demo->lines = calloc(LINES_MAX, sizeof demo->lines[0]);
    ASSERT(demo->lines != NULL);
    char line[LINE_BYTES_MAX];
    while (demo->lines_count < LINES_MAX && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '#' && line[0] != '\0') {
            memcpy(demo->lines[demo->lines_count++], line, sizeof line);
        }
    }
    (void)fclose(file);
    return demo->lines_count > 0;
}

/* The acts. Each happens once, when so much of the file has been sent. */

static bool act_kill_broker(struct demo *demo)
{
    world_broker_kill(&demo->world, 1);
    say(demo, "broker BETA is killed with -9; its orders wait, ALPHA takes the new ones");
    return true;
}

static bool act_wake_broker(struct demo *demo)
{
    say(demo, "BETA is started again: the sessions recover what is missing, both ways");
    return world_broker_start(&demo->world, 1);
}

static bool act_kill_gateway(struct demo *demo)
{
    world_gateway_kill(&demo->world);
    say(demo, "the gateway is killed with -9; the OMS keeps trying");
    return true;
}

static bool act_wake_gateway(struct demo *demo)
{
    say(demo, "the gateway is started again on the same store");
    return world_gateway_start(&demo->world);
}

static bool acts(struct demo *demo)
{
    static const struct {
        uint32_t percent;
        bool (*act)(struct demo *demo);
    } script[] = {
        {KILL_BROKER_PERCENT, act_kill_broker},
        {WAKE_BROKER_PERCENT, act_wake_broker},
        {KILL_GATEWAY_PERCENT, act_kill_gateway},
        {WAKE_GATEWAY_PERCENT, act_wake_gateway},
    };
    for (size_t index = 0; index < ARRAY_LEN(script); index++) {
        uint32_t at = demo->lines_count * script[index].percent / 100;
        if (demo->sent == at && !script[index].act(demo)) {
            return false;
        }
    }
    return true;
}

static bool play(struct demo *demo)
{
    uint64_t next_ns = process_now_ns();
    while (demo->sent < demo->lines_count) {
        (void)oms_submit(demo->world.oms, demo->lines[demo->sent++]);
        next_ns += (uint64_t)SEND_INTERVAL_MS * UINT64_C(1000000);
        if (!acts(demo)) {
            return false;
        }
        while (process_now_ns() < next_ns) {
            oms_poll(demo->world.oms, SEND_INTERVAL_MS / 4);
        }
        progress(demo);
    }
    return true;
}

/* Everything has its answer and nothing has moved for a while. */
static bool settled(struct world *world, void *context)
{
    struct demo *demo = context;
    const struct oms_counts *counts = oms_counts(world->oms);
    uint64_t now_ns = process_now_ns();
    if (counts->events != demo->events_seen || counts->unanswered > 0) {
        demo->events_seen = counts->events;
        demo->events_changed_ns = now_ns;
    }
    progress(demo);
    return now_ns - demo->events_changed_ns > (uint64_t)SETTLE_QUIET_MS * UINT64_C(1000000);
}

static int summary(struct demo *demo)
{
    struct audit *audit = calloc(1, sizeof *audit);
    ASSERT(audit != NULL);
    world_audit(&demo->world, audit);
    bool good = audit_good(audit) && audit->counts.unanswered == 0;
    (void)printf("\nWhat became of every order, from the OMS's own record and the brokers' own "
                 "books:\n\n");
    audit_print(audit, stdout);
    (void)printf("\n%s\n", good ? "No order was lost and none executed twice."
                                : "THIS IS NOT RIGHT. See the lines with '!'.");
    if (!good) {
        (void)world_fail(&demo->world, "the audit found faults");
    }
    audit_free(audit);
    free(audit);
    return good ? 0 : 1;
}

static int demo_run(struct demo *demo)
{
    const struct world_options options = {.brokers_count = 2, .broker_arguments = broker_arguments};
    if (!lines_read(demo, "config/demo-orders.fix")) {
        return 2;
    }
    world_open(&demo->world, &options);
    say(demo, "starting brokers ALPHA and BETA (QuickFIX) and the gateway on a fresh store");
    int status = 1;
    if (world_start(&demo->world)) {
        say(demo, "all are up; the OMS sends config/demo-orders.fix");
        bool played = play(demo);
        if (played && world_await(&demo->world, settled, demo, SETTLE_LIMIT_MS,
                                  "all requests answered and nothing moving")) {
            say(demo, "all sent; nothing moves any more");
        }
        status = summary(demo);
        status = played && !demo->world.failed ? status : 1;
    }
    bool ended = world_close(&demo->world);
    free(demo->lines);
    return ended ? status : 1;
}

/* `make run`. */

static void print_ideas(const struct demo *demo)
{
    const struct world *world = &demo->world;
    (void)printf("\nRunning: brokers ALPHA (port %u) and BETA (port %u), and fixgate.\n"
                 "Configuration, logs, store and the brokers' books are in %s.\n\n"
                 "Try in another terminal:\n\n",
                 (unsigned)world->brokers[0].port, (unsigned)world->brokers[1].port,
                 world->directory);
    (void)printf("  # watch the bus\n  %s/fixgate tail -c run/fixgate.cfg\n\n", world->programs);
    (void)printf(
        "  # one order, and the whole demo file (again and again: it is safe)\n"
        "  echo '35=D|11=MINE-1|55=VOD|54=1|38=100|40=2|44=71.2|15=GBX|59=0|60=20261120-09:30:00' "
        "| "
        "%s/fixgate submit -c run/fixgate.cfg\n"
        "  %s/fixgate submit -c run/fixgate.cfg config/demo-orders.fix\n\n",
        world->programs, world->programs);
    (void)printf("  # make a broker awkward, or see its book\n"
                 "  %s/broker --control run/BETA drop\n  %s/broker --control run/ALPHA help\n"
                 "  %s/broker --audit run/ALPHA run/BETA\n\nCtrl-C ends it.\n",
                 world->programs, world->programs, world->programs);
    (void)fflush(stdout);
}

static int demo_keep_running(struct demo *demo)
{
    char directory[PROCESS_PATH_BYTES_MAX];
    char *here = getcwd(directory, sizeof directory - sizeof "/run");
    ASSERT(here != NULL);
    (void)strcat(directory, "/run");
    const struct world_options options = {.brokers_count = 2,
                                          .broker_arguments = broker_arguments,
                                          .directory = directory,
                                          .port_first = PORT_FIRST};
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    world_open(&demo->world, &options);
    int status = 1;
    if (world_broker_start(&demo->world, 0) && world_broker_start(&demo->world, 1) &&
        world_gateway_start(&demo->world)) {
        print_ideas(demo);
        int caught = 0;
        status = sigwait(&ends, &caught) == 0 ? 0 : 1;
        (void)printf("\nEnding.\n");
    }
    (void)world_close(&demo->world);
    return status;
}

int main(int argc, char **argv)
{
    struct demo *demo = calloc(1, sizeof *demo);
    ASSERT(demo != NULL);
    demo->terminal = isatty(1) == 1;
    demo->begin_ns = process_now_ns();
    int status = 2;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(help, stdout);
        status = 0;
    } else if (argc == 2 && strcmp(argv[1], "--keep-running") == 0) {
        status = demo_keep_running(demo);
    } else if (argc == 1) {
        status = demo_run(demo);
    } else {
        (void)fputs(help, stderr);
    }
    free(demo);
    return status;
}

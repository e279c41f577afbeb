/* The OMS as a program of its own: plays a file of orders, or audits what it wrote
 * down against the brokers' books. */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/tools/world.h"

enum {
    LINE_BYTES_MAX = 1024,
    QUIET_MS = 3000,
    ANSWER_LIMIT_MS = 60000,
    RATE_DEFAULT = 50,
    RATE_MAX = 100000,
    POLL_MS = 20,
};

static const char help[] =
    "oms: an order management system on the other side of fixgate\n"
    "\n"
    "  oms play DIR FILE [RATE]           send the orders of FILE (FIX 4.4, '|' for SOH, one per\n"
    "                                     line), RATE per second (50), to the gateway whose\n"
    "                                     order-entry.ipc, bus.ipc and replay.ipc are in DIR;\n"
    "                                     journal in DIR/oms.log; ends when all is quiet\n"
    "  oms audit DIR/oms.log BROKERDIR…   what became of every order, by that journal and the\n"
    "                                     brokers' own books, when all orders were this OMS's\n"
    "\n"
    "With `make run` in another terminal:\n"
    "  oms play $PWD/run config/demo-orders.fix && oms audit run/oms.log run/ALPHA run/BETA\n"
    "\n"
    "Exit status: 0 fine, 1 something is lost, doubled, wrong or unanswered, 2 wrong options.\n";

static int usage(void)
{
    (void)fputs(help, stderr);
    return 2;
}

static uint64_t after_ms(uint64_t milliseconds)
{
    return process_now_ns() + milliseconds * UINT64_C(1000000);
}

static void poll_until(struct oms *oms, uint64_t until_ns)
{
    for (uint64_t now_ns = process_now_ns(); now_ns < until_ns; now_ns = process_now_ns()) {
        uint64_t left_ms = (until_ns - now_ns) / UINT64_C(1000000);
        oms_poll(oms, left_ms < POLL_MS ? (int)left_ms : POLL_MS);
    }
}

/* Until everything has its answer and the bus was quiet for a while. */
static bool settle(struct oms *oms)
{
    uint64_t limit_ns = after_ms(ANSWER_LIMIT_MS);
    uint64_t quiet_ns = after_ms(QUIET_MS);
    uint64_t events = oms_counts(oms)->events;
    while (process_now_ns() < quiet_ns && process_now_ns() < limit_ns) {
        oms_poll(oms, POLL_MS);
        if (oms_counts(oms)->events != events || oms_counts(oms)->unanswered > 0) {
            events = oms_counts(oms)->events;
            quiet_ns = after_ms(QUIET_MS);
        }
    }
    return oms_counts(oms)->unanswered == 0;
}

static void send_file(struct oms *oms, FILE *file, uint64_t rate)
{
    char line[LINE_BYTES_MAX];
    uint64_t due_ns = process_now_ns();
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strncmp(line, "35=", 3) != 0) {
            continue; /* A comment. */
        }
        poll_until(oms, due_ns);
        (void)oms_submit(oms, line);
        due_ns += UINT64_C(1000000000) / rate;
    }
}

static int play(const char *directory, const char *orders, uint64_t rate)
{
    char order_entry[PROCESS_PATH_BYTES_MAX];
    char bus[PROCESS_PATH_BYTES_MAX];
    char replay[PROCESS_PATH_BYTES_MAX];
    char journal[PROCESS_PATH_BYTES_MAX];
    (void)snprintf(order_entry, sizeof order_entry, "ipc://%s/order-entry.ipc", directory);
    (void)snprintf(bus, sizeof bus, "ipc://%s/bus.ipc", directory);
    (void)snprintf(replay, sizeof replay, "ipc://%s/replay.ipc", directory);
    (void)snprintf(journal, sizeof journal, "%s/oms.log", directory);
    const struct oms_config config = {.comp_id = "OMS",
                                      .order_entry_endpoint = order_entry,
                                      .bus_endpoint = bus,
                                      .replay_endpoint = replay,
                                      .journal_path = journal,
                                      .resubmit_ns = UINT64_C(1000000000)};
    if (access(journal, F_OK) == 0) {
        (void)fprintf(stderr, "oms: %s is there already: a journal tells one life; move it away\n",
                      journal);
        return 1;
    }
    FILE *file = fopen(orders, "re");
    struct oms *oms = file != NULL ? oms_open(&config) : NULL;
    if (oms == NULL) {
        (void)fprintf(stderr, "oms: cannot read %s, or cannot open the OMS\n", orders);
        if (file != NULL) {
            (void)fclose(file);
        }
        return 1;
    }
    send_file(oms, file, rate);
    (void)fclose(file);
    bool answered = settle(oms);
    (void)printf("%" PRIu64 " requests, %" PRIu64 " without an answer, %" PRIu64 " events\n",
                 oms_counts(oms)->submitted, oms_counts(oms)->unanswered, oms_counts(oms)->events);
    oms_close(oms);
    return answered ? 0 : 1;
}

static int audit(const char *journal, char **directories, int count)
{
    struct audit *audit = calloc(1, sizeof *audit);
    ASSERT(audit != NULL);
    audit_init(audit);
    (void)audit_journal(audit, journal);
    if (audit_brokers(audit, (const char *const *)directories, (uint32_t)count)) {
        for (int index = 0; index < count; index++) {
            (void)audit_wire(audit, audit->broker_names[index], directories[index]);
        }
    }
    audit_judge(audit);
    audit_print(audit, stdout);
    bool good = audit_good(audit) && audit->counts.unanswered == 0;
    audit_free(audit);
    free(audit);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc >= 4 && strcmp(argv[1], "audit") == 0 && argc - 3 <= AUDIT_BROKERS_MAX) {
        return audit(argv[2], argv + 3, argc - 3);
    }
    if ((argc == 4 || argc == 5) && strcmp(argv[1], "play") == 0) {
        uint64_t rate = argc == 5 ? strtoull(argv[4], NULL, 10) : RATE_DEFAULT;
        return rate >= 1 && rate <= RATE_MAX ? play(argv[2], argv[3], rate) : usage();
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(help, stdout);
        return 0;
    }
    return usage();
}

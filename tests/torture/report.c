#include "tests/torture/report.h"

#include <inttypes.h>
#include <stdarg.h>

enum {
    TERMINAL_MS = 250,
    PLAIN_MS = 30000,
    /* Memory may differ from round to round with what is open and how long it has run; it may
     * not grow: the later half of the rounds against the earlier. A router in it has read 50,000
     * events at once when it started, a moment ago or long since. */
    MEMORY_SLACK_KIB = 16 * 1024,
    MEMORY_SLACK_ROUTER_KIB = 64 * 1024,
};

static const uint64_t NS_PER_MS = 1000000;

static FILE *words_to(const struct report *report)
{
    return report->json ? stderr : stdout;
}

static unsigned seconds_of(const struct report *report)
{
    return (unsigned)((process_now_ns() - report->begin_ns) / (1000 * NS_PER_MS));
}

static uint64_t restarts(const struct arena_counts *parts)
{
    return parts->gateway_starts + parts->broker_starts + parts->oms_starts + parts->router_starts;
}

void report_progress(struct report *report, const struct arena *arena, const struct blows *blows)
{
    uint64_t now_ns = process_now_ns();
    uint64_t every_ms = report->terminal ? TERMINAL_MS : PLAIN_MS;
    if (now_ns - report->printed_ns < every_ms * NS_PER_MS) {
        return;
    }
    report->printed_ns = now_ns;
    uint64_t struck = 0;
    for (size_t kind = 0; kind < BLOW_KINDS; kind++) {
        struck += blows->struck[kind];
    }
    FILE *to = words_to(report);
    (void)fprintf(to,
                  "%s%4u s of %u, round %u: %" PRIu64 " orders, %" PRIu64 " blows, %" PRIu64
                  " restarts; ",
                  report->terminal ? "\r\033[K" : "", seconds_of(report),
                  (unsigned)(report->planned_ms / 1000), (unsigned)report->rounds + 1,
                  report->past.submitted + arena->load.number, struck,
                  restarts(&report->past_parts) + restarts(&arena->counts));
    if (arena->world.oms != NULL) {
        const struct oms_counts *counts = oms_counts(arena->world.oms);
        (void)fprintf(to, "open %" PRIu64 ", unanswered %" PRIu64, counts->open_orders,
                      counts->unanswered);
    } else {
        (void)fputs("the OMS is dead", to);
    }
    (void)fprintf(to, "; %s%s", blows->last, report->terminal ? "" : "\n");
    (void)fflush(to);
}

void report_say(struct report *report, const char *format, ...)
{
    FILE *to = words_to(report);
    va_list arguments;
    (void)fprintf(to, "%s%4u s  ", report->terminal ? "\r\033[K" : "", seconds_of(report));
    va_start(arguments, format);
    (void)vfprintf(to, format, arguments);
    va_end(arguments);
    (void)fputc('\n', to);
    (void)fflush(to);
}

void report_round(struct report *report, const struct arena *arena, uint64_t settle_ms)
{
    ASSERT(report->rounds < REPORT_ROUNDS_MAX);
    uint64_t memory_kib = arena_memory_kib(arena);
    report->router_of[report->rounds] = arena->options.router;
    report->memory_kib[report->rounds++] = memory_kib;
    if (settle_ms > report->settle_ms_max) {
        report->settle_ms_max = settle_ms;
    }
    const struct audit_counts *counts = &report->verdict.counts;
    report_say(
        report,
        "round %u: at rest after %u.%u s; %" PRIu64 " orders, %" PRIu64 " executions, %" PRIu64
        " lost, %" PRIu64 " doubled, %" PRIu64 " unexplained; gateway %" PRIu64 ".%" PRIu64 " MiB",
        (unsigned)report->rounds, (unsigned)(settle_ms / 1000), (unsigned)(settle_ms / 100 % 10),
        counts->submitted, counts->executions, counts->lost, counts->doubled,
        report->verdict.unexplained, memory_kib / 1024, memory_kib % 1024 * 10 / 1024);
}

static void parts_add(struct arena_counts *sum, const struct arena_counts *more)
{
    sum->gateway_starts += more->gateway_starts;
    sum->broker_starts += more->broker_starts;
    sum->oms_starts += more->oms_starts;
    sum->router_starts += more->router_starts;
    sum->forced += more->forced;
    sum->moved += more->moved;
    sum->kills_proven += more->kills_proven;
    sum->failovers += more->failovers;
    sum->disk_stops += more->disk_stops;
    sum->power_losses += more->power_losses;
    sum->sectors_unsynced += more->sectors_unsynced;
    sum->sectors_landed += more->sectors_landed;
}

void report_world(struct report *report, const struct arena *arena, uint64_t requests,
                  uint64_t resubmitted)
{
    const struct audit_counts *counts = &report->verdict.counts;
    struct audit_counts *past = &report->past;
    past->submitted += counts->submitted;
    past->acknowledged += counts->acknowledged;
    past->refused += counts->refused;
    past->executed += counts->executed;
    past->executions += counts->executions;
    past->cancelled += counts->cancelled;
    past->rejected += counts->rejected;
    past->expired += counts->expired;
    past->events += counts->events;
    past->wire_messages += counts->wire_messages;
    past->wire_repeats += counts->wire_repeats;
    past->lost += counts->lost;
    past->doubled += counts->doubled;
    past->faults += report->verdict.unexplained;
    parts_add(&report->past_parts, &arena->counts);
    report->past_requests += requests;
    report->past_resubmitted += resubmitted;
    report->worlds[arena->options.commit ? 1 : 0]++;
    report->routers[arena->options.router]++;
    report->disk_small = arena->disk.small;
    report->verdict = (struct verdict){.good = true};
}

/* The most that it took in the earlier and in the later half of the rounds whose worlds had their
 * router so. False: they are too few. */
static bool memory_halves(const struct report *report, enum arena_router router, uint64_t most[2])
{
    enum { ROUNDS_MIN = 4 };
    uint32_t count = 0;
    uint32_t seen = 0;
    most[0] = 0;
    most[1] = 0;
    for (uint32_t round = 0; round < report->rounds; round++) {
        count += report->router_of[round] == router ? 1 : 0;
    }
    for (uint32_t round = 0; round < report->rounds; round++) {
        if (report->router_of[round] == router) {
            uint64_t *half = &most[seen++ < count / 2 ? 0 : 1];
            *half = report->memory_kib[round] > *half ? report->memory_kib[round] : *half;
        }
    }
    return count >= ROUNDS_MIN;
}

static bool memory_flat(const struct report *report)
{
    uint64_t most[2];
    for (uint32_t router = 0; router < ARENA_ROUTERS_COUNT; router++) {
        uint64_t slack_kib =
            router == ARENA_ROUTER_THREAD ? MEMORY_SLACK_ROUTER_KIB : MEMORY_SLACK_KIB;
        if (memory_halves(report, (enum arena_router)router, most) &&
            most[1] > most[0] + slack_kib) {
            return false;
        }
    }
    return true;
}

bool report_good(const struct report *report)
{
    return report->failure[0] == '\0' && report->past.lost == 0 && report->past.doubled == 0 &&
           report->past.faults == 0 && report->rounds > 0 && memory_flat(report);
}

/* --- At the end ------------------------------------------------------------------------------ */

static void print_blows(const struct report *report)
{
    (void)printf("\nblows\n");
    for (size_t kind = 0; kind < BLOW_KINDS; kind++) {
        (void)printf("  %6" PRIu64 "  %s\n", report->struck[kind], blow_text((enum blow_kind)kind));
    }
    (void)printf("  %6" PRIu64 "  passed over: what they were meant for lay already, or is not to "
                 "be had here\n",
                 report->passed_over);
}

static void print_means(const struct report *report)
{
    const struct network *network = report->network;
    if (network->there) {
        (void)printf("  network        namespaces of its own; loss by %s; one way only: %s\n",
                     network->loss != NULL ? network->loss : "nothing (no netem, no tbf)",
                     network->one_way ? "yes" : "no");
    } else {
        (void)printf("  network        lines only: %s\n", network->why);
    }
    (void)printf("  disk           %s; failing writes and syncs, and losses of power, by preload\n",
                 report->disk_small ? "a small file system of its own, filled up"
                                    : "none of its own: full by preload");
}

static void print_text(const struct report *report)
{
    const struct audit_counts *sum = &report->past;
    const struct arena_counts *parts = &report->past_parts;
    (void)printf("\nTorture of %u s, seed %" PRIu64 ", %u rounds in %" PRIu64 " worlds\n\n",
                 seconds_of(report), report->seed, (unsigned)report->rounds,
                 report->worlds[0] + report->worlds[1]);
    (void)printf("  orders         %" PRIu64 " (%" PRIu64 " acknowledged, %" PRIu64
                 " refused at the door)\n",
                 sum->submitted, sum->acknowledged, sum->refused);
    (void)printf("  requests       %" PRIu64 ", %" PRIu64 " sendings repeated\n",
                 report->past_requests, report->past_resubmitted);
    (void)printf("  executions     %" PRIu64 "; orders filled %" PRIu64 ", cancelled %" PRIu64
                 ", rejected %" PRIu64 "\n",
                 sum->executions, sum->executed, sum->cancelled, sum->rejected);
    (void)printf("  bus, wire      %" PRIu64 " events without a gap; %" PRIu64
                 " numbered messages at the brokers, %" PRIu64 " came again alike\n",
                 sum->events, sum->wire_messages, sum->wire_repeats);
    (void)printf("  restarts       gateway %" PRIu64 ", brokers %" PRIu64 ", OMS %" PRIu64 "\n",
                 parts->gateway_starts, parts->broker_starts, parts->oms_starts);
    (void)printf("  durability     commit in %" PRIu64 " worlds, process in %" PRIu64 "; %" PRIu64
                 " losses of power (%" PRIu64 " of %" PRIu64 " unsynced sectors landed), %" PRIu64
                 " stops of the gateway by a bad disk\n",
                 report->worlds[1], report->worlds[0], parts->power_losses, parts->sectors_landed,
                 parts->sectors_unsynced, parts->disk_stops);
    (void)printf("  router        ");
    for (uint32_t kind = 0; kind < ARENA_ROUTERS_COUNT; kind++) {
        (void)printf("%s %s in %" PRIu64, kind > 0 ? "," : "",
                     arena_router_text((enum arena_router)kind), report->routers[kind]);
    }
    (void)printf(" worlds; started %" PRIu64 " times\n", parts->router_starts);
    (void)printf("  operators      %" PRIu64 " failovers begun, %" PRIu64
                 " kill switches proven and put off, %" PRIu64 " orders forced on, %" PRIu64
                 " moved\n",
                 parts->failovers, parts->kills_proven, parts->forced, parts->moved);
    (void)printf("  settling       at most %u.%u s\n", (unsigned)(report->settle_ms_max / 1000),
                 (unsigned)(report->settle_ms_max / 100 % 10));
    for (uint32_t router = 0; router < ARENA_ROUTERS_COUNT; router++) {
        uint64_t most[2];
        if (memory_halves(report, (enum arena_router)router, most)) {
            (void)printf("  memory         %s: gateway at most %" PRIu64
                         " KiB in the first half of the rounds, %" PRIu64 " KiB in the second\n",
                         arena_router_text((enum arena_router)router), most[0], most[1]);
        }
    }
    (void)fputs(memory_flat(report) ? "" : "  memory         IT GROWS\n", stdout);
    print_means(report);
    print_blows(report);
    (void)printf("\n  lost           %" PRIu64 "\n  doubled        %" PRIu64
                 "\n  unexplained    %" PRIu64 "\n\n",
                 sum->lost, sum->doubled, sum->faults);
    (void)printf("%s%s\n",
                 report_good(report) ? "Nothing lost, nothing doubled, nothing unexplained."
                                     : "THIS IS NOT RIGHT. ",
                 report->failure);
    if (report->kept != NULL) {
        (void)printf("Everything is kept in %s\n", report->kept);
    }
}

static void pair(const char *name, uint64_t number)
{
    (void)printf("\"%s\":%" PRIu64 ",", name, number);
}

static void print_json(const struct report *report)
{
    const struct audit_counts *sum = &report->past;
    const struct arena_counts *parts = &report->past_parts;
    (void)putchar('{');
    pair("seed", report->seed);
    pair("seconds", seconds_of(report));
    pair("rounds", report->rounds);
    pair("orders", sum->submitted);
    pair("acknowledged", sum->acknowledged);
    pair("refused", sum->refused);
    pair("requests", report->past_requests);
    pair("resubmissions", report->past_resubmitted);
    pair("executions", sum->executions);
    pair("filled", sum->executed);
    pair("cancelled", sum->cancelled);
    pair("rejected", sum->rejected);
    pair("events", sum->events);
    pair("wire_messages", sum->wire_messages);
    pair("wire_repeats", sum->wire_repeats);
    pair("gateway_starts", parts->gateway_starts);
    pair("broker_starts", parts->broker_starts);
    pair("oms_starts", parts->oms_starts);
    pair("router_starts", parts->router_starts);
    pair("failovers", parts->failovers);
    pair("kills_proven", parts->kills_proven);
    pair("orders_forced", parts->forced);
    pair("orders_moved", parts->moved);
    pair("worlds_router_none", report->routers[ARENA_ROUTER_NONE]);
    pair("worlds_router_thread", report->routers[ARENA_ROUTER_THREAD]);
    pair("worlds_router_process", report->routers[ARENA_ROUTER_PROCESS]);
    pair("worlds_commit", report->worlds[1]);
    pair("worlds_process", report->worlds[0]);
    pair("power_losses", parts->power_losses);
    pair("sectors_unsynced", parts->sectors_unsynced);
    pair("disk_stops", parts->disk_stops);
    pair("settle_ms_max", report->settle_ms_max);
    (void)printf("\"network\":%s,\"one_way\":%s,\"loss\":\"%s\",\"disk\":%s,\"blows\":{",
                 report->network->there ? "true" : "false",
                 report->network->one_way ? "true" : "false",
                 report->network->loss != NULL ? report->network->loss : "",
                 report->disk_small ? "true" : "false");
    for (size_t kind = 0; kind < BLOW_KINDS; kind++) {
        pair(blow_name((enum blow_kind)kind), report->struck[kind]);
    }
    (void)printf("\"passed_over\":%" PRIu64 "},\"memory_kib\":[", report->passed_over);
    for (uint32_t round = 0; round < report->rounds; round++) {
        (void)printf("%s%" PRIu64, round > 0 ? "," : "", report->memory_kib[round]);
    }
    (void)fputs("],", stdout);
    pair("lost", sum->lost);
    pair("doubled", sum->doubled);
    pair("unexplained", sum->faults);
    (void)printf("\"failure\":\"%s\",\"kept\":\"%s\",\"good\":%s}\n", report->failure,
                 report->kept != NULL ? report->kept : "", report_good(report) ? "true" : "false");
}

void report_print(struct report *report)
{
    if (report->json) {
        print_json(report);
    } else {
        print_text(report);
    }
    (void)fflush(stdout);
}

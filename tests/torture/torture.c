/* Real torture: real processes and QuickFIX brokers under blows from all sides, in rounds; after
 * each round everything must come to rest, and the audit judges. See --help.
 *
 *   torture.c     options, worlds, rounds
 *   arena.h       one world with its lines, network and disk
 *   blows.h       what befalls it
 *   people.h      what operators put right before it rests
 *   settle.h      rest, and judgement
 *   report.h      what it was */
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/torture/report.h"

enum {
    MINUTES = 30,
    MINUTES_MAX = 24 * 60,
    SHORT_SECONDS = 40,
    ROUND_MS = 60000,     /* Blows; the rest comes on top. */
    ROUND_MS_MIN = 10000, /* Less is not worth a round. */
    REST_MS = 12000,      /* What coming to rest takes, about. */
    ROUNDS_PER_WORLD = 5, /* Then a new world begins: other brokers, other durability. */
    PATH_MAX_BYTES = 200,
    PROCESS_WORLD_ONE_IN = 4,
};

static const uint64_t NS_PER_MS = 1000000;

static const char help[] =
    "torture: kills, stops, cuts off and starves every part of fixgate, and judges\n"
    "\n"
    "  torture [--minutes N | --short] [--seed S] [--json] [--keep]\n"
    "\n"
    "Real processes: `fixgate run`, two or three QuickFIX brokers, an OMS, and in turn no\n"
    "router, one as a thread, one as a process. While orders stream in, blows fall upon all of\n"
    "them: kill -9, SIGSTOP, lines cut at any byte, held, slowed, losing bytes; the network\n"
    "between them down, lossy, or open one way only; brokers that repeat, forget, bust, reject,\n"
    "dawdle, fall silent; operators who log sessions off, fail over, kill, drain, change the\n"
    "mode, move orders and force on what is in doubt; a clock that is set; a disk that is full\n"
    "or fails; a loss of power that leaves only what was synced. About every minute they\n"
    "pause. All must be put right: breakers closed, failovers over, kills proven by the\n"
    "brokers' books and off; all requests answered, all orders ended, the sessions' numbers\n"
    "agree. Then an audit compares the OMS's journal with the brokers' books. Nothing may be\n"
    "lost, doubled or unexplained.\n"
    "\n"
    "  --minutes N  how long (30)\n"
    "  --short      about 40 seconds with the seed of the day: part of `make test`\n"
    "  --seed S     decides which blows fall, upon whom and when; printed at the start.\n"
    "               Real processes differ from run to run: the same seed gives the same\n"
    "               blows, not the same run\n"
    "  --json       the report as JSON; progress goes to stderr\n"
    "  --keep       keeps logs, books, journal and store of a good run too\n"
    "\n"
    "Network namespaces need root, or a system that grants them to users, and `ip`; a small\n"
    "file system likewise. What is not to be had is left out, and the report says so.\n"
    "\n"
    "What failed is kept, and its place printed: fixgate.out and ALPHA.out are the logs, oms.log\n"
    "is the OMS's journal, ALPHA/book.log what the broker did, ALPHA/wire.log what it received,\n"
    "store the gateway's store. `oms audit DIR/oms.log DIR/ALPHA DIR/BETA` judges it once more;\n"
    "`fixgate log -c DIR/fixgate.cfg` shows what was said on the sessions.\n"
    "\n"
    "Exit status: 0 nothing lost, doubled or unexplained; 1 otherwise; 2 wrong options.\n";

struct options {
    uint64_t planned_ms;
    uint64_t seed;
    bool json;
    bool keep;
};

struct torture {
    struct options options;
    struct network network;
    struct report report;
    struct blows blows;
    struct arena arena;
    char directory[PATH_MAX_BYTES];
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

/* --- Rounds --------------------------------------------------------------------------- */

static uint64_t elapsed_ms(const struct torture *torture)
{
    return (process_now_ns() - torture->report.begin_ns) / NS_PER_MS;
}

static uint64_t left_ms(const struct torture *torture)
{
    uint64_t elapsed = elapsed_ms(torture) + REST_MS;
    return torture->options.planned_ms > elapsed ? torture->options.planned_ms - elapsed : 0;
}

static bool fail(struct torture *torture, const char *why)
{
    (void)snprintf(torture->report.failure, sizeof torture->report.failure, "%s", why);
    return false;
}

static bool play_blows(struct torture *torture, uint64_t milliseconds)
{
    struct arena *arena = &torture->arena;
    struct blows *blows = &torture->blows;
    uint64_t end_ns = process_now_ns() + milliseconds * NS_PER_MS;
    arena->load.due_ns = 0;
    blows_begin(blows, arena);
    while (process_now_ns() < end_ns) {
        if (interrupted != 0) {
            return fail(torture, "interrupted");
        }
        if (!blows_step(blows, arena) || !arena_step(arena, true, blows_due_ns(blows))) {
            return fail(torture, "a part of the world failed");
        }
        report_progress(&torture->report, arena, blows);
    }
    return blows_end(blows, arena) || fail(torture, "a part of the world failed");
}

static bool play_round(struct torture *torture)
{
    uint64_t most_ms = left_ms(torture);
    uint64_t settle_ms = 0;
    if (!play_blows(torture, most_ms < ROUND_MS ? most_ms : ROUND_MS)) {
        return false;
    }
    bool settled = settle(&torture->arena, &settle_ms);
    if (!settled) {
        return fail(torture, interrupted != 0 ? "interrupted" : "it did not come to rest");
    }
    judge(&torture->arena, &torture->report.verdict);
    report_round(&torture->report, &torture->arena, settle_ms);
    return torture->report.verdict.good || fail(torture, "the audit found faults");
}

/* --- Worlds ----------------------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

static void directory_remove(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static bool play_world(struct torture *torture, uint32_t number)
{
    char directory[PATH_MAX_BYTES + 16];
    struct arena *arena = &torture->arena;
    uint64_t dice = torture->options.seed + number;
    (void)snprintf(directory, sizeof directory, "%s/world-%u", torture->directory,
                   (unsigned)number);
    const struct arena_options options = {
        .directory = directory,
        .brokers_count = 2 + (uint32_t)(dice % 2),
        .commit = dice % PROCESS_WORLD_ONE_IN != PROCESS_WORLD_ONE_IN - 1 || number == 1,
        .router = (enum arena_router)(dice % ARENA_ROUTERS_COUNT),
        .rate = 60 + (uint32_t)(dice * 37 % 90),
        .seed = dice,
        .number = number,
    };
    report_say(&torture->report, "world %u: %u brokers, Durability=%s, %s, %u orders a second",
               (unsigned)number, (unsigned)options.brokers_count,
               options.commit ? "commit" : "process", arena_router_text(options.router),
               (unsigned)options.rate);
    bool good = arena_open(arena, &options, &torture->network) ||
                fail(torture, "the world could not be started");
    for (uint32_t round = 0; good && round < ROUNDS_PER_WORLD; round++) {
        if (round > 0 && left_ms(torture) < ROUND_MS_MIN) {
            break;
        }
        good = play_round(torture);
    }
    const struct oms *oms = arena->world.oms;
    report_world(&torture->report, arena, oms != NULL ? oms_requests_count(oms) : 0,
                 oms != NULL ? oms_counts(oms)->resubmitted : 0);
    bool ended = arena_close(arena, !good || torture->options.keep);
    if (good && !ended) {
        good = fail(torture, "the gateway or the router did not end well");
    }
    if (good && !torture->options.keep) {
        directory_remove(directory);
    }
    return good;
}

static int run(struct torture *torture)
{
    struct report *report = &torture->report;
    const char *base = getenv("TMPDIR");
    (void)snprintf(torture->directory, sizeof torture->directory, "%s/fixgate-torture-XXXXXX",
                   base != NULL ? base : "/tmp");
    if (mkdtemp(torture->directory) == NULL) {
        (void)fprintf(stderr, "torture: cannot make %s\n", torture->directory);
        return 1;
    }
    report_say(report, "torture --seed %" PRIu64 " for %u s, in %s", torture->options.seed,
               (unsigned)(torture->options.planned_ms / 1000), torture->directory);
    network_open(&torture->network);
    blows_init(&torture->blows, torture->options.seed);
    bool good = true;
    for (uint32_t number = 1; good && (number == 1 || left_ms(torture) >= ROUND_MS_MIN); number++) {
        good = play_world(torture, number);
    }
    memcpy(report->struck, torture->blows.struck, sizeof report->struck);
    report->passed_over = torture->blows.passed_over;
    good = report_good(report);
    if (good && !torture->options.keep) {
        directory_remove(torture->directory);
    } else {
        report->kept = torture->directory;
    }
    report_print(report);
    return good ? 0 : 1;
}

/* --- Options ------------------------------------------------------------------------------ */

/* A whole number from 0 to `most`. */
static bool number_read(const char *text, uint64_t most, uint64_t *out)
{
    char *end = NULL;
    *out = text != NULL && *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
    return end != NULL && *end == '\0' && *out <= most;
}

static uint64_t seed_of_the_day(void)
{
    time_t now = time(NULL);
    struct tm day;
    struct tm *known = gmtime_r(&now, &day);
    ASSERT(known != NULL);
    return (uint64_t)(day.tm_year + 1900) * 10000 + (uint64_t)(day.tm_mon + 1) * 100 +
           (uint64_t)day.tm_mday;
}

static bool options_read(struct options *options, char **words)
{
    uint64_t minutes = MINUTES;
    *options = (struct options){.seed = process_now_ns() % 1000000007};
    options->planned_ms = (uint64_t)MINUTES * 60000;
    for (; *words != NULL; words++) {
        if (strcmp(*words, "--json") == 0) {
            options->json = true;
        } else if (strcmp(*words, "--keep") == 0) {
            options->keep = true;
        } else if (strcmp(*words, "--short") == 0) {
            options->planned_ms = UINT64_C(1000) * SHORT_SECONDS;
            options->seed = seed_of_the_day();
        } else if (strcmp(*words, "--minutes") == 0) {
            if (!number_read(*++words, MINUTES_MAX, &minutes) || minutes == 0) {
                return false;
            }
            options->planned_ms = minutes * 60000;
        } else if (strcmp(*words, "--seed") == 0) {
            if (!number_read(*++words, UINT64_MAX, &options->seed)) {
                return false;
            }
        } else {
            return false;
        }
    }
    return true;
}

static void catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

int main(int argc, char **argv)
{
    struct torture *torture = calloc(1, sizeof *torture);
    ASSERT(torture != NULL);
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(help, stdout);
        free(torture);
        return 0;
    }
    if (argc < 1 || !options_read(&torture->options, argv + 1)) {
        (void)fputs(help, stderr);
        free(torture);
        return 2;
    }
    (void)setenv("FIXGATE_BUILD", FIXGATE_BUILD_DIR, 0);
    catch_interrupts();
    torture->report = (struct report){
        .seed = torture->options.seed,
        .begin_ns = process_now_ns(),
        .planned_ms = torture->options.planned_ms,
        .json = torture->options.json,
        .terminal = isatty(torture->options.json ? 2 : 1) == 1,
        .network = &torture->network,
    };
    int status = run(torture);
    free(torture);
    return status;
}

#include "tests/sim/crowd.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/world.h"

enum {
    JOBS_MAX = 64,
    PROGRESS_MS = 500,
    PROGRESS_LINES_MS = 20000, /* Where it is no terminal. */
};

/* What a worker says of a seed, in one write: pipes keep it whole. */
struct word {
    uint64_t seed;
    bool begins;
    bool violated;
    struct oracle_counts counts;
    uint64_t turns;
    uint64_t virtual_ns;
    uint64_t hash;
};

struct worker {
    pid_t pid;
    int pipe; /* -1: it has ended. */
    uint64_t seed;
    bool busy;
};

struct crowd {
    struct crowd_options options;
    struct worker workers[JOBS_MAX];
    uint64_t done;
    uint64_t failed;
    uint64_t turns;
    uint64_t virtual_ns;
    uint64_t begin_ns;
    uint64_t told_ns;
    struct oracle_counts counts;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void print_commit(FILE *to)
{
    char line[64] = "unknown\n";
    FILE *git = popen("git rev-parse --short HEAD 2>/dev/null", "r");
    if (git != NULL) {
        if (fgets(line, sizeof(line), git) == NULL) {
            (void)snprintf(line, sizeof(line), "unknown\n");
        }
        (void)pclose(git);
    }
    (void)fprintf(to, "commit %s", line);
}

void crowd_tell_failure(uint64_t seed, const char *rule, const char *text)
{
    (void)fprintf(stderr, "\n--- the last %d lines of seed %" PRIu64 " ---\n", TRACE_KEPT_LINES,
                  seed);
    world_print_kept(stderr);
    (void)fprintf(stderr, "--- seed %" PRIu64 " fails: %s\n    %s\n    ", seed, rule, text);
    print_commit(stderr);
    (void)fprintf(stderr, "    the whole of it: sim --seed %" PRIu64 " --trace\n", seed);
}

/* --- A worker ------------------------------------------------------------------------- */

static uint64_t worker_seed;

/* The product's own assertions: tell where, then end as the signal wants. */
static void on_abort(int number)
{
    crowd_tell_failure(worker_seed, "ended by a signal", "an assertion, or worse: see above");
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void say(int pipe, const struct word *word)
{
    ssize_t written = write(pipe, word, sizeof(*word));
    if (written != (ssize_t)sizeof(*word)) {
        _exit(1); /* Nobody listens any more. */
    }
}

static void work(const struct crowd_options *options, uint64_t first, int pipe)
{
    (void)signal(SIGABRT, on_abort);
    (void)signal(SIGSEGV, on_abort);
    for (uint64_t seed = first; seed <= options->last; seed += options->jobs) {
        struct world_result result;
        worker_seed = seed;
        say(pipe, &(struct word){.seed = seed, .begins = true});
        world_live(seed, 0, NULL, &result);
        if (result.violated) {
            crowd_tell_failure(seed, oracle_rule_name(result.rule), result.violation);
        }
        say(pipe, &(struct word){.seed = seed,
                                 .violated = result.violated,
                                 .counts = result.counts,
                                 .turns = result.turns,
                                 .virtual_ns = result.virtual_ns,
                                 .hash = result.hash});
        if (result.violated && !options->keep_going) {
            return;
        }
    }
}

static void begin_worker(struct crowd *crowd, struct worker *worker, uint64_t first)
{
    int ends[2];
    int made = pipe(ends);
    ASSERT(made == 0);
    worker->pid = fork();
    ASSERT(worker->pid >= 0);
    if (worker->pid == 0) {
        (void)close(ends[0]);
        work(&crowd->options, first, ends[1]);
        _exit(0);
    }
    (void)close(ends[1]);
    worker->pipe = ends[0];
}

/* --- All of them ------------------------------------------------------------------------ */

static void add_counts(struct oracle_counts *sum, const struct oracle_counts *one)
{
    sum->requests += one->requests;
    sum->orders += one->orders;
    sum->acknowledged += one->acknowledged;
    sum->filled += one->filled;
    sum->cancelled += one->cancelled;
    sum->rejected += one->rejected;
    sum->expired += one->expired;
    sum->resting += one->resting;
    sum->held += one->held;
    sum->executions += one->executions;
    sum->events += one->events;
    sum->wire_messages += one->wire_messages;
    sum->wire_repeats += one->wire_repeats;
}

static void stop_all(struct crowd *crowd)
{
    for (uint32_t i = 0; i < crowd->options.jobs; i++) {
        if (crowd->workers[i].pipe >= 0) {
            (void)kill(crowd->workers[i].pid, SIGTERM);
        }
    }
}

static void take_end(struct crowd *crowd, struct worker *worker)
{
    int status = 0;
    (void)waitpid(worker->pid, &status, 0);
    (void)close(worker->pipe);
    worker->pipe = -1;
    bool by_itself = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (worker->busy && !by_itself && (crowd->failed == 0 || crowd->options.keep_going)) {
        crowd->failed++;
        (void)fprintf(stderr, "seed %" PRIu64 " ended its process\n", worker->seed);
        if (crowd->options.keep_going) {
            worker->busy = false;
            begin_worker(crowd, worker, worker->seed + crowd->options.jobs);
        } else {
            stop_all(crowd);
        }
    }
}

static void take_word(struct crowd *crowd, struct worker *worker)
{
    struct word word;
    ssize_t size = read(worker->pipe, &word, sizeof(word));
    if (size < 0 && errno == EINTR) {
        return;
    }
    if (size != (ssize_t)sizeof(word)) {
        take_end(crowd, worker);
        return;
    }
    worker->seed = word.seed;
    worker->busy = word.begins;
    if (word.begins) {
        return;
    }
    crowd->done++;
    crowd->turns += word.turns;
    crowd->virtual_ns += word.virtual_ns;
    add_counts(&crowd->counts, &word.counts);
    if (word.violated) {
        crowd->failed++;
        if (!crowd->options.keep_going) {
            stop_all(crowd);
        }
    }
}

static double seconds_of(const struct crowd *crowd)
{
    return (double)(now_ns() - crowd->begin_ns) / 1e9;
}

static void tell_progress(struct crowd *crowd)
{
    bool terminal = isatty(STDERR_FILENO) != 0;
    uint64_t pause_ns = (uint64_t)(terminal ? PROGRESS_MS : PROGRESS_LINES_MS) * 1000000u;
    uint64_t total = crowd->options.last - crowd->options.first + 1;
    if (crowd->options.quiet || now_ns() - crowd->told_ns < pause_ns) {
        return;
    }
    crowd->told_ns = now_ns();
    double rate = (double)crowd->done / seconds_of(crowd);
    (void)fprintf(stderr,
                  "%s%" PRIu64 " of %" PRIu64 " seeds, %.0f a second, %" PRIu64
                  " failed, %.0f s to go%s",
                  terminal ? "\r" : "", crowd->done, total, rate, crowd->failed,
                  rate > 0 ? (double)(total - crowd->done) / rate : 0.0, terminal ? "   " : "\n");
}

static void tell_summary(const struct crowd *crowd)
{
    const struct oracle_counts *counts = &crowd->counts;
    double seconds = seconds_of(crowd);
    if (crowd->options.json) {
        (void)printf("{\"first\":%" PRIu64 ",\"last\":%" PRIu64 ",\"seeds\":%" PRIu64
                     ",\"failed\":%" PRIu64 ",\"seconds\":%.1f,\"jobs\":%" PRIu32
                     ",\"seeds_per_second\":%.1f,\"turns\":%" PRIu64 ",\"virtual_hours\":%.1f"
                     ",\"orders\":%" PRIu64 ",\"acknowledged\":%" PRIu64 ",\"executions\":%" PRIu64
                     ",\"held\":%" PRIu64 ",\"events\":%" PRIu64 ",\"wire_messages\":%" PRIu64
                     ",\"wire_repeats\":%" PRIu64 "}\n",
                     crowd->options.first, crowd->options.last, crowd->done, crowd->failed, seconds,
                     crowd->options.jobs, (double)crowd->done / seconds, crowd->turns,
                     (double)crowd->virtual_ns / 3.6e12, counts->orders, counts->acknowledged,
                     counts->executions, counts->held, counts->events, counts->wire_messages,
                     counts->wire_repeats);
        return;
    }
    (void)printf("seeds %" PRIu64 "..%" PRIu64 ": %" PRIu64 " lived, %" PRIu64
                 " failed, in %.1f s on %" PRIu32 " processes: %.0f a second\n",
                 crowd->options.first, crowd->options.last, crowd->done, crowd->failed, seconds,
                 crowd->options.jobs, (double)crowd->done / seconds);
    (void)printf("  %.1f hours of virtual time, %" PRIu64 " turns, %" PRIu64
                 " wire messages (and %" PRIu64 " resent), %" PRIu64 " events\n",
                 (double)crowd->virtual_ns / 3.6e12, crowd->turns, counts->wire_messages,
                 counts->wire_repeats, counts->events);
    (void)printf("  %" PRIu64 " orders, %" PRIu64 " acknowledged: %" PRIu64 " filled, %" PRIu64
                 " cancelled, %" PRIu64 " rejected, %" PRIu64 " expired, %" PRIu64
                 " resting, %" PRIu64 " held; %" PRIu64 " executions\n",
                 counts->orders, counts->acknowledged, counts->filled, counts->cancelled,
                 counts->rejected, counts->expired, counts->resting, counts->held,
                 counts->executions);
}

bool crowd_run(const struct crowd_options *options)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));
    ASSERT(crowd != NULL);
    crowd->options = *options;
    crowd->options.jobs = options->jobs < JOBS_MAX ? options->jobs : JOBS_MAX;
    crowd->begin_ns = now_ns();
    crowd->told_ns = crowd->begin_ns;
    (void)world_dictionary(); /* Once for all. */
    (void)fflush(stdout);
    for (uint32_t i = 0; i < crowd->options.jobs; i++) {
        begin_worker(crowd, &crowd->workers[i], options->first + i);
    }
    for (;;) {
        struct pollfd items[JOBS_MAX];
        uint32_t open_count = 0;
        for (uint32_t i = 0; i < crowd->options.jobs; i++) {
            items[i] = (struct pollfd){.fd = crowd->workers[i].pipe, .events = POLLIN};
            open_count += crowd->workers[i].pipe >= 0 ? 1 : 0;
        }
        if (open_count == 0) {
            break;
        }
        (void)poll(items, crowd->options.jobs, PROGRESS_MS);
        for (uint32_t i = 0; i < crowd->options.jobs; i++) {
            if (crowd->workers[i].pipe >= 0 && items[i].revents != 0) {
                take_word(crowd, &crowd->workers[i]);
            }
        }
        tell_progress(crowd);
    }
    if (!crowd->options.quiet && isatty(STDERR_FILENO) != 0) {
        (void)fprintf(stderr, "\r%60s\r", "");
    }
    tell_summary(crowd);
    bool good = crowd->failed == 0;
    free(crowd);
    return good;
}

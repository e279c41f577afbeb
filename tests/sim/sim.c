/* The simulator's command: one seed, or many. docs/simulator.md */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/crowd.h"
#include "tests/sim/world.h"

enum { EXIT_GOOD = 0, EXIT_VIOLATED = 1, EXIT_USAGE = 2 };

static const char help[] =
    "sim: the gateway's core, its store and its rule of commit and release, in a simulated world\n"
    "\n"
    "  sim --seed N [--trace] [--turns N]     lives one day, whole or up to a turn of the gateway\n"
    "  sim --seeds A..B [--jobs J]            lives many, J at a time (default 2)\n"
    "  sim --fresh COUNT [--jobs J]           so many seeds that nobody has lived yet\n"
    "  sim --script FILE [--trace]            plays a scenario (tests/sim/golden)\n"
    "  sim --rules                            what is judged\n"
    "\n"
    "  --trace        prints what happens, line by line; without it the last lines are printed if\n"
    "                 something is wrong\n"
    "  --keep-going   past seeds that fail\n"
    "  --json         the summary for scripts\n"
    "  --quiet        no progress\n"
    "\n"
    "The same seed is the same day on every machine. Run it from the root of the sources (it "
    "reads\n"
    "dictionaries/). Ends with 0: nothing is wrong; 1: something is; 2: it was called wrongly.\n";

struct options {
    bool has_seed;
    bool trace;
    bool rules;
    uint64_t seed;
    uint64_t turns;
    const char *script;
    uint64_t fresh;
    bool has_seeds;
    struct crowd_options crowd;
};

static int usage(const char *problem, const char *value)
{
    (void)fprintf(stderr, "sim: %s%s%s; see sim --help\n", problem, value[0] != '\0' ? ": " : "",
                  value);
    return EXIT_USAGE;
}

static bool take_number(const char *text, uint64_t *number, const char **rest)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    bool good = end != text && errno == 0 && text[0] != '-';
    if (rest != NULL) {
        *rest = end;
        return good;
    }
    return good && *end == '\0';
}

static bool take_range(const char *text, struct crowd_options *crowd)
{
    const char *rest;
    return take_number(text, &crowd->first, &rest) && strncmp(rest, "..", 2) == 0 &&
           take_number(rest + 2, &crowd->last, NULL) && crowd->first <= crowd->last;
}

static int live_one(const struct options *options)
{
    struct world_result result;
    world_live(options->seed, options->turns, options->trace ? stdout : NULL, &result);
    (void)printf("seed %" PRIu64 ": %s after %.1f s, %" PRIu64 " turns; trace of %" PRIu64
                 " lines, hash %016" PRIx64 "\n",
                 options->seed, result.violated ? "VIOLATED" : "good",
                 (double)result.virtual_ns / 1e9, result.turns, result.lines, result.hash);
    if (result.violated) {
        (void)fflush(stdout);
        crowd_tell_failure(options->seed, oracle_rule_name(result.rule), result.violation);
    }
    return result.violated ? EXIT_VIOLATED : EXIT_GOOD;
}

static int play(const struct options *options)
{
    static char text[64 * 1024];
    struct world_result result;
    char error[256];
    FILE *file = fopen(options->script, "r");
    if (file == NULL) {
        return usage(strerror(errno), options->script);
    }
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    (void)fclose(file);
    if (!world_play(text, options->trace ? stdout : NULL, &result, error)) {
        return usage(options->script, error);
    }
    if (result.violated) {
        world_print_kept(stderr);
        (void)fprintf(stderr, "%s: %s\n", oracle_rule_name(result.rule), result.violation);
    }
    return result.violated ? EXIT_VIOLATED : EXIT_GOOD;
}

static int print_rules(void)
{
#define X(name, text) (void)printf("%-15s %s\n", #name, text);
    ORACLE_RULES(X)
#undef X
    return EXIT_GOOD;
}

/* Seeds from the clock: each call another range. */
static void draw_fresh(struct options *options)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    options->crowd.first = ((uint64_t)now.tv_sec << 10 | (uint64_t)(now.tv_nsec >> 20)) * 1000;
    options->crowd.last = options->crowd.first + options->fresh - 1;
    (void)printf("fresh seeds from %" PRIu64 " on\n", options->crowd.first);
}

static int run(struct options *options)
{
    int modes = (options->has_seed ? 1 : 0) + (options->has_seeds ? 1 : 0) +
                (options->fresh > 0 ? 1 : 0) + (options->script != NULL ? 1 : 0) +
                (options->rules ? 1 : 0);
    if (modes != 1) {
        return usage("one of --seed, --seeds, --fresh, --script and --rules is needed", "");
    }
    if (options->rules) {
        return print_rules();
    }
    if (options->has_seed) {
        return live_one(options);
    }
    if (options->script != NULL) {
        return play(options);
    }
    if (options->fresh > 0) {
        draw_fresh(options);
    }
    return crowd_run(&options->crowd) ? EXIT_GOOD : EXIT_VIOLATED;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"seed", required_argument, NULL, 's'},
                                          {"seeds", required_argument, NULL, 'r'},
                                          {"fresh", required_argument, NULL, 'f'},
                                          {"turns", required_argument, NULL, 'n'},
                                          {"jobs", required_argument, NULL, 'j'},
                                          {"trace", no_argument, NULL, 't'},
                                          {"script", required_argument, NULL, 'p'},
                                          {"rules", no_argument, NULL, 'u'},
                                          {"keep-going", no_argument, NULL, 'k'},
                                          {"json", no_argument, NULL, 'o'},
                                          {"quiet", no_argument, NULL, 'q'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    struct options options = {.crowd = {.jobs = 2}};
    uint64_t jobs;
    for (int name = getopt_long(argc, argv, "", names, NULL); name != -1;
         name = getopt_long(argc, argv, "", names, NULL)) {
        bool good = true;
        switch (name) {
        case 's':
            options.has_seed = true;
            good = take_number(optarg, &options.seed, NULL);
            break;
        case 'r':
            options.has_seeds = true;
            good = take_range(optarg, &options.crowd);
            break;
        case 'f':
            good = take_number(optarg, &options.fresh, NULL) && options.fresh > 0;
            break;
        case 'n':
            good = take_number(optarg, &options.turns, NULL) && options.turns > 0;
            break;
        case 'j':
            good = take_number(optarg, &jobs, NULL) && jobs > 0 && jobs <= 64;
            options.crowd.jobs = good ? (uint32_t)jobs : 1;
            break;
        case 't':
            options.trace = true;
            break;
        case 'p':
            options.script = optarg;
            break;
        case 'u':
            options.rules = true;
            break;
        case 'k':
            options.crowd.keep_going = true;
            break;
        case 'o':
            options.crowd.json = true;
            break;
        case 'q':
            options.crowd.quiet = true;
            break;
        case 'h':
            (void)fputs(help, stdout);
            return EXIT_GOOD;
        default:
            return EXIT_USAGE;
        }
        if (!good) {
            return usage("this is no number, or no range A..B", optarg);
        }
    }
    if (optind < argc) {
        return usage("this is no option", argv[optind]);
    }
    return run(&options);
}

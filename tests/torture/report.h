/* What a run of torture did and found, as it goes on and at its end. */
#ifndef TESTS_TORTURE_REPORT_H
#define TESTS_TORTURE_REPORT_H

#include "tests/torture/blows.h"
#include "tests/torture/settle.h"

enum { REPORT_ROUNDS_MAX = 2048, REPORT_TEXT_BYTES_MAX = 160 };

struct report {
    uint64_t seed;
    uint64_t begin_ns;
    uint64_t planned_ms;
    bool json;
    bool terminal;
    uint64_t printed_ns; /* The last line of progress. */

    /* Of the worlds before this one. */
    struct audit_counts past;
    struct arena_counts past_parts;
    uint64_t past_requests;
    uint64_t past_resubmitted;
    uint64_t worlds[2];                    /* By durability: process, commit. */
    uint64_t routers[ARENA_ROUTERS_COUNT]; /* Worlds by how the router ran. */

    /* Now. */
    struct verdict verdict;
    uint64_t struck[BLOW_KINDS];
    uint64_t passed_over;
    uint32_t rounds;
    uint64_t settle_ms_max;
    uint64_t memory_kib[REPORT_ROUNDS_MAX]; /* Of the gateway, at the end of each round. */
    enum arena_router router_of[REPORT_ROUNDS_MAX];
    const struct network *network;
    bool disk_small;
    char failure[REPORT_TEXT_BYTES_MAX]; /* "" = none. */
    const char *kept;                    /* The directory, if it stays. */
};

/* A line about how it goes: on a terminal in place and often, else now and then. */
void report_progress(struct report *report, const struct arena *arena, const struct blows *blows);
/* A line that stays. */
void report_say(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A round has been judged. */
void report_round(struct report *report, const struct arena *arena, uint64_t settle_ms);
/* A world is over. */
void report_world(struct report *report, const struct arena *arena, uint64_t requests,
                  uint64_t resubmitted);

/* Nothing lost, nothing doubled, nothing unexplained, and memory flat. */
bool report_good(const struct report *report);

/* The whole of it, for people or as JSON, on stdout. */
void report_print(struct report *report);

#endif

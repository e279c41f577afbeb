/* What happened in a simulated world, as a protocol that people read.
 *
 *      12.003417  OMS1 > gateway     NewOrderSingle 11=OMS1-7 55=VOD 54=1 38=300 40=2 44=101
 *      12.003480  gateway            turn 118: batch 92 of 7 writes, 3 releases
 *      12.003480  gateway > ALPHA    NewOrderSingle 34=17 11=4FA3… 55=VOD …
 *
 * The time is in seconds since the world began. All lines go into the hash (which is therefore
 * the same on every machine), the newest are kept, and all are printed if somebody wants them.
 * Nothing of the machine may stand in a line: no address, no path, no real time. One thread. */
#ifndef TESTS_SIM_TRACE_H
#define TESTS_SIM_TRACE_H

#include "fix/base.h"

#include <stdio.h>

enum {
    TRACE_LINE_BYTES_MAX = 600, /* Longer ones are cut, with "…" at the end. */
    TRACE_KEPT_LINES = 50,
};

struct trace {
    const uint64_t *now_ns; /* Of the world. */
    uint64_t begin_ns;
    uint64_t hash;
    uint64_t lines;
    FILE *print; /* NULL: nowhere. */
    char kept[TRACE_KEPT_LINES][TRACE_LINE_BYTES_MAX];
};

void trace_init(struct trace *trace, const uint64_t *now_ns, FILE *print);

/* `who` is an actor ("gateway", "ALPHA/orders") or "one > other". */
void trace_say(struct trace *trace, const char *who, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A FIX message: its name, then its fields without BodyLength, CheckSum, comp IDs and
 * SendingTime, which are the same in every line or its time again. Bytes that are no FIX message
 * are shown as text. `note` may be NULL. */
void trace_message(struct trace *trace, const char *who, struct span bytes, const char *note);

/* The kept lines, oldest first. */
void trace_print_kept(const struct trace *trace, FILE *to);

#endif

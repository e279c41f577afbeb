/* How long a broker takes to answer: a histogram of the last 15 minutes, and a mean that jumps
 * to peaks.
 *
 * Pure: time is an argument, nothing is allocated, whole numbers only. */
#ifndef GATEWAY_CORE_ROUTER_LATENCY_H
#define GATEWAY_CORE_ROUTER_LATENCY_H

#include "fix/base.h"

enum {
    LATENCY_BINS = 216,  /* Eight per power of two, from 1 µs to 2 minutes. */
    LATENCY_SLICES = 90, /* Rotating. */
};
#define LATENCY_SLICE_NS UINT64_C(10000000000) /* 90 of them are 15 minutes. */
/* How fast the mean forgets a peak. */
#define LATENCY_DECAY_NS UINT64_C(10000000000)

struct latency_slice {
    uint64_t number; /* Time / LATENCY_SLICE_NS. */
    uint32_t count;
    uint32_t bins[LATENCY_BINS];
};

struct latency {
    uint64_t mean_ns; /* Peak-sensitive; 0 = nothing known. */
    uint64_t mean_at_ns;
    struct latency_slice slices[LATENCY_SLICES];
};

/* Zeroed memory is empty. */
void latency_add(struct latency *latency, uint64_t now_ns, uint64_t span_ns);

/* Into the mean alone: of a broker that is not as it is as a rule. */
void latency_add_mean(struct latency *latency, uint64_t now_ns, uint64_t span_ns);

/* Forgets the histogram's latest slices, which a failure has spoilt: what is left is how the
 * broker is as a rule. */
void latency_forget_recent(struct latency *latency, uint64_t now_ns);

struct latency_figures {
    uint64_t count;
    uint64_t p50_ns; /* Upper ends of their bins: at most an eighth too high; 0 without any. */
    uint64_t p99_ns;
};

/* Of the last 15 minutes. With `settled`, without the present slice and the one before it, so
 * that what happens now is judged by what was, not by itself. */
struct latency_figures latency_figures(const struct latency *latency, uint64_t now_ns,
                                       bool settled);

#endif

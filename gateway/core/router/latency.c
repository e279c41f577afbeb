#include "gateway/core/router/latency.h"

enum {
    FIRST_EXPONENT = 10, /* 2^10 ns: all below is one bin. */
    BINS_PER_OCTAVE = 8,
    OCTAVE_BITS = 3,
    SETTLED_SLICES = 2, /* What is not settled yet. */
    SPOILT_SLICES = 3,  /* 20 to 30 s: it took the breaker's window of 10 s to see it. */
};

static unsigned log2_of(uint64_t value)
{
    unsigned bits = 0;
    for (unsigned step = 32; step > 0; step /= 2) {
        if (value >> step != 0) {
            value >>= step;
            bits += step;
        }
    }
    return bits;
}

static uint32_t bin_of(uint64_t span_ns)
{
    unsigned exponent = log2_of(span_ns);
    if (exponent < FIRST_EXPONENT) {
        return 0;
    }
    uint64_t part = span_ns >> (exponent - OCTAVE_BITS) & (BINS_PER_OCTAVE - 1);
    uint64_t bin = (uint64_t)(exponent - FIRST_EXPONENT) * BINS_PER_OCTAVE + part;
    return bin < LATENCY_BINS ? (uint32_t)bin : LATENCY_BINS - 1;
}

static uint64_t bin_end_ns(uint32_t bin)
{
    unsigned exponent = FIRST_EXPONENT + bin / BINS_PER_OCTAVE;
    uint64_t part = bin % BINS_PER_OCTAVE + 1;
    return (UINT64_C(1) << exponent) + (part << (exponent - OCTAVE_BITS));
}

/* After a time t without peaks a share t / (t + decay) of the difference is gone: close to an
 * exponential while samples come often, and slower, so more careful, when they are rare. */
void latency_add_mean(struct latency *latency, uint64_t now_ns, uint64_t span_ns)
{
    span_ns = span_ns > 0 ? span_ns : 1;
    if (span_ns >= latency->mean_ns || now_ns < latency->mean_at_ns) {
        latency->mean_ns = span_ns > latency->mean_ns ? span_ns : latency->mean_ns;
        latency->mean_at_ns = now_ns;
        return;
    }
    uint64_t past_us = (now_ns - latency->mean_at_ns) / 1000;
    past_us = past_us < UINT32_MAX ? past_us : UINT32_MAX;
    uint64_t excess_us = (latency->mean_ns - span_ns) / 1000;
    excess_us = excess_us < UINT32_MAX ? excess_us : UINT32_MAX;
    latency->mean_ns -= excess_us * past_us / (past_us + LATENCY_DECAY_NS / 1000) * 1000;
    latency->mean_at_ns = now_ns;
}

static struct latency_slice *slice_at(struct latency *latency, uint64_t now_ns)
{
    uint64_t number = now_ns / LATENCY_SLICE_NS;
    struct latency_slice *slice = &latency->slices[number % LATENCY_SLICES];
    if (slice->number != number) {
        memset(slice, 0, sizeof(*slice));
        slice->number = number;
    }
    return slice;
}

void latency_add(struct latency *latency, uint64_t now_ns, uint64_t span_ns)
{
    struct latency_slice *slice = slice_at(latency, now_ns);
    slice->count += 1;
    slice->bins[bin_of(span_ns)] += 1;
    latency_add_mean(latency, now_ns, span_ns);
}

void latency_forget_recent(struct latency *latency, uint64_t now_ns)
{
    uint64_t newest = now_ns / LATENCY_SLICE_NS;
    for (uint64_t back = 0; back < SPOILT_SLICES && back <= newest; back++) {
        struct latency_slice *slice = &latency->slices[(newest - back) % LATENCY_SLICES];
        memset(slice, 0, sizeof(*slice));
        slice->number = newest - back;
    }
}

/* The end of the bin that holds the value with that rank, from 1. */
static uint64_t value_at(const uint64_t bins[LATENCY_BINS], uint64_t rank)
{
    uint64_t seen = 0;
    for (uint32_t bin = 0; bin < LATENCY_BINS; bin++) {
        seen += bins[bin];
        if (seen >= rank) {
            return bin_end_ns(bin);
        }
    }
    return 0;
}

struct latency_figures latency_figures(const struct latency *latency, uint64_t now_ns, bool settled)
{
    uint64_t newest = now_ns / LATENCY_SLICE_NS;
    uint64_t bins[LATENCY_BINS] = {0};
    struct latency_figures figures = {.count = 0};
    for (uint32_t i = 0; i < LATENCY_SLICES; i++) {
        const struct latency_slice *slice = &latency->slices[i];
        uint64_t age = newest >= slice->number ? newest - slice->number : 0;
        if (slice->count == 0 || age >= LATENCY_SLICES || (settled && age < SETTLED_SLICES)) {
            continue;
        }
        figures.count += slice->count;
        for (uint32_t bin = 0; bin < LATENCY_BINS; bin++) {
            bins[bin] += slice->bins[bin];
        }
    }
    if (figures.count > 0) {
        figures.p50_ns = value_at(bins, (figures.count + 1) / 2);
        figures.p99_ns = value_at(bins, figures.count - figures.count / 100);
    }
    return figures;
}

#pragma once

// Latencies in nanoseconds. Each power of two has 32 steps, so a quantile is right to 3 %; nothing is allocated.

#include <stdint.h>

#define HISTOGRAM_BITS 5

struct histogram {
    uint64_t counts[(64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS];
    uint64_t count, greatest;
};

static inline void histogram_add(struct histogram *histogram, uint64_t value) {
    unsigned step = (unsigned)value;
    if (value >> HISTOGRAM_BITS) {
        unsigned shift = 63u - (unsigned)__builtin_clzll(value) - HISTOGRAM_BITS;
        step = (shift << HISTOGRAM_BITS) + (unsigned)(value >> shift);
    }
    histogram->counts[step]++;
    histogram->count++;
    if (value > histogram->greatest) histogram->greatest = value;
}

// The middle of the step in which the quantile lies.
static inline uint64_t histogram_quantile(const struct histogram *histogram, double quantile) {
    uint64_t before = (uint64_t)(quantile * (double)histogram->count), seen = 0;
    for (unsigned step = 0; step < sizeof histogram->counts / sizeof *histogram->counts; step++) {
        seen += histogram->counts[step];
        if (seen <= before) continue;
        if (step < 2u << HISTOGRAM_BITS) return step;
        unsigned shift = (step >> HISTOGRAM_BITS) - 1;
        uint64_t first = (uint64_t)(step - (shift << HISTOGRAM_BITS)) << shift;
        return first + (1ull << shift) / 2;
    }
    return histogram->greatest;
}

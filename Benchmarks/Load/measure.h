#pragma once

// What is measured between two moments, and how it is told.

#include "histogram.h"

#include <stdbool.h>

// Whether answers make room for new messages; not after the measured time.
extern bool is_sending;

// Before the first connection: what the server takes while it has none.
void measure_idle(void);

void measure_begin(void);
void measure_end(void);

// Notes an answer that took so many nanoseconds; only those between begin and end count.
void measure_answer(uint64_t latency);

// Notes so many answers whose time is not known.
void measure_answers(uint64_t count);

// The server's memory, in place of what it was at the end.
void measure_resident(void);

// Warms up, measures, stops sending, and waits for what is in flight: what never comes is a fault, and so is what comes
// although nothing is in flight.
void measure_run(bool (*has_come)(void), uint64_t (*missing)(void));

// One object of JSON.
void measure_report(const char *mode);

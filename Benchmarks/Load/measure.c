#define _GNU_SOURCE
#include "measure.h"

#include "connections.h"
#include "options.h"
#include "process.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// How long an answer may take that was in flight at the end.
#define ANSWER_SECONDS_MAX 5
// How long nothing must come once all have.
#define SILENCE_SECONDS 0.05

struct reading {
    uint64_t time, server, server_system, load, steal, allocations;
};

bool is_sending = true;

static bool is_measuring;
static struct reading begin, end;
static struct histogram latencies;
static uint64_t answers, idle_resident, resident;

static uint64_t allocations_now(void) {
    static const volatile uint64_t *counter;
    if (!options.allocations) return 0;
    if (!counter) {
        int descriptor = open(options.allocations, O_RDONLY | O_CLOEXEC);
        void *page = mmap(NULL, sizeof *counter, PROT_READ, MAP_SHARED, descriptor, 0);
        if (page == MAP_FAILED) {
            perror(options.allocations);
            exit(2);
        }
        close(descriptor);
        counter = page;
    }
    return *counter;
}

static struct reading read_all(void) {
    return (struct reading){
        .time = now_nanoseconds(),
        .server = process_cpu(options.server),
        .server_system = process_system_cpu(options.server),
        .load = process_cpu(getpid()),
        .steal = machine_steal(),
        .allocations = allocations_now(),
    };
}

void measure_idle(void) { idle_resident = process_resident(options.server); }

void measure_resident(void) { resident = process_resident(options.server); }

void measure_begin(void) {
    begin = read_all();
    is_measuring = true;
}

void measure_end(void) {
    is_measuring = false;
    end = read_all();
    measure_resident();
}

void measure_answer(uint64_t latency) {
    if (!is_measuring) return;
    answers++;
    histogram_add(&latencies, latency);
}

void measure_answers(uint64_t count) { answers += count; }

void measure_run(bool (*has_come)(void), uint64_t (*missing)(void)) {
    connections_run(options.warmup, NULL);
    measure_begin();
    connections_run(options.seconds, NULL);
    measure_end();
    is_sending = false;
    connections_run(ANSWER_SECONDS_MAX, has_come);
    connections_run(SILENCE_SECONDS, NULL);
    if (!faults && missing()) {
        faults += missing();
        fprintf(stderr, "load: %" PRIu64 " answers never came\n", missing());
    }
}

void measure_report(const char *mode) {
    double wall = (double)(end.time - begin.time) / 1e9, count = answers ? (double)answers : 1;
    double server = (double)(end.server - begin.server), load = (double)(end.load - begin.load);
    printf(
        "{\"mode\": \"%s\", \"answers\": %" PRIu64 ", \"errors\": %" PRIu64 ", \"seconds\": %.3f, \"rate\": %.0f, "
        "\"server_us\": %.4f, \"server_system_us\": %.4f, \"load_us\": %.4f, \"server_busy\": %.3f, "
        "\"load_busy\": %.3f, \"steal\": %.3f, ",
        mode, answers, faults, wall, wall > 0 ? (double)answers / wall : 0, server / 1e3 / count,
        (double)(end.server_system - begin.server_system) / 1e3 / count, load / 1e3 / count,
        wall > 0 ? server / 1e9 / wall : 0, wall > 0 ? load / 1e9 / wall : 0,
        wall > 0 ? (double)(end.steal - begin.steal) / 1e9 / wall : 0);
    if (latencies.count) {
        printf(
            "\"p50_us\": %.2f, \"p99_us\": %.2f, \"max_us\": %.2f, ",
            (double)histogram_quantile(&latencies, 0.5) / 1e3, (double)histogram_quantile(&latencies, 0.99) / 1e3,
            (double)latencies.greatest / 1e3);
    }
    if (options.allocations) printf("\"allocations\": %.4f, ", (double)(end.allocations - begin.allocations) / count);
    printf("\"resident_idle\": %" PRIu64 ", \"resident\": %" PRIu64 "}\n", idle_resident, resident);
}

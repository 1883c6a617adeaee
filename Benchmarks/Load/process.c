#define _GNU_SOURCE
#include "process.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t nanoseconds(clockid_t clock) {
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t tick(void) { return 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK); }

uint64_t now_nanoseconds(void) { return nanoseconds(CLOCK_MONOTONIC); }

uint64_t process_cpu(int process) {
    clockid_t clock;
    return clock_getcpuclockid(process, &clock) == 0 ? nanoseconds(clock) : 0;
}

uint64_t process_system_cpu(int process) {
    char path[64], line[1024] = "";
    unsigned long long system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = 0;
    // Behind the name, which may hold anything: a state, ten numbers, utime and stime.
    char *fields = strrchr(line, ')');
    if (!fields) return 0;
    if (sscanf(fields + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &system) != 1) return 0;
    return system * tick();
}

// The number behind a name in a file of lines such as "Rss:  1628 kB"; 0 where there is none.
static uint64_t number_in(const char *path, const char *format) {
    char line[512];
    unsigned long long number = 0;
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file) && sscanf(line, format, &number) != 1) continue;
    fclose(file);
    return number;
}

uint64_t process_resident(int process) {
    char path[64];
    // Exact; VmRSS is a sum of counters that each processor may be behind with.
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", process);
    uint64_t kilobytes = number_in(path, "Rss: %llu");
    if (!kilobytes) {
        snprintf(path, sizeof path, "/proc/%d/status", process);
        kilobytes = number_in(path, "VmRSS: %llu");
    }
    return kilobytes * 1024;
}

uint64_t machine_steal(void) {
    return number_in("/proc/stat", "cpu %*s %*s %*s %*s %*s %*s %*s %llu") * tick();
}

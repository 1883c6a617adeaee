#pragma once

#include <stdbool.h>
#include <stddef.h>

struct options {
    const char *host, *path;
    // What a response to GET must hold.
    const char *body;
    // The file in which the preloaded counter of Benchmarks/Allocations counts, or null.
    const char *allocations;
    int port, connections, depth;
    // The server's process id.
    int server;
    size_t size;
    double warmup, seconds;
    bool deflate;
};

extern struct options options;

// Reads the options behind the mode's name; what is wrong ends the process with a usage.
void options_parse(int count, char **arguments);
_Noreturn void options_usage(void);

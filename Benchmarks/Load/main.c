// A load generator for WebSocket and HTTP servers on this machine. What comes back is compared with what must come back:
// each byte, in its order, and nothing may be missing in the end. Pin it to another processor than the server.

#include "connections.h"
#include "measure.h"
#include "modes.h"
#include "options.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {{"echo", echo_run}, {"fanout", fanout_run}, {"idle", idle_run}, {"http", http_run}};

// A descriptor for each connection, as far as the hard limit allows.
static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **arguments) {
    if (count < 2) options_usage();
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(arguments[1], modes[i].name) != 0) continue;
        options_parse(count - 1, arguments + 1);
        raise_descriptor_limit();
        connections = allocate(sizeof *connections * (size_t)options.connections);
        measure_idle();
        modes[i].run();
        measure_report(modes[i].name);
        connections_close();
        return faults ? 1 : 0;
    }
    options_usage();
}

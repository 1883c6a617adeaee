// Connections that only stay. What they cost to open is measured, then what they take; in the end each must answer a
// ping. What the server says by itself, such as a welcome, is not looked at.

#include "connections.h"
#include "measure.h"
#include "modes.h"
#include "options.h"
#include "websocket.h"

#include <stdio.h>

// How many pings are sent before answers are read.
#define BATCH 64
#define PONG_SECONDS_MAX 5

static int silent(void) {
    int count = 0;
    for (int i = 0; i < options.connections; i++) count += !connections[i].has_ponged;
    return count;
}

static bool has_come(void) {
    // Connections answer in about the order in which they were asked.
    return connections[options.connections - 1].has_ponged && silent() == 0;
}

static void ignore(struct connection *connection, const struct frame *frame, uint64_t now) {
    (void)connection, (void)frame, (void)now;
}

static size_t take(struct connection *connection, const uint8_t *bytes, size_t length, uint64_t now) {
    return websocket_take_frames(connection, bytes, length, now, ignore);
}

void idle_run(void) {
    static const struct protocol protocol = {.is_websocket = true, .take = take};
    measure_begin();
    connections_open(&protocol);
    measure_answers((uint64_t)options.connections);
    measure_end();
    connections_run(options.seconds, NULL);
    measure_resident();
    for (int i = 0; i < options.connections && !faults; i++) {
        uint8_t ping[FRAME_HEAD_MAX + 8];
        connection_send_now(&connections[i], ping, websocket_ping(&connections[i], ping));
        if (i % BATCH == BATCH - 1) connections_run(0.001, NULL);
    }
    connections_run(PONG_SECONDS_MAX, has_come);
    if (!faults && silent()) {
        faults += (uint64_t)silent();
        fprintf(stderr, "load: %d connections answered no ping\n", silent());
    }
}

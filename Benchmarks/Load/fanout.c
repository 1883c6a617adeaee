// The first connection publishes, and every connection, it too, gets each publication once and in order. A latency is
// that of one delivery; a publication is in flight until its last.

#include "connections.h"
#include "measure.h"
#include "modes.h"
#include "options.h"
#include "process.h"
#include "websocket.h"

#include <stdio.h>

// How many different publications there are: more than are in flight.
#define PUBLICATIONS 1024
#define JOIN_ATTEMPTS 10

static struct connection *publisher;
// How many connections publication n has still to reach, at n % depth.
static int *left;
static uint64_t completed;
static bool is_joining = true;

static void publish(unsigned count, uint64_t now) {
    for (unsigned i = 0; i < count; i++) left[(publisher->sent + i) % (uint64_t)options.depth] = options.connections;
    connection_send(publisher, count, now);
}

static unsigned in_flight(void) { return (unsigned)(publisher->sent - completed); }

static void take_frame(struct connection *connection, const struct frame *frame, uint64_t now) {
    uint64_t number = connection->come;
    if (number >= publisher->sent) return connection_fail(connection, "a message that nobody published");
    const char *fault = arrival_take(
        &connection->arrival, connection->inflater, frame, &publisher->tape.messages[number % PUBLICATIONS]);
    if (fault) return connection_fail(connection, fault);
    if (!frame->is_final) return;
    connection->come++;
    measure_answer(now - publisher->sent_at[number % (uint64_t)options.depth]);
    if (--left[number % (uint64_t)options.depth] == 0) completed++;
}

static size_t take(struct connection *connection, const uint8_t *bytes, size_t length, uint64_t now) {
    size_t used = websocket_take_frames(connection, bytes, length, now, take_frame);
    if (is_sending && !is_joining) publish((unsigned)options.depth - in_flight(), now);
    return used;
}

static bool has_come(void) { return in_flight() == 0; }

static uint64_t missing(void) {
    uint64_t sum = 0;
    for (int i = 0; i < options.connections; i++) sum += publisher->sent - connections[i].come;
    return sum;
}

// A server may answer 101 before it has put the connection into the room, so what is published at first may miss some.
static void join(void) {
    for (int attempt = 0; attempt < JOIN_ATTEMPTS && !faults; attempt++) {
        // Whoever had joined has come so far; for the others it begins here.
        for (int i = 0; i < options.connections; i++) connections[i].come = publisher->sent;
        completed = publisher->sent;
        publish(1, now_nanoseconds());
        connections_run(1, has_come);
        if (has_come()) return;
    }
    if (faults) return;
    faults = 1;
    fprintf(stderr, "load: %d connections never joined\n", left[(publisher->sent - 1) % (uint64_t)options.depth]);
}

void fanout_run(void) {
    static const struct protocol protocol = {.is_websocket = true, .take = take};
    publisher = &connections[0];
    left = allocate(sizeof *left * (size_t)options.depth);
    // Publications go as they are; --deflate is for what comes.
    connection_load(publisher, tape_of_messages(0, PUBLICATIONS, false));
    connections_open(&protocol);
    join();
    is_joining = false;
    if (!faults) publish((unsigned)options.depth, now_nanoseconds());
    measure_run(has_come, missing);
}

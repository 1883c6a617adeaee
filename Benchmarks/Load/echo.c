// Every message comes back on its connection, as it was and in its order.

#include "connections.h"
#include "measure.h"
#include "modes.h"
#include "options.h"
#include "process.h"
#include "websocket.h"

static void take_frame(struct connection *connection, const struct frame *frame, uint64_t now) {
    if (!connection_in_flight(connection)) return connection_fail(connection, "a message that nothing was sent for");
    const struct tape *tape = &connection->tape;
    struct message *expected = &tape->messages[connection->come % (uint64_t)tape->count];
    const char *fault = arrival_take(&connection->arrival, connection->inflater, frame, expected);
    if (fault) connection_fail(connection, fault);
    else if (frame->is_final) connection_answer(connection, now);
}

static size_t take(struct connection *connection, const uint8_t *bytes, size_t length, uint64_t now) {
    size_t used = websocket_take_frames(connection, bytes, length, now, take_frame);
    if (is_sending) connection_refill(connection, now);
    return used;
}

static bool has_come(void) { return connections_in_flight() == 0; }

void echo_run(void) {
    static const struct protocol protocol = {.is_websocket = true, .take = take};
    // More than are in flight, so that none can be taken for another.
    int count = options.depth < 8 ? 16 : 2 * options.depth;
    for (int i = 0; i < options.connections; i++) {
        connection_load(&connections[i], tape_of_messages(i, count, options.deflate));
    }
    connections_open(&protocol);
    for (int i = 0; i < options.connections && !faults; i++) connection_refill(&connections[i], now_nanoseconds());
    measure_run(has_come, connections_in_flight);
}

#pragma once

// The connections of this process: one thread, one epoll set, one receive buffer. One receive for each readiness, and
// one send for all that a receive makes room for.

#include "messages.h"

enum connection_state { CONNECTING, OPENING, OPEN, FAILED };

struct connection {
    int descriptor;
    enum connection_state state;

    // What it sends: the next message of the tape, and what the last send left.
    struct tape tape;
    int next;
    size_t position, unsent;
    bool waits_to_send;

    // How many it sent; number n at sent_at[n % depth].
    uint64_t sent;
    uint64_t *sent_at;
    // How many have come: answers, or deliveries.
    uint64_t come;

    // What was read and is no whole frame or response yet.
    uint8_t *rest;
    size_t rest_length, rest_room;

    // Of WebSocket only.
    char key[25];
    struct inflater *inflater;
    struct arrival arrival;
    bool has_ponged;
};

// What is spoken over a connection.
struct protocol {
    // A WebSocket is opened first.
    bool is_websocket;
    // Takes what is whole of the bytes that came, and says how many those were.
    size_t (*take)(struct connection *connection, const uint8_t *bytes, size_t length, uint64_t now);
};

// options.connections of them.
extern struct connection *connections;

// How much went wrong. The first few are told on stderr; after the first nothing is run any more.
extern uint64_t faults;

// Connects all of them and waits until they are open.
void connections_open(const struct protocol *protocol);

// Runs them for so many seconds, or until `is_done` (which may be null), or until something is wrong.
void connections_run(double seconds, bool (*is_done)(void));

// Closes them so that no port is kept waiting.
void connections_close(void);

// How many of what all connections have sent have no answer yet.
uint64_t connections_in_flight(void);

// A tape, and room for the times at which it is sent.
void connection_load(struct connection *connection, struct tape tape);

// Sends the next of its tape; at most `depth` may be in flight.
void connection_send(struct connection *connection, unsigned count, uint64_t now);

// How many of what it sent have no answer yet.
unsigned connection_in_flight(const struct connection *connection);

// Notes that the answer to the oldest of those came.
void connection_answer(struct connection *connection, uint64_t now);

// Sends as many as are missing to `depth` in flight.
void connection_refill(struct connection *connection, uint64_t now);

// Sends a few bytes at once, or fails.
void connection_send_now(struct connection *connection, const void *bytes, size_t length);

// Ends it, and with it the run.
void connection_fail(struct connection *connection, const char *fault);

int connection_index(const struct connection *connection);

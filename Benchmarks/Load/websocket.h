#pragma once

// The opening handshake of a client, and the frames that come after it.

#include "connections.h"

void websocket_send_request(struct connection *connection);

// Takes the server's response when it is whole; the connection is open then, or failed.
size_t websocket_take_response(struct connection *connection, const uint8_t *bytes, size_t length);

// Takes whole frames: those of messages go to `take`, which may fail the connection; pings are answered.
size_t websocket_take_frames(
    struct connection *connection, const uint8_t *bytes, size_t length, uint64_t now,
    void (*take)(struct connection *connection, const struct frame *frame, uint64_t now));

// A ping with the connection's number, and its masked frame's length.
size_t websocket_ping(const struct connection *connection, uint8_t frame[static FRAME_HEAD_MAX + 8]);

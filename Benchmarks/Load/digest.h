#pragma once

// SHA-1 and base64, for Sec-WebSocket-Accept only (RFC 6455, 4.2.2).

#include <stddef.h>
#include <stdint.h>

// Writes the four characters of each three bytes, and a zero.
void base64(const uint8_t *bytes, size_t length, char *text);

// Writes what a server must answer to this key: 28 characters and a zero.
void websocket_accept(const char *key, char *accept);

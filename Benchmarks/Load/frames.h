#pragma once

// Frames of RFC 6455, 5.2: a client's are written, a server's are read.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opcode { CONTINUATION = 0, TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

#define FINAL 0x80
// RSV1: the message is compressed (RFC 7692, 6).
#define COMPRESSED 0x40
// The longest head of a frame with a key.
#define FRAME_HEAD_MAX 14

struct frame {
    bool is_final, is_compressed;
    uint8_t opcode;
    const uint8_t *payload;
    size_t length;
    // What is wrong with it, or null.
    const char *fault;
};

// Writes a frame, masked with a key by chance; its length is returned.
size_t frame_write(uint8_t *to, uint8_t first, const uint8_t *payload, size_t length);

// Reads a frame from the first of the bytes; how many it takes is returned, 0 when there are not enough yet.
size_t frame_read(const uint8_t *bytes, size_t length, struct frame *frame);

// The next of a fixed sequence of random numbers: each run sends the same.
uint64_t random_number(void);

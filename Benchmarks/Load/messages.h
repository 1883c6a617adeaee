#pragma once

// What is sent, prepared before the clock starts, and what must come back.

#include "frames.h"

#include <zlib.h>

struct message {
    uint8_t *text;
    size_t length;
    // How a server that keeps no context compressed it when that was found right, or null.
    uint8_t *compressed;
    size_t compressed_length;
};

// What one sender sends: `count` different things one after the other, again and again. Some of the first are there
// once more behind the last, so that as many as may be in flight always lie in one piece, and take one send.
struct tape {
    uint8_t *bytes;
    // Where each begins; the one behind the last ends the bytes.
    size_t *offsets;
    int count;
    // What the frames hold; null on a tape of requests.
    struct message *messages;
};

// Texts of options.size that look like JSON, each with its sender and number, as masked frames, compressed if it was
// asked for. A message of another sender, or another of the same, differs.
struct tape tape_of_messages(int sender, int count, bool is_compressed);

// One request, again and again.
struct tape tape_of_request(const char *request);

// The streams of a server's messages. It must not be copied.
struct inflater {
    z_stream stream;
    // Whether a message may refer to those before it (RFC 7692, 7.1.1.1).
    bool keeps_context;
};

void inflater_open(struct inflater *inflater, bool keeps_context);

// How much of a message has arrived.
struct arrival {
    bool is_open, is_compressed;
    size_t length;
};

// Takes one frame of a message, all of which must be as expected. What is wrong is returned, or null. With an inflater
// the message must be compressed, without one it must not.
const char *arrival_take(
    struct arrival *arrival, struct inflater *inflater, const struct frame *frame, struct message *expected);

// Zeroed memory; the process ends when there is none.
void *allocate(size_t size);

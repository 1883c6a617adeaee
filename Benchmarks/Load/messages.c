#define _GNU_SOURCE
#include "messages.h"

#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *allocate(size_t size) {
    void *memory = calloc(1, size);
    if (!memory) {
        fputs("load: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

static const char *any_word(void) {
    static const char *const words[] = {
        "update", "player", "position", "status", "online", "message", "room",  "hello",
        "price",  "volume", "trade",    "alpha",  "beta",   "gamma",   "delta", "session",
    };
    return words[random_number() >> 32 & 15];
}

static unsigned any_number(unsigned below) { return (unsigned)(random_number() >> 32) % below; }

// Records such as a game or a market sends: text that compresses as such things do.
static void write_text(uint8_t *text, size_t length, int sender, int number) {
    size_t at = (size_t)snprintf((char *)text, length, "[%04d,%06d,", sender % 10000, number);
    while (at < length) {
        char record[256];
        int count = snprintf(
            record, sizeof record,
            "{\"id\":%u,\"type\":\"%s\",\"user\":\"%s%u\",\"x\":%u.%02u,\"y\":%u.%02u,\"text\":\"%s %s %s\"},",
            any_number(1000000), any_word(), any_word(), any_number(1000), any_number(1000), any_number(100),
            any_number(1000), any_number(100), any_word(), any_word(), any_word());
        size_t taken = (size_t)count < length - at ? (size_t)count : length - at;
        memcpy(text + at, record, taken);
        at += taken;
    }
}

// As a message of its own, which refers to none before it.
static size_t deflate_text(const uint8_t *text, size_t length, uint8_t *to, size_t room) {
    z_stream stream = {0};
    if (deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
    stream.next_in = (uint8_t *)text, stream.avail_in = (uInt)length;
    stream.next_out = to, stream.avail_out = (uInt)room;
    if (deflate(&stream, Z_SYNC_FLUSH) != Z_OK || stream.avail_in || !stream.avail_out) abort();
    size_t count = stream.total_out;
    deflateEnd(&stream);
    // RFC 7692, 7.2.1: without 00 00 ff ff.
    return count - 4;
}

// Puts the first ones of the tape behind its last.
static void repeat(struct tape *tape) {
    for (int i = 0; i < options.depth; i++) {
        size_t first = tape->offsets[i], length = tape->offsets[i + 1] - first;
        memcpy(tape->bytes + tape->offsets[tape->count + i], tape->bytes + first, length);
        tape->offsets[tape->count + i + 1] = tape->offsets[tape->count + i] + length;
    }
}

static struct tape empty_tape(int count, size_t bytes_each) {
    size_t all = (size_t)(count + options.depth);
    return (struct tape){
        .bytes = allocate(all * bytes_each),
        .offsets = allocate((all + 1) * sizeof(size_t)),
        .count = count,
    };
}

struct tape tape_of_messages(int sender, int count, bool is_compressed) {
    size_t room = options.size + options.size / 8 + 64;
    uint8_t *compressed = allocate(room);
    struct tape tape = empty_tape(count, room + FRAME_HEAD_MAX);
    tape.messages = allocate((size_t)count * sizeof *tape.messages);
    for (int i = 0; i < count; i++) {
        struct message *message = &tape.messages[i];
        message->length = options.size;
        // One more for the zero that snprintf writes.
        message->text = allocate(options.size + 1);
        write_text(message->text, message->length, sender, i);
        const uint8_t *payload = message->text;
        size_t length = message->length;
        if (is_compressed) {
            length = deflate_text(message->text, message->length, compressed, room);
            payload = compressed;
        }
        uint8_t first = FINAL | (is_compressed ? COMPRESSED : 0) | TEXT;
        tape.offsets[i + 1] = tape.offsets[i] + frame_write(tape.bytes + tape.offsets[i], first, payload, length);
    }
    free(compressed);
    repeat(&tape);
    return tape;
}

struct tape tape_of_request(const char *request) {
    size_t length = strlen(request);
    struct tape tape = empty_tape(1, length);
    memcpy(tape.bytes, request, length);
    tape.offsets[1] = length;
    repeat(&tape);
    return tape;
}

void inflater_open(struct inflater *inflater, bool keeps_context) {
    inflater->keeps_context = keeps_context;
    if (inflateInit2(&inflater->stream, -15) != Z_OK) abort();
}

static const char *take_text(
    struct arrival *arrival, const uint8_t *bytes, size_t length, const struct message *expected) {
    if (length > expected->length - arrival->length) return "a message that is longer than the one expected";
    if (memcmp(bytes, expected->text + arrival->length, length) != 0) return "another message than the one expected";
    arrival->length += length;
    return NULL;
}

static const char *inflate_bytes(
    struct arrival *arrival, z_stream *stream, const uint8_t *bytes, size_t length, const struct message *expected) {
    static uint8_t text[1 << 16];
    stream->next_in = (uint8_t *)bytes, stream->avail_in = (uInt)length;
    do {
        stream->next_out = text, stream->avail_out = sizeof text;
        int status = inflate(stream, Z_SYNC_FLUSH);
        if (status != Z_OK && status != Z_BUF_ERROR && status != Z_STREAM_END) return "bytes that zlib refuses";
        const char *fault = take_text(arrival, text, sizeof text - stream->avail_out, expected);
        if (fault) return fault;
        if (status == Z_BUF_ERROR) break;
        // A last block; what follows begins anew.
        if (status == Z_STREAM_END) inflateReset(stream);
    } while (stream->avail_in || !stream->avail_out);
    return NULL;
}

static const char *take_compressed(
    struct arrival *arrival, struct inflater *inflater, const struct frame *frame, struct message *expected) {
    static const uint8_t end[4] = {0, 0, 0xFF, 0xFF};
    // Without context the same bytes always mean the same, so those that were found right need not be inflated again.
    bool is_repeatable = !inflater->keeps_context && frame->is_final && frame->opcode == TEXT;
    if (is_repeatable && expected->compressed && expected->compressed_length == frame->length
        && memcmp(expected->compressed, frame->payload, frame->length) == 0) {
        arrival->length = expected->length;
        return NULL;
    }
    const char *fault = inflate_bytes(arrival, &inflater->stream, frame->payload, frame->length, expected);
    if (!fault && frame->is_final) fault = inflate_bytes(arrival, &inflater->stream, end, sizeof end, expected);
    if (fault || !frame->is_final) return fault;
    if (!inflater->keeps_context) inflateReset(&inflater->stream);
    if (is_repeatable && !expected->compressed && arrival->length == expected->length) {
        expected->compressed = allocate(frame->length);
        expected->compressed_length = frame->length;
        memcpy(expected->compressed, frame->payload, frame->length);
    }
    return NULL;
}

const char *arrival_take(
    struct arrival *arrival, struct inflater *inflater, const struct frame *frame, struct message *expected) {
    bool is_first = frame->opcode != CONTINUATION;
    if (is_first == arrival->is_open) return is_first ? "a message within another" : "a continuation of nothing";
    if (is_first) {
        if (frame->opcode != TEXT) return "a message that is no text";
        if (frame->is_compressed != (inflater != NULL)) {
            return inflater ? "a message that is not compressed" : "a compressed message, though it was not agreed";
        }
        *arrival = (struct arrival){.is_open = true, .is_compressed = frame->is_compressed};
    } else if (frame->is_compressed) {
        return "a continuation with RSV1";
    }
    const char *fault = arrival->is_compressed ? take_compressed(arrival, inflater, frame, expected)
                                               : take_text(arrival, frame->payload, frame->length, expected);
    if (fault || !frame->is_final) return fault;
    arrival->is_open = false;
    return arrival->length == expected->length ? NULL : "a message that is shorter than the one expected";
}

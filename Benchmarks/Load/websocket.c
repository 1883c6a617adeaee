#define _GNU_SOURCE
#include "websocket.h"

#include "digest.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESPONSE_MAX 4096

void websocket_send_request(struct connection *connection) {
    char request[2048];
    uint64_t nonce[2] = {random_number(), random_number()};
    base64((const uint8_t *)nonce, sizeof nonce, connection->key);
    int length = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n%s\r\n",
        options.path, options.host, options.port, connection->key,
        options.deflate ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : "");
    connection_send_now(connection, request, (size_t)length);
}

// Copies a field's value; false when there is none, or too long a one.
static bool field(const char *head, const char *name, char *value, size_t room) {
    const char *at = strcasestr(head, name);
    if (!at) return false;
    at += strlen(name);
    at += strspn(at, " ");
    size_t length = strcspn(at, "\r\n");
    if (length >= room) return false;
    memcpy(value, at, length);
    value[length] = 0;
    return true;
}

static const char *agree(struct connection *connection, const char *head) {
    char extensions[256];
    bool is_agreed = field(head, "\r\nsec-websocket-extensions:", extensions, sizeof extensions);
    if (!is_agreed) return options.deflate ? "no permessage-deflate was agreed" : NULL;
    if (!options.deflate || !strcasestr(extensions, "permessage-deflate")) return "an extension that was not offered";
    const char *window = strcasestr(extensions, "client_max_window_bits=");
    // What is compressed here reaches back over one message at most.
    if (window && (size_t)1 << atoi(strpbrk(window, "0123456789")) < options.size) {
        return "a window that is smaller than a message";
    }
    connection->inflater = allocate(sizeof *connection->inflater);
    inflater_open(connection->inflater, !strcasestr(extensions, "server_no_context_takeover"));
    return NULL;
}

static const char *check_response(struct connection *connection, const char *head) {
    char accept[29], answered[64];
    if (strncmp(head, "HTTP/1.1 101 ", 13) != 0) return "no 101";
    websocket_accept(connection->key, accept);
    bool is_there = field(head, "\r\nsec-websocket-accept:", answered, sizeof answered);
    if (!is_there || strcmp(answered, accept) != 0) return "a wrong Sec-WebSocket-Accept";
    return agree(connection, head);
}

size_t websocket_take_response(struct connection *connection, const uint8_t *bytes, size_t length) {
    const uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
    size_t head_length = end ? (size_t)(end - bytes) + 4 : length;
    if (head_length >= RESPONSE_MAX) {
        connection_fail(connection, "a response that is too long");
        return length;
    }
    if (!end) return 0;
    char head[RESPONSE_MAX];
    memcpy(head, bytes, head_length);
    head[head_length] = 0;
    const char *fault = check_response(connection, head);
    if (fault) connection_fail(connection, fault);
    else connection->state = OPEN;
    return head_length;
}

size_t websocket_ping(const struct connection *connection, uint8_t frame[static FRAME_HEAD_MAX + 8]) {
    char number[9];
    snprintf(number, sizeof number, "%08d", connection_index(connection));
    return frame_write(frame, FINAL | PING, (const uint8_t *)number, 8);
}

static void take_pong(struct connection *connection, const struct frame *frame) {
    char number[9];
    snprintf(number, sizeof number, "%08d", connection_index(connection));
    bool is_right = !connection->has_ponged && frame->length == 8 && memcmp(frame->payload, number, 8) == 0;
    connection->has_ponged = true;
    if (!is_right) connection_fail(connection, "a pong that answers no ping");
}

static void take_control(struct connection *connection, const struct frame *frame) {
    uint8_t pong[FRAME_HEAD_MAX + 125];
    switch (frame->opcode) {
    case CLOSE: connection_fail(connection, "a close frame"); break;
    case PONG: take_pong(connection, frame); break;
    default:
        // Never into the middle of a frame; a ping that finds one is due again soon.
        if (connection->unsent) break;
        connection_send_now(connection, pong, frame_write(pong, FINAL | PONG, frame->payload, frame->length));
    }
}

size_t websocket_take_frames(
    struct connection *connection, const uint8_t *bytes, size_t length, uint64_t now,
    void (*take)(struct connection *connection, const struct frame *frame, uint64_t now)) {
    size_t used = 0;
    while (connection->state == OPEN) {
        struct frame frame = {0};
        size_t count = frame_read(bytes + used, length - used, &frame);
        if (!count) break;
        used += count;
        if (frame.fault) connection_fail(connection, frame.fault);
        else if (frame.opcode >= CLOSE) take_control(connection, &frame);
        else take(connection, &frame, now);
    }
    return used;
}

// GET over kept connections, pipelined. Each response must be a 200 that holds what was asked for.

#define _GNU_SOURCE
#include "connections.h"
#include "measure.h"
#include "modes.h"
#include "options.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX 4096

// The last response that was read field by field; the same bytes again are as right.
static char sample[HEAD_MAX * 2];
static size_t sample_length;

// The length of a right response, 0 when it is not whole yet, and its fault.
static size_t read_response(const uint8_t *bytes, size_t length, const char **fault) {
    const uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
    size_t head_length = end ? (size_t)(end - bytes) + 4 : length, body_length = strlen(options.body);
    if (head_length >= HEAD_MAX) *fault = "a head that is too long";
    if (*fault || !end) return 0;
    char head[HEAD_MAX];
    memcpy(head, bytes, head_length);
    head[head_length] = 0;
    const char *field = strcasestr(head, "\r\nContent-Length:");
    if (strncmp(head, "HTTP/1.1 200 ", 13) != 0) *fault = "no 200";
    else if (!field || strtoul(field + 17, NULL, 10) != body_length) *fault = "a wrong Content-Length, or none";
    if (*fault || length - head_length < body_length) return 0;
    if (memcmp(bytes + head_length, options.body, body_length) != 0) *fault = "a wrong body";
    size_t whole = head_length + body_length;
    if (!*fault && whole <= sizeof sample) {
        memcpy(sample, bytes, whole);
        sample_length = whole;
    }
    return whole;
}

static size_t take(struct connection *connection, const uint8_t *bytes, size_t length, uint64_t now) {
    size_t used = 0;
    while (used < length) {
        const uint8_t *at = bytes + used;
        size_t rest = length - used;
        bool is_same = sample_length && rest >= sample_length && memcmp(at, sample, sample_length) == 0;
        const char *fault = NULL;
        size_t count = is_same ? sample_length : read_response(at, rest, &fault);
        if (!fault && count && !connection_in_flight(connection)) fault = "a response that nobody asked for";
        if (fault) {
            connection_fail(connection, fault);
            return length;
        }
        if (!count) break;
        used += count;
        connection_answer(connection, now);
    }
    if (is_sending) connection_refill(connection, now);
    return used;
}

static bool has_come(void) { return connections_in_flight() == 0; }

void http_run(void) {
    static const struct protocol protocol = {.take = take};
    char request[2048];
    snprintf(
        request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n\r\n", options.path, options.host, options.port);
    struct tape tape = tape_of_request(request);
    for (int i = 0; i < options.connections; i++) connection_load(&connections[i], tape);
    connections_open(&protocol);
    for (int i = 0; i < options.connections && !faults; i++) connection_refill(&connections[i], now_nanoseconds());
    measure_run(has_come, connections_in_flight);
}

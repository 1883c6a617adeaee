#define _GNU_SOURCE
#include "connections.h"

#include "measure.h"
#include "options.h"
#include "process.h"
#include "websocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define OPEN_SECONDS_MAX 60
// How many are on their way at once: fewer than any server's backlog.
#define CONNECTING_MAX 128
// A source address has 28,232 ports by default.
#define CONNECTIONS_PER_SOURCE 20000
#define RECEIVE_ROOM (8 << 20)

struct connection *connections;
uint64_t faults;

static const struct protocol *spoken;
static int epoll = -1, opened;
static uint8_t *received;

static void stop(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(2);
}

int connection_index(const struct connection *connection) { return (int)(connection - connections); }

void connection_fail(struct connection *connection, const char *fault) {
    if (connection->state == FAILED) return;
    if (faults++ < 5) fprintf(stderr, "load: connection %d: %s\n", connection_index(connection), fault);
    close(connection->descriptor);
    connection->state = FAILED;
}

void connection_load(struct connection *connection, struct tape tape) {
    connection->tape = tape;
    connection->sent_at = allocate(sizeof(uint64_t) * (size_t)options.depth);
}

// Sending

static void watch(struct connection *connection, int operation, bool waits_to_send) {
    struct epoll_event event = {.events = EPOLLIN | (waits_to_send ? EPOLLOUT : 0u), .data.ptr = connection};
    if (epoll_ctl(epoll, operation, connection->descriptor, &event) < 0) stop("epoll_ctl");
    connection->waits_to_send = waits_to_send;
}

static void flush(struct connection *connection) {
    const struct tape *tape = &connection->tape;
    while (connection->unsent) {
        ssize_t count = send(
            connection->descriptor, tape->bytes + connection->position, connection->unsent, MSG_NOSIGNAL);
        if (count < 0) {
            if (errno != EAGAIN) return connection_fail(connection, strerror(errno));
            if (!connection->waits_to_send) watch(connection, EPOLL_CTL_MOD, true);
            return;
        }
        connection->position += (size_t)count;
        connection->unsent -= (size_t)count;
        connection->position %= tape->offsets[tape->count];
    }
    if (connection->waits_to_send) watch(connection, EPOLL_CTL_MOD, false);
}

void connection_send(struct connection *connection, unsigned count, uint64_t now) {
    if (!count || connection->state != OPEN) return;
    for (unsigned i = 0; i < count; i++) {
        connection->sent_at[connection->sent++ % (uint64_t)options.depth] = now;
    }
    const struct tape *tape = &connection->tape;
    connection->unsent += tape->offsets[connection->next + (int)count] - tape->offsets[connection->next];
    connection->next = (connection->next + (int)count) % tape->count;
    flush(connection);
}

void connection_send_now(struct connection *connection, const void *bytes, size_t length) {
    ssize_t count = send(connection->descriptor, bytes, length, MSG_NOSIGNAL);
    if (count != (ssize_t)length) connection_fail(connection, "a few bytes could not be sent");
}

unsigned connection_in_flight(const struct connection *connection) {
    return (unsigned)(connection->sent - connection->come);
}

uint64_t connections_in_flight(void) {
    uint64_t sum = 0;
    for (int i = 0; i < options.connections; i++) sum += connection_in_flight(&connections[i]);
    return sum;
}

void connection_answer(struct connection *connection, uint64_t now) {
    measure_answer(now - connection->sent_at[connection->come++ % (uint64_t)options.depth]);
}

void connection_refill(struct connection *connection, uint64_t now) {
    connection_send(connection, (unsigned)options.depth - connection_in_flight(connection), now);
}

// Receiving

static void keep_rest(struct connection *connection, const uint8_t *bytes, size_t length) {
    if (length > connection->rest_room) {
        free(connection->rest);
        connection->rest_room = length * 2;
        connection->rest = allocate(connection->rest_room);
    }
    memcpy(connection->rest, bytes, length);
    connection->rest_length = length;
}

static void receive(struct connection *connection) {
    size_t length = connection->rest_length;
    if (length) memcpy(received, connection->rest, length);
    ssize_t count = recv(connection->descriptor, received + length, RECEIVE_ROOM - length, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return connection_fail(connection, count ? strerror(errno) : "closed by the server");
    length += (size_t)count;
    connection->rest_length = 0;
    uint64_t now = now_nanoseconds();
    size_t used = 0;
    if (connection->state == OPENING) {
        used = websocket_take_response(connection, received, length);
        if (connection->state == OPEN) opened++;
    }
    if (connection->state == OPEN && used < length) {
        used += spoken->take(connection, received + used, length - used, now);
    }
    if (connection->state != FAILED && used < length) keep_rest(connection, received + used, length - used);
}

static void connected(struct connection *connection) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(connection->descriptor, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) return connection_fail(connection, strerror(error));
    watch(connection, EPOLL_CTL_MOD, false);
    if (spoken->is_websocket) {
        connection->state = OPENING;
        websocket_send_request(connection);
    } else {
        connection->state = OPEN;
        opened++;
    }
}

static void handle(struct connection *connection, uint32_t events) {
    if (connection->state == FAILED) return;
    if (connection->state == CONNECTING) return connected(connection);
    if (events & ~EPOLLOUT) receive(connection);
    if (connection->state == OPEN && events & EPOLLOUT) flush(connection);
}

static void poll_once(int milliseconds) {
    static struct epoll_event events[1024];
    int count = epoll_wait(epoll, events, sizeof events / sizeof *events, milliseconds);
    if (count < 0 && errno != EINTR) stop("epoll_wait");
    for (int i = 0; i < count; i++) handle(events[i].data.ptr, events[i].events);
}

void connections_run(double seconds, bool (*is_done)(void)) {
    uint64_t now, end = now_nanoseconds() + (uint64_t)(seconds * 1e9);
    while (!faults && !(is_done && is_done()) && (now = now_nanoseconds()) < end) {
        poll_once((int)((end - now) / 1000000) + 1);
    }
}

// Opening and closing

static void start(struct connection *connection) {
    int yes = 1, index = connection_index(connection);
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port)};
    if (inet_pton(AF_INET, options.host, &server.sin_addr) != 1) options_usage();
    connection->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->descriptor < 0) stop("socket");
    setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (index >= CONNECTIONS_PER_SOURCE) {
        struct sockaddr_in source = {.sin_family = AF_INET};
        source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(index / CONNECTIONS_PER_SOURCE));
        setsockopt(connection->descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        if (bind(connection->descriptor, (struct sockaddr *)&source, sizeof source) < 0) stop("bind");
    }
    int status = connect(connection->descriptor, (struct sockaddr *)&server, sizeof server);
    if (status < 0 && errno != EINPROGRESS) stop("connect");
    watch(connection, EPOLL_CTL_ADD, true);
}

void connections_open(const struct protocol *protocol) {
    spoken = protocol;
    received = allocate(RECEIVE_ROOM);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) stop("epoll_create1");
    uint64_t end = now_nanoseconds() + OPEN_SECONDS_MAX * 1000000000ull;
    for (int started = 0; opened < options.connections && !faults;) {
        while (started < options.connections && started - opened < CONNECTING_MAX) start(&connections[started++]);
        poll_once(1000);
        if (now_nanoseconds() > end) {
            faults++;
            fprintf(stderr, "load: after a minute %d of %d connections were open\n", opened, options.connections);
        }
    }
}

void connections_close(void) {
    // A reset: no port is left waiting for late segments.
    struct linger at_once = {.l_onoff = 1};
    for (int i = 0; i < options.connections; i++) {
        if (connections[i].descriptor <= 0 || connections[i].state == FAILED) continue;
        setsockopt(connections[i].descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(connections[i].descriptor);
    }
}

#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

struct options options = {
    .host = "127.0.0.1", .path = "/", .body = "Hello, World!", .connections = 64, .depth = 1,
    .size = 20, .warmup = 0.5, .seconds = 4,
};

void options_usage(void) {
    fputs(
        "usage: load echo|fanout|idle|http --port N --server PID [options]\n"
        "  echo     each connection has so many messages in flight, and each comes back as it was\n"
        "  fanout   the first connection publishes, and each one, itself too, gets every message\n"
        "  idle     connections that only stay; in the end each must answer a ping\n"
        "  http     GET over kept connections, so many in flight on each\n"
        "  --host ADDRESS       an IPv4 address (127.0.0.1)\n"
        "  --path PATH          what is asked for (/)\n"
        "  --connections N      (64)\n"
        "  --depth N            messages, publications or requests in flight (1)\n"
        "  --size BYTES         of a message, at least 16 (20)\n"
        "  --deflate            permessage-deflate must be agreed; echo: messages go compressed\n"
        "  --body TEXT          of a right response (Hello, World!)\n"
        "  --warmup SECONDS     not measured (0.5)\n"
        "  --seconds SECONDS    measured; idle: for which the connections stay (4)\n"
        "  --allocations FILE   where the counter preloaded into the server counts\n"
        "Prints one object of JSON. Exits with 1 when an answer was wrong or did not come.\n",
        stderr);
    exit(2);
}

void options_parse(int count, char **arguments) {
    static const struct option names[] = {
        {"host", required_argument, 0, 'h'},        {"port", required_argument, 0, 'p'},
        {"path", required_argument, 0, 'u'},        {"server", required_argument, 0, 'i'},
        {"connections", required_argument, 0, 'c'}, {"depth", required_argument, 0, 'd'},
        {"size", required_argument, 0, 's'},        {"deflate", no_argument, 0, 'z'},
        {"body", required_argument, 0, 'b'},        {"warmup", required_argument, 0, 'w'},
        {"seconds", required_argument, 0, 't'},     {"allocations", required_argument, 0, 'a'},
        {0, 0, 0, 0},
    };
    for (int name; (name = getopt_long(count, arguments, "", names, NULL)) != -1;) {
        switch (name) {
        case 'h': options.host = optarg; break;
        case 'p': options.port = atoi(optarg); break;
        case 'u': options.path = optarg; break;
        case 'i': options.server = atoi(optarg); break;
        case 'c': options.connections = atoi(optarg); break;
        case 'd': options.depth = atoi(optarg); break;
        case 's': options.size = strtoul(optarg, NULL, 10); break;
        case 'z': options.deflate = true; break;
        case 'b': options.body = optarg; break;
        case 'w': options.warmup = atof(optarg); break;
        case 't': options.seconds = atof(optarg); break;
        case 'a': options.allocations = optarg; break;
        default: options_usage();
        }
    }
    bool is_right = optind == count && options.port > 0 && options.port < 65536 && options.server > 0
        && options.connections > 0 && options.depth > 0 && options.size >= 16
        && options.size <= 1 << 20 && options.warmup >= 0 && options.seconds > 0;
    if (!is_right) options_usage();
}

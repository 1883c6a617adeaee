// uWebSockets beside ours, through its public API. It is not part of this repository and must be had by hand:
//   git clone --recurse-submodules https://github.com/uNetworking/uWebSockets && cd uWebSockets
//   make -C uSockets
//   g++ -std=c++20 -O3 -flto -I src -I uSockets/src -o uwspeer PATH/TO/THIS/peer.cpp uSockets/uSockets.a -lz
// and then: scripts/bench-peers --uwebsockets PATH/TO/uwspeer
// Usage: uwspeer PORT

#include "App.h"

#include <cstdlib>
#include <string_view>

struct PerSocket {};
using Behavior = uWS::App::WebSocketBehavior<PerSocket>;

// Limits that no cell comes near.
static Behavior behavior(uWS::CompressOptions compression) {
    Behavior behavior;
    behavior.compression = compression;
    behavior.maxPayloadLength = 16 << 20;
    behavior.maxBackpressure = 64 << 20;
    behavior.idleTimeout = 120;
    return behavior;
}

static Behavior echo(uWS::CompressOptions compression) {
    Behavior route = behavior(compression);
    route.message = [](auto *socket, std::string_view text, uWS::OpCode kind) { socket->send(text, kind, true); };
    return route;
}

// Everybody is in it, and each message goes to all, the sender too.
static Behavior room(uWS::App &app, uWS::CompressOptions compression, std::string_view topic) {
    Behavior route = behavior(compression);
    route.open = [topic](auto *socket) { socket->subscribe(topic); };
    route.message = [&app, topic](auto *, std::string_view text, uWS::OpCode kind) {
        app.publish(topic, text, kind, true);
    };
    return route;
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    uWS::App app;
    app.ws<PerSocket>("/echo", echo(uWS::DISABLED));
    app.ws<PerSocket>("/deflate", echo(uWS::SHARED_COMPRESSOR));
    app.ws<PerSocket>("/room", room(app, uWS::DISABLED, "plain"));
    app.ws<PerSocket>("/room-deflate", room(app, uWS::SHARED_COMPRESSOR, "deflated"));
    app.get("/plain", [](auto *response, auto *) {
        response->writeHeader("Content-Type", "text/plain")->end("Hello, World!");
    });
    app.listen("127.0.0.1", std::atoi(arguments[1]), [](auto *socket) {
        if (!socket) std::exit(1);
    });
    app.run();
}

import ArgumentParser
import RNodeApp
import ServerFlags

/// What a load generator drives: echoes and rooms that everybody is in, as they are and compressed, and a fixed response.
@main
struct BenchmarkServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves /echo, /deflate, /room, /room-deflate, /full and GET /plain."
    )

    @OptionGroup var flags: ServerFlags

    @Option(help: "How hard zlib tries, 1...9.")
    var level = DeflateOptions().level

    @Option(help: "How much memory zlib takes for matches, 1...9.")
    var memoryLevel = DeflateOptions().memoryLevel

    @Flag(help: "Keep compression contexts between messages.")
    var takeover = false

    func run() async throws {
        let app = flags.makeApp()
        let room = try await app.createRoom("benchmark")
        let deflated = try await app.createRoom("benchmark-deflate")
        var options = DeflateOptions()
        options.level = level
        options.memoryLevel = memoryLevel
        options.serverKeepsContext = takeover
        options.clientKeepsContext = takeover
        let compression = options
        for (path, compression) in [("/echo", nil), ("/deflate", compression)] {
            app.websocket(raw: path) { route in
                route.compression = compression
                route.onMessage { bytes, kind, context in context.send(bytes, kind) }
            }
        }
        app.websocket(raw: "/room") { route in
            route.onOpen { context in context.join(room) }
            route.onMessage { bytes, kind, context in context.publish(bytes, kind, to: room) }
        }
        app.websocket(raw: "/room-deflate") { route in
            route.compression = compression
            route.onOpen { context in context.join(deflated) }
            route.onMessage { bytes, kind, context in context.publish(bytes, kind, to: deflated) }
        }
        // The full protocol: what a connection takes that has all of it.
        app.websocket("/full") { route in route.onMessage { _ in } }
        app.get("/plain", fixed: Response().text("Hello, World!"))
        try await flags.serve(app)
    }
}

import ArgumentParser
import RNodeApp
import ServerFlags

/// What a load generator drives: an echo, a room that everybody is in, and a fixed response.
@main
struct BenchmarkServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves /echo, /room and GET /plain for load generators.")

    @OptionGroup var flags: ServerFlags

    func run() async throws {
        let app = flags.makeApp()
        let room = try await app.createRoom("benchmark")
        app.websocket(raw: "/echo") { route in
            route.onMessage { bytes, kind, context in context.send(bytes, kind) }
        }
        app.websocket(raw: "/room") { route in
            route.onOpen { context in context.join(room) }
            route.onMessage { bytes, kind, context in context.publish(bytes, kind, to: room) }
        }
        app.get("/plain", fixed: Response().text("Hello, World!"))
        try await flags.serve(app)
    }
}

import ArgumentParser
import RNodeApp
import ServerFlags

/// The server of the interop suite: every callback cancels, modifies or throws when a connection asks for it, and
/// every event is kept. What it does stands in `Tests/Interop/README.md`, and nothing else.
@main
struct InteropServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The server that the interop suite drives.")

    @OptionGroup var flags: ServerFlags

    @Option(help: "Seconds that the opening and onConnect may take together.")
    var handshakeTimeout: Seconds?

    func run() async throws {
        let app = flags.makeApp { configuration in
            if let handshakeTimeout { configuration.handshakeTimeout = handshakeTimeout.duration }
        }
        let journal = Journal()
        WebSocketRoutes(app: app, journal: journal, pings: flags.jsonPingInterval?.duration)
            .register()
        RawRoutes.register(on: app)
        HTTPRoutes(app: app, journal: journal).register()
        try await flags.serve(app)
    }
}

import ArgumentParser
import RNodeApp
import RNodeIO
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

    @Flag(help: "Have each call that receives or sends move 1 to 7 bytes; tell how many did.")
    var chop = false

    func run() async throws {
        let app = flags.makeApp { configuration in
            if let handshakeTimeout { configuration.handshakeTimeout = handshakeTimeout.duration }
        }
        let journal = Journal()
        WebSocketRoutes(app: app, journal: journal, pings: flags.jsonPingInterval?.duration)
            .register()
        RawRoutes.register(on: app)
        HTTPRoutes(app: app, journal: journal).register()
        guard chop else { return try await flags.serve(app) }
        guard let port = UInt16(exactly: flags.port) else {
            throw ValidationError("--port is \(flags.port); it must be in 0...65535")
        }
        let (host, counter) = (flags.host, CallCounter())
        defer { print("Chopped \(counter.count) calls") }
        try await flags.serve(app) { app in
            let listeners = try SocketListener.bind(to: .ip(host: host, port: port))
            let addresses = listeners.map(\.address)
            try await app.listen(on: listeners.map { ChoppedListener($0, counter: counter) })
            return addresses
        }
    }
}

import ArgumentParser
import RNodeApp
import ServerFlags

/// The chat server: a page, rooms, direct messages, every callback in use.
@main
struct Chat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A chat server with rooms: open it in a browser.")

    @OptionGroup var flags: ServerFlags

    func run() async throws {
        let app = flags.makeApp()
        ChatRoutes.register(on: app, jsonPingInterval: flags.jsonPingInterval?.duration)
        _ = try await app.createRoom("general", description: "Everybody is here")
        try await flags.serve(app)
    }
}

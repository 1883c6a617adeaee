import ArgumentParser
import CHeap
import RNodeApp
import ServerFlags

/// The server that the soak fills and empties: an echo, rooms, and what is alive in the process.
@main
struct SoakServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves /echo, /rooms, /ring and GET /live for scripts/soak.")

    @OptionGroup var flags: ServerFlags

    func run() async throws {
        let app = flags.makeApp()
        app.websocket(raw: "/echo") { route in
            // Streams of their own for clients that do not decline them, as far as the memory for all goes.
            var deflate = DeflateOptions()
            deflate.serverKeepsContext = true
            deflate.clientKeepsContext = true
            route.compression = deflate
            route.onMessage { bytes, kind, context in context.send(bytes, kind) }
        }
        app.websocket("/rooms") { route in
            // Asynchronous, so that flows suspend, tasks are made, and both must end.
            route.onJoinRoom { _ async in await Task.yield() }
            route.onClose { _ async in await Task.yield() }
        }
        let ring = try await app.createRoom("ring")
        app.websocket(raw: "/ring") { route in
            // So that a member that takes nothing may hold a mebibyte, the least that the hard cap can be.
            var limits = WebSocketLimits()
            limits.messageBytesMax = 65_536
            route.limits = limits
            route.onOpen { context in context.join(ring) }
            route.onMessage { bytes, kind, context in context.publish(bytes, kind, to: ring) }
        }
        app.get("/live") { _, response async in response.json(await Live(app)) }
        app.mountRoomAPI(authorize: .open)
        let address = try await app.listen(host: flags.host, port: flags.port)
        print("Serving at http://\(address)")
        try await app.run()
    }
}

/// What is alive at a moment.
struct Live: Encodable {
    let connections: Int
    let messages: Int
    let rooms: Int
    let members: Int
    /// Bytes of the heap that are in use, whatever the allocator keeps beside them.
    let heapBytes: Int

    init(_ app: App) async {
        let all = await app.getAllRooms()
        connections = app.getWebSocketConnections()
        messages = app.getWebSocketMessageCount()
        rooms = all.count
        members = all.reduce(0) { $0 + $1.connectionsCount }
        heapBytes = heap_bytes_in_use()
    }
}

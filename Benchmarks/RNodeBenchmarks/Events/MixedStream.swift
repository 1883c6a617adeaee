import RNodeApp

/// What one client sends in a session in which all fourteen events happen: it opens, joins a room, sends ten rounds of all that
/// a client can send, has a callback throw, leaves the room, and breaks a rule, for which it is closed.
///
/// The same bytes for every configuration. Nothing in it is there to make one of them look well: a round has one of each.
struct MixedStream {
    static let rounds = 10
    /// The text that makes `onMessage` throw, so that `onServerError` happens.
    static let troublesome: [UInt8] = [UInt8(ascii: "!")]

    /// What is sent, read by read; the server is given time between two.
    let reads: [[UInt8]]

    init(room: String) {
        let round = Self.round(room)
        let rounds = [[UInt8]](repeating: round, count: Self.rounds)
        let trouble = ClientBytes.frames(.text, Self.troublesome)
        let leave = ClientBytes.text(#"{"type":"leave_room","room_id":"\#(room)","id":"m9"}"#)
        // A frame with an opcode that is reserved: the server answers by 1002, and closes.
        let violation: [UInt8] = [0x83, 0x80, 0, 0, 0, 0]
        reads = [Self.join(room)] + rounds + [trouble, leave, violation]
    }

    static func join(_ room: String) -> [UInt8] {
        ClientBytes.text(#"{"type":"join_room","room_id":"\#(room)","id":"m0"}"#)
    }

    private static func round(_ room: String) -> [UInt8] {
        ClientBytes.text("Hello, everybody out there!")
            + ClientBytes.text(
                #"{"type":"room_message","room_id":"\#(room)","message":"Hello, room!"}"#)
            + ClientBytes.text(
                #"{"type":"direct_message","target_client_id":"ada","message":"Hello, Ada!"}"#)
            + ClientBytes.text(#"{"type":"message_ack","id":"m7"}"#)
            + ClientBytes.text(#"{"type":"ping"}"#)
            + ClientBytes.text(#"{"type":"pong"}"#)
            + ClientBytes.frames(.binary, ClientBytes.ascii(20))
            + ClientBytes.frames(.ping, ClientBytes.ascii(4))
            + ClientBytes.frames(.pong, ClientBytes.ascii(4))
    }
}

/// A server with one route, and sessions on it, one after the other.
final class MixedSessions {
    private let host: MemoryHost
    let app: App
    private let path: String
    private let request: [UInt8]
    private let stream: MixedStream

    /// `sees` is told of every event that runs, before it goes on.
    init(_ callbacks: CallbackSet, sees: @escaping Callback = { _ in }) throws {
        host = try MemoryHost()
        app = host.makeApp()
        path = callbacks.path
        request = ClientBytes.upgrade(path + "?clientId=ada")
        let room = try host.run { [app] in try await app.createRoom("general") }
        stream = MixedStream(room: room)
        app.websocket(path) { route in
            route.on(callbacks.events.subtracting(EventMask(.onMessage)), sees)
            route.on(callbacks.events.intersection(EventMask(.onMessage))) { event in
                try sees(event)
                let size = event.withBytes { $0.count }
                if size == MixedStream.troublesome.count { throw Trouble() }
            }
        }
        try host.serve(app)
    }

    private struct Trouble: Error {}

    /// One session, from its opening to its end.
    func run() {
        let connection = host.connect()
        connection.give(request)
        host.settle()
        for read in stream.reads {
            connection.give(read)
            host.settle()
        }
    }

    /// How many connections are open: 0 between two sessions.
    var openCount: Int { host.loop.connectionCount }

    /// How often each event ran and was filtered so far, in their order.
    var counts: [(event: WebSocketEvent, ran: Int, filtered: Int)] {
        (app.explain(path)?.events ?? []).map { ($0.event, $0.ran, $0.skipped) }
    }
}

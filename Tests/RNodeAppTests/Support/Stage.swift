import FoundationEssentials
import Logging
import RNodeApp
import RNodeIO
import RNodeTesting

/// An app on loops in the test's hands.
struct Stage {
    let host: TestHost
    let app: App

    /// Makes an app, lets `configure` register its routes, and serves it.
    static func make(
        loops: Int = 1, io: IOLimits = IOLimits(),
        _ adjust: (inout AppConfiguration) -> Void = { _ in },
        _ register: (App) -> Void
    ) async throws -> Stage {
        let host = try TestHost(loops: loops, limits: io)
        let clock = host.clock
        let app = createApp { configuration in
            configuration.registryExecutor = host.loops[0]
            configuration.wallClock = { clock.wallClockMilliseconds }
            configuration.logger.logLevel = .critical
            configuration.io = io
            adjust(&configuration)
        }
        register(app)
        try await host.run { try await app.serve(on: host.loops) }
        return Stage(host: host, app: app)
    }

    /// Connects a client and takes its welcome.
    func client(
        _ path: String = "/chat", id: String? = nil, loop: Int = 0,
        shape: StreamShape = StreamShape()
    ) async throws -> Client {
        let target = id.map { "\(path)?clientId=\($0)" } ?? path
        let socket = try await TestWebSocket.open(host, target, loop: loop, shape: shape)
        let client = Client(socket: socket)
        client.welcome = try await client.next("welcome")
        return client
    }

    func room(_ name: String = "room", max: Int? = nil) async throws -> String {
        let app = app
        return try await host.run { try await app.createRoom(name, maxConnections: max) }
    }
}

/// A client that speaks the control protocol.
final class Client {
    let socket: TestWebSocket
    var welcome: [String: JSON] = [:]

    init(socket: TestWebSocket) {
        self.socket = socket
    }

    func send(_ text: String) {
        socket.send(text)
    }

    /// The next message; it must have this type.
    @discardableResult
    func next(_ type: String) async throws -> [String: JSON] {
        let text = try await socket.nextText()
        let message = try JSONDecoder().decode([String: JSON].self, from: Data(text.utf8))
        guard message["type"] == .string(type) else { throw Unexpected(wanted: type, got: text) }
        return message
    }

    /// Sends a join and takes its answer.
    @discardableResult
    func join(_ room: String) async throws -> [String: JSON] {
        send(#"{"type":"join_room","room_id":"\#(room)"}"#)
        return try await next("room_joined")
    }

    struct Unexpected: Error {
        let wanted: String
        let got: String
    }
}

/// A JSON value, to be compared.
enum JSON: Decodable, Hashable {
    case string(String), number(Double), bool(Bool), null
    case array([JSON]), object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let bool = try? container.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let string = try? container.decode(String.self) {
            self = .string(string)
        } else if let array = try? container.decode([JSON].self) {
            self = .array(array)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .number(Double(value)) }
}

import RNodeApp

/// A text that tells `onMessage` to call something of its connection.
enum Order {
    case send(String)
    case publish(String, room: String)
    case join(String)
    case leave(String)
    case close(CloseCode, reason: String)
    case setMetadata(key: String, value: String)
    case call(AppCall)

    /// The order in an event's text; nil for every other event and text.
    init?(_ event: borrowing WebSocketEventData) {
        guard event.event == .onMessage, let text = try? event.decode(as: OrderText.self) else {
            return nil
        }
        switch text.do {
        case "send": self = .send(text.text ?? "")
        case "publish": self = .publish(text.text ?? "", room: text.room_id ?? "")
        case "join": self = .join(text.room_id ?? "")
        case "leave": self = .leave(text.room_id ?? "")
        case "close":
            self = .close(CloseCode(rawValue: text.code ?? 1_000), reason: text.reason ?? "")
        case "metadata": self = .setMetadata(key: text.key ?? "", value: text.value ?? "")
        default:
            guard let call = AppCall(text.do, on: event.connectionId, room: text.room_id ?? "")
            else { return nil }
            self = .call(call)
        }
    }

    /// Makes the call, as a synchronous callback does.
    func obey(on connection: borrowing WebSocketConnection, of app: App) {
        switch self {
        case .send(let text): connection.send(text)
        case .publish(let text, let room): connection.publish(text, to: room)
        case .join(let room): connection.join(room)
        case .leave(let room): connection.leave(room)
        case .close(let code, let reason): connection.close(code: code, reason: reason)
        case .setMetadata(let key, let value): connection.metadata[key] = value
        case .call(let call): Task { await call.make(to: app) }
        }
    }

    /// Makes the call, and waits for what can be waited for.
    func obeyWaiting(on connection: borrowing WebSocketConnection, of app: App) async {
        switch self {
        case .join(let room): try? await connection.join(room)
        case .leave(let room): try? await connection.leave(room)
        case .call(let call): await call.make(to: app)
        default: obey(on: connection, of: app)
        }
    }
}

/// A call of the app that is about the connection it is made on.
struct AppCall {
    private enum Verb: String {
        case joinRoom = "app.joinRoom"
        case leaveRoom = "app.leaveRoom"
        case removeRoom = "app.removeRoom"
        case disconnect = "app.disconnect"
    }

    private let verb: Verb
    private let connectionId: String
    private let room: String

    init?(_ name: String, on connectionId: String, room: String) {
        guard let verb = Verb(rawValue: name) else { return nil }
        self.verb = verb
        self.connectionId = connectionId
        self.room = room
    }

    func make(to app: App) async {
        switch verb {
        case .joinRoom: await app.joinRoom(connectionId, room)
        case .leaveRoom: await app.leaveRoom(connectionId, room)
        case .removeRoom: _ = try? await app.removeRoom(room)
        case .disconnect: await app.disconnect(connectionId)
        }
    }
}

/// An order as it is written.
private struct OrderText: Decodable {
    let `do`: String
    let text: String?
    let room_id: String?
    let code: UInt16?
    let reason: String?
    let key: String?
    let value: String?
}

/// The fourteen things that can happen on a WebSocket route, each with the callback of the same name.
public enum WebSocketEvent: UInt8, CaseIterable, Sendable, Hashable {
    /// A client asks to connect; before the 101.
    case onConnect
    /// The `welcome` message is about to be sent.
    case onWelcome
    /// An application text arrived: ordinary, to a room, or direct.
    case onMessage
    /// A binary message arrived.
    case onBinaryMessage
    /// The client is about to join a room.
    case onJoinRoom
    /// The client is about to leave a room.
    case onLeaveRoom
    /// A message of the client to a room is about to be delivered.
    case onRoomMessage
    /// A message of the client to another client is about to be delivered.
    case onDirectMessage
    /// The client acknowledged a message.
    case onMessageAck
    /// A ping arrived, as a frame or as JSON.
    case onPing
    /// A pong arrived, as a frame or as JSON.
    case onPong
    /// The connection broke a rule, or its transport failed.
    case onError
    /// The server failed the connection: a callback threw, a store or broker is away.
    case onServerError
    /// The connection is closed.
    case onClose

    /// The name of the callback: `onMessage`.
    public var name: String { "\(self)" }

    /// The event's word in metrics: `join_room`.
    var label: String {
        name.dropFirst(2).reduce(into: "") { label, letter in
            if letter.isUppercase, !label.isEmpty { label += "_" }
            label += letter.lowercased()
        }
    }

    /// The event whose callback has this name.
    public init?(name: String) {
        guard let event = WebSocketEvent.allCases.first(where: { $0.name == name }) else {
            return nil
        }
        self = event
    }
}

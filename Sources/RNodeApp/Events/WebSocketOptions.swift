/// What a WebSocket route does: up to fourteen callbacks, and how its connections are kept.
///
/// Only the events whose callback is set are run at all. Fill a value, or the one that
/// `app.websocket` hands to its closure.
public struct WebSocketOptions: Sendable {
    /// A client asks to connect, before the 101. Cancel: 403. Changes `clientId`, `metadata`.
    public var onConnect = WebSocketCallback()
    /// An application text arrived. Cancel: `message_blocked`. Changes `data`.
    public var onMessage = WebSocketCallback()
    /// The connection is closed; `closeCode`, and `message` is the reason. Cancel is ignored.
    public var onClose = WebSocketCallback()
    /// The connection broke a rule, or its transport failed. Cancel is ignored.
    public var onError = WebSocketCallback()
    /// The client is about to join a room. Cancel: `error room_join_blocked`. Changes `metadata`.
    public var onJoinRoom = WebSocketCallback()
    /// The client is about to leave a room. Cancel: `error room_leave_blocked`, but not at close. Changes `metadata`.
    public var onLeaveRoom = WebSocketCallback()
    /// A ping arrived. Cancel: a JSON ping is not answered; a frame always is.
    public var onPing = WebSocketCallback()
    /// A pong arrived. Cancel: a JSON pong is not answered.
    public var onPong = WebSocketCallback()
    /// A binary message arrived. Cancel: `message_blocked`. It goes nowhere by itself, so a change of `bytes` is nobody's to see.
    public var onBinaryMessage = WebSocketCallback()
    /// `welcome` is about to be sent. Cancel: it is not. Changes its fields.
    public var onWelcome = WebSocketCallback()
    /// The client acknowledged a message. Cancel is ignored.
    public var onMessageAck = WebSocketCallback()
    /// A message to a room is about to be delivered. Cancel: `message_blocked`. Changes `message`.
    public var onRoomMessage = WebSocketCallback()
    /// A message to a client is about to be delivered. Cancel: `message_blocked`. Changes `message`.
    public var onDirectMessage = WebSocketCallback()
    /// The server failed the connection: a callback threw, a store is away. Cancel is ignored.
    public var onServerError = WebSocketCallback()

    /// Who may send to a room; members only unless changed.
    public var roomSendPolicy = RoomSendPolicy.members
    /// Whether the members of a room are told who joins and leaves; for rooms of up to 100 members.
    ///
    /// Off by default: every join costs a message per member.
    public var announceMembers = false
    /// How long a JSON `ping` follows the last; nil for none. 10 ms…1 day; default 30 s.
    ///
    /// For display of latency only. None is sent while one is unanswered.
    public var jsonPingInterval: Duration? = .seconds(30)
    /// Sizes and timeouts of this route's connections; nil for the app's.
    public var limits: WebSocketLimits?
    /// Subprotocols this route speaks, the preferred first. A client's offer of none of them is answered without one.
    public var subprotocols: [String] = []
    /// Whose pages may connect; nil for the app's policy.
    public var origins: OriginPolicy?
    /// permessage-deflate with clients that offer it; nil, the default, agrees on it with none.
    public var compression: DeflateOptions?
    /// What becomes of messages to clients that do not read as fast as they are sent to; they are closed unless changed.
    public var slowConsumers = SlowConsumerPolicy.close
    /// Unsent bytes of a connection above which ``slowConsumers`` applies. 1 KiB…1 GiB; nil for the larger of
    /// ``/RNodeIO/IOLimits/outputHardCapBytes`` and twice ``/RNodeWS/WebSocketLimits/messageBytesMax``.
    public var outputHardCapBytes: Int?

    /// No callbacks.
    public init() {}

    /// The callback of each event, by the event's raw value.
    var callbacks: [EventCallback] {
        WebSocketEvent.allCases.map { self[$0].callback }
    }

    /// The place of an event's callback.
    subscript(event: WebSocketEvent) -> WebSocketCallback {
        switch event {
        case .onConnect: onConnect
        case .onWelcome: onWelcome
        case .onMessage: onMessage
        case .onBinaryMessage: onBinaryMessage
        case .onJoinRoom: onJoinRoom
        case .onLeaveRoom: onLeaveRoom
        case .onRoomMessage: onRoomMessage
        case .onDirectMessage: onDirectMessage
        case .onMessageAck: onMessageAck
        case .onPing: onPing
        case .onPong: onPong
        case .onError: onError
        case .onServerError: onServerError
        case .onClose: onClose
        }
    }
}

/// Who may send a message to a room.
public struct RoomSendPolicy: Sendable, Hashable {
    let admitsAnyone: Bool

    /// Members of the room only; others get `error not_a_member`.
    public static let members = RoomSendPolicy(admitsAnyone: false)
    /// Every connection of the route.
    public static let anyone = RoomSendPolicy(admitsAnyone: true)
}

import RNodeApp

/// Which callbacks a route has: the configurations of the API document, and none.
enum CallbackSet: String, CaseIterable {
    /// All fourteen.
    case all
    /// `onConnect`, `onMessage`, `onClose`, which the document calls optimized.
    case three
    /// `onMessage`, which the document calls maximally optimized.
    case one
    case none

    /// The three that the document compares.
    static let compared: [CallbackSet] = [.all, .three, .one]

    var events: EventMask {
        switch self {
        case .all: .all
        case .three: EventMask([.onConnect, .onMessage, .onClose])
        case .one: EventMask(.onMessage)
        case .none: []
        }
    }

    /// The path of its route.
    var path: String { "/\(rawValue)" }
}

/// What a callback does when it is called.
typealias Callback = @Sendable (borrowing WebSocketEventData) throws -> Void

extension WebSocketOptions {
    /// Sets the callbacks of these events.
    mutating func on(_ events: EventMask, _ callback: @escaping Callback) {
        for event in events.events { on(event, callback) }
    }

    private mutating func on(_ event: WebSocketEvent, _ callback: @escaping Callback) {
        switch event {
        case .onConnect: onConnect(callback)
        case .onWelcome: onWelcome(callback)
        case .onMessage: onMessage(callback)
        case .onBinaryMessage: onBinaryMessage(callback)
        case .onJoinRoom: onJoinRoom(callback)
        case .onLeaveRoom: onLeaveRoom(callback)
        case .onRoomMessage: onRoomMessage(callback)
        case .onDirectMessage: onDirectMessage(callback)
        case .onMessageAck: onMessageAck(callback)
        case .onPing: onPing(callback)
        case .onPong: onPong(callback)
        case .onError: onError(callback)
        case .onServerError: onServerError(callback)
        case .onClose: onClose(callback)
        }
    }
}

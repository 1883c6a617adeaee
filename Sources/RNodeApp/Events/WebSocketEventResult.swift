/// What a callback says of its event. Returning nil, or nothing, lets the event go on as it is.
public struct WebSocketEventResult: Sendable {
    /// Whether the event is not to go on. What that means for each event stands in <doc:Events>.
    public var shouldCancel: Bool
    /// What of the event is to be changed before it goes on; ignored when it is cancelled.
    public var modifiedEvent: WebSocketEventChange?
    /// Why it is cancelled; told to the client.
    public var error: String?

    /// A result; without arguments the event goes on as it is.
    public init(
        shouldCancel: Bool = false, modifiedEvent: WebSocketEventChange? = nil, error: String? = nil
    ) {
        self.shouldCancel = shouldCancel
        self.modifiedEvent = modifiedEvent
        self.error = error
    }

    /// The event is not to go on.
    public static func cancel(_ error: String? = nil) -> WebSocketEventResult {
        WebSocketEventResult(shouldCancel: true, error: error)
    }

    /// The event goes on, changed.
    public static func modify(
        _ change: (inout WebSocketEventChange) throws -> Void
    ) rethrows -> WebSocketEventResult {
        var modified = WebSocketEventChange()
        try change(&modified)
        return WebSocketEventResult(modifiedEvent: modified)
    }
}

/// The changed fields of an event; what is nil stays. Which fields an event heeds stands in <doc:Events>.
public struct WebSocketEventChange: Sendable {
    /// onMessage: the text that goes on.
    public var data: String?
    /// onBinaryMessage: the bytes that go on. None do by themselves: send or publish them in the callback.
    public var bytes: [UInt8]?
    /// onRoomMessage, onDirectMessage: the payload that goes on, as a string.
    public var message: String?
    /// onRoomMessage, onDirectMessage: the payload that goes on, as JSON text; wins over ``message``.
    ///
    /// Text that is not one JSON value counts as a failed callback.
    public var messageJSON: String?
    /// onConnect: the client's id, 1–128 bytes without controls. onWelcome: the one shown in the message.
    public var clientId: String?
    /// onConnect, onJoinRoom, onLeaveRoom: the connection's metadata, replaced as a whole.
    public var metadata: [String: String]?
    /// onWelcome: string fields of the message, set or added by their names on the wire.
    public var fields: [String: String] = [:]

    /// No change.
    public init() {}
}

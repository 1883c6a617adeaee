internal import FoundationEssentials

/// What a callback is told of its event. Which fields each event carries stands in <doc:Events>.
///
/// Lent for the length of the callback: it can't be copied or kept. A synchronous callback sees the loop's
/// bytes without a copy; an async one gets an owned copy of the same type. Strings are made when asked for.
public struct WebSocketEventData: ~Copyable {
    /// Which event this is.
    public let event: WebSocketEvent
    /// The connection it happened on.
    public let connection: WebSocketConnection
    let bytes: EventBytes
    let fields: EventFields
    let wallClockMilliseconds: Int64

    /// The connection's id, a UUID.
    public var connectionId: String { connection.id }
    /// The path of the opening request.
    public var path: String { connection.path }
    /// The route's number, as `handler_1`.
    public var handlerId: String { connection.handlerId }
    /// The client's id.
    public var clientId: String { connection.clientId }
    /// When it happened: RFC 3339, UTC, with milliseconds.
    public var timestamp: String { Timestamp.text(milliseconds: wallClockMilliseconds) }

    /// The text as received; nil for bytes, and for events without a message.
    public var data: String? {
        guard fields.hasText else { return nil }
        return bytes.withSpan { String(decoding: $0) }
    }

    /// The bytes as received: a text's UTF-8, a binary message, a ping's payload.
    public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withSpan(body)
    }

    /// The text decoded from JSON; throws what `JSONDecoder` throws.
    public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        let text = bytes.withSpan { $0.copied() }
        return try JSONDecoder().decode(type, from: Data(text))
    }

    /// The room it is about.
    public var roomId: String? { fields.roomID?.description }
    /// The client a direct message is for.
    public var targetClientId: String? { fields.targetClientID }
    /// The client a message is from.
    public var fromClientId: String? { fields.isFromClient ? connection.clientId : nil }
    /// A message's payload: a string as it is, any other JSON value as its text. onClose: the reason.
    public var message: String? {
        switch fields.message {
        case .none: nil
        case .text(let text): text
        case .payload(let payload): bytes.withSpan { payload.text(in: $0) }
        }
    }
    /// What went wrong.
    public var error: String? { fields.error }
    /// The kind of what went wrong: one of the protocol's `error_type`s.
    public var errorType: String? { fields.errorType }
    /// The message's type on the wire.
    public var type: String? { fields.type.map { "\($0)" } }
    /// onClose: the code the connection was closed with; onError: the one it is closed with, if it is.
    public var closeCode: UInt16? { fields.closeCode }
}

/// The parts of an event that not every event has.
struct EventFields {
    enum Message {
        case none
        case text(String)
        /// A JSON value within the event's bytes, or one that replaced it.
        case payload(MessagePayload)
    }

    var hasText = false
    var roomID: RoomID?
    var targetClientID: String?
    var isFromClient = false
    var message = Message.none
    var error: String?
    var errorType: String?
    var type: StaticString?
    var closeCode: UInt16?
}

extension String {
    /// Validated UTF-8 as a string.
    init(decoding bytes: Span<UInt8>) {
        // SAFETY: the pointer is read within the closure it is lent to.
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

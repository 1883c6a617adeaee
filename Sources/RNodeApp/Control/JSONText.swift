extension JSONString {
    /// The content of a JSON string, given with its quotes.
    static func content(of quoted: Span<UInt8>) -> [UInt8] {
        guard quoted.count >= 2 else { return [] }
        var plain = ByteBuffer()
        unescape(quoted, 1..<quoted.count &- 1, into: &plain)
        return plain.copied()
    }

    /// The content of a JSON string, given with its quotes, as text.
    static func text(of quoted: Span<UInt8>) -> String {
        content(of: quoted).withSpan { String(decoding: $0) }
    }
}

extension Array where Element == UInt8 {
    fileprivate func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result { body(span) }
}

extension JSONScanner {
    /// Whether a text is exactly one JSON value within the limits.
    static func isOneValue(_ text: Span<UInt8>, limits: JSONLimits) -> Bool {
        (try? check(body: text, limits: limits)) != nil
    }
}

extension Timestamp {
    /// A moment's text.
    static func text(milliseconds: Int64) -> String { Timestamp(milliseconds: milliseconds).string }
}

extension ControlMessage.Kind {
    /// The `type` of such a message; nil for one without.
    var wireType: StaticString? {
        switch self {
        case .ordinary: nil
        case .message: "message"
        case .roomMessage: "room_message"
        case .directMessage: "direct_message"
        case .joinRoom: "join_room"
        case .leaveRoom: "leave_room"
        case .ping: "ping"
        case .pong: "pong"
        case .messageAck: "message_ack"
        }
    }

    /// What a `message_blocked` calls such a message.
    var blockedEvent: String { "\(wireType ?? "message")" }
}

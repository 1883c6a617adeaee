/// Why an opening handshake is refused, and what HTTP answers (RFC 6455 §4.2, §4.4).
public struct HandshakeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The HTTP status of the answer.
    public let status: Int
    /// Fixed words for the answer's body and for logs; nothing the peer sent is in it.
    public let description: String

    /// No `Upgrade: websocket` with `Connection: Upgrade` (RFC 6455 §4.2.1): 426.
    public static let notAnUpgrade = Self(status: 426, "Expected a WebSocket upgrade")
    /// `Sec-WebSocket-Version` is not 13 (RFC 6455 §4.4): 426.
    public static let versionUnsupported = Self(status: 426, "WebSocket version must be 13")
    /// `Sec-WebSocket-Key` is not 16 bytes in base64 (RFC 6455 §4.2.1): 400.
    public static let keyInvalid = Self(status: 400, "Invalid Sec-WebSocket-Key")
    /// `Sec-WebSocket-Protocol` is not a list of different tokens (RFC 6455 §4.1): 400.
    public static let subprotocolsInvalid = Self(status: 400, "Invalid Sec-WebSocket-Protocol")
    /// This side chose a subprotocol or extension that was not offered (RFC 6455 §4.2.2): 500.
    public static let choiceNotOffered = Self(status: 500, "Chosen value was not offered")
    /// Client side: the answer is not a 101 with the right fields (RFC 6455 §4.1).
    public static let answerInvalid = Self(status: 502, "Invalid answer to a WebSocket upgrade")
    /// Client side: the answer accepts what was not offered (RFC 6455 §4.1).
    public static let answerNotOffered = Self(status: 502, "Answer accepts what was not offered")

    private init(status: Int, _ description: String) {
        self.status = status
        self.description = description
    }

    /// The fields a 426 must bear: `Upgrade: websocket`, and `Sec-WebSocket-Version: 13`.
    public var fields: [HandshakeField] {
        guard status == 426 else { return [] }
        return [
            HandshakeField(name: "Upgrade", value: "websocket"),
            HandshakeField(name: "Connection", value: "Upgrade"),
            HandshakeField(name: "Sec-WebSocket-Version", value: "13"),
        ]
    }
}

/// A field line to be sent in a handshake. Its value holds no control characters.
public struct HandshakeField: Hashable, Sendable {
    /// The field's name.
    public let name: String
    /// The field's value.
    public let value: String
}

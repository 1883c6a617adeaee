/// The 101 that opens a WebSocket (RFC 6455 §4.2.2).
public struct HandshakeAnswer: Hashable, Sendable {
    /// The value of `Sec-WebSocket-Accept`.
    public let accept: String
    /// The chosen subprotocol, or nil.
    public let subprotocol: String?
    /// The agreed extension with its parameters, or nil.
    public let `extension`: ExtensionOffer?

    /// The field lines of the answer, whose status is 101.
    public var fields: [HandshakeField] {
        var fields = [
            HandshakeField(name: "Upgrade", value: "websocket"),
            HandshakeField(name: "Connection", value: "Upgrade"),
            HandshakeField(name: "Sec-WebSocket-Accept", value: accept),
        ]
        if let subprotocol {
            fields.append(HandshakeField(name: "Sec-WebSocket-Protocol", value: subprotocol))
        }
        if let agreed = `extension` {
            fields.append(
                HandshakeField(name: "Sec-WebSocket-Extensions", value: agreed.fieldValue))
        }
        return fields
    }

    /// Appends the whole answer, status line to empty line, for use without an HTTP layer.
    public func encode(into output: inout ByteBuffer) {
        output.append("HTTP/1.1 101 Switching Protocols\r\n")
        for field in fields { field.encode(into: &output) }
        output.append("\r\n")
    }
}

extension HandshakeField {
    func encode(into output: inout ByteBuffer) {
        output.append(utf8: name)
        output.append(": ")
        output.append(utf8: value)
        output.append("\r\n")
    }
}

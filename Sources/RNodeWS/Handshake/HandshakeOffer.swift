/// The client's side of the opening handshake (RFC 6455 §4.1).
///
/// Takes its 16 random bytes as an argument: this layer has no random source.
public struct HandshakeOffer: Sendable {
    /// The value of `Sec-WebSocket-Key`.
    public let key: String
    /// The subprotocols offered, in order of preference; those that are no tokens are left out.
    public let subprotocols: [String]
    /// The extensions offered, in order of preference.
    public let extensions: [ExtensionOffer]

    /// What a server agreed to.
    public struct Agreement: Hashable, Sendable {
        /// The subprotocol it chose, or nil.
        public let subprotocol: String?
        /// The extensions it accepted.
        public let extensions: [ExtensionOffer]
    }

    /// An offer with 16 bytes from a good random source.
    public init(
        nonce: InlineArray<16, UInt8>, subprotocols: [String] = [],
        extensions: [ExtensionOffer] = []
    ) {
        key = Base64.encoded(nonce.span)
        self.subprotocols = subprotocols.filter(FieldScanner.isToken)
        self.extensions = extensions.filter { FieldScanner.isToken($0.name) }
    }

    /// The field lines of the request, without `Host`.
    public var fields: [HandshakeField] {
        var fields = [
            HandshakeField(name: "Upgrade", value: "websocket"),
            HandshakeField(name: "Connection", value: "Upgrade"),
            HandshakeField(name: "Sec-WebSocket-Version", value: "13"),
            HandshakeField(name: "Sec-WebSocket-Key", value: key),
        ]
        if !subprotocols.isEmpty {
            let value = subprotocols.joined(separator: ", ")
            fields.append(HandshakeField(name: "Sec-WebSocket-Protocol", value: value))
        }
        if !extensions.isEmpty {
            let value = extensions.map(\.fieldValue).joined(separator: ", ")
            fields.append(HandshakeField(name: "Sec-WebSocket-Extensions", value: value))
        }
        return fields
    }

    /// Appends a whole request. `target` and `host` are sent as given: the caller vouches for them.
    public func encode(target: String, host: String, into output: inout ByteBuffer) {
        output.append("GET ")
        output.append(utf8: target)
        output.append(" HTTP/1.1\r\n")
        HandshakeField(name: "Host", value: host).encode(into: &output)
        for field in fields { field.encode(into: &output) }
        output.append("\r\n")
    }

    /// Checks a server's answer; throws `answerInvalid` or `answerNotOffered`.
    public func check(
        status: Int, _ answer: HandshakeFields
    ) throws(HandshakeError) -> Agreement {
        guard status == 101,
            FieldScanner.list(answer.upgrade, contains: "websocket"),
            FieldScanner.list(answer.connection, contains: "upgrade"),
            case .value(let accept) = answer.accept,
            accept.span.isEqual(to: Handshake.accept(key: key.utf8Span.span).utf8Span.span)
        else { throw .answerInvalid }
        return Agreement(
            subprotocol: try chosenSubprotocol(answer), extensions: try acceptedExtensions(answer))
    }

    private func chosenSubprotocol(_ answer: HandshakeFields) throws(HandshakeError) -> String? {
        guard let value = answer.subprotocols else { return nil }
        guard let chosen = FieldScanner.subprotocols(value, max: 2), chosen.count == 1 else {
            throw .answerInvalid
        }
        guard subprotocols.contains(chosen[0]) else { throw .answerNotOffered }
        return chosen[0]
    }

    private func acceptedExtensions(
        _ answer: HandshakeFields
    ) throws(HandshakeError) -> [ExtensionOffer] {
        guard answer.extensions != nil else { return [] }
        guard let accepted = FieldScanner.extensions(answer.extensions, max: .max) else {
            throw .answerInvalid
        }
        for one in accepted where !extensions.contains(where: { $0.name == one.name }) {
            throw .answerNotOffered
        }
        return accepted
    }
}

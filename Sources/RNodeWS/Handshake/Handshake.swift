/// The server's side of the opening handshake: a request that was checked (RFC 6455 §4.2.1).
///
/// Made from the fields of a GET over HTTP/1.1; method, version, `Host` and `Origin` are the HTTP
/// layer's to check. What was offered is here to choose from, and `answer` makes the 101.
public struct Handshake: Sendable {
    /// The subprotocols the client offered, in its order of preference; those beyond
    /// `WebSocketLimits.offersMax` are declined, and missing here.
    public let subprotocols: [String]
    /// The extensions the client offered, in order. Those beyond `WebSocketLimits.offersMax`, and
    /// all of a field that breaks the grammar, are declined, and missing here.
    public let extensions: [ExtensionOffer]
    /// Whether offers were declined because there were more than `WebSocketLimits.offersMax`.
    package let declinesOffers: Bool
    /// The value for `Sec-WebSocket-Accept`.
    public let accept: String

    /// Checks a request; throws what to answer instead of a 101.
    public init(
        _ fields: HandshakeFields, limits: WebSocketLimits = .default
    ) throws(HandshakeError) {
        guard FieldScanner.list(fields.upgrade, contains: "websocket"),
            FieldScanner.list(fields.connection, contains: "upgrade")
        else { throw .notAnUpgrade }
        guard case .value(let version) = fields.version, version.span.isEqual(to: "13") else {
            throw .versionUnsupported
        }
        guard case .value(let key) = fields.key, Base64.isNonce(key.span) else {
            throw .keyInvalid
        }
        var declined = 0
        guard
            let offered = FieldScanner.subprotocols(
                fields.subprotocols, max: limits.offersMax, declined: &declined)
        else { throw .subprotocolsInvalid }
        subprotocols = offered
        extensions =
            FieldScanner.extensions(
                fields.extensions, max: limits.offersMax, declined: &declined) ?? []
        declinesOffers = declined > 0
        accept = Self.accept(key: key.span)
    }

    /// Says yes: the fields of the 101 (RFC 6455 §4.2.2).
    ///
    /// Throws `choiceNotOffered` for a subprotocol the client did not offer, or an extension whose
    /// name it did not offer.
    public func answer(
        subprotocol: String? = nil, extension agreed: ExtensionOffer? = nil
    ) throws(HandshakeError) -> HandshakeAnswer {
        if let subprotocol, !subprotocols.contains(subprotocol) { throw .choiceNotOffered }
        if let agreed, !extensions.contains(where: { $0.name == agreed.name }) {
            throw .choiceNotOffered
        }
        return HandshakeAnswer(accept: accept, subprotocol: subprotocol, extension: agreed)
    }

    /// The first of `preferred`, in the server's order, that the client offered; nil for none.
    public func firstSubprotocol(of preferred: [String]) -> String? {
        preferred.first { subprotocols.contains($0) }
    }

    /// The accept value of a key: SHA-1 of the key and the protocol's GUID, in base64.
    static func accept(key: Span<UInt8>) -> String {
        var hash = SHA1()
        hash.update(key)
        let guid: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        hash.update("\(guid)".utf8Span.span)
        return Base64.encoded(hash.finish().span)
    }
}

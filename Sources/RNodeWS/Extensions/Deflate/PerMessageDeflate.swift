/// permessage-deflate (RFC 7692) on one connection.
///
/// A side that keeps nothing between messages uses its loop's shared streams and costs no memory here. With takeover
/// the connection owns a stream, paid from the budget for as long as it lives.
public final class PerMessageDeflate: WebSocketExtension {
    /// The extension's registered name (RFC 7692 §9.1).
    public static let name = "permessage-deflate"

    /// What was agreed on.
    public let parameters: DeflateParameters
    /// How this side deflates: connections with the same one can share what is sent to them.
    public let encoding: DeflateEncoding
    private let ratioMax: Int?
    private let streams: DeflateStreams
    /// With takeover only.
    private let deflater: Deflater?
    private let inflater: Inflater?
    private let reservedBytes: Int
    /// The peer's window holds what the deflater does not know of.
    private var mustForget = false
    /// The message that is arriving in pieces, without takeover.
    private var arriving = Arriving.nothing

    private enum Arriving {
        case nothing
        case inflating(Inflater)
        /// There was no memory for an inflater of its own: kept as it came, until the end.
        case held
    }
    private var held = ByteBuffer()

    // MARK: - Coming into use

    /// A server's side: accepts the first of the client's offers that it can, in their order.
    ///
    /// nil when there is none, or the budget has no room for the streams: then go on without it. `inflateRatioMax` is
    /// that of `WebSocketLimits`.
    public static func accepting(
        _ offers: [ExtensionOffer], _ options: DeflateOptions, _ streams: DeflateStreams,
        inflateRatioMax: Int? = nil
    ) -> PerMessageDeflate? {
        for offer in offers {
            guard let parameters = DeflateParameters(accepting: offer, options),
                let accepted = PerMessageDeflate(
                    .server, parameters, options, streams, inflateRatioMax: inflateRatioMax)
            else { continue }
            return accepted
        }
        return nil
    }

    /// Either side, once the parameters are agreed on; nil when the budget has no room, or there is no memory.
    public init?(
        _ role: WebSocketSession.Role, _ parameters: DeflateParameters, _ options: DeflateOptions,
        _ streams: DeflateStreams, inflateRatioMax: Int? = nil
    ) {
        let isServer = role == .server
        let incomingBits = isServer ? parameters.clientWindowBits : parameters.serverWindowBits
        let keepsOutgoing = isServer ? parameters.serverKeepsContext : parameters.clientKeepsContext
        let keepsIncoming = isServer ? parameters.clientKeepsContext : parameters.serverKeepsContext
        encoding = DeflateEncoding(
            options,
            windowBits: isServer ? parameters.serverWindowBits : parameters.clientWindowBits)
        let bytes =
            (keepsOutgoing ? encoding.byteCount : 0)
            &+ (keepsIncoming ? Inflater.byteCount(windowBits: incomingBits) : 0)
        guard streams.budget.reserve(bytes) else { return nil }
        let memory = streams.budget.memory
        let deflater = keepsOutgoing ? encoding.makeDeflater(memory: memory) : nil
        let inflater = keepsIncoming ? Inflater(windowBits: incomingBits, memory: memory) : nil
        guard keepsOutgoing == (deflater != nil), keepsIncoming == (inflater != nil) else {
            streams.budget.release(bytes)
            return nil
        }
        self.parameters = parameters
        self.streams = streams
        self.deflater = deflater
        self.inflater = inflater
        ratioMax = inflateRatioMax
        reservedBytes = bytes
    }

    deinit {
        streams.budget.release(reservedBytes)
        dropIncoming()
    }

    /// The agreed parameters, as the server's answer says them.
    public var answer: ExtensionOffer { parameters.answer }

    // MARK: - Sending

    /// Deflates a message that is long enough; false when it would not get shorter.
    public func encode(
        _ kind: MessageKind, _ message: Span<UInt8>, into payload: inout ByteBuffer
    ) -> Bool {
        guard let deflater else {
            return streams.deflate(message, as: encoding, into: &payload)
        }
        guard message.count >= encoding.minimumBytes else { return false }
        if mustForget {
            deflater.reset()
            mustForget = false
        }
        let start = payload.count
        guard deflater.deflate(message, into: &payload) else { return false }
        guard payload.count &- start < message.count else {
            // It goes as it is, and the peer's window will not have it: later messages must not refer to it.
            payload.truncate(to: start)
            mustForget = true
            return false
        }
        return true
    }

    /// Lends the buffer of the loop's streams.
    public func withScratch(_ body: (inout ByteBuffer) -> Void) { streams.withScratch(body) }

    /// Whether this side's messages refer to earlier ones, so that `sharedFramesSent` must be told.
    public var keepsContext: Bool { deflater != nil }

    /// The peer was sent frames that `DeflateStreams.deflate(frames:as:into:)` encoded.
    ///
    /// They refer to nothing, so that they are right whatever the peer's window holds; but from now on it holds
    /// them too, and distances into what was before are no longer what the deflater here thinks. So it forgets: the
    /// next message begins anew.
    public func sharedFramesSent() {
        mustForget = true
    }

    // MARK: - Receiving

    /// An eighth more, a 128th more, and 64 bytes.
    ///
    /// What can't be made shorter gets longer. By zlib's own account (deflateBound) with the settings that are
    /// worst for it, each byte takes 9 bits, in blocks with heads: n + n/8 + n/256 + n/512 bytes and a few; the
    /// end of a message adds some. Other deflaters stay below it, too, unless they flush every few bytes.
    public func encodedBytesMax(messageBytesMax: Int) -> Int {
        let most = min(max(messageBytesMax, 0), 1 << 40)
        return most &+ most / 8 &+ most / 128 &+ 64
    }

    /// Inflates the next bytes of a message (RFC 7692 §7.2.2); what it throws is said at `Inflater.inflate`.
    public func decode(
        _ payload: Span<UInt8>, endOfMessage: Bool, bytesMax: Int, into message: inout ByteBuffer
    ) throws(WebSocketError) {
        if let inflater {
            defer { streams.noteRatio(of: inflater) }
            return try inflater.inflate(
                payload, endOfMessage: endOfMessage, bytesMax: bytesMax, ratioMax: ratioMax,
                into: &message)
        }
        if case .nothing = arriving, endOfMessage {
            return try streams.inflate(
                payload, bytesMax: bytesMax, ratioMax: ratioMax, into: &message)
        }
        try decodePiece(payload, endOfMessage, bytesMax, &message)
    }

    private func decodePiece(
        _ payload: Span<UInt8>, _ endOfMessage: Bool, _ bytesMax: Int, _ message: inout ByteBuffer
    ) throws(WebSocketError) {
        if case .nothing = arriving {
            arriving = streams.lendInflater().map { .inflating($0) } ?? .held
        }
        guard case .inflating(let lent) = arriving else {
            return try hold(payload, endOfMessage, bytesMax, &message)
        }
        defer { streams.noteRatio(of: lent) }
        try lent.inflate(
            payload, endOfMessage: endOfMessage, bytesMax: bytesMax, ratioMax: ratioMax,
            into: &message)
        guard endOfMessage else { return }
        arriving = .nothing
        streams.takeBack(lent)
    }

    /// Keeps a piece; at the end, for as long as it is inflated, the message is there in both forms.
    private func hold(
        _ payload: Span<UInt8>, _ endOfMessage: Bool, _ bytesMax: Int, _ message: inout ByteBuffer
    ) throws(WebSocketError) {
        held.reserve(payload.count, within: encodedBytesMax(messageBytesMax: bytesMax))
        held.append(payload)
        guard endOfMessage else { return }
        var whole = ByteBuffer()
        swap(&whole, &held)
        arriving = .nothing
        try whole.withSpan { whole throws(WebSocketError) in
            try streams.inflate(whole, bytesMax: bytesMax, ratioMax: ratioMax, into: &message)
        }
    }

    /// Bytes of a message that is kept as it came.
    public var heldByteCount: Int { held.capacity }

    /// Gives back what a message in pieces had taken.
    public func dropIncoming() {
        if case .inflating(let lent) = arriving { streams.takeBack(lent) }
        arriving = .nothing
        held = ByteBuffer()
    }
}

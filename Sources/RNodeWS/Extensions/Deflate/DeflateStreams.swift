/// The zlib streams that the connections of one loop share.
///
/// A stream that nothing is kept in between messages can serve everyone: it is reset after each message, so that no
/// client's bytes have a trace in another's. One deflater for each encoding in use, and one inflater; further inflaters
/// are lent for messages that arrive in pieces.
///
/// Not `Sendable`: one for each loop.
public final class DeflateStreams {
    /// Idle inflaters that are kept for the next message in pieces. They belong to no connection, so the budget has
    /// their part back: it is taken for as long as one is lent.
    private static let idleMax = 8

    let budget: DeflateBudget
    private var deflaters: [DeflateEncoding: Deflater] = [:]
    private var inflater: Inflater?
    private var idle: [Inflater] = []
    private var scratch = ByteBuffer()
    /// The most bytes that the scratch buffer keeps between two messages.
    private static let scratchBytesMax = 65_536
    /// How many messages were deflated by shared streams. A broadcast counts once for each encoding in use.
    public private(set) var sharedMessageCount = 0
    // Unchecked: looked at in each turn; read and written at once, never lent.
    /// The most that a message to any connection with these streams inflated to, in times of what came of it, rounded up;
    /// of one that was cut off, until then.
    @safe @exclusivity(unchecked)
    public private(set) var inflateRatioHighest = 0

    /// No streams yet; they are made when first needed. `budget` bounds those of single connections.
    public init(budget: DeflateBudget = DeflateBudget()) {
        self.budget = budget
    }

    // MARK: - Deflating

    /// Appends `message` deflated, so that it refers to nothing before it; false, and nothing appended, when it is too
    /// short, or would not get shorter.
    public func deflate(
        _ message: Span<UInt8>, as encoding: DeflateEncoding, into payload: inout ByteBuffer
    ) -> Bool {
        guard message.count >= encoding.minimumBytes, let deflater = deflater(for: encoding)
        else { return false }
        let start = payload.count
        let isDeflated = deflater.deflate(message, into: &payload)
        // At once, so that nothing of this message is left for the next client's.
        deflater.reset()
        guard isDeflated else { return false }
        sharedMessageCount &+= 1
        guard payload.count &- start < message.count else {
            payload.truncate(to: start)
            return false
        }
        return true
    }

    private func deflater(for encoding: DeflateEncoding) -> Deflater? {
        if let known = deflaters[encoding] { return known }
        let made = encoding.makeDeflater(memory: budget.memory)
        deflaters[encoding] = made
        return made
    }

    /// Appends a server's frames, each message deflated on its own where that makes it shorter.
    ///
    /// What many are sent, encoded once for all of them who have this encoding: the bytes are right for a peer of any
    /// history. Returns how many messages were deflated. `frames` are whole unmasked frames, as `FrameEncoder` writes
    /// them; what is none is appended as it is.
    public func deflate(
        frames: Span<UInt8>, as encoding: DeflateEncoding, into output: inout ByteBuffer
    ) -> Int {
        let decoder = FrameDecoder(role: .client, payloadBytesMax: .max)
        var deflated = 0
        var offset = 0
        while offset < frames.count {
            guard case .header(let header) = decoder.decode(frames, from: offset),
                header.payloadCount <= frames.count &- offset &- header.byteCount
            else {
                output.append(frames.extracting(offset...))
                return deflated
            }
            let end = offset &+ header.byteCount &+ header.payloadCount
            let payload = frames.extracting((offset &+ header.byteCount)..<end)
            if append(header, payload, encoding, &output) {
                deflated &+= 1
            } else {
                output.append(frames.extracting(offset..<end))
            }
            offset = end
        }
        return deflated
    }

    /// Lends an empty buffer, the same one each time: what is deflated is soon copied into a frame.
    func withScratch(_ body: (inout ByteBuffer) -> Void) {
        var buffer = ByteBuffer()
        swap(&buffer, &scratch)
        buffer.removeAll()
        body(&buffer)
        if buffer.capacity <= Self.scratchBytesMax { swap(&buffer, &scratch) }
    }

    private func append(
        _ header: FrameHeader, _ payload: Span<UInt8>, _ encoding: DeflateEncoding,
        _ output: inout ByteBuffer
    ) -> Bool {
        guard header.isFinal, header.opcode.messageKind != nil else { return false }
        var isDeflated = false
        withScratch { encoded in
            isDeflated = deflate(payload, as: encoding, into: &encoded)
            guard isDeflated else { return }
            encoded.withSpan {
                FrameEncoder.encode(header.opcode, $0, isExtended: true, into: &output)
            }
        }
        return isDeflated
    }

    // MARK: - Inflating

    private static var lentBytes: Int { Inflater.byteCount(windowBits: 15) }

    private func makeInflater() -> Inflater? {
        Inflater(windowBits: 15, memory: budget.memory)
    }

    /// Inflates a message that is here as a whole.
    func inflate(
        _ payload: Span<UInt8>, bytesMax: Int, ratioMax: Int?, into message: inout ByteBuffer
    ) throws(WebSocketError) {
        guard let inflater = inflater ?? makeInflater() else { throw .outOfMemory }
        self.inflater = inflater
        defer {
            noteRatio(of: inflater)
            inflater.reset()
        }
        try inflater.inflate(
            payload, endOfMessage: true, bytesMax: bytesMax, ratioMax: ratioMax, into: &message)
    }

    /// Takes note of how far an inflater's messages have grown.
    func noteRatio(of inflater: Inflater) {
        inflateRatioHighest = max(inflateRatioHighest, inflater.highestRatio)
    }

    /// Lends an inflater for a message that arrives in pieces; nil when the budget has no room for another, or
    /// there is no memory.
    func lendInflater() -> Inflater? {
        guard budget.reserve(Self.lentBytes) else { return nil }
        if let last = idle.popLast() { return last }
        guard let made = makeInflater() else {
            budget.release(Self.lentBytes)
            return nil
        }
        return made
    }

    /// Takes back what was lent.
    func takeBack(_ inflater: Inflater) {
        budget.release(Self.lentBytes)
        guard idle.count < Self.idleMax else { return }
        inflater.reset()
        idle.append(inflater)
    }
}

/// Decodes the header of one frame (RFC 6455 §5.2) from as many of its bytes as there are.
///
/// Fails at the first byte that is wrong, so the answer does not depend on how the bytes were
/// split. The order of frames in a message is the session's to judge.
public struct FrameDecoder: Hashable, Sendable {
    /// What the bytes were.
    public enum Outcome: Hashable, Sendable {
        /// Right so far; more bytes are needed.
        case needMore
        /// A whole header, its payload within the limit.
        case header(FrameHeader)
        /// Not a frame this side may be sent.
        case failed(WebSocketError)
    }

    /// Which side decodes: a server wants masked frames, a client unmasked ones.
    public var role: WebSocketSession.Role
    /// Whether RSV1 has a meaning, because an extension was agreed on.
    public var allowsExtended: Bool
    /// The longest payload; breach: `frameTooBig`.
    public var payloadBytesMax: Int

    /// A decoder for the frames that reach `role`.
    public init(
        role: WebSocketSession.Role, allowsExtended: Bool = false, payloadBytesMax: Int = 1 << 20
    ) {
        self.role = role
        self.allowsExtended = allowsExtended
        self.payloadBytesMax = payloadBytesMax
    }

    /// Decodes the header that begins at `offset`.
    public func decode(_ bytes: Span<UInt8>, from offset: Int = 0) -> Outcome {
        guard offset >= 0, offset < bytes.count else { return .needMore }
        let head = bytes.extracting(offset..<bytes.count)
        guard let opcode = Opcode(rawValue: head[0] & 0x0F) else {
            return .failed(.reservedOpcode)
        }
        if let error = firstByteError(head[0], opcode) { return .failed(error) }
        guard head.count > 1 else { return .needMore }
        if let error = secondByteError(head[1], opcode) { return .failed(error) }
        return decodeLength(head, opcode)
    }

    private func firstByteError(_ byte: UInt8, _ opcode: Opcode) -> WebSocketError? {
        // RSV1 marks the first frame of an extended message (RFC 7692 §6.1), and nothing else.
        let allowed: UInt8 = allowsExtended && opcode.messageKind != nil ? 0x40 : 0
        if byte & 0x70 & ~allowed != 0 { return .reservedBits }
        return opcode.isControl && byte & 0x80 == 0 ? .controlFragmented : nil
    }

    private func secondByteError(_ byte: UInt8, _ opcode: Opcode) -> WebSocketError? {
        let isMasked = byte & 0x80 != 0
        if role == .server, !isMasked { return .maskMissing }
        if role == .client, isMasked { return .maskUnexpected }
        return opcode.isControl && byte & 0x7F > 125 ? .controlTooLong : nil
    }

    private func decodeLength(_ head: Span<UInt8>, _ opcode: Opcode) -> Outcome {
        let short = UInt64(head[1] & 0x7F)
        let extra = short < 126 ? 0 : short == 126 ? 2 : 8
        // The most significant bit is the first of the eight bytes, and already wrong alone.
        if extra == 8, head.count > 2, head[2] & 0x80 != 0 { return .failed(.lengthOutOfRange) }
        guard head.count >= 2 &+ extra else { return .needMore }
        let declared = extra == 0 ? short : Self.bigEndian(head, from: 2, count: extra)
        let shortest: UInt64 = extra == 0 ? 0 : extra == 2 ? 126 : 65_536
        if declared < shortest { return .failed(.lengthNotMinimal) }
        guard let length = WireLength(declared, max: payloadBytesMax) else {
            return .failed(.frameTooBig)
        }
        return decodeMask(head, opcode, length, from: 2 &+ extra)
    }

    private func decodeMask(
        _ head: Span<UInt8>, _ opcode: Opcode, _ length: WireLength, from start: Int
    ) -> Outcome {
        let isMasked = role == .server
        let count = start &+ (isMasked ? 4 : 0)
        guard head.count >= count else { return .needMore }
        var key: UInt32?
        if isMasked {
            key =
                UInt32(truncatingIfNeeded: Self.bigEndian(head, from: start, count: 4)).byteSwapped
        }
        return .header(
            FrameHeader(
                isFinal: head[0] & 0x80 != 0, isExtended: head[0] & 0x40 != 0, opcode: opcode,
                byteCount: count, maskingKey: key, payloadCount: length.count))
    }

    private static func bigEndian(_ bytes: Span<UInt8>, from start: Int, count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in start..<(start &+ count) { value = value << 8 | UInt64(bytes[index]) }
        return value
    }
}

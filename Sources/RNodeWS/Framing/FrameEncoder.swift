/// Writes frames (RFC 6455 §5.2), each header in its shortest form.
///
/// `encode(_:_:into:)` is for frames that many members share: encode once, append the bytes to
/// each output. A text payload must be UTF-8: what is sent is not checked.
public enum FrameEncoder {
    /// Appends a whole message as one unmasked frame, as a server sends it.
    public static func encode(
        _ kind: MessageKind, _ payload: Span<UInt8>, into output: inout ByteBuffer
    ) {
        encode(first: 0x80 | kind.rawValue, payload, into: &output)
    }

    /// Appends one frame of any kind. A `maskingKey` makes it a client's frame.
    ///
    /// Nothing is checked: a control frame's payload above 125 bytes, or a wrong order of
    /// fragments, goes out as asked. `isExtended` sets RSV1, for a payload an extension encoded.
    public static func encode(
        _ opcode: Opcode, _ payload: Span<UInt8>, isFinal: Bool = true, isExtended: Bool = false,
        maskingKey: UInt32? = nil, into output: inout ByteBuffer
    ) {
        let first = opcode.rawValue | (isFinal ? 0x80 : 0) | (isExtended ? 0x40 : 0)
        guard let maskingKey else { return encode(first: first, payload, into: &output) }
        encode(first: first, payload, maskingKey: maskingKey, into: &output)
    }

    @inline(__always)
    private static func encode(
        first: UInt8, _ payload: Span<UInt8>, into output: inout ByteBuffer
    ) {
        let count = payload.count
        output.reserve(count &+ 10)
        output.append(first)
        if count < 126 {
            output.append(UInt8(truncatingIfNeeded: count))
        } else {
            appendLength(count, maskBit: 0, into: &output)
        }
        output.append(payload)
    }

    @inline(never)
    private static func encode(
        first: UInt8, _ payload: Span<UInt8>, maskingKey: UInt32, into output: inout ByteBuffer
    ) {
        output.reserve(payload.count &+ 14)
        output.append(first)
        appendLength(payload.count, maskBit: 0x80, into: &output)
        append(maskingKey.byteSwapped, bytes: 4, into: &output)
        output.append(payload)
        let start = output.count &- payload.count
        output.withMutableSpan { bytes in
            let end = bytes.count
            _ = Mask.apply(maskingKey, to: &bytes, in: start..<end)
        }
    }

    private static func appendLength(
        _ count: Int, maskBit: UInt8, into output: inout ByteBuffer
    ) {
        switch count {
        case ..<126: output.append(maskBit | UInt8(truncatingIfNeeded: count))
        case ..<65_536:
            output.append(maskBit | 126)
            append(count, bytes: 2, into: &output)
        default:
            output.append(maskBit | 127)
            append(count, bytes: 8, into: &output)
        }
    }

    /// Appends the low `bytes` bytes of `value`, most significant first.
    private static func append<Number: BinaryInteger>(
        _ value: Number, bytes: Int, into output: inout ByteBuffer
    ) {
        for place in 1...max(bytes, 1) {
            output.append(UInt8(truncatingIfNeeded: value >> (8 &* (bytes &- place))))
        }
    }
}

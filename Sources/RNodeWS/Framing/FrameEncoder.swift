/// Writes frames (RFC 6455 §5.2), each header in its shortest form.
///
/// `encode(_:_:into:)` is for frames that many members share: encode once, append the bytes to
/// each output. A text payload must be UTF-8: what is sent is not checked.
public enum FrameEncoder {
    /// Appends a whole message as one unmasked frame, as a server sends it.
    @inlinable
    @inline(__always)
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

    @inlinable
    @inline(__always)
    static func encode(
        first: UInt8, _ payload: Span<UInt8>, into output: inout ByteBuffer
    ) {
        // The shortest head first, and alone: it is most frames'.
        if payload.count < 126 {
            let head = shortHead(first: first, count: payload.count, maskBit: 0)
            output.append(head.word, count: head.count, then: payload)
        } else if payload.count < 65_536 {
            let head = shortHead(first: first, count: payload.count, maskBit: 0)
            output.append(head.word, count: head.count, then: payload)
        } else {
            encodeLong(first: first, payload, into: &output)
        }
    }

    @inline(never)
    @usableFromInline
    static func encodeLong(
        first: UInt8, _ payload: Span<UInt8>, into output: inout ByteBuffer
    ) {
        output.reserve(payload.count &+ 20)
        appendHead(first: first, count: payload.count, maskBit: 0, into: &output)
        output.append(payload)
    }

    /// The header of a payload below 64 KiB: its bytes as they go out, the first one lowest.
    @inlinable
    @inline(__always)
    static func shortHead(
        first: UInt8, count: Int, maskBit: UInt64
    ) -> (word: UInt64, count: Int) {
        let length = UInt64(truncatingIfNeeded: count)
        let start = UInt64(first) | maskBit << 8
        if count < 126 { return (start | length << 8, 2) }
        let bytes = UInt64(UInt16(truncatingIfNeeded: count).byteSwapped)
        return (start | 126 << 8 | bytes << 16, 4)
    }

    /// Appends the header of a payload of any length.
    private static func appendHead(
        first: UInt8, count: Int, maskBit: UInt64, into output: inout ByteBuffer
    ) {
        if count < 65_536 {
            let head = shortHead(first: first, count: count, maskBit: maskBit)
            output.append(head.word, count: head.count, then: Span())
        } else {
            output.append(UInt64(first) | (maskBit | 127) << 8, count: 2, then: Span())
            let length = UInt64(truncatingIfNeeded: count).byteSwapped
            output.append(length, count: 8, then: Span())
        }
    }

    @inline(never)
    private static func encode(
        first: UInt8, _ payload: Span<UInt8>, maskingKey: UInt32, into output: inout ByteBuffer
    ) {
        let count = payload.count
        output.reserve(count &+ 24)
        appendHead(first: first, count: count, maskBit: 0x80, into: &output)
        output.append(UInt64(maskingKey), count: 4, then: payload)
        output.withMutableSpan { bytes in
            let end = bytes.count
            Mask.apply(maskingKey, to: &bytes, in: (end &- count)..<end)
        }
    }
}

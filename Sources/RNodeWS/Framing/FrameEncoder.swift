/// Writes frames (RFC 6455 §5.2), each header in its shortest form.
///
/// `encode(_:_:into:)` is for frames that many members share: encode once, append the bytes to
/// each output. A text payload must be UTF-8: what is sent is not checked.
public enum FrameEncoder {
    /// Appends a whole message as one unmasked frame, as a server sends it.
    public static func encode(
        _ kind: MessageKind, _ payload: Span<UInt8>, into output: inout ByteBuffer
    ) {
    }

    /// Appends one frame of any kind. A `maskingKey` makes it a client's frame.
    ///
    /// Nothing is checked: a control frame's payload above 125 bytes, or a wrong order of
    /// fragments, goes out as asked. `isExtended` sets RSV1, for a payload an extension encoded.
    public static func encode(
        _ opcode: Opcode, _ payload: Span<UInt8>, isFinal: Bool = true, isExtended: Bool = false,
        maskingKey: UInt32? = nil, into output: inout ByteBuffer
    ) {
    }
}

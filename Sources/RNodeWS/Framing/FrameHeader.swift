/// The first 2 to 14 bytes of a frame, decoded (RFC 6455 §5.2).
public struct FrameHeader: Hashable, Sendable, BitwiseCopyable {
    /// Whether this is the last frame of its message.
    public var isFinal: Bool
    /// Whether RSV1 is set: the payload belongs to an extension.
    public var isExtended: Bool
    /// What the frame is.
    public var opcode: Opcode
    /// How many bytes the header takes on the wire, 2…14.
    public var byteCount: Int
    /// The masking key as its four wire bytes in little-endian order, or nil for an unmasked frame.
    public var maskingKey: UInt32?
    /// How many bytes of payload follow; already compared with the limits.
    public var payloadCount: Int
}

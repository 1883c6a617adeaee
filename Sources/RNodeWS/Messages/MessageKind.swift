/// What a message holds (RFC 6455 §5.6).
public enum MessageKind: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// UTF-8 text.
    case text = 1
    /// Bytes.
    case binary = 2

    /// The opcode of the message's first frame.
    @inlinable
    public var opcode: Opcode { self == .text ? .text : .binary }
}

/// What a frame is (RFC 6455 §5.2). Other values are reserved, and refused with 1002.
public enum Opcode: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// A further fragment of the message begun before.
    case continuation = 0x0
    /// The first frame of a text message.
    case text = 0x1
    /// The first frame of a binary message.
    case binary = 0x2
    /// The connection is to be closed.
    case close = 0x8
    /// Answer with a pong of the same payload.
    case ping = 0x9
    /// The answer to a ping, or a sign of life.
    case pong = 0xA

    /// Whether this is a close, ping or pong: never fragmented, at most 125 bytes (RFC 6455 §5.5).
    @inlinable
    public var isControl: Bool { rawValue & 0x8 != 0 }

    /// The kind of message this opcode begins, or nil.
    @inlinable
    public var messageKind: MessageKind? {
        switch self {
        case .text: .text
        case .binary: .binary
        default: nil
        }
    }
}

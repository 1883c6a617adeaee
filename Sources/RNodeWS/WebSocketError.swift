/// Why a WebSocket connection must end: what to close it with, and whose fault it is.
///
/// One byte, made of fixed words only; nothing the peer sent is in it.
public struct WebSocketError: Error, Hashable, Sendable, BitwiseCopyable {
    /// Who broke the rule.
    public enum Fault: Hashable, Sendable {
        /// The other side sent what it must not send, or fell silent.
        case peer
        /// This side failed.
        case local
    }

    private enum Rule: UInt8 {
        case reservedBits, reservedOpcode, maskMissing, maskUnexpected
        case lengthNotMinimal, lengthOutOfRange
        case controlFragmented, controlTooLong
        case continuationUnexpected, continuationExpected
        case closePayloadTooShort, closeCodeInvalid
        case invalidUTF8, extensionPayloadInvalid
        case frameTooBig, messageTooBig, inflateRatioExceeded
        case tooManyFragments, unfinishedMessage
        case pongTimeout, closeTimeout
        case tooManyMessages, tooManyControlFrames, tooMuchUnfinished
        case outOfMemory, internalInvariant
    }

    private let rule: Rule

    private init(_ rule: Rule) {
        self.rule = rule
    }

    /// A reserved bit without an extension that gives it meaning (RFC 6455 §5.2): 1002.
    public static let reservedBits = Self(.reservedBits)
    /// An opcode that is not defined (RFC 6455 §5.2): 1002.
    public static let reservedOpcode = Self(.reservedOpcode)
    /// A frame from a client without a mask (RFC 6455 §5.1): 1002.
    public static let maskMissing = Self(.maskMissing)
    /// A frame from a server with a mask (RFC 6455 §5.1): 1002.
    public static let maskUnexpected = Self(.maskUnexpected)
    /// A length written longer than needed (RFC 6455 §5.2): 1002.
    public static let lengthNotMinimal = Self(.lengthNotMinimal)
    /// A 64-bit length with its most significant bit set (RFC 6455 §5.2): 1002.
    public static let lengthOutOfRange = Self(.lengthOutOfRange)
    /// A control frame without FIN (RFC 6455 §5.5): 1002.
    public static let controlFragmented = Self(.controlFragmented)
    /// A control frame of more than 125 bytes (RFC 6455 §5.5): 1002.
    public static let controlTooLong = Self(.controlTooLong)
    /// A continuation where no message was begun (RFC 6455 §5.4): 1002.
    public static let continuationUnexpected = Self(.continuationUnexpected)
    /// A new message before the last was finished (RFC 6455 §5.4): 1002.
    public static let continuationExpected = Self(.continuationExpected)
    /// A close frame with a payload of one byte (RFC 6455 §5.5.1): 1002.
    public static let closePayloadTooShort = Self(.closePayloadTooShort)
    /// A close code that must not be sent (RFC 6455 §7.4): 1002.
    public static let closeCodeInvalid = Self(.closeCodeInvalid)
    /// Text, or the reason of a close, that is not UTF-8 (RFC 6455 §8.1): 1007.
    public static let invalidUTF8 = Self(.invalidUTF8)
    /// A payload its extension can't decode (RFC 7692 §7.2.2): 1007.
    public static let extensionPayloadInvalid = Self(.extensionPayloadInvalid)
    /// A frame above `WebSocketLimits.frameBytesMax`: 1009.
    public static let frameTooBig = Self(.frameTooBig)
    /// A message above `WebSocketLimits.messageBytesMax`: 1009.
    public static let messageTooBig = Self(.messageTooBig)
    /// A message that inflates to more than `WebSocketLimits.inflateRatioMax` times its length: 1009.
    public static let inflateRatioExceeded = Self(.inflateRatioExceeded)
    /// A message of more than `WebSocketLimits.fragmentsMax` frames: 1008.
    public static let tooManyFragments = Self(.tooManyFragments)
    /// A message unfinished after `WebSocketLimits.unfinishedMessageTimeout`: 1008.
    public static let unfinishedMessage = Self(.unfinishedMessage)
    /// Nothing arrived for `WebSocketLimits.pongTimeout` after a ping: 1006, locally only.
    public static let pongTimeout = Self(.pongTimeout)
    /// The close handshake took more than `WebSocketLimits.closeTimeout`: 1006, locally only.
    public static let closeTimeout = Self(.closeTimeout)
    /// More data messages than `WebSocketLimits.messagesPerSecondMax`, for too long: 1008.
    public static let tooManyMessages = Self(.tooManyMessages)
    /// More pings and pongs than `WebSocketLimits.controlFramesPerSecondMax`: 1008.
    public static let tooManyControlFrames = Self(.tooManyControlFrames)
    /// All connections together hold too much in messages whose end has not come, and this one most: 1013.
    public static let tooMuchUnfinished = Self(.tooMuchUnfinished)
    /// zlib got no memory to inflate a message with: 1013.
    public static let outOfMemory = Self(.outOfMemory)
    /// A state that can't be reached was reached; this connection pays for it: 1011.
    public static let internalInvariant = Self(.internalInvariant)
}

extension WebSocketError: CustomStringConvertible {
    /// The code to close with; 1006 where no close frame is to be sent.
    public var closeCode: CloseCode {
        switch rule {
        case .invalidUTF8, .extensionPayloadInvalid: .invalidPayload
        case .frameTooBig, .messageTooBig, .inflateRatioExceeded: .messageTooBig
        case .tooManyFragments, .unfinishedMessage, .tooManyMessages, .tooManyControlFrames:
            .policyViolation
        case .tooMuchUnfinished, .outOfMemory: .tryAgainLater
        case .pongTimeout, .closeTimeout: .abnormal
        case .internalInvariant: .internalError
        default: .protocolError
        }
    }

    /// Whose fault it is.
    public var fault: Fault {
        rule == .internalInvariant || rule == .outOfMemory ? .local : .peer
    }

    /// The fixed words for the close frame's reason and for logs, at most 123 bytes of ASCII.
    public var reason: StaticString {
        switch rule {
        case .reservedBits: "reserved bit without an extension"
        case .reservedOpcode: "reserved opcode"
        case .maskMissing: "client frame without a mask"
        case .maskUnexpected: "server frame with a mask"
        case .lengthNotMinimal: "length not minimal"
        case .lengthOutOfRange: "length out of range"
        case .controlFragmented: "fragmented control frame"
        case .controlTooLong: "control frame too long"
        case .continuationUnexpected: "continuation without a message"
        case .continuationExpected: "message begun inside a message"
        case .closePayloadTooShort: "close frame too short"
        case .closeCodeInvalid: "invalid close code"
        case .invalidUTF8: "invalid UTF-8"
        case .extensionPayloadInvalid: "payload not decodable"
        case .frameTooBig: "frame too big"
        case .messageTooBig: "message too big"
        case .inflateRatioExceeded: "message inflates too far"
        case .tooManyFragments: "too many fragments"
        case .unfinishedMessage: "message not finished in time"
        case .pongTimeout: "no answer to a ping"
        case .closeTimeout: "no answer to a close"
        case .tooManyMessages: "too many messages"
        case .tooManyControlFrames: "too many control frames"
        case .tooMuchUnfinished: "too much in unfinished messages"
        case .outOfMemory: "no memory to inflate with"
        case .internalInvariant: "internal error"
        }
    }

    /// The close code and the reason.
    public var description: String { "\(closeCode.rawValue) \(reason)" }
}

/// The status code of a close frame (RFC 6455 §7.4, and the codes registered since).
public struct CloseCode: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The number on the wire.
    public let rawValue: UInt16

    /// Any number; `isValidOnWire` says whether it may be sent.
    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// 1000: the purpose was fulfilled.
    public static let normal = Self(rawValue: 1000)
    /// 1001: the server goes down, or the page was left.
    public static let goingAway = Self(rawValue: 1001)
    /// 1002: a frame broke the protocol.
    public static let protocolError = Self(rawValue: 1002)
    /// 1003: a kind of data this side can't take.
    public static let unsupportedData = Self(rawValue: 1003)
    /// 1005: the close frame had no code. Local only, never sent.
    public static let noStatus = Self(rawValue: 1005)
    /// 1006: the connection ended without a close frame. Local only, never sent.
    public static let abnormal = Self(rawValue: 1006)
    /// 1007: text that is not UTF-8, or data that does not fit its kind.
    public static let invalidPayload = Self(rawValue: 1007)
    /// 1008: a rule of the application or a limit was broken.
    public static let policyViolation = Self(rawValue: 1008)
    /// 1009: a message was too big.
    public static let messageTooBig = Self(rawValue: 1009)
    /// 1010: the client needs an extension that was not accepted.
    public static let mandatoryExtension = Self(rawValue: 1010)
    /// 1011: the server failed.
    public static let internalError = Self(rawValue: 1011)
    /// 1012: the server restarts.
    public static let serviceRestart = Self(rawValue: 1012)
    /// 1013: overload; try again later.
    public static let tryAgainLater = Self(rawValue: 1013)
    /// 1014: a gateway got an invalid answer.
    public static let badGateway = Self(rawValue: 1014)

    /// Whether a close frame may carry this code: the defined ones (not 1004–1006 and 1015), and
    /// 3000–4999 for libraries and applications.
    public var isValidOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

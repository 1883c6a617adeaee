internal import RNodeWS

/// The close codes that are counted by themselves: those that the server sends of its own accord.
enum CloseCodeLabel {
    /// The codes, each at the place of its count.
    static let codes: [CloseCode] = [
        .normal, .goingAway, .protocolError, .invalidPayload, .policyViolation, .messageTooBig,
        .internalError, .tryAgainLater,
    ]

    /// The values of the label: the codes, `none` for a frame without one, and `other` for what applications and peers chose.
    static let labels = codes.map { "\($0.rawValue)" } + ["none", "other"]

    /// Where a close with this code is counted.
    static func place(of code: CloseCode?) -> Int {
        guard let code, code.isValidOnWire else { return codes.count }
        return codes.firstIndex(of: code) ?? codes.count &+ 1
    }
}

internal import Logging

// What the loop tells of connections that could not be had.
extension AppLoop {
    func acceptFailed(_ error: IOError, untold: Int, on loop: EventLoop) {
        core.log.logger.warning(
            "accepting connections failed",
            metadata: ["error": "\(error)", "suppressed": "\(untold)"])
    }

    /// 503 with `Retry-After` (RFC 9110 sections 15.6.4 and 10.2.3).
    func refusal(on loop: EventLoop) -> [UInt8] { Self.tooManyConnections }

    private static let tooManyConnections: [UInt8] = {
        var fields = HTTPFields()
        fields[.retryAfter] = "1"
        var answer = ByteBuffer()
        ResponseEncoder(unixSeconds: 0).encodeError(
            503, reason: "Too many connections", fields: fields, terms: .closing, into: &answer)
        return answer.copied()
    }()
}

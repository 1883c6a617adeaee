/// What the request demands of the head of its answer (RFC 9112 section 9, RFC 9110 section 9.3.2).
///
/// Ask the session for it when the answer is ready: `session.responseTerms(limits:)`.
public struct ResponseTerms: Hashable, Sendable {
    /// The version the client spoke.
    public var version: HTTPVersion
    /// Whether the connection may serve another request. Make it false to close after the answer.
    public var keepsAlive: Bool
    /// Whether the head alone is sent, its length as if the body followed: the method was HEAD.
    public var omitsBody: Bool

    /// These terms.
    public init(version: HTTPVersion = .http11, keepsAlive: Bool = true, omitsBody: Bool = false) {
        self.version = version
        self.keepsAlive = keepsAlive
        self.omitsBody = omitsBody
    }

    /// The last answer on its connection.
    public static let closing = ResponseTerms(keepsAlive: false)
}

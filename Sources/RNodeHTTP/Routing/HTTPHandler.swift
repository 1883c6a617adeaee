/// Answers a request.
///
/// The default is `ClosureHandler`. A handler may take its time; it stays on its caller's executor.
/// Throwing answers 500, and costs that request only.
public protocol HTTPHandler: Sendable {
    /// Fills in `response`.
    func respond(to request: Request, response: Response) async throws
}

/// A handler made of a closure.
public struct ClosureHandler: HTTPHandler {
    /// A handler's signature.
    public typealias Body = @Sendable (Request, Response) async throws -> Void

    private let body: Body

    /// Answers by calling `body`.
    public init(_ body: @escaping Body) {
        self.body = body
    }

    /// Calls the closure.
    public func respond(to request: Request, response: Response) async throws {
        try await body(request, response)
    }
}

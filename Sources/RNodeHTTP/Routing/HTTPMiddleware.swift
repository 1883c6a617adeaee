/// Stands between the connection and the handlers: it may answer, pass on, or change either side.
///
/// `next` runs what is behind it, at most once by custom; not calling it answers in its place.
public protocol HTTPMiddleware: Sendable {
    /// Handles `request`, usually by calling `next` with it.
    func handle(_ request: Request, response: Response, next: Next) async throws
}

/// What runs behind a middleware.
public typealias Next = (Request, Response) async throws -> Void

/// A middleware made of a closure.
public struct ClosureMiddleware: HTTPMiddleware {
    /// A middleware's signature.
    public typealias Body = @Sendable (Request, Response, Next) async throws -> Void

    private let body: Body

    /// Handles by calling `body`.
    public init(_ body: @escaping Body) {
        self.body = body
    }

    /// Calls the closure.
    public func handle(_ request: Request, response: Response, next: Next) async throws {
        try await body(request, response, next)
    }
}

/// Middlewares in the order they run, the first outermost.
public struct MiddlewareChain: Sendable {
    private var middlewares: [any HTTPMiddleware] = []

    /// An empty chain.
    public init() {}

    /// Whether a request goes straight to its handler.
    public var isEmpty: Bool { middlewares.isEmpty }

    /// Adds a middleware inside those that are there.
    public mutating func append(_ middleware: some HTTPMiddleware) {
        middlewares.append(middleware)
    }

    /// Runs the chain, and `handler` in its middle unless a middleware answers first.
    public func respond(
        to request: Request, response: Response, handler: any HTTPHandler
    ) async throws {
        try await run(0, request, response, handler)
    }

    // Nests once per middleware, whatever the input.
    private func run(
        _ position: Int, _ request: Request, _ response: Response, _ handler: any HTTPHandler
    ) async throws {
        guard position < middlewares.count else {
            return try await handler.respond(to: request, response: response)
        }
        try await middlewares[position].handle(request, response: response) {
            try await self.run(position + 1, $0, $1, handler)
        }
    }
}

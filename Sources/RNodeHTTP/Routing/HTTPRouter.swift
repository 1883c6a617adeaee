/// From a method and a path to what was registered for them.
///
/// The default is `TrieRouter`. A router is filled before the server listens and only read
/// afterwards, by all loops at once.
public protocol HTTPRouter<Value>: Sendable {
    /// What a route leads to; an index into a table of your own is the cheapest.
    associatedtype Value: Sendable

    /// Registers `value` for `method`, or for any method without its own route when that is nil.
    ///
    /// - Throws: `RouteError`, which names the pattern, when the same shape has the method already.
    mutating func add(
        _ method: RequestMethod?, _ pattern: RoutePattern, _ value: Value) throws(RouteError)

    /// Finds the route for `method` on `path`, which is as received: not decoded, without query.
    func match(_ method: RequestMethod, path: Span<UInt8>) -> RouteMatch<Value>
}

/// What a router found.
public enum RouteMatch<Value: Sendable>: Sendable {
    /// The route's value, and what its parameters stand for.
    case found(Value, RouteParameters)
    /// The path has routes, but not for this method: 405, with these in `Allow`.
    case methodNotAllowed([RequestMethod])
    /// No route has this path: 404.
    case notFound
    /// The path cannot be decoded, or has too many segments: 400.
    case malformed
}

/// Why a route cannot be registered.
public struct RouteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The pattern as it was written.
    public let pattern: String
    /// What is wrong with it.
    public let reason: String

    /// An error about `pattern`, for a router of your own to throw: `reason` goes on behind `Route /path:`.
    public init(pattern: String, reason: String) {
        self.pattern = pattern
        self.reason = reason
    }

    /// The pattern and what is wrong with it.
    public var description: String { "Route \(pattern): \(reason)" }
}

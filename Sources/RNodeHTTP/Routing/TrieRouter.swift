/// Routes in a trie of path segments: the default `HTTPRouter`.
///
/// A literal beats a `{param}`, which beats a `{rest*}`, at the first segment where two patterns differ;
/// where the winner lacks the method, the next one is tried. HEAD falls back to GET. `/a` and `/a/` are
/// two paths. A path without parameters is found without an allocation.
public struct TrieRouter<Value: Sendable>: HTTPRouter {
    @usableFromInline
    var trie = RouteTrie()
    @usableFromInline
    var values: [Value] = []

    /// A router without routes.
    public init() {}

    /// How many routes there are.
    public var count: Int { values.count }

    /// Registers `value`; two patterns that differ in their parameters' names alone are one shape.
    ///
    /// - Throws: `RouteError`, which names the pattern, when the shape has the method already.
    public mutating func add(
        _ method: RequestMethod?, _ pattern: RoutePattern, _ value: Value
    ) throws(RouteError) {
        // Another copy of this router keeps the routes it has.
        if !isKnownUniquelyReferenced(&trie) { trie = RouteTrie(copying: trie) }
        try trie.add(method, pattern)
        values.append(value)
    }

    /// Finds the route for `method` on `path`, which is as received: not decoded, without query.
    ///
    /// A path that is no path, as of `OPTIONS *` or CONNECT, has every method but this one.
    @inlinable
    public func match(_ method: RequestMethod, path: Span<UInt8>) -> RouteMatch<Value> {
        switch trie.match(method, path) {
        case .found(let route, let parameters): .found(values[route], parameters)
        case .methodNotAllowed(let methods): .methodNotAllowed(methods)
        case .notFound: .notFound
        case .malformed: .malformed
        }
    }
}

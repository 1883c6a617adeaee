internal import HTTPTypes

/// Routes in a trie of path segments: the default `HTTPRouter`.
///
/// A literal beats a `{param}`, which beats a `{rest*}`, at the first segment where two patterns differ;
/// where the winner lacks the method, the next one is tried. HEAD falls back to GET. `/a` and `/a/` are two paths. A path without parameters is
/// found without an allocation.
public struct TrieRouter<Value: Sendable>: HTTPRouter {
    private struct Route: Sendable {
        let value: Value
        let names: [String]
    }

    private var nodes = [TrieNode()]
    private var routes: [Route] = []
    private var methods: UInt16 = 0

    /// A router without routes.
    public init() {}

    /// How many routes there are.
    public var count: Int { routes.count }

    /// Registers `value`; two patterns that differ in their parameters' names alone are one shape.
    public mutating func add(
        _ method: RequestMethod?, _ pattern: RoutePattern, _ value: Value
    ) throws(RouteError) {
        let number = Int32(truncatingIfNeeded: routes.count)
        var node = 0
        var isNew: Bool?
        for segment in pattern.segments {
            switch segment {
            case .literal(let bytes): node = literal(bytes, at: node)
            case .parameter: node = parameter(at: node)
            case .rest: isNew = nodes[node].restRoutes.insert(number, for: method)
            }
        }
        guard isNew ?? nodes[node].routes.insert(number, for: method) else {
            let name = method?.httpMethod.rawValue ?? "any method"
            throw RouteError(
                pattern: pattern.description, reason: "is registered already for \(name)")
        }
        methods |= nodes[node].routes.mask | nodes[node].restRoutes.mask
        routes.append(Route(value: value, names: pattern.parameterNames))
    }

    private mutating func literal(_ bytes: [UInt8], at node: Int) -> Int {
        if let next = nodes[node].literal(bytes.span) { return next }
        nodes.append(TrieNode())
        nodes[node].insert(bytes, node: nodes.count - 1)
        return nodes.count - 1
    }

    private mutating func parameter(at node: Int) -> Int {
        if let next = nodes[node].parameter { return next }
        nodes.append(TrieNode())
        nodes[node].parameter = nodes.count - 1
        return nodes.count - 1
    }

    /// Finds the route for `method` on `path`, which is as received: not decoded, without query.
    ///
    /// A path that is no path, as of `OPTIONS *` or CONNECT, has every method but this one.
    public func match(_ method: RequestMethod, path: Span<UInt8>) -> RouteMatch<Value> {
        guard !path.isEmpty, path[0] == UInt8(ascii: "/") else {
            return .methodNotAllowed(MethodTable.methods(methods))
        }
        if let route = literalRoute(method, path) {
            return .found(routes[route].value, RouteParameters())
        }
        guard let segments = PathSegments(path) else { return .malformed }
        var search = TrieSearch()
        guard let hit = search.run(nodes, segments, of: path, method) else {
            guard search.allowed != 0 else { return .notFound }
            return .methodNotAllowed(MethodTable.methods(search.allowed))
        }
        return found(hit, segments, path)
    }

    /// The route of a path that is literals all the way: nothing to turn back from, nothing decoded.
    private func literalRoute(_ method: RequestMethod, _ path: Span<UInt8>) -> Int? {
        var node = 0
        var start = 1
        while start <= path.count {
            let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
            guard let next = nodes[node].literal(path.extracting(start..<end)) else { return nil }
            node = next
            start = end &+ 1
        }
        return nodes[node].routes.route(for: method)
    }

    private func found(
        _ hit: TrieSearch.Hit, _ segments: PathSegments, _ path: Span<UInt8>
    ) -> RouteMatch<Value> {
        let route = routes[hit.route]
        var parameters = RouteParameters()
        for (name, position) in zip(route.names, hit.captures) {
            guard let value = segments.text(position, of: path) else { return .malformed }
            parameters.append(name, value)
        }
        if let rest = hit.rest, let name = route.names.last {
            guard let value = segments.rest(from: rest, of: path) else { return .malformed }
            parameters.append(name, value)
        }
        return .found(route.value, parameters)
    }
}

internal import HTTPTypes

/// Numbered routes in a trie of path segments: what `TrieRouter` finds values by.
///
/// Not generic, so that a search is compiled once, whatever the routes lead to. A class, so that whoever asks does not copy
/// what it is made of.
// @unchecked: changed by `add` alone, while one router is its only owner; from then on it is only read.
@usableFromInline
final class RouteTrie: @unchecked Sendable {
    @usableFromInline
    enum Match {
        case found(Int, RouteParameters)
        case methodNotAllowed([RequestMethod])
        case notFound
        case malformed
    }

    // Unchecked: see above.
    @safe @exclusivity(unchecked)
    private var nodes = [TrieNode()]
    @safe @exclusivity(unchecked)
    private var paths = LiteralPaths()
    /// Each route's names of parameters.
    private var names: [[String]] = []
    @safe @exclusivity(unchecked)
    private var methods: UInt16 = 0

    init() {}

    /// A copy, to which more can be added.
    init(copying other: RouteTrie) {
        nodes = other.nodes
        paths = LiteralPaths(copying: other.paths)
        names = other.names
        methods = other.methods
    }

    /// Adds a route, whose number is how many there were.
    func add(
        _ method: RequestMethod?, _ pattern: RoutePattern
    ) throws(RouteError) {
        let number = Int32(truncatingIfNeeded: names.count)
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
        if let path = pattern.literalPath, paths.node(path.span) == nil {
            paths.insert(path, node: node)
        }
        methods |= nodes[node].routes.mask | nodes[node].restRoutes.mask
        names.append(pattern.parameterNames)
    }

    private func literal(_ bytes: [UInt8], at node: Int) -> Int {
        if let next = nodes[node].literal(bytes.span) { return next }
        nodes.append(TrieNode())
        nodes[node].insert(bytes, node: nodes.count - 1)
        return nodes.count - 1
    }

    private func parameter(at node: Int) -> Int {
        if let next = nodes[node].parameter { return next }
        nodes.append(TrieNode())
        nodes[node].parameter = nodes.count - 1
        return nodes.count - 1
    }

    @usableFromInline
    func match(_ method: RequestMethod, _ path: Span<UInt8>) -> Match {
        guard !path.isEmpty, path[0] == UInt8(ascii: "/") else {
            return .methodNotAllowed(MethodTable.methods(methods))
        }
        if let route = literalRoute(method, path) { return .found(route, RouteParameters()) }
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
        guard let node = paths.node(path) else { return nil }
        return Self.route(at: node, of: nodes, for: method)
    }

    /// A span lends a node where an array would copy it.
    private static func route(
        at node: Int, of nodes: [TrieNode], for method: RequestMethod
    ) -> Int? {
        let places = nodes.span
        return places[node].routes.route(for: method)
    }

    private func found(
        _ hit: TrieSearch.Hit, _ segments: PathSegments, _ path: Span<UInt8>
    ) -> Match {
        let names = names[hit.route]
        var parameters = RouteParameters()
        for (name, position) in zip(names, hit.captures) {
            guard let value = segments.text(position, of: path) else { return .malformed }
            parameters.append(name, value)
        }
        if let rest = hit.rest, let name = names.last {
            guard let value = segments.rest(from: rest, of: path) else { return .malformed }
            parameters.append(name, value)
        }
        return .found(hit.route, parameters)
    }
}

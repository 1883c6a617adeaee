/// One path's way through a trie: literal before `{param}` before `{rest*}`, turning back when stuck.
///
/// Every node is entered at most once, so a search is bounded by the routes registered, whatever the
/// path. No recursion: the way is a stack of at most `segmentsMax` places.
struct TrieSearch {
    /// The most segments of a path or a pattern.
    static let segmentsMax = 64

    struct Hit {
        let route: Int
        /// The segments that a `{param}` stands for.
        var captures: [Int] = []
        /// The first segment of the rest.
        var rest: Int?
    }

    private enum Stage: UInt8 {
        case literal, parameter, rest, done
    }

    private var nodes = InlineArray<65, Int32>(repeating: 0)
    private var stages = InlineArray<65, Stage>(repeating: .literal)
    private var depth = 0
    /// The methods of routes that had the path but not the method.
    private(set) var allowed: UInt16 = 0
    /// How many nodes were entered.
    private(set) var visits = 1

    /// The first route for `method` along `path`, in order of precedence.
    mutating func run(
        _ trie: [TrieNode], _ path: PathSegments, of bytes: Span<UInt8>, _ method: RequestMethod
    ) -> Hit? {
        while depth >= 0 {
            let node = trie[Int(nodes[depth])]
            if depth == path.count {
                if let route = note(node.routes, method) { return hit(route, rest: nil) }
                depth &-= 1
            } else if let route = advance(node, path, bytes, method) {
                return hit(route, rest: depth)
            }
        }
        return nil
    }

    /// Tries the next way on from `node`; a route when that was the rest.
    // Not inlined: it is called in two places, and what can't trap is to be shown once.
    @inline(never)
    private mutating func advance(
        _ node: TrieNode, _ path: PathSegments, _ bytes: Span<UInt8>, _ method: RequestMethod
    ) -> Int? {
        switch stages[depth] {
        case .literal:
            stages[depth] = .parameter
            if let next = path.withSegment(depth, of: bytes, { node.literal($0) }) { enter(next) }
        case .parameter:
            stages[depth] = .rest
            if let next = node.parameter, !path.isEmpty(depth) { enter(next) }
        case .rest:
            stages[depth] = .done
            return note(node.restRoutes, method)
        case .done:
            depth &-= 1
        }
        return nil
    }

    private mutating func enter(_ node: Int) {
        visits &+= 1
        depth &+= 1
        nodes[depth] = Int32(truncatingIfNeeded: node)
        stages[depth] = .literal
    }

    private mutating func note(_ routes: MethodTable, _ method: RequestMethod) -> Int? {
        if let route = routes.route(for: method) { return route }
        allowed |= routes.mask
        return nil
    }

    /// A place whose next way is the rest was left by its parameter.
    private func hit(_ route: Int, rest: Int?) -> Hit {
        let captures = (0..<depth).filter { stages[$0] == .rest }
        return Hit(route: route, captures: captures, rest: rest)
    }
}

/// One place in the trie: what a path may go on with here, and the routes that end here.
struct TrieNode: Sendable {
    private struct Literal: Sendable {
        let bytes: [UInt8]
        let node: Int
    }

    /// Sorted by their bytes.
    private var literals: [Literal] = []
    /// The node behind a `{param}`.
    var parameter: Int?
    /// The routes of paths that end here.
    var routes = MethodTable()
    /// The routes of `{rest*}` from here on.
    var restRoutes = MethodTable()

    /// The node behind `segment`, which is decoded.
    func literal(_ segment: Span<UInt8>) -> Int? {
        let place = place(of: segment)
        let literals = literals.span
        guard place < literals.count, literals[place].bytes.span.isEqual(to: segment) else {
            return nil
        }
        return literals[place].node
    }

    mutating func insert(_ segment: [UInt8], node: Int) {
        literals.insert(
            Literal(bytes: segment, node: node), at: place(of: segment.span))
    }

    /// Where `segment` is or belongs: a binary search.
    private func place(of segment: Span<UInt8>) -> Int {
        let literals = literals.span
        var (low, high) = (0, literals.count)
        while low < high {
            let middle = (low &+ high) / 2
            if Self.precedes(literals[middle].bytes.span, segment) {
                low = middle &+ 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Shorter first: most comparisons then end at the lengths.
    private static func precedes(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return left.count < right.count }
        for index in left.indices where left[index] != right[index] {
            return left[index] < right[index]
        }
        return false
    }
}

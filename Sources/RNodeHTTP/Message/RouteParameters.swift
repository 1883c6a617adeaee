/// What a route's `{param}`s stood for, decoded.
///
/// A handful of pairs in the order of the pattern; without parameters it holds no memory.
public struct RouteParameters: Sendable, Hashable {
    private var pairs: [Pair] = []

    private struct Pair: Sendable, Hashable {
        let name: String
        let value: String
    }

    /// No parameters.
    public init() {}

    /// Adds `name`; the router sees to it that names differ.
    public mutating func append(_ name: String, _ value: String) {
        pairs.append(Pair(name: name, value: value))
    }

    /// The value of `{name}` or `{name*}`, or nil when the pattern has none of that name.
    public subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }

    /// How many parameters there are.
    public var count: Int { pairs.count }

    /// Whether there are none.
    public var isEmpty: Bool { pairs.isEmpty }

    /// The parameters' names, in the order of the pattern.
    public var names: [String] { pairs.map(\.name) }
}

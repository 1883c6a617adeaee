/// A request's query as pairs, decoded when asked for.
///
/// Percent-escapes are decoded once, as UTF-8; a `+` is a plus sign. A name without `=` has the
/// value `""`. The parser has refused bad escapes, `%00`, and more than
/// `HTTPLimits.queryPairsMax` pairs; built by hand, a pair that cannot be decoded is left out.
public struct QueryParameters: Sendable, Hashable {
    /// The query as received, without its `?`.
    public let raw: String

    /// Takes a query as received, without its `?`.
    public init(_ raw: String = "") {
        self.raw = raw
    }

    /// Whether there is no query.
    public var isEmpty: Bool { raw.isEmpty }

    /// The first value of `name`, or nil when it does not occur.
    public subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }

    /// Every value of `name`, in order.
    public func all(_ name: String) -> [String] {
        pairs.filter { $0.name == name }.map(\.value)
    }

    /// All pairs, in order.
    public var pairs: [(name: String, value: String)] {
        raw.utf8.split(separator: UInt8(ascii: "&")).compactMap { piece in
            let equals = piece.firstIndex(of: UInt8(ascii: "=")) ?? piece.endIndex
            guard let name = PercentEncoding.decode(piece[..<equals]),
                let value = PercentEncoding.decode(piece[equals...].dropFirst())
            else { return nil }
            return (name, value)
        }
    }
}

/// A path with places for parameters: `/rooms/{id}/members`, `/files/{path*}`.
///
/// Written decoded, as a person reads it: `/größe`, not `/gr%C3%B6%C3%9Fe`. `{name}` stands for one
/// segment that is not empty, `{name*}` for everything that is left, at the end only.
public struct RoutePattern: Sendable, Hashable, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case literal([UInt8])
        case parameter(String)
        case rest(String)
    }

    /// The pattern as it was written.
    public let description: String
    let segments: [Segment]

    /// Parses `pattern`.
    ///
    /// - Throws: `RouteError`, which names the pattern and says what is wrong with it.
    public init(_ pattern: String) throws(RouteError) {
        description = pattern
        guard pattern.utf8.first == UInt8(ascii: "/") else {
            throw RouteError(pattern: pattern, reason: "must begin with /")
        }
        let pieces = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard pieces.count <= TrieSearch.segmentsMax else {
            throw RouteError(
                pattern: pattern, reason: "has more than \(TrieSearch.segmentsMax) segments")
        }
        var segments: [Segment] = []
        for piece in pieces {
            segments.append(try Self.segment(piece, of: pattern))
        }
        try Self.check(segments, of: pattern)
        self.segments = segments
    }

    /// The one path of a pattern without parameters.
    var literalPath: [UInt8]? {
        var path: [UInt8] = []
        for segment in segments {
            guard case .literal(let bytes) = segment else { return nil }
            path.append(UInt8(ascii: "/"))
            path += bytes
        }
        return path
    }

    /// The parameters' names, in order.
    public var parameterNames: [String] {
        segments.compactMap {
            switch $0 {
            case .literal: nil
            case .parameter(let name), .rest(let name): name
            }
        }
    }

    private static func segment(
        _ piece: Substring, of pattern: String
    ) throws(RouteError) -> Segment {
        guard piece.hasPrefix("{") else {
            let unfit = piece.utf8.contains { $0 < 0x20 || $0 == 0x7F }
            if unfit || piece.contains(where: { "{}?#%\\".contains($0) }) || piece == "."
                || piece == ".."
            {
                throw RouteError(
                    pattern: pattern, reason: "segment \"\(piece)\" holds what no path can hold")
            }
            return .literal([UInt8](piece.utf8))
        }
        guard piece.hasSuffix("}") else {
            throw RouteError(pattern: pattern, reason: "a parameter must fill its segment")
        }
        let isRest = piece.hasSuffix("*}")
        let name = piece.dropFirst().dropLast(isRest ? 2 : 1)
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else {
            throw RouteError(
                pattern: pattern, reason: "a parameter's name is made of letters, digits and _")
        }
        return isRest ? .rest(String(name)) : .parameter(String(name))
    }

    private static func check(_ segments: [Segment], of pattern: String) throws(RouteError) {
        var names: Set<String> = []
        for (position, segment) in segments.enumerated() {
            let isLast = position == segments.count - 1
            switch segment {
            case .literal(let bytes):
                if bytes.isEmpty, !isLast {
                    throw RouteError(pattern: pattern, reason: "has an empty segment")
                }
            case .parameter(let name), .rest(let name):
                if case .rest = segment, !isLast {
                    throw RouteError(pattern: pattern, reason: "{\(name)*} must come last")
                }
                guard names.insert(name).inserted else {
                    throw RouteError(pattern: pattern, reason: "has {\(name)} twice")
                }
            }
        }
    }
}

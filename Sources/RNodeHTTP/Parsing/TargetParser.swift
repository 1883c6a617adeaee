/// Parses a request's target: `/a?b`, `http://host/a?b`, `*`, `host:port` (RFC 9112 section 3.2).
///
/// What leaves here decodes to UTF-8 without NUL, and no piece of its path is `.` or `..`, however
/// it was escaped (HARDENING A14). Dot segments are refused and not resolved: clients resolve them.
enum TargetParser {
    static func parse(
        _ target: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) throws(HTTPParseError) {
        if layout.method == .connect {
            // A tunnel needs a port (RFC 9110 section 9.3.6).
            guard try Authority.check(bytes, target) else {
                throw HTTPParseError(.badTarget)
            }
            layout.targetAuthority = HeadLayout.Run(target)
            layout.path = layout.target
        } else if bytes[target.lowerBound] == UInt8(ascii: "/") {
            try parsePath(target, of: bytes, &layout)
        } else if target.count == 1, bytes[target.lowerBound] == UInt8(ascii: "*") {
            guard layout.method == .options else { throw HTTPParseError(.badTarget) }
            layout.path = layout.target
        } else {
            try parseAbsolute(target, of: bytes, &layout)
        }
    }

    private static func parseAbsolute(
        _ target: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) throws(HTTPParseError) {
        let text = bytes.extracting(target)
        guard text.count > 7, text.extracting(0..<7).isEqualIgnoringCase(to: "http://") else {
            // What https names is not to be had without TLS (RFC 9110 section 7.4).
            let isSecure =
                text.count > 8 && text.extracting(0..<8).isEqualIgnoringCase(to: "https://")
            throw HTTPParseError(isSecure ? .misdirected : .badTarget)
        }
        let start = target.lowerBound &+ 7
        var end = start
        while end < target.upperBound, bytes[end] != UInt8(ascii: "/"),
            bytes[end] != UInt8(ascii: "?")
        {
            end &+= 1
        }
        _ = try Authority.check(bytes, start..<end)
        layout.targetAuthority = HeadLayout.Run(start..<end)
        try parsePath(end..<target.upperBound, of: bytes, &layout)
        layout.lacksPath = layout.path.range.isEmpty
    }

    @inline(__always)
    private static func parsePath(
        _ range: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) throws(HTTPParseError) {
        let end = try pathEnd(range, of: bytes, layout.limits.pathSegmentsMax)
        layout.path = HeadLayout.Run(range.lowerBound..<end)
        guard end < range.upperBound else { return }
        let query = end &+ 1..<range.upperBound
        layout.query = HeadLayout.Run(query)
        try checkQuery(query, of: bytes, layout.limits.queryPairsMax)
    }

    /// The place of the first `?`, or the end; what is before it was checked.
    private static func pathEnd(
        _ range: Range<Int>, of bytes: Span<UInt8>, _ segmentsMax: Int
    ) throws(HTTPParseError) -> Int {
        var segments = 0
        var needsLook = false
        // The space behind the target is no byte of a path.
        let end = bytes.firstSymbol(from: range.lowerBound) { byte in
            if byte == UInt8(ascii: "/") {
                segments &+= 1
                return false
            }
            if byte == UInt8(ascii: "%") || byte == UInt8(ascii: ".") { needsLook = true }
            return !FieldSyntax.isPathByte(byte)
        }
        guard let end, end <= range.upperBound,
            end == range.upperBound || bytes[end] == UInt8(ascii: "?")
        else { throw HTTPParseError(.badTarget) }
        guard segments <= segmentsMax else { throw HTTPParseError(.tooManySegments) }
        if needsLook { try checkDecodedPath(bytes.extracting(range.lowerBound..<end)) }
        return end
    }

    private static func checkQuery(
        _ query: Range<Int>, of bytes: Span<UInt8>, _ pairsMax: Int
    ) throws(HTTPParseError) {
        var pairs = 1
        var isEscaped = false
        // The space behind the target is no byte of a query.
        let end = bytes.firstSymbol(from: query.lowerBound) { byte in
            if byte == UInt8(ascii: "&") { pairs &+= 1 }
            if byte == UInt8(ascii: "%") { isEscaped = true }
            return !FieldSyntax.isQueryByte(byte)
        }
        guard end == query.upperBound else { throw HTTPParseError(.badTarget) }
        guard pairs <= pairsMax else { throw HTTPParseError(.tooManyQueryPairs) }
        if isEscaped { _ = try decoded(bytes.extracting(query)) }
    }

    private static func checkDecodedPath(_ path: Span<UInt8>) throws(HTTPParseError) {
        let pieces = try decoded(path).split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        for piece in pieces {
            // `..;x` is `..` to servers that know path parameters.
            let name = piece.prefix { $0 != UInt8(ascii: ";") }
            if name.count <= 2, !name.isEmpty, name.allSatisfy({ $0 == UInt8(ascii: ".") }) {
                throw HTTPParseError(.badTarget)
            }
        }
    }

    private static func decoded(_ bytes: Span<UInt8>) throws(HTTPParseError) -> [UInt8] {
        guard let decoded = PercentEncoding.decodedBytes(bytes),
            String(validating: decoded, as: UTF8.self) != nil
        else { throw HTTPParseError(.badTarget) }
        return decoded
    }
}

/// Parses `GET /path?query HTTP/1.1` (RFC 9112 section 3).
enum RequestLineParser {
    static func parse(
        _ line: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout, _ limits: HTTPLimits
    ) throws(HTTPParseError) {
        var (word, place): (UInt64, Int) = (0, line.lowerBound)
        while place < line.upperBound, FieldSyntax.isTokenByte(bytes[place]) {
            // The longest method has 7 bytes, and an eighth still fits.
            if place &- line.lowerBound < 8 { word = word << 8 | UInt64(bytes[place]) }
            place &+= 1
        }
        guard place > line.lowerBound else { throw HTTPParseError(.badMethod) }
        guard place < line.upperBound else { throw HTTPParseError(.badRequestLine) }
        guard bytes[place] == 0x20 else { throw HTTPParseError(.badMethod) }
        // At least one byte of target, a space, and eight of version.
        guard line.upperBound &- place > 10 else { throw HTTPParseError(.badRequestLine) }
        let version = line.upperBound &- 8
        guard bytes[version &- 1] == 0x20 else { throw HTTPParseError(.badRequestLine) }
        layout.version = try parseVersion(bytes.extracting(version..<line.upperBound))
        guard place &- line.lowerBound <= 7, let method = RequestMethod(word: word) else {
            throw HTTPParseError(.unknownMethod)
        }
        layout.method = method
        layout.target = HeadLayout.Run(place &+ 1..<version &- 1)
        try TargetParser.parse(layout.target.range, of: bytes, &layout, limits)
    }

    private static func parseVersion(_ version: Span<UInt8>) throws(HTTPParseError) -> HTTPVersion {
        if version.isEqual(to: "HTTP/1.1") { return .http11 }
        if version.isEqual(to: "HTTP/1.0") { return .http10 }
        let isWellFormed =
            version.extracting(0..<5).isEqual(to: "HTTP/") && version[6] == UInt8(ascii: ".")
            && version[5] &- 0x30 < 10 && version[7] &- 0x30 < 10
        throw HTTPParseError(isWellFormed ? .unsupportedVersion : .badVersion)
    }
}

/// Parses `GET /path?query HTTP/1.1` (RFC 9112 section 3).
enum RequestLineParser {
    static func parse(
        _ line: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) throws(HTTPParseError) {
        let place = line.lowerBound &+ FieldSyntax.tokenEnd(bytes.extracting(line))
        guard place > line.lowerBound else { throw HTTPParseError(.badMethod) }
        guard place < line.upperBound else { throw HTTPParseError(.badRequestLine) }
        guard bytes[place] == 0x20 else { throw HTTPParseError(.badMethod) }
        // At least one byte of target, a space, and eight of version.
        guard line.upperBound &- place > 10 else { throw HTTPParseError(.badRequestLine) }
        let version = line.upperBound &- 8
        guard bytes[version &- 1] == 0x20 else { throw HTTPParseError(.badRequestLine) }
        layout.version = try parseVersion(bytes.extracting(version..<line.upperBound))
        guard let method = RequestMethod(token: bytes.extracting(line.lowerBound..<place)) else {
            throw HTTPParseError(.unknownMethod)
        }
        layout.method = method
        layout.target = HeadLayout.Run(place &+ 1..<version &- 1)
        try TargetParser.parse(layout.target.range, of: bytes, &layout)
    }

    private static func parseVersion(_ version: Span<UInt8>) throws(HTTPParseError) -> HTTPVersion {
        switch version.word(at: 0).byteSwapped {
        case 0x4854_5450_2F31_2E31: return .http11
        case 0x4854_5450_2F31_2E30: return .http10
        default:
            let isWellFormed =
                version.extracting(0..<5).isEqual(to: "HTTP/") && version[6] == UInt8(ascii: ".")
                && version[5] &- 0x30 < 10 && version[7] &- 0x30 < 10
            throw HTTPParseError(isWellFormed ? .unsupportedVersion : .badVersion)
        }
    }
}

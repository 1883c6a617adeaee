/// Parses `GET /path?query HTTP/1.1` (RFC 9112 section 3).
enum RequestLineParser {
    static func parse(
        _ line: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) throws(HTTPParseError) {
        // No token goes beyond the end of its line.
        let place = FieldSyntax.tokenEnd(bytes, from: line.lowerBound)
        guard place > line.lowerBound else { throw HTTPParseError(.badMethod) }
        guard place < line.upperBound else { throw HTTPParseError(.badRequestLine) }
        guard bytes[place] == 0x20 else { throw HTTPParseError(.badMethod) }
        // At least one byte of target, a space, and eight of version.
        guard line.upperBound &- place > 10 else { throw HTTPParseError(.badRequestLine) }
        let version = line.upperBound &- 8
        guard bytes[version &- 1] == 0x20 else { throw HTTPParseError(.badRequestLine) }
        layout.version = try parseVersion(bytes, version..<line.upperBound)
        guard let method = RequestMethod(token: line.lowerBound..<place, of: bytes) else {
            throw HTTPParseError(.unknownMethod)
        }
        layout.method = method
        layout.target = HeadLayout.Run(place &+ 1..<version &- 1)
        try TargetParser.parse(layout.target.range, of: bytes, &layout)
    }

    @inline(__always)
    private static func parseVersion(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(HTTPParseError) -> HTTPVersion {
        let text = bytes.number(range)
        switch text {
        case 0x4854_5450_2F31_2E31: return .http11
        case 0x4854_5450_2F31_2E30: return .http10
        default:
            // `HTTP/` and a digit, a dot and a digit.
            let isWellFormed =
                text & ~0xFF_00FF == 0x4854_5450_2F00_2E00
                && (text &>> 16 & 0xFF) &- 0x30 < 10 && (text & 0xFF) &- 0x30 < 10
            throw HTTPParseError(isWellFormed ? .unsupportedVersion : .badVersion)
        }
    }
}

/// A host and a port (RFC 3986 section 3.2), without user information.
enum Authority {
    /// Refuses what is not `host`, `host:port`, `[v6]` or `[v6]:port`; says whether there is a port.
    static func check(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(HTTPParseError) -> Bool {
        guard !range.isEmpty else { throw HTTPParseError(.badHost) }
        let hostEnd =
            bytes[range.lowerBound] == UInt8(ascii: "[")
            ? literalEnd(bytes, range) : nameEnd(bytes, range)
        guard let hostEnd, hostEnd > range.lowerBound, isPort(bytes, hostEnd..<range.upperBound)
        else { throw HTTPParseError(.badHost) }
        return range.upperBound > hostEnd &+ 1
    }

    /// Where the name or IPv4 address ends that the range begins with; nil for a bad escape in it.
    private static func nameEnd(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var isEscaped = false
        let end = bytes.firstSymbol(from: range.lowerBound) { byte in
            if byte == UInt8(ascii: "%") { isEscaped = true }
            return !FieldSyntax.isHostByte(byte)
        }
        let nameEnd = min(end ?? range.upperBound, range.upperBound)
        guard isEscaped else { return nameEnd }
        let name = bytes.extracting(range.lowerBound..<nameEnd)
        return PercentEncoding.decodedBytes(name) != nil ? nameEnd : nil
    }

    /// Where the IPv6 address ends that the range begins with; nil for none.
    private static func literalEnd(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var place = range.lowerBound &+ 1
        while place < range.upperBound, isLiteralByte(bytes[place]) { place &+= 1 }
        guard place > range.lowerBound &+ 2, place < range.upperBound,
            bytes[place] == UInt8(ascii: "]")
        else { return nil }
        return place &+ 1
    }

    private static func isLiteralByte(_ byte: UInt8) -> Bool {
        ASCII.hexValue(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    private static func isPort(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return true }
        guard bytes[range.lowerBound] == UInt8(ascii: ":"), range.count <= 6 else { return false }
        let digits = bytes.extracting(range.lowerBound &+ 1..<range.upperBound)
        // A port may be empty (RFC 3986 section 3.2.3).
        guard !digits.isEmpty else { return true }
        return WireLength.decimal(digits).map { $0 <= 65_535 } ?? false
    }
}

/// A host and a port (RFC 3986 section 3.2), without user information.
enum Authority {
    /// Refuses what is not `host`, `host:port`, `[v6]` or `[v6]:port`; says whether there is a port.
    static func check(_ bytes: Span<UInt8>) throws(HTTPParseError) -> Bool {
        guard !bytes.isEmpty else { throw HTTPParseError(.badHost) }
        let hostEnd = bytes[0] == UInt8(ascii: "[") ? literalEnd(bytes) : nameEnd(bytes)
        guard hostEnd > 0, isPort(bytes, from: hostEnd) else { throw HTTPParseError(.badHost) }
        return bytes.count > hostEnd &+ 1
    }

    private static func nameEnd(_ bytes: Span<UInt8>) -> Int {
        for place in bytes.indices {
            let byte = bytes[place]
            guard FieldSyntax.isHostByte(byte) else { return place }
            if byte == UInt8(ascii: "%"), PercentEncoding.escape(bytes, at: place) == nil {
                return 0
            }
        }
        return bytes.count
    }

    private static func literalEnd(_ bytes: Span<UInt8>) -> Int {
        var place = 1
        while place < bytes.count, isLiteralByte(bytes[place]) { place &+= 1 }
        guard place > 2, place < bytes.count, bytes[place] == UInt8(ascii: "]") else { return 0 }
        return place &+ 1
    }

    private static func isLiteralByte(_ byte: UInt8) -> Bool {
        ASCII.hexValue(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    private static func isPort(_ bytes: Span<UInt8>, from start: Int) -> Bool {
        guard start < bytes.count else { return true }
        guard bytes[start] == UInt8(ascii: ":"), bytes.count &- start <= 6 else { return false }
        let digits = bytes.extracting(start &+ 1..<bytes.count)
        // A port may be empty (RFC 3986 section 3.2.3).
        guard !digits.isEmpty else { return true }
        return WireLength.decimal(digits).map { $0 <= 65_535 } ?? false
    }
}

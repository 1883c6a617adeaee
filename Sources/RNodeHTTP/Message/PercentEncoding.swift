/// Percent-escapes (RFC 3986 section 2.1), decoded exactly once.
enum PercentEncoding {
    /// What `bytes` say, or nil for a bad escape, `%00`, or what is not UTF-8 afterwards.
    static func decode(_ bytes: some Collection<UInt8>) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(ASCII.hexValue),
                let low = rest.next().flatMap(ASCII.hexValue), high | low != 0
            else { return nil }
            decoded.append(high << 4 | low)
        }
        return String(validating: decoded, as: UTF8.self)
    }

    /// What `bytes` say as bytes, or nil for a bad escape or `%00`; UTF-8 is not asked for.
    static func decodedBytes(_ bytes: Span<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%") else {
                decoded.append(bytes[index])
                index &+= 1
                continue
            }
            guard let byte = escape(bytes, at: index) else { return nil }
            decoded.append(byte)
            index &+= 3
        }
        return decoded
    }

    /// The byte that the three bytes at `index` stand for, or nil when they are no escape, or `%00`.
    static func escape(_ bytes: Span<UInt8>, at index: Int) -> UInt8? {
        guard bytes.count &- index >= 3, let high = ASCII.hexValue(bytes[index &+ 1]),
            let low = ASCII.hexValue(bytes[index &+ 2]), high | low != 0
        else { return nil }
        return high << 4 | low
    }
}

/// An IPv4 or IPv6 address as a number. IPv4 addresses are those of `::ffff:0:0/96` (RFC 4291 section 2.5.5.2), so that
/// both ways of writing one are equal.
struct IPAddress: Hashable, Sendable {
    let bits: UInt128

    init(bits: UInt128) {
        self.bits = bits
    }

    private static let v4Prefix = UInt128(0xFFFF) << 32

    /// Whether it is an IPv4 address.
    var isV4: Bool { bits >> 32 == 0xFFFF }

    /// The sixteen bytes, the first first.
    var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * $0)) }
    }

    /// The network with so many leading bits, for either family.
    func network(v4: Int, v6: Int) -> IPNetwork {
        IPNetwork(self, prefixLength: isV4 ? 96 + v4 : v6)
    }

    /// Reads `192.0.2.1` or `2001:db8::1`, nothing else; nil for any other text.
    init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 45 else { return nil }
        let found = bytes.contains(UInt8(ascii: ":")) ? Self.v6(bytes[...]) : Self.v4(bytes[...])
        guard let found else { return nil }
        bits = found
    }

    /// The same, with a port or brackets or both, as proxies and socket addresses write it.
    init?(entry: some StringProtocol) {
        let text = entry.drop { $0 == " " || $0 == "\t" }
        let trimmed = String(text.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        if trimmed.utf8.first == UInt8(ascii: "[") {
            guard let end = trimmed.firstIndex(of: "]"),
                Self.isPort(trimmed[trimmed.index(after: end)...])
            else { return nil }
            let inside = trimmed[trimmed.index(after: trimmed.startIndex)..<end]
            guard inside.contains(":") else { return nil }
            self.init(inside)
        } else if let colon = trimmed.firstIndex(of: ":"), trimmed[..<colon].contains(".") {
            guard Self.isPort(trimmed[colon...]) else { return nil }
            self.init(trimmed[..<colon])
        } else {
            self.init(trimmed)
        }
    }

    /// Nothing, or `:` and one to five digits.
    private static func isPort(_ text: Substring) -> Bool {
        let digits = text.utf8.dropFirst()
        guard let first = text.utf8.first else { return true }
        return first == UInt8(ascii: ":") && (1...5).contains(digits.count)
            && digits.allSatisfy { $0 &- 0x30 < 10 }
    }

    // MARK: - Reading

    private static func v4(_ bytes: ArraySlice<UInt8>) -> UInt128? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt128 = 0
        for part in parts {
            guard let byte = decimal(part) else { return nil }
            number = number << 8 | UInt128(byte)
        }
        return v4Prefix | number
    }

    /// 0…255, without leading zeros: some read those as octal.
    private static func decimal(_ digits: ArraySlice<UInt8>) -> UInt8? {
        guard (1...3).contains(digits.count), digits.allSatisfy({ $0 &- 0x30 < 10 }),
            digits.count == 1 || digits.first != UInt8(ascii: "0")
        else { return nil }
        return UInt8(exactly: digits.reduce(0) { $0 * 10 + Int($1 &- 0x30) })
    }

    private static func v6(_ bytes: ArraySlice<UInt8>) -> UInt128? {
        let colon = UInt8(ascii: ":")
        let gap = bytes.indices.first { place in
            bytes[place] == colon && place + 1 < bytes.endIndex && bytes[place + 1] == colon
        }
        guard let gap else {
            guard let groups = groups(bytes), groups.count == 8 else { return nil }
            return number(groups)
        }
        guard let head = groups(bytes[..<gap], mayEndInV4: false),
            let tail = groups(bytes[(gap + 2)...]),
            head.count + tail.count <= 7
        else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - head.count - tail.count)
        return number(head + zeros + tail)
    }

    private static func number(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    /// Groups of one to four hexadecimal digits between colons; the last may be an IPv4 address.
    private static func groups(_ bytes: ArraySlice<UInt8>, mayEndInV4: Bool = true) -> [UInt16]? {
        guard !bytes.isEmpty else { return [] }
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (place, part) in parts.enumerated() {
            if mayEndInV4, place == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let low = v4(part) else { return nil }
                groups.append(UInt16(truncatingIfNeeded: low >> 16))
                groups.append(UInt16(truncatingIfNeeded: low))
            } else {
                guard let group = hexadecimal(part) else { return nil }
                groups.append(group)
            }
        }
        return groups
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var number: UInt16 = 0
        for digit in digits {
            guard let value = ASCII.hexValue(digit) else { return nil }
            number = number << 4 | UInt16(value)
        }
        return number
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted for IPv4, the form of RFC 5952 for IPv6.
    var description: String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
        if isV4 { return bytes.suffix(4).map(String.init).joined(separator: ".") }
        let texts = groups.map { String($0, radix: 16) }
        guard let gap = Self.longestZeros(groups) else { return texts.joined(separator: ":") }
        return texts[..<gap.lowerBound].joined(separator: ":") + "::"
            + texts[gap.upperBound...].joined(separator: ":")
    }

    /// The first longest run of two or more zeros.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        for place in 0...groups.count where place == groups.count || groups[place] != 0 {
            if place - start > max(longest?.count ?? 0, 1) { longest = start..<place }
            start = place + 1
        }
        return longest
    }
}

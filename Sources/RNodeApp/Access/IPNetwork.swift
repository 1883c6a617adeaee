/// The addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
struct IPNetwork: Hashable, Sendable {
    private let first: IPAddress
    private let prefixLength: Int

    /// The network of an address, with so many leading bits of 128.
    init(_ address: IPAddress, prefixLength: Int) {
        self.prefixLength = min(max(prefixLength, 0), 128)
        first = IPAddress(bits: address.bits & Self.mask(self.prefixLength))
    }

    /// Reads an address, or one with `/` and a prefix length; nil for any other text, and when bits behind the
    /// prefix are set: that is a slip.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let part = parts.first, let address = IPAddress(part), parts.count <= 2 else {
            return nil
        }
        let bitsBefore = address.isV4 && !part.contains(":") ? 96 : 0
        var length = 128
        if parts.count == 2 {
            guard let given = Self.length(parts[1]), bitsBefore + given <= 128 else { return nil }
            length = bitsBefore + given
        }
        self.init(address, prefixLength: length)
        guard first == address else { return nil }
    }

    private static func length(_ digits: Substring) -> Int? {
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ $0 &- 0x30 < 10 })
        else { return nil }
        return Int(digits)
    }

    func contains(_ address: IPAddress) -> Bool {
        address.bits & Self.mask(prefixLength) == first.bits
    }

    private static func mask(_ length: Int) -> UInt128 {
        // Shifting by the width gives 0, which is right for a length of 0.
        UInt128.max << UInt128(128 - length)
    }
}

extension IPNetwork: CustomStringConvertible {
    /// The form that is read.
    var description: String {
        let isV4 = first.isV4 && prefixLength >= 96
        return "\(first)/\(isV4 ? prefixLength - 96 : prefixLength)"
    }
}

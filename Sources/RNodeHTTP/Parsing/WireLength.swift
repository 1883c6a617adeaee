/// A length a peer declared, known to be within a limit.
///
/// The only way from a number on the wire to an `Int`: it is compared as a `UInt64`, then converted.
struct WireLength: Hashable, Sendable {
    /// The length.
    let value: Int

    /// The longest decimal length: 15 digits, which any 64-bit number holds.
    static let decimalMax = 999_999_999_999_999
    static let decimalDigitsMax = 15

    /// `declared`, or nil when it passes `limit`.
    init?(_ declared: UInt64, limit: Int) {
        guard limit >= 0, declared <= UInt64(limit) else { return nil }
        value = Int(truncatingIfNeeded: declared)
    }

    /// What 1 to 15 decimal digits say, or nil for anything else: a sign, a space, a comma, `0x`.
    static func decimal(_ bytes: Span<UInt8>) -> UInt64? {
        guard !bytes.isEmpty, bytes.count <= decimalDigitsMax else { return nil }
        var number: UInt64 = 0
        for index in bytes.indices {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            // 15 digits stay below 10^15.
            number = number &* 10 &+ UInt64(digit)
        }
        return number
    }
}

/// The identity of a member, which is a connection: 128 bits, written as a UUID of version 4.
///
/// The text is `8-4-4-4-12` lower-case hexadecimal digits. Only that exact form is accepted, with
/// its version and variant, so an id has one text.
public struct MemberID: Hashable, Sendable {
    /// The upper 64 bits; the version 4 is among them.
    public let high: UInt64
    /// The lower 64 bits; the variant is among them.
    public let low: UInt64

    /// How many bytes the text form has.
    public static let textByteCount = 36

    /// An id from 128 random bits, of which six become the version and the variant (RFC 9562 §5.4).
    public init(random high: UInt64, _ low: UInt64) {
        self.high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        self.low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// Parses the text form, or gives nil for any other text.
    public init?(_ text: Span<UInt8>) {
        guard text.count == Self.textByteCount, Self.hasDashes(text),
            let a = HexDigits.read(text, at: 0, count: 8),
            let b = HexDigits.read(text, at: 9, count: 4),
            let c = HexDigits.read(text, at: 14, count: 4),
            let d = HexDigits.read(text, at: 19, count: 4),
            let e = HexDigits.read(text, at: 24, count: 12)
        else { return nil }
        let parsed = (high: a << 32 | b << 16 | c, low: d << 48 | e)
        self.init(random: parsed.high, parsed.low)
        guard high == parsed.high, low == parsed.low else { return nil }
    }

    /// Parses the text form, or gives nil for any other text.
    public init?(_ text: String) {
        self.init(text.utf8Span.span)
    }

    /// Lends the text form as bytes, without an allocation.
    public func withText<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var text = InlineArray<36, UInt8>(repeating: UInt8(ascii: "-"))
        var bytes = text.mutableSpan
        HexDigits.write(high >> 32, count: 8, at: 0, into: &bytes)
        HexDigits.write(high >> 16, count: 4, at: 9, into: &bytes)
        HexDigits.write(high, count: 4, at: 14, into: &bytes)
        HexDigits.write(low >> 48, count: 4, at: 19, into: &bytes)
        HexDigits.write(low, count: 12, at: 24, into: &bytes)
        return try body(text.span)
    }

    private static func hasDashes(_ text: Span<UInt8>) -> Bool {
        let dash = UInt8(ascii: "-")
        return text[8] == dash && text[13] == dash && text[18] == dash && text[23] == dash
    }
}

extension MemberID: LosslessStringConvertible {
    /// The text form.
    public var description: String { withText { String(ascii: $0) } }
}

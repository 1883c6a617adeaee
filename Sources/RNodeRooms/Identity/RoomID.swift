/// The identity of a room: 128 bits, written `room_` and 32 lower-case hexadecimal digits.
///
/// Small and trivially copied, so that a loop can key its tables with it; a text from the wire is
/// parsed without an allocation. Only the exact text form is accepted, so an id has one text.
public struct RoomID: Hashable, Sendable {
    /// The upper 64 bits, the first 16 digits.
    public let high: UInt64
    /// The lower 64 bits, the last 16 digits.
    public let low: UInt64

    /// How many bytes the text form has.
    public static let textByteCount = 37

    /// The id of these 128 bits.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Parses the text form, or gives nil for any other text.
    public init?(_ text: Span<UInt8>) {
        guard text.count == Self.textByteCount else { return nil }
        for index in Self.prefix.indices where text[index] != Self.prefix[index] { return nil }
        guard let high = HexDigits.read(text, at: Self.prefix.count),
            let low = HexDigits.read(text, at: Self.prefix.count &+ 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// Parses the text form, or gives nil for any other text.
    public init?(_ text: String) {
        self.init(text.utf8Span.span)
    }

    /// Lends the text form as bytes, without an allocation.
    public func withText<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var text = InlineArray<37, UInt8>(repeating: 0)
        for index in Self.prefix.indices { text[index] = Self.prefix[index] }
        var bytes = text.mutableSpan
        HexDigits.write(high, at: Self.prefix.count, into: &bytes)
        HexDigits.write(low, at: Self.prefix.count &+ 16, into: &bytes)
        return try body(text.span)
    }

    // "room_"
    private static let prefix: InlineArray<5, UInt8> = [0x72, 0x6F, 0x6F, 0x6D, 0x5F]
}

extension RoomID: LosslessStringConvertible {
    /// The text form.
    public var description: String { withText { String(ascii: $0) } }
}

extension RoomID: Codable {
    /// Decodes the text form; any other string is corrupt data.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = RoomID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a room id")
        }
        self = id
    }

    /// Encodes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

internal import RNodeWS

/// The `id` a client gave its message: 1 to 64 bytes of UTF-8, kept inline.
///
/// It outlives the message it came with, so that an answer can bear it later; nothing is allocated.
struct MessageID: Sendable {
    /// How many bytes an id may have.
    static let byteCountMax = 64

    private let bytes: InlineArray<64, UInt8>
    let count: Int

    /// The id of these bytes, or nil when there are none or too many.
    init?(_ text: Span<UInt8>) {
        guard (1...Self.byteCountMax).contains(text.count) else { return nil }
        var bytes = InlineArray<64, UInt8>(repeating: 0)
        for index in text.indices { bytes[index] = text[index] }
        self.bytes = bytes
        count = text.count
    }

    /// The id of this text, or nil when it is empty or too long.
    init?(_ text: String) {
        self.init(text.utf8Span.span)
    }

    /// Lends the bytes.
    func withSpan<Result: ~Copyable>(_ body: (Span<UInt8>) -> Result) -> Result {
        body(bytes.span.extracting(first: count))
    }

    /// The text.
    var string: String { withSpan { String(validUTF8: $0) } }
}

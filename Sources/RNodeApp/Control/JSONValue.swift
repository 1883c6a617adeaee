/// Why a text is not JSON that we take.
enum JSONFault: Error {
    /// It is not JSON by RFC 8259, or a string in it is half of a surrogate pair.
    case malformed
    /// It is beyond `JSONLimits.depthMax`.
    case tooDeep
    /// An object has more keys than `JSONLimits.keysMax`.
    case tooManyKeys
    /// A number has more digits than `JSONLimits.numberDigitsMax`.
    case numberTooLong
}

/// Where a JSON value is in its text, and what it looks like. Small, and holds no bytes.
struct JSONValue: Hashable, Sendable {
    /// What the first byte says it is.
    enum Form: UInt8, Sendable {
        case string
        /// A string with at least one backslash in it.
        case escapedString
        case number, object, array, boolean, null
    }

    let form: Form
    private let start: UInt32
    private let end: UInt32

    /// Texts are far below 4 GiB: the message and body limits see to it.
    init(_ form: Form, _ range: Range<Int>) {
        self.form = form
        start = UInt32(clamping: range.lowerBound)
        end = UInt32(clamping: range.upperBound)
    }

    /// The whole value; a string with its quotes.
    var range: Range<Int> { Int(start)..<Int(max(start, end)) }

    /// A string without its quotes, still escaped; another value whole.
    var content: Range<Int> {
        guard isString, end &- start >= 2 else { return range }
        return Int(start &+ 1)..<Int(end &- 1)
    }

    /// `range`, cut to what a text has: safe to extract whatever text is given.
    func range(in text: Span<UInt8>) -> Range<Int> { range.clamped(to: 0..<text.count) }

    /// `content`, cut to what a text has: safe to extract whatever text is given.
    func content(in text: Span<UInt8>) -> Range<Int> { content.clamped(to: 0..<text.count) }

    /// Whether it is a string.
    var isString: Bool { form == .string || form == .escapedString }
}

internal import RNodeWS

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

    /// Whether it is a string.
    var isString: Bool { form == .string || form == .escapedString }
}

/// Reads JSON from bytes, value by value: checks the grammar, builds nothing, and never recurses.
///
/// The text is passed to each call and must be the same in all; what comes back are ranges of it.
/// Raw bytes above ASCII are taken as they are: a text whose UTF-8 nobody has checked goes through
/// `check(body:limits:)`.
struct JSONScanner {
    /// Where the next byte is read.
    private(set) var offset = 0
    private let limits: JSONLimits

    init(limits: JSONLimits = JSONLimits()) {
        self.limits = limits
    }

    /// Checks one whole text: UTF-8, one value, nothing after it.
    static func check(body text: Span<UInt8>, limits: JSONLimits) throws(JSONFault) -> JSONValue {
        guard (try? UTF8Span(validating: text)) != nil else { throw .malformed }
        var scanner = JSONScanner(limits: limits)
        let value = try scanner.value(text)
        guard scanner.isAtEnd(text) else { throw .malformed }
        return value
    }

    // MARK: - Bytes

    /// The next byte that is not white space, which stays unread; nil at the end.
    mutating func peek(_ text: Span<UInt8>) -> UInt8? {
        while offset < text.count {
            let byte = text[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            offset &+= 1
        }
        return nil
    }

    /// Reads `byte`, after white space, if it is next.
    mutating func take(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
        guard peek(text) == byte else { return false }
        offset &+= 1
        return true
    }

    /// Whether only white space is left.
    mutating func isAtEnd(_ text: Span<UInt8>) -> Bool { peek(text) == nil }

    // MARK: - Values

    /// Reads one value of any kind, inside `depth` open objects or arrays.
    mutating func value(_ text: Span<UInt8>, depth: Int = 0) throws(JSONFault) -> JSONValue {
        guard let first = peek(text) else { throw .malformed }
        let start = offset
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
            return try scalar(first, text)
        }
        try container(first, text, depth: depth)
        return JSONValue(first == UInt8(ascii: "{") ? .object : .array, start..<offset)
    }

    /// Reads the key of a member and the colon after it.
    mutating func key(_ text: Span<UInt8>) throws(JSONFault) -> JSONValue {
        guard peek(text) == UInt8(ascii: "\"") else { throw .malformed }
        let key = try string(text)
        guard take(UInt8(ascii: ":"), text) else { throw .malformed }
        return key
    }

    private mutating func scalar(
        _ first: UInt8, _ text: Span<UInt8>
    ) throws(JSONFault) -> JSONValue {
        switch first {
        case UInt8(ascii: "\""): return try string(text)
        case UInt8(ascii: "t"): return try word("true", .boolean, text)
        case UInt8(ascii: "f"): return try word("false", .boolean, text)
        case UInt8(ascii: "n"): return try word("null", .null, text)
        default: return try number(text)
        }
    }

    private mutating func word(
        _ word: StaticString, _ form: JSONValue.Form, _ text: Span<UInt8>
    ) throws(JSONFault) -> JSONValue {
        let end = offset &+ word.utf8CodeUnitCount
        guard end <= text.count, text.extracting(offset..<end).isEqual(to: word) else {
            throw .malformed
        }
        defer { offset = end }
        return JSONValue(form, offset..<end)
    }

    /// Reads a string whose opening quote is next.
    private mutating func string(_ text: Span<UInt8>) throws(JSONFault) -> JSONValue {
        let start = offset
        var hasEscapes = false
        offset &+= 1
        while true {
            offset = JSONString.plainEnd(text, from: offset)
            guard offset < text.count else { throw .malformed }
            if text[offset] == UInt8(ascii: "\"") { break }
            guard text[offset] == UInt8(ascii: "\\"),
                let escape = JSONString.escape(text, at: offset)
            else { throw .malformed }
            hasEscapes = true
            offset &+= escape.count
        }
        offset &+= 1
        return JSONValue(hasEscapes ? .escapedString : .string, start..<offset)
    }

    // MARK: - Numbers

    private mutating func number(_ text: Span<UInt8>) throws(JSONFault) -> JSONValue {
        let start = offset
        if offset < text.count, text[offset] == UInt8(ascii: "-") { offset &+= 1 }
        let first = offset
        var digitsCount = try digits(text)
        // A leading zero stands alone.
        guard digitsCount == 1 || text[first] != UInt8(ascii: "0") else { throw .malformed }
        if offset < text.count, text[offset] == UInt8(ascii: ".") {
            offset &+= 1
            digitsCount &+= try digits(text)
        }
        if offset < text.count, text[offset] | 0x20 == UInt8(ascii: "e") {
            offset &+= 1
            skipSign(text)
            digitsCount &+= try digits(text)
        }
        guard digitsCount <= limits.numberDigitsMax else { throw .numberTooLong }
        return JSONValue(.number, start..<offset)
    }

    private mutating func skipSign(_ text: Span<UInt8>) {
        guard offset < text.count else { return }
        let byte = text[offset]
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset &+= 1 }
    }

    /// Reads at least one digit, and says how many there were.
    private mutating func digits(_ text: Span<UInt8>) throws(JSONFault) -> Int {
        let start = offset
        while offset < text.count, text[offset] &- UInt8(ascii: "0") < 10 { offset &+= 1 }
        guard offset > start else { throw .malformed }
        return offset &- start
    }

    // MARK: - Objects and arrays

    private enum Expected {
        /// A key, or right after `{` its end.
        case key(orEnd: Bool)
        /// A value, or right after `[` its end.
        case element(orEnd: Bool)
        /// A comma or the end.
        case separator
    }

    /// Reads an object or array whose first byte is next, and everything inside it.
    private mutating func container(
        _ first: UInt8, _ text: Span<UInt8>, depth: Int
    ) throws(JSONFault) {
        var nesting = JSONNesting(depth: depth, limits: limits)
        var expected = try open(first, &nesting)
        while nesting.isOpen {
            guard let byte = peek(text) else { throw .malformed }
            switch expected {
            case .separator: expected = try separator(byte, &nesting)
            case .key(let orEnd): expected = try member(byte, orEnd: orEnd, text, &nesting)
            case .element(let orEnd): expected = try element(byte, orEnd: orEnd, text, &nesting)
            }
        }
    }

    private mutating func open(
        _ byte: UInt8, _ nesting: inout JSONNesting
    ) throws(JSONFault) -> Expected {
        let isObject = byte == UInt8(ascii: "{")
        try nesting.open(isObject: isObject)
        offset &+= 1
        return isObject ? .key(orEnd: true) : .element(orEnd: true)
    }

    private mutating func separator(
        _ byte: UInt8, _ nesting: inout JSONNesting
    ) throws(JSONFault) -> Expected {
        let isObject = nesting.isObject
        if byte == UInt8(ascii: ",") {
            offset &+= 1
            return isObject ? .key(orEnd: false) : .element(orEnd: false)
        }
        guard byte == UInt8(ascii: isObject ? "}" : "]") else { throw .malformed }
        return close(&nesting)
    }

    private mutating func close(_ nesting: inout JSONNesting) -> Expected {
        offset &+= 1
        nesting.close()
        return .separator
    }

    private mutating func member(
        _ byte: UInt8, orEnd: Bool, _ text: Span<UInt8>, _ nesting: inout JSONNesting
    ) throws(JSONFault) -> Expected {
        if orEnd, byte == UInt8(ascii: "}") { return close(&nesting) }
        _ = try key(text)
        try nesting.countKey()
        return .element(orEnd: false)
    }

    private mutating func element(
        _ byte: UInt8, orEnd: Bool, _ text: Span<UInt8>, _ nesting: inout JSONNesting
    ) throws(JSONFault) -> Expected {
        if orEnd, byte == UInt8(ascii: "]") { return close(&nesting) }
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
            return try open(byte, &nesting)
        }
        _ = try scalar(byte, text)
        return .separator
    }
}

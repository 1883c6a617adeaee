internal import RNodeWS

/// JSON strings as bytes: finding escapes, taking them out, putting them in.
enum JSONString {
    // MARK: - Finding

    /// The place of the first byte at or after `start` that is a quote, a backslash or a control
    /// character; the end of the text when there is none.
    @inline(__always)
    static func plainEnd(_ text: Span<UInt8>, from start: Int) -> Int {
        text.firstInJSONString(from: start) ?? max(start, text.count)
    }

    /// The escape sequence at `offset`: how many bytes it has and what it stands for, or nil where
    /// there is none. A surrogate pair is one sequence of twelve bytes; half a pair is none.
    @inline(never)
    static func escape(
        _ text: Span<UInt8>, at offset: Int
    ) -> (count: Int, scalar: Unicode.Scalar)? {
        guard offset >= 0, offset &+ 1 < text.count, text[offset] == UInt8(ascii: "\\") else {
            return nil
        }
        let letter = text[offset &+ 1]
        if letter == UInt8(ascii: "u") { return hexEscape(text, at: offset) }
        return unescaped(letter).map { (2, Unicode.Scalar($0)) }
    }

    private static func unescaped(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    private static func hexEscape(
        _ text: Span<UInt8>, at offset: Int
    ) -> (count: Int, scalar: Unicode.Scalar)? {
        guard let first = codeUnit(text, at: offset) else { return nil }
        guard first & 0xF800 == 0xD800 else { return Unicode.Scalar(first).map { (6, $0) } }
        guard first < 0xDC00, let second = codeUnit(text, at: offset &+ 6),
            second & 0xFC00 == 0xDC00
        else { return nil }
        let value = 0x10000 &+ ((first & 0x3FF) << 10 | second & 0x3FF)
        return Unicode.Scalar(value).map { (12, $0) }
    }

    /// The 16 bits of the `\u` and four digits at `offset`.
    private static func codeUnit(_ text: Span<UInt8>, at offset: Int) -> UInt32? {
        guard offset &+ 6 <= text.count, text[offset] == UInt8(ascii: "\\"),
            text[offset &+ 1] == UInt8(ascii: "u")
        else { return nil }
        var value: UInt32 = 0
        for index in (offset &+ 2)..<(offset &+ 6) {
            guard let digit = ASCII.hexValue(text[index]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    // MARK: - Taking escapes out

    /// Appends what the string content `range` stands for. The range must come from a scanner.
    static func unescape(
        _ text: Span<UInt8>, _ range: Range<Int>, into buffer: inout ByteBuffer
    ) {
        let content = text.extracting(range.clamped(to: 0..<text.count))
        var offset = 0
        while offset < content.count {
            let end = plainEnd(content, from: offset)
            buffer.append(content.extracting(offset..<end))
            guard end < content.count, let escape = escape(content, at: end) else { return }
            buffer.append(utf8: String(escape.scalar))
            offset = end &+ escape.count
        }
    }

    /// What the string content `range` stands for.
    static func string(_ text: Span<UInt8>, _ range: Range<Int>) -> String {
        var buffer = ByteBuffer()
        unescape(text, range, into: &buffer)
        return buffer.withSpan { String(validUTF8: $0) }
    }

    /// Whether the string `value` stands for `literal`, which is ASCII.
    static func isEqual(_ text: Span<UInt8>, _ value: JSONValue, to literal: StaticString) -> Bool {
        let content = value.content(in: text)
        guard value.form == .escapedString else {
            return content.count == literal.utf8CodeUnitCount
                && text.extracting(content).isEqual(to: literal)
        }
        // An escape is at most six times as long as the ASCII character it stands for.
        guard content.count <= 6 &* literal.utf8CodeUnitCount else { return false }
        var buffer = ByteBuffer()
        unescape(text, content, into: &buffer)
        return buffer.withSpan { $0.isEqual(to: literal) }
    }

    // MARK: - Putting escapes in

    /// Appends `bytes`, which are UTF-8, escaped and without quotes.
    static func append(escaping bytes: Span<UInt8>, to buffer: inout ByteBuffer) {
        var offset = 0
        while true {
            let end = plainEnd(bytes, from: offset)
            buffer.append(bytes.extracting(offset..<end))
            guard end < bytes.count else { return }
            appendEscape(of: bytes[end], to: &buffer)
            offset = end &+ 1
        }
    }

    @inline(never)
    private static func appendEscape(of byte: UInt8, to buffer: inout ByteBuffer) {
        switch byte {
        case UInt8(ascii: "\""): buffer.append("\\\"")
        case UInt8(ascii: "\\"): buffer.append("\\\\")
        case 0x08: buffer.append("\\b")
        case 0x09: buffer.append("\\t")
        case 0x0A: buffer.append("\\n")
        case 0x0C: buffer.append("\\f")
        case 0x0D: buffer.append("\\r")
        default:
            buffer.append("\\u00")
            buffer.append(ASCII.hexDigit(byte >> 4))
            buffer.append(ASCII.hexDigit(byte))
        }
    }
}

extension String {
    /// The string of bytes that are valid UTF-8; empty if they are not.
    init(validUTF8 bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes) else {
            self.init()
            return
        }
        self.init(copying: text)
    }
}

internal import RNodeWS

/// JSON strings as bytes: finding escapes, taking them out, putting them in.
enum JSONString {
    // MARK: - Finding

    /// The place of the first byte at or after `start` that is a quote, a backslash or a control
    /// character; the end of the text when there is none. Looks at eight bytes a step.
    static func plainEnd(_ text: Span<UInt8>, from start: Int) -> Int {
        var index = max(0, start)
        while index &+ 8 <= text.count {
            let marks = marks(word(text.extracting(index..<(index &+ 8))))
            if marks != 0 { return index &+ marks.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < text.count, !isSpecial(text[index]) { index &+= 1 }
        return index
    }

    @inline(__always)
    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Eight bytes as one number; the compiler makes one load of it.
    @inline(__always)
    private static func word(_ bytes: Span<UInt8>) -> UInt64 {
        let low = UInt64(bytes[0]) | UInt64(bytes[1]) << 8 | UInt64(bytes[2]) << 16
        let middle = UInt64(bytes[3]) << 24 | UInt64(bytes[4]) << 32 | UInt64(bytes[5]) << 40
        return low | middle | UInt64(bytes[6]) << 48 | UInt64(bytes[7]) << 56
    }

    /// The top bit of each special one of eight bytes.
    ///
    /// `x - 0x01…` borrows into the top bit of a byte that is zero. The borrow can mark a byte above
    /// it by mistake, so only the lowest mark is sure.
    @inline(__always)
    private static func marks(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let controls = (word &- (ones &* 0x20)) & ~word
        let zeros = (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
        return (controls | zeros) & tops
    }

    /// The escape sequence at `offset`: how many bytes it has and what it stands for, or nil where
    /// there is none. A surrogate pair is one sequence of twelve bytes; half a pair is none.
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

/// Lower-case hexadecimal digits, written to and read from bytes.
enum HexDigits {
    /// Writes the 16 digits of `value`, the highest first, or `count` of its lowest digits.
    static func write(
        _ value: UInt64, count: Int = 16, at start: Int, into text: inout MutableSpan<UInt8>
    ) {
        guard start >= 0, count >= 0, start &+ count <= text.count else { return }
        var rest = value
        for step in 0..<count {
            text[start &+ count &- 1 &- step] = digit(UInt8(truncatingIfNeeded: rest & 0xF))
            rest >>= 4
        }
    }

    /// The value of `count` digits (at most 16) at `start`, or nil where one is none.
    static func read(_ text: Span<UInt8>, at start: Int, count: Int = 16) -> UInt64? {
        guard start >= 0, count >= 0, count <= 16, start &+ count <= text.count else {
            return nil
        }
        var value: UInt64 = 0
        for index in start..<(start &+ count) {
            guard let nibble = nibble(text[index]) else { return nil }
            value = value << 4 | UInt64(nibble)
        }
        return value
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") &+ nibble : UInt8(ascii: "a") &- 10 &+ nibble
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        if byte &- UInt8(ascii: "0") < 10 { return byte &- UInt8(ascii: "0") }
        let letter = byte &- UInt8(ascii: "a")
        return letter < 6 ? letter &+ 10 : nil
    }
}

extension String {
    /// The string of bytes that are ASCII because this module wrote them.
    init(ascii text: Span<UInt8>) {
        self.init()
        reserveCapacity(text.count)
        for index in text.indices { unicodeScalars.append(Unicode.Scalar(text[index])) }
    }
}

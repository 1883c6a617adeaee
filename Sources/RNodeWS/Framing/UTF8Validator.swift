/// Checks UTF-8 as it arrives, across any split, and fails at the first byte that can't be right
/// (RFC 6455 §8.1; the table of well-formed sequences is Unicode 3.9, table 3-7).
public struct UTF8Validator: Hashable, Sendable, BitwiseCopyable {
    /// How many continuation bytes are still to come.
    private var pending: UInt8 = 0
    /// The smallest continuation byte allowed next.
    private var lowest: UInt8 = 0x80
    /// The largest continuation byte allowed next.
    private var highest: UInt8 = 0xBF

    /// A validator that has seen nothing.
    public init() {}

    /// Whether what was seen ends at the end of a character.
    public var isComplete: Bool { pending == 0 }

    /// Whether `range` of `bytes` is UTF-8 from beginning to end.
    public static func isValid(_ bytes: Span<UInt8>, in range: Range<Int>) -> Bool {
        var validator = UTF8Validator()
        return validator.update(bytes, in: range) && validator.isComplete
    }

    /// Takes the next `bytes`; false when one of them is wrong. Ask no more after that.
    public mutating func update(_ bytes: Span<UInt8>) -> Bool {
        update(bytes, in: 0..<bytes.count)
    }

    /// Takes the bytes in `range`, which is cut to what there is; false when one of them is wrong.
    public mutating func update(_ bytes: Span<UInt8>, in range: Range<Int>) -> Bool {
        let end = min(max(range.upperBound, 0), bytes.count)
        var index = min(max(range.lowerBound, 0), end)
        let narrowEnd = min(index &+ 3, end)
        // The wide check looks back three bytes, which must be text, and begins between characters.
        while index < end, index < narrowEnd || pending > 0 {
            guard take(bytes[index]) else { return false }
            index &+= 1
        }
        if end &- index >= UTF8Kernel.width {
            let checked = UTF8Kernel.validPrefix(bytes, from: index, to: end)
            guard checked >= 0 else { return false }
            index = UTF8Kernel.lastBoundary(bytes, before: checked)
        }
        while index < end {
            guard take(bytes[index]) else { return false }
            index &+= 1
        }
        return true
    }

    /// Takes one byte.
    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        if pending > 0 {
            guard byte >= lowest, byte <= highest else { return false }
            pending &-= 1
            lowest = 0x80
            highest = 0xBF
            return true
        }
        return byte < 0x80 || takeLead(byte)
    }

    private mutating func takeLead(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF: pending = 1
        case 0xE0...0xEF: pending = 2
        case 0xF0...0xF4: pending = 3
        default: return false
        }
        switch byte {
        case 0xE0: lowest = 0xA0  // shorter form exists
        case 0xED: highest = 0x9F  // surrogates
        case 0xF0: lowest = 0x90  // shorter form exists
        case 0xF4: highest = 0x8F  // above U+10FFFF
        default: break
        }
        return true
    }
}

// What is searched for by blocks and words, and the comparisons and sums that mark it.
extension Span where Element == UInt8 {
    /// The place of the first control byte at or after `start`, or nil: 0–31 but HTAB, and DEL.
    ///
    /// A `start` outside the span finds nothing. A line of text ends at a control byte, so this finds the end of
    /// a line and validates it in one pass.
    @inlinable
    public func firstControl(from start: Int) -> Int? {
        first(from: start, blockMarks: Self.controls, marks: Self.controlMarks) { $0 != 0x09 }
    }

    /// The place of the first byte at or after `start` that is no ASCII letter, digit or hyphen, and for which `isWanted`
    /// says true, or nil.
    ///
    /// `isWanted` is asked of one byte after the other, and not again once it said true. A `start` outside the
    /// span finds nothing.
    @inlinable
    @inline(__always)
    public func firstSymbol(from start: Int, where isWanted: (UInt8) -> Bool) -> Int? {
        first(from: start, blockMarks: Self.symbols, marks: Self.symbolMarks, where: isWanted)
    }

    /// The place of the first quote, backslash or byte below 0x20 at or after `start`, or nil: where the plain text of a
    /// JSON string ends.
    ///
    /// A `start` outside the span finds nothing.
    @inlinable
    public func firstInJSONString(from start: Int) -> Int? {
        // The lowest mark is sure, and no other is asked for.
        first(from: start, marks: Self.jsonStringMarks) { _ in true }
    }

    // Against a block each: comparisons with a number are lane by lane in Swift 6.3.

    @inlinable
    @inline(__always)
    static func controls(_ block: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        block .< all(0x20) .| block .== all(0x7F)
    }

    @inlinable
    @inline(__always)
    static func symbols(_ block: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
        let isNoLetter = (block | all(0x20)) &- all(UInt8(ascii: "a")) .> all(25)
        let isNoDigit = block &- all(UInt8(ascii: "0")) .> all(9)
        return isNoLetter .& isNoDigit .& block .!= all(UInt8(ascii: "-"))
    }

    @inlinable
    @inline(__always)
    static func all(_ byte: UInt8) -> SIMD16<UInt8> { SIMD16(repeating: byte) }

    /// The high bit of each byte of `word` that is below 0x20 or is 0x7F.
    @inlinable
    static func controlMarks(_ word: UInt64) -> UInt64 {
        let high: UInt64 = 0x8080_8080_8080_8080
        let low7 = word & ~high
        // No sum carries into the next byte: 0x7F + 0x60 and 0x7F + 0x01 fit in eight bits.
        let isPrintable = low7 &+ 0x6060_6060_6060_6060
        let isDelete = low7 &+ 0x0101_0101_0101_0101
        return (~isPrintable | isDelete) & ~word & high
    }

    /// The high bit of each byte of `word` that is neither A–Z nor a–z nor 0–9 nor a hyphen.
    @inlinable
    static func symbolMarks(_ word: UInt64) -> UInt64 {
        let high: UInt64 = 0x8080_8080_8080_8080
        let low7 = word & ~high
        let lower = low7 | 0x2020_2020_2020_2020
        // As above: each sum has its high bit from the byte on that its name tells, and none carries.
        let isFromA = lower &+ 0x1F1F_1F1F_1F1F_1F1F
        let isBehindZ = lower &+ 0x0505_0505_0505_0505
        let isFrom0 = low7 &+ 0x5050_5050_5050_5050
        let isBehind9 = low7 &+ 0x4646_4646_4646_4646
        let isNoHyphen = (low7 ^ 0x2D2D_2D2D_2D2D_2D2D) &+ 0x7F7F_7F7F_7F7F_7F7F
        let isNoName = ~(isFromA & ~isBehindZ | isFrom0 & ~isBehind9) & isNoHyphen
        return (isNoName | word) & high
    }

    /// The high bit of each byte of `word` that is a quote, a backslash or below 0x20.
    ///
    /// `x - 0x01…` borrows into the high bit of a byte that is zero. The borrow can mark a byte above it by mistake, so only
    /// the lowest mark is sure.
    @inlinable
    static func jsonStringMarks(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let controls = (word &- (ones &* 0x20)) & ~word
        let zeros = (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
        return (controls | zeros) & 0x8080_8080_8080_8080
    }
}

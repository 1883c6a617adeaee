/// The wide part of UTF-8 validation: 32 bytes a step, and no branch on their values.
///
/// Bit 7 of every byte carries the answer for that byte. The other bits are moved up to it, so
/// that four lanes of 64 bits do what 32 lanes of 8 bits would.
enum UTF8Kernel {
    /// How many bytes a step checks.
    static let width = 32

    private typealias Lanes = SIMD4<UInt64>

    /// Checks whole blocks from `start`, where a character must begin; returns how far it came, or
    /// -1 when a byte is wrong. Up to three bytes at the end may be a character's beginning.
    @inline(never)
    static func validPrefix(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        guard start >= 3, end <= bytes.count else { return start }
        // SAFETY: owner: the caller's span, borrowed for this closure. Bounds: each of the four
        // loads of 32 bytes begins at index - 3 or later, where index >= 3, and ends at
        // index + 32 <= end <= raw.count. One thread: the span is not shared.
        return unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return start }
            var index = start
            while index &+ width <= end {
                guard unsafe isValidBlock(base + index) else { return -1 }
                index &+= width
            }
            return index
        }
    }

    /// The beginning of the character that the bytes before `index` leave unfinished, else `index`.
    static func lastBoundary(_ bytes: Span<UInt8>, before index: Int) -> Int {
        for distance in 1...3 where distance <= index {
            let byte = bytes[index &- distance]
            if byte >= 0xC0 { return index &- distance }
            if byte < 0x80 { return index }
        }
        return index
    }

    // SAFETY: the caller vouches for 3 bytes before `block` and 32 from it.
    @inline(__always)
    private static func isValidBlock(_ block: UnsafeRawPointer) -> Bool {
        let here = unsafe block.loadUnaligned(as: Lanes.self)
        let back1 = Bits(unsafe block.loadUnaligned(fromByteOffset: -1, as: Lanes.self))
        let back2 = Bits(unsafe block.loadUnaligned(fromByteOffset: -2, as: Lanes.self))
        let back3 = Bits(unsafe block.loadUnaligned(fromByteOffset: -3, as: Lanes.self))
        // A byte after C0…FF, two after E0…FF or three after F0…FF must be a continuation.
        let must =
            (back1.bit7 & back1.bit6) | (back2.bit7 & back2.bit6 & back2.bit5)
            | (back3.bit7 & back3.bit6 & back3.bit5 & back3.bit4)
        if isClear(here) { return isClear(must) }
        let next = Bits(here)
        let isContinuation = next.bit7 & ~next.bit6
        return isClear((must ^ isContinuation) | wrongPair(back1, next))
    }

    /// The leads that are never right, and those that are wrong with the byte after them.
    @inline(__always)
    private static func wrongPair(_ lead: Bits, _ next: Bits) -> Lanes {
        let lowBits = lead.bit2 | lead.bit1 | lead.bit0
        // C0, C1: shorter form exists.
        let two = ~(lead.bit5 | lead.bit4 | lead.bit3 | lead.bit2 | lead.bit1)
        // E0 before 80…9F: shorter form exists. ED before A0…BF: surrogates.
        let e0 = ~(lead.bit3 | lowBits | next.bit5)
        let ed = lead.bit3 & lead.bit2 & ~lead.bit1 & lead.bit0 & next.bit5
        let three = lead.bit5 & ~lead.bit4 & (e0 | ed)
        // F0 before 80…8F: shorter form exists. F4 before 90…BF, and F5…FF: above U+10FFFF.
        let f0 = ~(lead.bit3 | lowBits | next.bit5 | next.bit4)
        let f4 = lead.bit2 & (lead.bit1 | lead.bit0 | next.bit5 | next.bit4)
        let four = lead.bit5 & lead.bit4 & (f0 | f4 | lead.bit3)
        return lead.bit7 & lead.bit6 & (two | three | four)
    }

    /// The bits of 32 bytes, each moved to bit 7 of its byte; the other bits are of no meaning.
    private struct Bits {
        let bit7, bit6, bit5, bit4, bit3, bit2, bit1, bit0: Lanes

        /// Doubling moves every bit up by one. (A shift of lanes compiles to scalar code.)
        @inline(__always)
        init(_ bytes: Lanes) {
            bit7 = bytes
            bit6 = bit7 &+ bit7
            bit5 = bit6 &+ bit6
            bit4 = bit5 &+ bit5
            bit3 = bit4 &+ bit4
            bit2 = bit3 &+ bit3
            bit1 = bit2 &+ bit2
            bit0 = bit1 &+ bit1
        }
    }

    /// Whether bit 7 is clear in all bytes.
    @inline(__always)
    private static func isClear(_ bytes: Lanes) -> Bool {
        (bytes[0] | bytes[1] | bytes[2] | bytes[3]) & 0x8080_8080_8080_8080 == 0
    }
}

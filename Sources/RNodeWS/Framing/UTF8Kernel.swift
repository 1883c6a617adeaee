/// The wide part of UTF-8 validation: 32 bytes a step, and no branch on their values.
///
/// Bit 7 of every byte carries the answer for that byte. The other bits are shifted up to it, so
/// that four lanes of 64 bits do what 32 lanes of 8 bits would.
enum UTF8Kernel {
    /// How many bytes a step checks.
    static let width = 32

    private typealias Lanes = SIMD4<UInt64>
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

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
        let back1 = unsafe block.loadUnaligned(fromByteOffset: -1, as: Lanes.self)
        let back2 = unsafe block.loadUnaligned(fromByteOffset: -2, as: Lanes.self)
        let back3 = unsafe block.loadUnaligned(fromByteOffset: -3, as: Lanes.self)
        // A byte after C0…FF, two after E0…FF or three after F0…FF must be a continuation.
        let must =
            lead2(back1) | (lead2(back2) & up(back2, 2))
            | (lead2(back3) & up(back3, 2) & up(back3, 3))
        if folded(here) == 0 { return folded(must) == 0 }
        let isContinuation = here & ~up(here, 1)
        return folded((must ^ isContinuation) | wrongPair(back1, here)) == 0
    }

    /// The leads that are never right, and those that are wrong with the byte after them.
    @inline(__always)
    private static func wrongPair(_ lead: Lanes, _ next: Lanes) -> Lanes {
        let (bit5, bit4, bit3) = (up(lead, 2), up(lead, 3), up(lead, 4))
        let (bit2, bit1, bit0) = (up(lead, 5), up(lead, 6), up(lead, 7))
        let (next5, next4) = (up(next, 2), up(next, 3))
        let lowNibble = bit3 | bit2 | bit1 | bit0
        // C0, C1: shorter form exists.
        let two = ~bit5 & ~(bit4 | bit3 | bit2 | bit1)
        // E0 before 80…9F: shorter form exists. ED before A0…BF: surrogates.
        let e0 = ~lowNibble & ~next5
        let ed = bit3 & bit2 & ~bit1 & bit0 & next5
        let three = bit5 & ~bit4 & (e0 | ed)
        // F0 before 80…8F: shorter form exists. F4 before 90…BF, and F5…FF: above U+10FFFF.
        let f0 = ~lowNibble & ~(next5 | next4)
        let f4 = ~bit3 & bit2 & ~(bit1 | bit0) & (next5 | next4)
        let four = bit5 & bit4 & (f0 | f4 | bit3 | (bit2 & (bit1 | bit0)))
        return lead2(lead) & (two | three | four)
    }

    /// Whether each byte is C0…FF: bits 7 and 6.
    @inline(__always)
    private static func lead2(_ bytes: Lanes) -> Lanes {
        bytes & up(bytes, 1)
    }

    /// Bit `7 - places` of each byte, moved to bit 7.
    @inline(__always)
    private static func up(_ bytes: Lanes, _ places: UInt64) -> Lanes {
        bytes &<< Lanes(repeating: places)
    }

    /// Bit 7 of all bytes.
    @inline(__always)
    private static func folded(_ bytes: Lanes) -> UInt64 {
        (bytes[0] | bytes[1] | bytes[2] | bytes[3]) & highBits
    }
}

/// UTF-8 by its definition (RFC 3629 §3): of the code points that the bytes so far can still become, is any allowed?
///
/// No table of leads and of second bytes is in it: a character of n bytes must be one that n−1 bytes can't hold, no
/// surrogate, and at most U+10FFFF.
struct ReferenceText {
    /// The bits of the character at hand, and how many bytes of it are missing.
    private var bits: UInt32 = 0
    private var missing: UInt32 = 0
    private var smallest: UInt32 = 0
    /// Whether a byte came that can't be right.
    private(set) var isWrong = false

    init() {}

    init(_ bytes: [UInt8]) {
        for byte in bytes { take(byte) }
    }

    /// Whether what came is UTF-8 from beginning to end.
    var isWhole: Bool { !isWrong && missing == 0 }

    @inline(__always)
    mutating func take(_ byte: UInt8) {
        if missing > 0 {
            isWrong = isWrong || byte & 0b1100_0000 != 0b1000_0000
            bits = bits << 6 | UInt32(byte & 0b0011_1111)
            missing -= 1
        } else {
            begin(byte)
        }
        // All that the character can still be: the missing bytes bring six bits each.
        let low = bits << (6 * missing)
        let high = low | (1 << (6 * missing) - 1)
        let isPossible =
            high >= smallest && low <= 0x10FFFF && !(low >= 0xD800 && high <= 0xDFFF)
        isWrong = isWrong || !isPossible
    }

    private mutating func begin(_ byte: UInt8) {
        switch byte.leadingOnes {
        case 0: (bits, missing, smallest) = (UInt32(byte), 0, 0)
        case 2: (bits, missing, smallest) = (UInt32(byte & 0b1_1111), 1, 0x80)
        case 3: (bits, missing, smallest) = (UInt32(byte & 0b1111), 2, 0x800)
        case 4: (bits, missing, smallest) = (UInt32(byte & 0b111), 3, 0x1_0000)
        default: isWrong = true
        }
    }
}

extension UInt8 {
    fileprivate var leadingOnes: Int { (~self).leadingZeroBitCount }
}

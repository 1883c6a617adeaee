/// SHA-1 (FIPS 180-4), for the accept value of the handshake only: nothing here rests on its
/// strength (RFC 6455 §10.8).
package struct SHA1 {
    private var state: InlineArray<5, UInt32> = [
        0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0,
    ]
    private var block = InlineArray<64, UInt8>(repeating: 0)
    private var blockCount = 0
    private var byteCount: UInt64 = 0

    package init() {}

    /// Adds bytes.
    package mutating func update(_ bytes: Span<UInt8>) {
        for index in bytes.indices { add(bytes[index]) }
        byteCount &+= UInt64(bytes.count)
    }

    /// The digest of all that was added; call it once.
    package mutating func finish() -> InlineArray<20, UInt8> {
        let bitCount = byteCount &* 8
        add(0x80)
        while blockCount != 56 { add(0) }
        for place in 0..<8 {
            add(UInt8(truncatingIfNeeded: bitCount >> UInt64(56 &- 8 &* place)))
        }
        var digest = InlineArray<20, UInt8>(repeating: 0)
        for index in 0..<20 {
            let word = state[index / 4]
            let shift = UInt32(truncatingIfNeeded: 24 &- 8 &* (index % 4))
            digest[index] = UInt8(truncatingIfNeeded: word >> shift)
        }
        return digest
    }

    private mutating func add(_ byte: UInt8) {
        block[blockCount] = byte
        blockCount &+= 1
        guard blockCount == 64 else { return }
        compress()
        blockCount = 0
    }

    private mutating func compress() {
        let words = schedule()
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for round in 0..<80 {
            let (mix, constant) = Self.mix(round, b, c, d)
            let next = a.rotated(5) &+ mix &+ e &+ constant &+ words[round]
            (e, d, c, b, a) = (d, c, b.rotated(30), a, next)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
    }

    private func schedule() -> InlineArray<80, UInt32> {
        var words = InlineArray<80, UInt32>(repeating: 0)
        for index in 0..<64 {
            words[index / 4] = words[index / 4] << 8 | UInt32(block[index])
        }
        for index in 16..<80 {
            let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
            words[index] = mixed.rotated(1)
        }
        return words
    }

    private static func mix(
        _ round: Int, _ b: UInt32, _ c: UInt32, _ d: UInt32
    ) -> (UInt32, UInt32) {
        switch round {
        case ..<20: (b & c | ~b & d, 0x5A82_7999)
        case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
        case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
        default: (b ^ c ^ d, 0xCA62_C1D6)
        }
    }
}

extension UInt32 {
    fileprivate func rotated(_ bits: UInt32) -> UInt32 {
        self << bits | self >> (32 &- bits)
    }
}

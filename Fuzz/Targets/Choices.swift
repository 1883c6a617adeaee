import RNodeBytes

/// The first bytes of an input, which say how the rest is to be used.
struct Choices {
    private(set) var offset = 0

    /// The next byte, 0 past the end.
    mutating func byte(_ input: Span<UInt8>) -> UInt8 {
        guard offset < input.count else { return 0 }
        defer { offset += 1 }
        return input[offset]
    }

    /// The next two bytes.
    mutating func word(_ input: Span<UInt8>) -> Int {
        Int(byte(input)) << 8 | Int(byte(input))
    }

    /// The next `count` bytes, or what is left.
    mutating func bytes(_ count: Int, _ input: Span<UInt8>) -> [UInt8] {
        let end = min(offset + count, input.count)
        defer { offset = end }
        return input.extracting(offset..<end).copied()
    }

    func isAtEnd(_ input: Span<UInt8>) -> Bool { offset >= input.count }
}

/// Ways in which `count` bytes arrive: whole, in two pieces, and byte by byte.
struct Arrivals {
    let whole: [Range<Int>]
    let split: [Range<Int>]
    let single: [Range<Int>]

    init(_ count: Int, splitAt place: Int) {
        let middle = place % (count + 1)
        whole = [0..<count]
        split = [0..<middle, middle..<count]
        single = count == 0 ? whole : (0..<count).map { $0..<($0 + 1) }
    }
}

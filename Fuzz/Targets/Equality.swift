import RNodeBytes

/// The comparisons, sixteen bytes a step, in any case, and with literals, against one byte at a time, at any place of any bytes.
@Sendable func fuzzEquality(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let place = choices.word(input)
    let length = Int(choices.byte(input))
    let number = Int(choices.byte(input))
    let pattern = choices.byte(input)
    let bytes = input.extracting(choices.offset..<input.count)
    let start = place % (bytes.count + 1)

    // Any two parts, of the same length and of lengths that differ.
    let one = bytes.extracting(start..<min(bytes.count, start + length))
    for count in [one.count, one.count + 1, one.count - 1] where 0...bytes.count ~= count {
        let other = bytes.extracting(0..<count)
        try requireEqual(
            one.isEqual(to: other), areEqual(one.copied(), other.copied()),
            "\(one.count) bytes at \(start) and the first \(count)")
        // The same where they stand, and behind the end.
        for begin in [0, start / 2, bytes.count - count, bytes.count - count + 1] {
            let isThere = begin + count <= bytes.count && start + count <= bytes.count
            let wanted =
                count == 0
                || isThere
                    && areEqual(
                        bytes.extracting(begin..<begin + count).copied(),
                        bytes.extracting(start..<start + count).copied())
            try requireEqual(
                bytes.hasBytes(of: bytes, from: begin, at: start, count: count), wanted,
                "\(count) bytes at \(start) and at \(begin)")
        }
    }
    // One that differs in one bit, at each place.
    var changed = one.copied()
    for index in changed.indices {
        changed[index] ^= 1 << UInt8(index % 8)
        try require(!one.isEqual(to: changed.span), "other at \(index)")
        changed[index] ^= 1 << UInt8(index % 8)
    }
    try requireEqual(one.isEqual(to: changed.span), true, "the same \(changed.count) bytes")

    let literal = literals[number % literals.count]
    try compare(one, with: literal)
    try compareAlike(literal, pattern, behind: place % 9)
}

/// With a letter and what only looks like one, less and more than eight bytes, and bytes above ASCII.
private let literals: [StaticString] = [
    "", "a", "@[`{", "close", "chunked", "WebSocket", "keep-alive", "\u{C9}\u{E9}\u{DF}",
    "permessage-deflate; server_no_context_takeover",
]

/// Bytes that are the literal's but for one bit of some, as `pattern` says, at any alignment.
private func compareAlike(
    _ literal: StaticString, _ pattern: UInt8, behind offset: Int
) throws(Finding) {
    let exact = [UInt8](repeating: 0xFF, count: offset) + Array("\(literal)".utf8)
    try compare(exact.span.extracting(offset...), with: literal)
    // One byte alone, and some: with the bit of 0x20, letters in the other case.
    let bit: UInt8 = 1 << (pattern % 8)
    var some = exact
    for index in exact.indices.dropFirst(offset) {
        var one = exact
        one[index] ^= bit
        try compare(one.span.extracting(offset...), with: literal)
        if pattern >> UInt8(index % 8) & 1 == 1 { some[index] ^= bit }
    }
    try compare(some.span.extracting(offset...), with: literal)
    try compare(some.span.extracting(offset...).extracting(first: 7), with: literal)
}

private func compare(_ bytes: Span<UInt8>, with literal: StaticString) throws(Finding) {
    let own = bytes.copied()
    let expected = Array("\(literal)".utf8)
    try require(
        bytes.isEqual(to: literal) == areEqual(own, expected), "\(own) and \(literal)")
    try require(
        bytes.isEqualIgnoringCase(to: literal) == areEqual(lowered(own), lowered(expected)),
        "\(own) and \(literal), in any case")
}

private func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    for index in one.indices where one[index] != other[index] { return false }
    return true
}

private func lowered(_ bytes: [UInt8]) -> [UInt8] {
    bytes.map { byte in
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte + 32 : byte
    }
}

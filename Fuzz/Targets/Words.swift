import RNodeBytes

/// The loads of up to eight bytes, and the comparison by them, against one byte at a time, at any place of any bytes.
@Sendable func fuzzWords(_ input: Span<UInt8>) throws(Finding) {
    try compare(input)
    var choices = Choices()
    let place = choices.word(input)
    let length = Int(choices.byte(input)) % 12
    let bytes = input.extracting(choices.offset..<input.count)
    let start = place % (bytes.count + 2)

    let rest = bytes.copied().dropFirst(start).prefix(8)
    let word = rest.enumerated().reduce(UInt64(0)) {
        $0 | UInt64($1.element) << (8 * UInt64($1.offset))
    }
    try requireEqual(bytes.word(from: start), word, "word from \(start)")
    try requireEqual(bytes.word(at: start), rest.count == 8 ? word : 0, "word at \(start)")
    let end = min(bytes.count, start + length)
    guard start <= end else { return }
    let number = rest.prefix(length).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    try requireEqual(bytes.number(start..<end), number, "number of \(start)..<\(end)")
}

/// The comparison, eight bytes a step, against that of arrays: of any two parts of the same length, and of lengths that differ.
private func compare(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let place = choices.word(input)
    let length = Int(choices.byte(input))
    let bytes = input.extracting(choices.offset..<input.count)
    let start = place % (bytes.count + 1)
    let one = bytes.extracting(start..<min(bytes.count, start + length))
    for count in [one.count, one.count + 1, one.count - 1] where 0...bytes.count ~= count {
        let other = bytes.extracting(0..<count)
        try requireEqual(
            one.isEqual(to: other), one.copied() == other.copied(),
            "\(one.count) bytes at \(start) and the first \(count)")
    }
    // One that differs in one bit, at each place.
    var changed = one.copied()
    for index in changed.indices {
        changed[index] ^= 1 << UInt8(index % 8)
        try requireEqual(one.isEqual(to: changed.span), false, "other at \(index)")
        changed[index] ^= 1 << UInt8(index % 8)
    }
    try requireEqual(one.isEqual(to: changed.span), true, "the same \(changed.count) bytes")
}

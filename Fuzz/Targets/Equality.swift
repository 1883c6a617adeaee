import RNodeBytes

/// The comparison of bytes, eight a step, against that of arrays: of any two parts of the same length, and of lengths that differ.
@Sendable func fuzzEquality(_ input: Span<UInt8>) throws(Finding) {
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

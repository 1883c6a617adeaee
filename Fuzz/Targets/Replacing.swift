import RNodeBytes

/// Bytes that take the place of others, against one byte at a time: within the target, at its end, past it and before it, and
/// nothing around it is touched.
@Sendable func fuzzReplacing(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let before = Int(choices.byte(input)) % 20
    let length = Int(choices.byte(input)) % 80
    let place = Int(choices.byte(input))
    let bytes = input.extracting(choices.offset..<input.count)

    // All that there is, and beginnings of it, from a place near the target and from the furthest ones.
    for start in [place % (length + 4) - 2, .min, -length, length, .max] {
        for count in [bytes.count, min(bytes.count, place % 33), min(bytes.count, length)] {
            let source = bytes.extracting(first: count)
            var room = (0..<before + length + 20).map { UInt8(truncatingIfNeeded: $0 ^ 0x5A) }
            var expected = room
            var replaced = 0
            if start >= 0 {
                for index in source.indices where start < length && start + index < length {
                    expected[before + start + index] = source[index]
                    replaced += 1
                }
            }
            var whole = room.mutableSpan
            var target = whole._mutatingExtracting(before..<before + length)
            let told = target.replace(from: start, by: source)
            try requireEqual(told, replaced, "\(count) bytes from \(start) of \(length)")
            try requireEqual(room, expected, "\(count) bytes from \(start) of \(length)")
        }
    }
}

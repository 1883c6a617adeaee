import RNodeBytes

/// A short head and what it introduces, against one byte at a time: with room and without, behind what was there already
/// and what was consumed, and nothing before it is touched.
@Sendable func fuzzAppend(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let capacity = Int(choices.byte(input))
    let present = Int(choices.byte(input)) % 80
    let consumed = Int(choices.byte(input)) % 80
    let wordCount = Int(choices.byte(input)) % 12 - 2
    let shorter = Int(choices.byte(input)) % 72
    let head = choices.bytes(8, input)
    let bytes = input.extracting(choices.offset..<input.count)
    let word = head.enumerated().reduce(UInt64(0)) {
        $0 | UInt64($1.element) << (8 * UInt64($1.offset))
    }

    // All that there is, and a beginning of it: each way in which a few bytes are copied has its turn.
    for count in [bytes.count, min(bytes.count, shorter)] {
        let payload = bytes.extracting(0..<count)
        var buffer = ByteBuffer(capacity: capacity)
        var expected: [UInt8] = []
        for index in 0..<present {
            buffer.append(UInt8(truncatingIfNeeded: index))
            expected.append(UInt8(truncatingIfNeeded: index))
        }
        buffer.removeFirst(consumed)
        expected.removeFirst(min(consumed, present))
        // Twice: the second time behind the first.
        for _ in 0..<2 {
            buffer.append(word, count: wordCount, then: payload)
            for place in 0..<min(max(wordCount, 0), 8) {
                expected.append(place < head.count ? head[place] : 0)
            }
            for index in payload.indices { expected.append(payload[index]) }
        }
        try requireEqual(
            buffer.copied(), expected,
            "\(wordCount) and \(count) bytes behind \(present), capacity \(capacity)")
    }
}

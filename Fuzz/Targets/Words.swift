import RNodeBytes

/// The loads of up to eight bytes, against one byte at a time, at any place of any bytes.
@Sendable func fuzzWords(_ input: Span<UInt8>) throws(Finding) {
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

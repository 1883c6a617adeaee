@testable import RNodeWS

/// The unmasking kernel against one byte at a time: any key and phase, at any place, and nothing beside it is touched.
@Sendable func fuzzUnmask(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let key = choices.bytes(4, input)
    let phase = Int(choices.byte(input))
    let place = choices.word(input)
    let bytes = input.extracting(choices.offset..<input.count).copied()
    let start = place % (bytes.count + 1)
    let end = min(bytes.count, start + place / (bytes.count + 1))

    var expected = bytes
    var isASCII = true
    for index in start..<end {
        let part = (phase + index - start) % 4
        expected[index] ^= part < key.count ? key[part] : 0
        isASCII = isASCII && expected[index] < 0x80
    }
    let word = key.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << (8 * $1.offset) }
    var found = bytes
    var span = found.mutableSpan
    let foundASCII = Mask.apply(word, phase: phase, to: &span, in: start..<end)
    try requireEqual(found, expected, "\(start)..<\(end) of \(bytes.count), phase \(phase)")
    try requireEqual(foundASCII, isASCII, "ASCII in \(start)..<\(end) of \(bytes.count)")
}

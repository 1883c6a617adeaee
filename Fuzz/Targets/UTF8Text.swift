@testable import RNodeWS

/// The wide check of UTF-8 against the standard library's: the same verdict, and not before or behind the byte that is
/// wrong, wherever the text lies and however it is split.
@Sendable func fuzzUTF8(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let place = choices.word(input)
    let bytes = input.extracting(choices.offset..<input.count)
    let isRight = String(validating: bytes.copied(), as: UTF8.self) != nil
    try requireEqual(UTF8Validator.isValid(bytes, in: 0..<bytes.count), isRight, "whole")

    // Wherever the text begins, the wide check looks back at what stands before it.
    let start = place % (bytes.count + 1)
    let rest = bytes.extracting(start..<bytes.count)
    let isRestRight = String(validating: rest.copied(), as: UTF8.self) != nil
    let isFoundRight = UTF8Validator.isValid(bytes, in: start..<bytes.count)
    try requireEqual(isFoundRight, isRestRight, "from \(start)")

    var validator = UTF8Validator()
    let goesOn = validator.update(bytes.extracting(0..<start)) && validator.update(rest)
    try requireEqual(goesOn && validator.isComplete, isRight, "split at \(start)")

    // Byte by byte the check is the table's: it says where the first wrong byte is.
    var single = UTF8Validator()
    var firstWrong = bytes.count
    for index in bytes.indices where !single.update(bytes, in: index..<(index + 1)) {
        firstWrong = index
        break
    }
    for end in [firstWrong, min(firstWrong + 1, bytes.count)] {
        var wide = UTF8Validator()
        try requireEqual(
            wide.update(bytes, in: 0..<end), end <= firstWrong, "to \(end), wrong at \(firstWrong)")
    }
}

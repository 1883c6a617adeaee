import RNodeWS

/// B6: all sequences of one to three bytes and all of four that begin with F0 to F4: byte by byte, whole, and in the
/// blocks of the wide check, in their middle and across their edge.
enum UTF8Sequences {
    static func run() -> Tally {
        var checker = SequenceChecker()
        for first in UInt8.min...UInt8.max {
            checker.tryAll(from: [first], more: (0xF0...0xF4).contains(first) ? 3 : 2)
        }
        return checker.tally
    }
}

private struct SequenceChecker {
    var tally = Tally()
    /// ASCII, into which a sequence is written at two places: wholly in a block of 32, and across two of them.
    private var text = [UInt8](repeating: 0x61, count: 3 + 3 * 32)
    private static let middle = 3 + 14
    private static let edge = 3 + 32 - 2

    /// Tries `prefix` and all that it can be continued to with up to `more` bytes.
    mutating func tryAll(from prefix: [UInt8], more: Int) {
        var reference = ReferenceText()
        var validator = UTF8Validator()
        var isRefused = false
        for byte in prefix {
            reference.take(byte)
            isRefused = isRefused || !validator.update([byte].span)
        }
        judge(prefix, reference, validator, isRefused)
        if more == 1 {
            tryLast(prefix, reference, validator, isRefused)
        } else if more > 1 {
            for byte in UInt8.min...UInt8.max { tryAll(from: prefix + [byte], more: more - 1) }
        }
    }

    /// The innermost loop: a hundred million turns, so nothing is made in it.
    private mutating func tryLast(
        _ prefix: [UInt8], _ reference: ReferenceText, _ validator: UTF8Validator, _ isRefused: Bool
    ) {
        var sequence = prefix + [0]
        for byte in UInt8.min...UInt8.max {
            var reference = reference
            var validator = validator
            sequence[prefix.count] = byte
            reference.take(byte)
            let isNewlyRefused =
                isRefused || !validator.update(sequence.span, in: prefix.count..<sequence.count)
            judge(sequence, reference, validator, isNewlyRefused)
        }
    }

    private mutating func judge(
        _ sequence: [UInt8], _ reference: ReferenceText, _ validator: UTF8Validator,
        _ isRefused: Bool
    ) {
        let isWhole = reference.isWhole
        // The first byte that can't be right is refused, and no earlier one.
        var isRight = isRefused == reference.isWrong
        isRight = isRight && (isRefused || validator.isComplete == isWhole)
        let range = 0..<sequence.count
        isRight = isRight && UTF8Validator.isValid(sequence.span, in: range) == isWhole
        isRight = isRight && isValid(sequence, at: Self.middle) == isWhole
        isRight = isRight && isValid(sequence, at: Self.edge) == isWhole
        tally.note(isRight, "\(sequence)")
    }

    private mutating func isValid(_ sequence: [UInt8], at place: Int) -> Bool {
        for index in 0..<sequence.count { text[place &+ index] = sequence[index] }
        let isValid = UTF8Validator.isValid(text.span, in: 0..<text.count)
        for index in 0..<sequence.count { text[place &+ index] = 0x61 }
        return isValid
    }
}

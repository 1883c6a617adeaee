import RNodeWS
import Testing

/// UTF-8 by arithmetic on scalar values: another way than the validator's.
private enum Reference {
    static func isValid(_ bytes: [UInt8]) -> Bool { isValid(bytes.span) }

    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            let first = bytes[index]
            let count = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3
            if count > 0, first < 0xC0 || first > 0xF7 { return false }
            guard index + count < bytes.count else { return false }
            var scalar = count == 0 ? UInt32(first) : UInt32(first) & (0x3F >> UInt32(count))
            for place in 0..<count {
                let next = bytes[index + 1 + place]
                guard next & 0xC0 == 0x80 else { return false }
                scalar = scalar << 6 | UInt32(next & 0x3F)
            }
            if !isScalar(scalar, after: count) { return false }
            index += count + 1
        }
        return true
    }

    private static func isScalar(_ scalar: UInt32, after count: Int) -> Bool {
        let smallest: UInt32 = count == 0 ? 0 : count == 1 ? 0x80 : count == 2 ? 0x800 : 0x1_0000
        return scalar >= smallest && scalar <= 0x10FFFF && !(0xD800...0xDFFF).contains(scalar)
    }

    /// Whether some bytes after `bytes` make it valid: then no byte of it is wrong yet.
    static func canBecomeValid(_ bytes: [UInt8]) -> Bool {
        if isValid(bytes) { return true }
        // One of these is a right continuation wherever one is right at all.
        let continuations: [UInt8] = [0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF]
        return continuations.contains { one in
            isValid(bytes + [one])
                || continuations.contains { two in
                    isValid(bytes + [one, two]) || isValid(bytes + [one, two, 0x80])
                }
        }
    }
}

private func isValid(_ bytes: [UInt8], in range: Range<Int>? = nil) -> Bool {
    UTF8Validator.isValid(bytes.span, in: range ?? 0..<bytes.count)
}

@Suite("RFC 6455 §8.1: UTF-8")
struct UTF8Tests {
    /// Bytes at the edges of every class of the table of well-formed sequences.
    static let edges: [UInt8] = [
        0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
        0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF,
    ]

    @Test(
        "B6 every sequence of one or two bytes, and three or four from the edges, is judged right")
    func short() {
        for first in UInt8.min...UInt8.max {
            judge([first])
            for second in UInt8.min...UInt8.max { judge([first, second]) }
        }
        for first in Self.edges {
            for second in Self.edges {
                for third in Self.edges {
                    judge([first, second, third])
                    for fourth in Self.edges where first >= 0xE0 {
                        judge([first, second, third, fourth])
                    }
                }
            }
        }
    }

    private func judge(_ bytes: [UInt8]) {
        if isValid(bytes) != Reference.isValid(bytes) { Issue.record("\(bytes)") }
    }

    @Test("B6 text fails at its first bad byte, and not before")
    func failsFast() {
        for first in Self.edges {
            for second in Self.edges {
                for third in Self.edges { checkPrefixes([first, second, third, 0x41]) }
            }
        }
    }

    private func checkPrefixes(_ bytes: [UInt8]) {
        var validator = UTF8Validator()
        for count in 1...bytes.count {
            let isRight = validator.update([bytes[count - 1]].span)
            let expected = Reference.canBecomeValid(Array(bytes[..<count]))
            if isRight != expected { Issue.record("\(bytes) at \(count)") }
            if !isRight { return }
        }
    }

    @Test("Long text is judged alike wherever the wide blocks fall")
    func wide() {
        let characters = ["A", "é", "你", "🎉"].map { Array($0.utf8) }
        let insertions: [[UInt8]] =
            Self.edges.map { [$0] } + [
                [0xC3, 0xA9], [0xE0, 0x9F, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF],
                [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80],
                [0xF4, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xE4, 0xBD],
                [0xF0, 0x9F, 0x8E],
                [0xC1, 0xBF], [0xF5, 0x80, 0x80, 0x80],
            ]
        for character in characters {
            for insertion in insertions {
                for lead in 0...70 {
                    let before = repeated(character, upTo: lead)
                    for after in [0, 3, 40] {
                        judge(before + insertion + repeated(character, upTo: after))
                    }
                }
            }
        }
    }

    private func repeated(_ character: [UInt8], upTo count: Int) -> [UInt8] {
        (0..<(count / character.count)).flatMap { _ in character }
            + [UInt8](repeating: 0x2E, count: count % character.count)
    }

    @Test("Random text with random damage is judged alike in any split")
    func randomSplits() {
        var random = Seeded(state: 8_1)
        let alphabet = Array("ab cdéßñ你好世界🎉🚀".unicodeScalars)
        for _ in 0..<(isDebugBuild ? 2_000 : 100_000) {
            var string = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 1...80, using: &random) {
                string.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
            }
            var bytes = Array(String(string).utf8)
            if Bool.random(using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            let split = Int.random(in: 0...bytes.count, using: &random)
            var validator = UTF8Validator()
            let found =
                validator.update(bytes.span, in: 0..<split)
                && validator.update(bytes.span, in: split..<bytes.count) && validator.isComplete
            if found != Reference.isValid(bytes) { Issue.record("\(bytes) at \(split)") }
        }
    }

    @Test("The range is cut to the bytes")
    func ranges() {
        let bytes = Array("abc".utf8)
        for range in [-4..<90, 90..<95, -9..<(-3), Int.min..<Int.max] {
            #expect(isValid(bytes, in: range))
        }
    }
}

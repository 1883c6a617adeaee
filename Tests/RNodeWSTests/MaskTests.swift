import RNodeWS
import Testing

@Suite("RFC 6455 §5.3: masking")
struct MaskTests {
    private static let keyBytes: [UInt8] = [0x9B, 0x01, 0xE4, 0x77]
    private static let key: UInt32 = 0x77E4_019B

    @Test("B17 every length up to 200, phase and offset gives what byte by byte gives")
    func reference() {
        var random = Seeded(state: 53)
        let source = (0..<256).map { _ in UInt8.random(in: 0...255, using: &random) }
        for length in 0...200 {
            for phase in 0..<4 {
                for start in [0, 1, 2, 3, 5, 7, 8, 13] {
                    check(source, length, phase, start)
                }
            }
        }
    }

    private func check(_ source: [UInt8], _ length: Int, _ phase: Int, _ start: Int) {
        var expected = source
        for index in 0..<length { expected[start + index] ^= Self.keyBytes[(index + phase) % 4] }
        let isASCII = expected[start..<(start + length)].allSatisfy { $0 < 128 }
        var masked = source
        var span = masked.mutableSpan
        let found = Mask.apply(Self.key, phase: phase, to: &span, in: start..<(start + length))
        #expect(masked == expected, "length \(length), phase \(phase), start \(start)")
        #expect(found == isASCII)
    }

    @Test("One byte that is not ASCII is noticed wherever it stands")
    func asciiTest() {
        for length in 1...140 {
            for place in 0..<length {
                var bytes = [UInt8](repeating: 0x41, count: length)
                bytes[place] = 0x80
                for index in 0..<length { bytes[index] ^= Self.keyBytes[index % 4] }
                var span = bytes.mutableSpan
                #expect(!Mask.apply(Self.key, to: &span, in: 0..<length))
            }
            var ascii = (0..<length).map { 0x41 ^ Self.keyBytes[$0 % 4] }
            var span = ascii.mutableSpan
            #expect(Mask.apply(Self.key, to: &span, in: 0..<length))
        }
    }

    @Test(
        "A range outside the bytes is cut to them",
        arguments: [
            -5..<3, 2..<100, -9..<(-2), 10..<20, Int.min..<Int.max,
        ])
    func outside(range: Range<Int>) {
        var bytes: [UInt8] = [1, 2, 3, 4]
        var span = bytes.mutableSpan
        Mask.apply(0, to: &span, in: range)
        #expect(bytes == [1, 2, 3, 4])
    }

    @Test("A phase of any size counts modulo four, as after gigabytes")
    func bigPhase() {
        for phase in [4, 5, 1_000_003, Int.max] {
            var one: [UInt8] = [1, 2, 3, 4, 5, 6, 7]
            var two = one
            var first = one.mutableSpan
            Mask.apply(Self.key, phase: phase, to: &first, in: 0..<7)
            var second = two.mutableSpan
            Mask.apply(Self.key, phase: phase % 4, to: &second, in: 0..<7)
            #expect(one == two)
        }
    }
}

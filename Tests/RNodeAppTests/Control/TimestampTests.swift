import FoundationEssentials
import Testing

@testable import RNodeApp

@Suite("RFC 3339 timestamps")
struct TimestampTests {
    @Test(
        "Known moments",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (1_704_067_200_000, "2024-01-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
            (.max, "9999-12-31T23:59:59.999Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (.min, "0000-01-01T00:00:00.000Z"),
        ])
    func known(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).string == text)
    }

    @Test("Any second agrees with FoundationEssentials, reached directly or by moving")
    func agreement() {
        var random = ControlGenerator(seed: 3)
        var moved = Timestamp(milliseconds: 0)
        for _ in 0..<3_000 {
            let second = Int64(random.next() % 250_000_000_000)
            let millisecond = Int64(random.below(1000))
            let date = Date(timeIntervalSince1970: Double(second))
            let rest = String(1000 + millisecond).dropFirst()
            let expected = date.formatted(.iso8601).dropLast() + ".\(rest)Z"
            moved.move(to: second * 1000 + millisecond)
            #expect(moved.string == expected)
            #expect(Timestamp(milliseconds: second * 1000 + millisecond).string == expected)
        }
    }

    @Test("Every step of a second and across its ends is right")
    func steps() {
        var moved = Timestamp(milliseconds: 1_709_251_199_000)
        for milliseconds in Int64(1_709_251_198_990)...1_709_251_200_010 {
            moved.move(to: milliseconds)
            #expect(moved.string == Timestamp(milliseconds: milliseconds).string)
            #expect(moved.milliseconds == milliseconds)
        }
        #expect(moved.string == "2024-03-01T00:00:00.010Z")
    }
}

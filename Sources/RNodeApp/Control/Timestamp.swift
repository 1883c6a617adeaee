internal import RNodeWS

/// A moment as messages write it: RFC 3339, UTC, milliseconds, `Z`; 24 bytes kept inline.
///
/// Keep one per loop and `move` it once a turn: within a millisecond nothing is computed, within a
/// second three digits.
struct Timestamp: Sendable {
    /// Milliseconds since 1970.
    private(set) var milliseconds: Int64
    private var text = InlineArray<24, UInt8>(repeating: UInt8(ascii: "0"))

    /// 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z: what four digits of a year can say.
    private static let representable: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// The moment, or the nearest one whose year has four digits.
    init(milliseconds: Int64) {
        self.milliseconds = Self.clamped(milliseconds)
        for (place, mark) in [
            (4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "."), (23, "Z"),
        ]
            as [(Int, Unicode.Scalar)]
        {
            text[place] = UInt8(ascii: mark)
        }
        writeSecond()
        writeMillisecond()
    }

    /// Makes it another moment.
    mutating func move(to milliseconds: Int64) {
        let next = Self.clamped(milliseconds)
        guard next != self.milliseconds else { return }
        let isSameSecond = Self.second(of: next) == Self.second(of: self.milliseconds)
        self.milliseconds = next
        if !isSameSecond { writeSecond() }
        writeMillisecond()
    }

    /// Lends the 24 bytes.
    func withSpan<Result: ~Copyable>(_ body: (Span<UInt8>) -> Result) -> Result {
        body(text.span)
    }

    /// The text.
    var string: String { withSpan { String(validUTF8: $0) } }

    private static func clamped(_ milliseconds: Int64) -> Int64 {
        min(max(milliseconds, representable.lowerBound), representable.upperBound)
    }

    /// Seconds since 1970, rounded down.
    private static func second(of milliseconds: Int64) -> Int64 {
        floorDivide(milliseconds, by: 1000)
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> Int64 {
        (value - (value < 0 ? divisor - 1 : 0)) / divisor
    }

    private mutating func writeMillisecond() {
        let rest = milliseconds - Self.second(of: milliseconds) * 1000
        write(rest, digits: 3, at: 20)
    }

    private mutating func writeSecond() {
        let second = Self.second(of: milliseconds)
        let day = Self.floorDivide(second, by: 86_400)
        let clock = second - day * 86_400
        writeDate(day)
        write(clock / 3600, digits: 2, at: 11)
        write(clock / 60 % 60, digits: 2, at: 14)
        write(clock % 60, digits: 2, at: 17)
    }

    /// The civil date of a day since 1970, by counting from 1 March of year 0: leap days come last.
    private mutating func writeDate(_ day: Int64) {
        let shifted = day + 719_468
        let era = Self.floorDivide(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let isNextYear = month >= 10
        write(era * 400 + yearOfEra + (isNextYear ? 1 : 0), digits: 4, at: 0)
        write(isNextYear ? month - 9 : month + 3, digits: 2, at: 5)
        write(dayOfYear - (153 * month + 2) / 5 + 1, digits: 2, at: 8)
    }

    private mutating func write(_ value: Int64, digits: Int, at place: Int) {
        var rest = value
        for step in 1...digits {
            text[place + digits - step] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}

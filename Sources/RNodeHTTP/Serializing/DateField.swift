/// The line `Date: Sun, 06 Nov 1994 08:49:37 GMT`, written once a second (RFC 9110 section 5.6.7).
struct DateField {
    private var seconds: Int64?
    /// The line with its CRLF.
    private(set) var line: [UInt8] = []

    /// The last second of the year 9999: the format has four digits for a year.
    private static let secondsMax: Int64 = 253_402_300_799

    /// Writes the line for `unixSeconds` unless it is there; moments before 1970 count as 1970.
    mutating func set(unixSeconds: Int64) {
        let clamped = min(max(unixSeconds, 0), Self.secondsMax)
        guard clamped != seconds else { return }
        seconds = clamped
        line.removeAll(keepingCapacity: true)
        line.append(contentsOf: "Date: ".utf8)
        appendDate(clamped)
        line.append(contentsOf: " GMT\r\n".utf8)
    }

    private mutating func appendDate(_ seconds: Int64) {
        let days = Int(seconds / 86_400)
        let second = Int(seconds % 86_400)
        let date = Self.civil(days)
        appendName("ThuFriSatSunMonTueWed", days % 7)
        line.append(contentsOf: ", ".utf8)
        appendTwo(date.day, " ")
        appendName("JanFebMarAprMayJunJulAugSepOctNovDec", date.month - 1)
        line.append(UInt8(ascii: " "))
        appendTwo(date.year / 100, nil)
        appendTwo(date.year % 100, " ")
        appendTwo(second / 3600, ":")
        appendTwo(second / 60 % 60, ":")
        appendTwo(second % 60, nil)
    }

    private mutating func appendName(_ names: String, _ position: Int) {
        line.append(contentsOf: names.utf8.dropFirst(position * 3).prefix(3))
    }

    private mutating func appendTwo(_ number: Int, _ separator: Unicode.Scalar?) {
        line.append(0x30 &+ UInt8(truncatingIfNeeded: number / 10 % 10))
        line.append(0x30 &+ UInt8(truncatingIfNeeded: number % 10))
        if let separator { line.append(UInt8(ascii: separator)) }
    }

    /// The date so many days after 1970-01-01, in the Gregorian calendar.
    ///
    /// Years are counted from March, in eras of 400 years (146,097 days), so that a leap day is the
    /// last day of its year; Howard Hinnant's `civil_from_days`, for days that are not negative.
    static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

/// Dates of HTTP (RFC 9110 section 5.6.7): written in one form, read in three.
package enum HTTPDate {
    /// The last second of the year 9999: the format has four digits for a year.
    static let secondsMax: Int64 = 253_402_300_799
    private static let months = "JanFebMarAprMayJunJulAugSepOctNovDec"
    private static let days = "ThuFriSatSunMonTueWed"

    // MARK: - Writing

    /// `Sun, 06 Nov 1994 08:49:37 GMT`; moments outside 1970–9999 count as the nearer end.
    package static func text(unixSeconds: Int64) -> String {
        var bytes: [UInt8] = []
        append(min(max(unixSeconds, 0), secondsMax), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same as bytes; `seconds` is within 1970–9999.
    static func append(_ seconds: Int64, to bytes: inout [UInt8]) {
        let day = Int(truncatingIfNeeded: seconds / 86_400)
        let second = Int(truncatingIfNeeded: seconds % 86_400)
        let date = civil(day)
        bytes.append(contentsOf: days.utf8.dropFirst(day % 7 * 3).prefix(3))
        bytes.append(contentsOf: ", ".utf8)
        appendTwo(date.day, " ", to: &bytes)
        bytes.append(contentsOf: months.utf8.dropFirst((date.month - 1) * 3).prefix(3))
        bytes.append(UInt8(ascii: " "))
        appendTwo(date.year / 100, nil, to: &bytes)
        appendTwo(date.year % 100, " ", to: &bytes)
        appendTwo(second / 3600, ":", to: &bytes)
        appendTwo(second / 60 % 60, ":", to: &bytes)
        appendTwo(second % 60, nil, to: &bytes)
        bytes.append(contentsOf: " GMT".utf8)
    }

    private static func appendTwo(
        _ number: Int, _ separator: Unicode.Scalar?, to bytes: inout [UInt8]
    ) {
        bytes.append(0x30 &+ UInt8(truncatingIfNeeded: number / 10 % 10))
        bytes.append(0x30 &+ UInt8(truncatingIfNeeded: number % 10))
        if let separator { bytes.append(UInt8(ascii: separator)) }
    }

    // MARK: - Reading

    /// The seconds since 1970 that `text` names, in any of the three forms; nil for anything else.
    ///
    /// Four digits are the years 0–9999 in the Gregorian calendar; what is before 1970 is negative.
    /// The weekday is not compared with the date. A year of two digits (RFC 850) is the one within fifty
    /// years from `now`, as the RFC wants it.
    package static func seconds(_ text: String, now: Int64) -> Int64? {
        let words = text.utf8.split(separator: UInt8(ascii: " ")).map { [UInt8]($0) }
        switch words.count {
        // Sun, 06 Nov 1994 08:49:37 GMT
        case 6 where words[0].last == UInt8(ascii: ",") && words[5] == Array("GMT".utf8):
            guard words[3].count == 4 else { return nil }
            return moment(words[3], words[2], words[1], words[4])
        // Sunday, 06-Nov-94 08:49:37 GMT
        case 4 where words[0].last == UInt8(ascii: ",") && words[3] == Array("GMT".utf8):
            return shortMoment(words[1], words[2], now)
        // Sun Nov  6 08:49:37 1994
        case 5:
            guard words[4].count == 4 else { return nil }
            return moment(words[4], words[1], words[2], words[3])
        default: return nil
        }
    }

    private static func shortMoment(_ date: [UInt8], _ time: [UInt8], _ now: Int64) -> Int64? {
        let parts = date.split(separator: UInt8(ascii: "-")).map { [UInt8]($0) }
        guard parts.count == 3, parts[2].count == 2, let short = number(parts[2]) else {
            return nil
        }
        let thisYear = civil(Int(min(max(now, 0), secondsMax) / 86_400)).year
        var year = thisYear - thisYear % 100 + short
        if year > thisYear + 50 { year -= 100 }
        return moment(Array(String(year).utf8), parts[1], parts[0], time)
    }

    private static func moment(
        _ year: [UInt8], _ month: [UInt8], _ day: [UInt8], _ time: [UInt8]
    ) -> Int64? {
        let clock = time.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { [UInt8]($0) }
        guard clock.count == 3, clock.allSatisfy({ $0.count == 2 }), day.count <= 2,
            let year = number(year), let month = monthNumber(month), let day = number(day),
            let hour = number(clock[0]), let minute = number(clock[1]),
            let second = number(clock[2])
        else { return nil }
        // 60 is a leap second, which counts as the next minute's first.
        guard (0...9999).contains(year), (1...daysCount(month, year)).contains(day), hour < 24,
            minute < 60, second <= 60
        else { return nil }
        let days = Int64(dayNumber(year, month, day))
        return days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    /// What up to four digits say.
    private static func number(_ digits: [UInt8]) -> Int? {
        guard (1...4).contains(digits.count) else { return nil }
        return WireLength.decimal(digits.span).map { Int(truncatingIfNeeded: $0) }
    }

    private static func monthNumber(_ name: [UInt8]) -> Int? {
        guard name.count == 3 else { return nil }
        for month in 0..<12 where months.utf8.dropFirst(month * 3).prefix(3).elementsEqual(name) {
            return month + 1
        }
        return nil
    }

    // MARK: - The calendar

    private static func daysCount(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// The days from 1970-01-01 to a date of the years 0–9999: the inverse of `civil`.
    private static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // An era more, and taken off again: January of the year 0 belongs to the one before.
        let marchYear = (month <= 2 ? year &- 1 : year) &+ 400
        let era = marchYear / 400
        let yearOfEra = marchYear % 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era &- 1) * 146_097 + dayOfEra - 719_468
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

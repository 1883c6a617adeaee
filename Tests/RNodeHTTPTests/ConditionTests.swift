import HTTPTypes
import Testing

@testable import RNodeHTTP

@Suite("RFC 9110 section 14: ranges")
struct ByteRangeTests {
    @Test(
        arguments: [
            ("bytes=0-0", .part(0..<1)), ("bytes=0-9", .part(0..<10)), ("bytes=9-9", .part(9..<10)),
            ("bytes=0-10", .part(0..<10)), ("bytes=9-", .part(9..<10)), ("bytes=0-", .part(0..<10)),
            ("bytes=-1", .part(9..<10)), ("bytes=-10", .part(0..<10)), ("bytes=-11", .part(0..<10)),
            ("bytes=10-", .unsatisfiable), ("bytes=10-10", .unsatisfiable),
            ("bytes=-0", .unsatisfiable), ("BYTES=1-2", .part(1..<3)),
            ("bytes= 1-2 ", .part(1..<3)),
            ("bytes=,1-2,", .part(1..<3)), ("bytes=", .whole), ("bytes", .whole), ("", .whole),
            ("bytes=-", .whole), ("bytes=1", .whole), ("bytes=2-1", .whole),
            ("bytes=1-2-3", .whole),
            ("bytes=0-1,2-3", .whole), ("bytes=a-b", .whole), ("bytes=+1-2", .whole),
            ("bytes=0x1-2", .whole), ("bytes=1- 2", .whole), ("lines=1-2", .whole),
            ("bytes =1-2", .whole), ("bytes==1-2", .whole), ("bytes=\u{661}-", .whole),
        ] as [(String, ByteRange)])
    func `A15 each range of ten bytes is to the letter`(_ field: String, _ range: ByteRange) {
        #expect(ByteRange(field, length: 10) == range)
    }

    @Test(arguments: [
        "9223372036854775806", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "18446744073709551616", String(repeating: "9", count: 4_000),
    ])
    func `A15 a position of any size saturates`(_ number: String) {
        for length in [1, 10, Int.max] {
            let whole = ByteRange.part(0..<length)
            #expect(ByteRange("bytes=0-\(number)", length: length) == whole || length == .max)
            let suffix = ByteRange("bytes=-\(number)", length: length)
            #expect(suffix == whole || length == .max)
            let first = ByteRange("bytes=\(number)-", length: length)
            #expect(first == .unsatisfiable || length == .max)
            let both = ByteRange("bytes=\(number)-\(number)", length: length)
            #expect(both == .unsatisfiable || length == .max)
        }
    }

    @Test func `A15 every range of a short file is inside it`() {
        for length in -1...5 {
            for first in ["", "0", "1", "4", "5", "6"] {
                for last in ["", "0", "1", "4", "5", "6"] {
                    guard
                        case .part(let range) = ByteRange("bytes=\(first)-\(last)", length: length)
                    else { continue }
                    #expect(!range.isEmpty)
                    #expect(range.lowerBound >= 0 && range.upperBound <= length)
                }
            }
        }
    }

    @Test func `A15 bytes at random are never a range outside`() {
        var random = SplitMix(state: 15)
        let alphabet = Array("0129-=, bytes\t".utf8)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...12, using: &random)
            let tail = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            let field = "bytes=" + String(decoding: tail, as: UTF8.self)
            if case .part(let range) = ByteRange(field, length: 7) {
                #expect(
                    !range.isEmpty && range.lowerBound >= 0 && range.upperBound <= 7, "\(field)")
            }
        }
    }
}

@Suite("RFC 9110 section 8.8.3: entity tags")
struct EntityTagTests {
    @Test(
        arguments: [
            ("\"a\"", ["\"a\""]), ("W/\"a\"", ["W/\"a\""]), ("\"\"", ["\"\""]),
            ("\"a\", W/\"b,c\" ,\"d\"", ["\"a\"", "W/\"b,c\"", "\"d\""]), (",\"a\",,", ["\"a\""]),
            ("\"\u{E9}\"", ["\"\u{E9}\""]), ("", nil), ("a", nil), ("\"a", nil), ("w/\"a\"", nil),
            ("\"a\" \"b\"", nil), ("\"a b\"", nil), ("*", nil), ("W/", nil), ("\"a\"x", nil),
            (",", nil),
        ] as [(String, [String]?)])
    func `a list is read to the letter`(_ text: String, _ tags: [String]?) {
        #expect(EntityTag.list(text)?.map(\.text) == tags)
    }

    @Test func `section 8.8.3.2 strong and weak comparison`() {
        let (strong, weak) = (EntityTag("1", isWeak: false), EntityTag("1", isWeak: true))
        #expect(strong.isStronglyEqual(to: strong) && strong.isWeaklyEqual(to: weak))
        #expect(!weak.isStronglyEqual(to: weak) && weak.isWeaklyEqual(to: weak))
        #expect(!strong.isStronglyEqual(to: weak))
        #expect(!strong.isWeaklyEqual(to: EntityTag("2", isWeak: false)))
        #expect(EntityTag("\"1\"") == strong && EntityTag("\"1\",\"2\"") == nil)
    }

    @Test func `a list as long as a field can be is read whole`() {
        let many = String(repeating: "\"a\",", count: 2_048)
        #expect(EntityTag.list(many)?.count == 2_048)
        #expect(EntityTag.list(String(repeating: ",", count: 8_192) + "\"a\"")?.count == 1)
        #expect(EntityTag.list(String(repeating: "\"", count: 8_192)) == nil)
    }
}

@Suite("RFC 9110 section 5.6.7: dates that are read")
struct HTTPDateTests {
    /// 2026-11-25, for years of two digits.
    static let now: Int64 = 1_795_564_800

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ])
    func `the three forms say the same`(_ text: String) {
        #expect(HTTPDate.seconds(text, now: Self.now) == 784_111_777)
    }

    @Test(arguments: [
        "", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 29 Feb 1995 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 19940 08:49:37 GMT",
        "Sun, 06 Nov -969 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37", "Sun Nov 6 08:49:37 94", "Sun, -6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:-7 GMT", "a b c d e f", "a, b c d e f",
    ])
    func `what is no date is none`(_ text: String) {
        #expect(HTTPDate.seconds(text, now: Self.now) == nil)
    }

    @Test(
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Sun, 06 Nov 1904 08:49:37 GMT", -2_056_029_023),
            ("Sun Nov  6 08:49:37 1904", -2_056_029_023),
            ("Mon, 01 Jan 1900 00:00:00 GMT", -2_208_988_800),
            ("Wed, 01 Mar 0000 00:00:00 GMT", -62_162_035_200),
            ("Sat, 01 Jan 0000 00:00:00 GMT", -62_167_219_200),
        ] as [(String, Int64)])
    func `a date before 1970 is one like any other`(_ text: String, _ seconds: Int64) {
        #expect(HTTPDate.seconds(text, now: Self.now) == seconds)
    }

    @Test func `each month from the year 0 to 2400 begins where the one before ends`() {
        let names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(separator: " ")
        var end: Int64 = -62_167_219_200
        for year in 0...2400 {
            let digits = String(String(10_000 + year).dropFirst())
            for name in names {
                let last = ["31", "30", "29", "28"].lazy.compactMap {
                    HTTPDate.seconds("Mon, \($0) \(name) \(digits) 23:59:59 GMT", now: 0)
                }.first
                let first = HTTPDate.seconds("Mon, 01 \(name) \(digits) 00:00:00 GMT", now: 0)
                guard first == end, let last else {
                    Issue.record("\(name) \(digits)")
                    return
                }
                end = last + 1
            }
        }
        #expect(end == 13_601_088_000)
    }

    @Test func `a year of two digits is within fifty years of now`() {
        for (year, expected) in [("76", 2076), ("77", 1977), ("99", 1999), ("26", 2026)] {
            let short = HTTPDate.seconds("Sunday, 01-Jan-\(year) 00:00:00 GMT", now: Self.now)
            let long = HTTPDate.seconds("Sun, 01 Jan \(expected) 00:00:00 GMT", now: Self.now)
            #expect(short == long && short != nil, "\(year)")
        }
        for now in [Int64.min, 0, Int64.max] {
            _ = HTTPDate.seconds("Sunday, 01-Jan-70 00:00:00 GMT", now: now)
        }
    }

    @Test func `what is written is read back, every half day from 1970 to 2400`() {
        for seconds in stride(from: 0 as Int64, to: 13_569_465_600, by: 43_261) {
            let text = HTTPDate.text(unixSeconds: seconds)
            guard HTTPDate.seconds(text, now: 0) == seconds else {
                Issue.record("\(seconds): \(text)")
                return
            }
        }
        #expect(HTTPDate.text(unixSeconds: .min) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.text(unixSeconds: .max) == "Fri, 31 Dec 9999 23:59:59 GMT")
    }
}

@Suite("RFC 9110 section 13.2.2: the order of conditions")
struct PreconditionTests {
    private let version = Preconditions(
        tag: EntityTag("v", isWeak: false), modified: 784_111_777, now: 784_200_000)
    private static let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let earlier = "Sun, 06 Nov 1994 08:49:36 GMT"

    @Test func `each combination comes to what the table says`() {
        // Holding, not holding, absent.
        let matches = ["\"v\"", "\"x\"", nil]
        let unmodified = [Self.date, Self.earlier, nil]
        let nones = ["\"x\"", "\"v\"", nil]
        let modified = [Self.earlier, Self.date, nil]
        for (match, matchText) in matches.enumerated() {
            for (since, sinceText) in unmodified.enumerated() {
                for (none, noneText) in nones.enumerated() {
                    for (change, changeText) in modified.enumerated() {
                        var fields = HTTPFields()
                        fields[.ifMatch] = matchText
                        fields[.ifUnmodifiedSince] = sinceText
                        fields[.ifNoneMatch] = noneText
                        fields[.ifModifiedSince] = changeText
                        let isFailed = match == 1 || (match == 2 && since == 1)
                        let isKnown = none == 1 || (none == 2 && change == 1)
                        let expected: Preconditions.Verdict =
                            isFailed ? .failed : isKnown ? .notModified : .serve
                        #expect(version.verdict(fields) == expected)
                    }
                }
            }
        }
    }

    @Test func `a date before 1970 is a condition like any other`() {
        let early = "Fri, 31 Dec 1965 23:59:59 GMT"
        #expect(version.verdict([.ifUnmodifiedSince: early]) == .failed)
        #expect(version.verdict([.ifModifiedSince: early]) == .serve)
        let old = Preconditions(
            tag: EntityTag("v", isWeak: false), modified: -126_230_401, now: 784_200_000)
        #expect(old.verdict([.ifUnmodifiedSince: early]) == .serve)
        #expect(old.verdict([.ifModifiedSince: early]) == .notModified)
    }

    @Test func `If-Range holds for this very version only`() {
        for (condition, isHeld) in [
            ("\"v\"", true), ("W/\"v\"", false), ("\"x\"", false), (Self.date, false), ("", false),
            ("\"v\", \"x\"", false), ("*", false),
        ] {
            var fields: HTTPFields = [.range: "bytes=1-2", .ifRange: condition]
            #expect((version.range(fields, length: 9) == .part(1..<3)) == isHeld, "\(condition)")
            fields[.range] = nil
            #expect(version.range(fields, length: 9) == .whole)
        }
    }
}

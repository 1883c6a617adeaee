import RNodeWS
import Testing

@testable import RNodeApp

@Suite("RFC 8259: JSON texts")
struct JSONScannerTests {
    private func fault(_ bytes: [UInt8], _ limits: JSONLimits = JSONLimits()) -> JSONFault? {
        do throws(JSONFault) {
            _ = try JSONScanner.check(body: bytes.span, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    private func fault(_ text: String, _ limits: JSONLimits = JSONLimits()) -> JSONFault? {
        fault(Array(text.utf8), limits)
    }

    @Test(
        "Taken",
        arguments: [
            "{}", "[]", "null", "true", "false", "0", "-0", "10", "-1.5e+3", "1E5", #""""#,
            " \t\r\n[ 1 , 2 ]\n", #"{"a":{"b":[{},[],null]},"c":""}"#, #""\"\\\/\b\f\n\r\t""#,
            #""\u0000\u00FF\uD83D\uDE00""#, "\"\u{7F}\u{80}\u{2028}😀\"", #"{"":1,"":2}"#,
        ])
    func taken(text: String) {
        #expect(fault(text) == nil)
    }

    @Test(
        "Refused",
        arguments: [
            "", " ", "{", "}", "[", "]", "{]", "[}", "[1,]", "[,1]", "[1 2]", "{,}", #"{"a"}"#,
            #"{"a":}"#, #"{"a":1,}"#, #"{"a":1 "b":2}"#, #"{a:1}"#, #"{'a':1}"#, #"{1:1}"#,
            "01", "-", "+1", "1.", ".5", "1e", "1e+", "--1", "-01", "0x1", "NaN", "Infinity",
            "tru", "True", "nul", "nullx", "true false", "[] []", "\"", #""\""#, #""\x""#,
            #""\u12""#, #""\u12G4""#, #""\uD800""#, #""\uD800\u0041""#, #""\uDC00""#,
            #""\uD800\uD800""#, #""\uD83D"#, "\"\n\"", "\"\u{0}\"", "\"\u{1F}\"", "//", "/**/1",
            "\u{FEFF}1", "[1]x", "{\"a\":1}}", "\u{0}",
        ])
    func refused(text: String) {
        #expect(fault(text) == .malformed)
    }

    @Test("Bytes that are no UTF-8 are refused, in strings and elsewhere")
    func notUTF8() {
        for bytes: [UInt8] in [[0xFF], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
            #expect(fault(bytes) == .malformed)
        }
        #expect(fault([0x22, 0xC3, 0x22]) == .malformed)
    }

    @Test("Depth has a limit", arguments: [1, 31, 32, 33, 320, 1_000_000])
    func depth(depth: Int) {
        let arrays = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(fault(arrays) == (depth <= 32 ? nil : .tooDeep))
        let objects =
            String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        #expect(fault(objects) == (depth <= 32 ? nil : .tooDeep))
        // Also where nothing is ever closed.
        let open = String(repeating: "[", count: depth)
        #expect(fault(open) == (depth <= 32 ? .malformed : .tooDeep))
    }

    @Test("The deepest limit there can be holds", arguments: [63, 64, 65])
    func deepest(depth: Int) {
        var limits = JSONLimits()
        limits.depthMax = 64
        var text = "1"
        for level in 0..<depth { text = level % 2 == 0 ? "[\(text)]" : "{\"a\":\(text),\"b\":[]}" }
        #expect(fault(text, limits) == (depth <= 64 ? nil : .tooDeep))
    }

    @Test(
        "Keys of one object have a limit, each object by itself", arguments: [255, 256, 257, 2560])
    func keys(count: Int) {
        let members = (0..<count).map { #""k\#($0)":{"x":1,"y":2}"# }.joined(separator: ",")
        #expect(fault("{\(members)}") == (count <= 256 ? nil : .tooManyKeys))
        #expect(fault("[[{\(members)}]]") == (count <= 256 ? nil : .tooManyKeys))
        let objects = Array(repeating: #"{"a":1,"b":2}"#, count: count).joined(separator: ",")
        #expect(fault("[\(objects)]") == nil)
    }

    @Test("Digits of a number have a limit", arguments: [31, 32, 33, 320])
    func digits(count: Int) {
        let expected: JSONFault? = count <= 32 ? nil : .numberTooLong
        #expect(fault(String(repeating: "9", count: count)) == expected)
        #expect(fault("-0." + String(repeating: "1", count: count - 1)) == expected)
        #expect(fault("1.5e-" + String(repeating: "0", count: count - 2)) == expected)
        #expect(fault("[" + String(repeating: "9", count: count) + "]") == expected)
    }

    @Test("Limits out of range are named")
    func invalidLimits() {
        #expect(JSONLimits().invalidField == nil)
        for (value, isRight) in [(-1, false), (0, false), (1, true), (64, true), (65, false)] {
            var limits = JSONLimits()
            limits.depthMax = value
            #expect(limits.invalidField?.name == (isRight ? nil : "depthMax"))
        }
        var keys = JSONLimits()
        keys.keysMax = 65_536
        #expect(keys.invalidField?.name == "keysMax")
        var digits = JSONLimits()
        digits.numberDigitsMax = 0
        #expect(digits.invalidField?.name == "numberDigitsMax")
    }

    @Test("Ranges say where values are")
    func ranges() throws {
        let text = Array(#"  {"a": [1, "x\n"] } "#.utf8)
        let value = try JSONScanner.check(body: text.span, limits: JSONLimits())
        #expect(value.form == .object)
        #expect(value.range == 2..<20)
        let string = try JSONScanner.check(
            body: Array(#" "ab" "#.utf8).span, limits: JSONLimits())
        #expect(string.range == 1..<5)
        #expect(string.content == 2..<4)
        #expect(string.form == .string)
        let escaped = try JSONScanner.check(
            body: Array(#""\n""#.utf8).span, limits: JSONLimits())
        #expect(escaped.form == .escapedString)
    }

    /// FoundationEssentials takes more than RFC 8259 (a comma before a closing bracket, a NUL at the
    /// end), so the other direction is asked of a parser that reads the RFC aloud.
    @Test("What we take is what the RFC takes, and FoundationEssentials too", arguments: 0..<4)
    func agreement(part: Int) {
        var random = ControlGenerator(seed: UInt64(part))
        random.hasUniqueKeys = true
        for _ in 0..<3_000 {
            let valid = random.space() + random.json(depth: 4) + random.space()
            #expect(fault(valid) == nil, "\(valid)")
            #expect(JSONTree(valid.utf8) != nil, "\(valid)")
            let damaged = random.damaged(valid)
            let isTaken = fault(damaged) == nil
            #expect(isTaken == JSONReference.takes(damaged), "\(damaged)")
            if isTaken { #expect(JSONTree(damaged.withoutNumbers) != nil, "\(damaged)") }
        }
    }

    @Test("Any bytes at all are judged without a trap")
    func anyBytes() {
        var random = ControlGenerator(seed: 99)
        for _ in 0..<20_000 {
            let bytes = (0..<random.below(24)).map { _ in
                random.below(3) == 0
                    ? UInt8(truncatingIfNeeded: random.next())
                    : random.pick(Array(#"{}[]:,"\u0123dD8cCe+-.tfn "#.utf8))
            }
            #expect((fault(bytes) == nil) == JSONReference.takes(bytes), "\(bytes)")
            _ = ControlMessage.scan(bytes.span)
        }
    }
}

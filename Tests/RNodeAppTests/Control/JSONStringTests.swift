import FoundationEssentials
import RNodeWS
import Testing

@testable import RNodeApp

@Suite("JSON strings")
struct JSONStringTests {
    private func escaped(_ string: String) -> String {
        text { JSONString.append(escaping: string.utf8Span.span, to: &$0) }
    }

    @Test("Quotes, backslashes and controls are escaped; nothing else is")
    func escapes() {
        #expect(escaped("") == "")
        #expect(escaped("plain Ж 😀 / \u{7F} \u{2028}") == "plain Ж 😀 / \u{7F} \u{2028}")
        #expect(escaped("\"\\") == #"\"\\"#)
        #expect(escaped("\u{8}\t\n\u{C}\r") == #"\b\t\n\f\r"#)
        #expect(escaped("\u{0}\u{1}\u{B}\u{1F}") == #"\u0000\u0001\u000b\u001f"#)
    }

    @Test("A special byte is found at every place of every length")
    func everyPlace() {
        for count in 0..<40 {
            let plain = [UInt8](repeating: 0xBF, count: count)
            #expect(JSONString.plainEnd(plain.span, from: 0) == count)
            for place in 0..<count {
                for special: UInt8 in [0x00, 0x1F, 0x22, 0x5C] {
                    var bytes = plain
                    bytes[place] = special
                    #expect(JSONString.plainEnd(bytes.span, from: 0) == place)
                    #expect(JSONString.plainEnd(bytes.span, from: place) == place)
                    #expect(JSONString.plainEnd(bytes.span, from: place + 1) == count)
                }
            }
        }
    }

    @Test("Each of the 256 bytes is special or not, beside any neighbour")
    func everyByte() {
        for byte in UInt8.min...UInt8.max {
            let isSpecial = byte < 0x20 || byte == 0x22 || byte == 0x5C
            for neighbour: UInt8 in [0x20, 0x21, 0x23, 0x5B, 0x5D, 0x7F, 0x80, 0xA2, 0xDC, 0xFF] {
                for place in 0..<8 {
                    var bytes = [UInt8](repeating: neighbour, count: 8)
                    bytes[place] = byte
                    #expect(JSONString.plainEnd(bytes.span, from: 0) == (isSpecial ? place : 8))
                }
            }
        }
    }

    @Test("Any string survives escaping, by our reading and by FoundationEssentials'")
    func roundTrips() throws {
        var random = ControlGenerator(seed: 5)
        for _ in 0..<2_000 {
            var string = ""
            for _ in 0..<random.below(40) {
                let value = random.below(4) == 0 ? random.below(0x11_0000) : random.below(0x100)
                if let scalar = Unicode.Scalar(UInt32(value)) {
                    string.unicodeScalars.append(scalar)
                }
            }
            let quoted = "\"" + escaped(string) + "\""
            #expect(JSONTree(quoted.utf8) == .string(string))
            let bytes = Array(quoted.utf8)
            let value = try JSONScanner.check(body: bytes.span, limits: JSONLimits())
            #expect(JSONString.string(bytes.span, value.content) == string)
        }
    }

    @Test("Escapes of every form are understood")
    func unescapes() {
        let content = Array(#"\"\\\/\b\f\n\r\tA\u0041\u00e9\u20AC\uD83D\uDE00\u0000z"#.utf8)
        let string = JSONString.string(content.span, 0..<content.count)
        #expect(string == "\"\\/\u{8}\u{C}\n\r\tAAé€😀\u{0}z")
    }

    @Test("A range outside the text gives what is inside")
    func outside() {
        let bytes = Array("abc".utf8)
        #expect(JSONString.string(bytes.span, 1..<99) == "bc")
        #expect(JSONString.string(bytes.span, 50..<99) == "")
    }
}

import Testing

@testable import RNodeHTTP

/// Each of the 256 bytes at each place of a request is tried by `scripts/exhaustive places`.
@Suite("RFC 9112 section 5: HARDENING A6, the bytes of a head")
struct GrammarTests {
    static let token = Set("!#$%&'*+-.^_`|~0123456789".utf8)
        .union(UInt8(ascii: "a")...UInt8(ascii: "z")).union(UInt8(ascii: "A")...UInt8(ascii: "Z"))
    static let path = Set((0x21...0x7E as ClosedRange<UInt8>)).subtracting("\"#<>\\^`{}%".utf8)
    static let query = Set((0x21...0x7E as ClosedRange<UInt8>)).subtracting("\"#<>%".utf8)
    static let value = Set((0x20...0xFF as ClosedRange<UInt8>)).subtracting([0x7F]).union([0x09])
    static let host = Set("-._~!$&'()*+,;=0123456789".utf8)
        .union(UInt8(ascii: "a")...UInt8(ascii: "z")).union(UInt8(ascii: "A")...UInt8(ascii: "Z"))

    @Test(arguments: [
        "GET / HTTP/1.1\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\n", "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\tx: y\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n", "\n", "\r\r",
    ])
    func `A6 only CRLF ends a line, and nothing is folded`(_ text: String) {
        #expect(refusal(text) == 400)
    }

    @Test func `the byte classes are the sets of the RFCs`() {
        for byte in UInt8.min...UInt8.max {
            #expect(FieldSyntax.isTokenByte(byte) == Self.token.contains(byte))
            let path = Self.path.contains(byte) || byte == UInt8(ascii: "%")
            #expect(FieldSyntax.isPathByte(byte) == (path && byte != UInt8(ascii: "?")))
            let query = Self.query.contains(byte) || byte == UInt8(ascii: "%")
            #expect(FieldSyntax.isQueryByte(byte) == query)
            #expect(FieldSyntax.isValueByte(byte) == Self.value.contains(byte))
            let host = Self.host.contains(byte) || byte == UInt8(ascii: "%")
            #expect(FieldSyntax.isHostByte(byte) == host)
        }
    }

    @Test func `a framing field is known in any case, and by its whole name`() {
        let names: [(String, FramingField)] = [
            ("host", .host), ("expect", .expect), ("upgrade", .upgrade),
            ("connection", .connection),
            ("content-length", .contentLength), ("transfer-encoding", .transferEncoding),
        ]
        for (name, field) in names {
            for text in [name, name.uppercased(), name.prefix(1).uppercased() + name.dropFirst()] {
                // At the end of the bytes too, where no whole word is left.
                for tail in ["", ": x", ": a value"] {
                    let bytes = Array(("\n" + text + tail).utf8)
                    #expect(FramingField(bytes.span, 1..<1 + name.utf8.count) == field)
                }
            }
            for place in name.utf8.indices {
                let offset = name.utf8.distance(from: name.startIndex, to: place)
                for byte in UInt8.min...UInt8.max where FieldSyntax.isTokenByte(byte) {
                    var bytes = Array(name.utf8)
                    let isSame = ASCII.lowercased(byte) == bytes[offset]
                    bytes[offset] = byte
                    #expect((FramingField(bytes.span, 0..<bytes.count) == field) == isSame)
                }
            }
            #expect(FramingField(Array((name + "x").utf8).span, 0..<name.utf8.count + 1) == nil)
            #expect(FramingField(Array(name.utf8).span, 0..<name.utf8.count - 1) == nil)
        }
    }
}

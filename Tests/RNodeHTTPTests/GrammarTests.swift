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
}

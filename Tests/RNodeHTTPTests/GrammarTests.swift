import Testing

@testable import RNodeHTTP

@Suite("RFC 9112 section 5: HARDENING A6, every byte at every place")
struct GrammarTests {
    /// A head with a hole, and the bytes that may fill it.
    struct Place: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let before: String
        let after: String
        let allowed: @Sendable (UInt8) -> Bool

        init(
            _ name: String, _ before: String, _ after: String,
            _ allowed: @escaping @Sendable (UInt8) -> Bool
        ) {
            testDescription = name
            self.before = before
            self.after = after
            self.allowed = allowed
        }
    }

    static let token = Set("!#$%&'*+-.^_`|~0123456789".utf8)
        .union(UInt8(ascii: "a")...UInt8(ascii: "z")).union(UInt8(ascii: "A")...UInt8(ascii: "Z"))
    static let path = Set((0x21...0x7E as ClosedRange<UInt8>)).subtracting("\"#<>\\^`{}%".utf8)
    static let query = Set((0x21...0x7E as ClosedRange<UInt8>)).subtracting("\"#<>%".utf8)
    static let value = Set((0x20...0xFF as ClosedRange<UInt8>)).subtracting([0x7F]).union([0x09])
    static let host = Set("-._~!$&'()*+,;=0123456789".utf8)
        .union(UInt8(ascii: "a")...UInt8(ascii: "z")).union(UInt8(ascii: "A")...UInt8(ascii: "Z"))

    static let rest = " HTTP/1.1\r\nHost: h\r\n\r\n"
    static let places: [Place] = [
        Place("in the method", "GE", "T / HTTP/1.1\r\nHost: h\r\n\r\n") { _ in false },
        Place("after the method", "GET", "/" + rest) { $0 == 0x20 },
        Place("in the path", "GET /a", "b" + rest) { path.contains($0) },
        Place("in the query", "GET /?a", "b" + rest) { query.contains($0) },
        Place("after the target", "GET /", "HTTP/1.1\r\nHost: h\r\n\r\n") { $0 == 0x20 },
        Place("in the version", "GET / HTTP/1", "1\r\nHost: h\r\n\r\n") { $0 == 0x2E },
        Place("after CR", "GET / HTTP/1.1\r", "Host: h\r\n\r\n") { $0 == 0x0A },
        Place("first in a name", "GET / HTTP/1.1\r\nHost: h\r\n", "X: y\r\n\r\n") {
            token.contains($0)
        },
        Place("in a name", "GET / HTTP/1.1\r\nHost: h\r\nX", "Y: z\r\n\r\n") {
            token.contains($0) || $0 == UInt8(ascii: ":")
        },
        Place("before the colon", "GET / HTTP/1.1\r\nHost: h\r\nX", ": z\r\n\r\n") {
            token.contains($0) || $0 == UInt8(ascii: ":")
        },
        Place("first in a value", "GET / HTTP/1.1\r\nHost: h\r\nX:", "z\r\n\r\n") {
            value.contains($0)
        },
        Place("in a value", "GET / HTTP/1.1\r\nHost: h\r\nX: y", "z\r\n\r\n") {
            value.contains($0)
        },
        Place("last in a value", "GET / HTTP/1.1\r\nHost: h\r\nX: y", "\r\n\r\n") {
            value.contains($0)
        },
        Place("in Host", "GET / HTTP/1.1\r\nHost: h", "i\r\n\r\n") { host.contains($0) },
        Place("where the head ends", "GET / HTTP/1.1\r\nHost: h\r\n", "\n") { $0 == 0x0D },
    ]

    @Test(arguments: places)
    func `A6 each of the 256 bytes is allowed or refused`(_ place: Place) {
        for byte in UInt8.min...UInt8.max {
            let bytes = Array(place.before.utf8) + [byte] + Array(place.after.utf8)
            let found = transcript(bytes)
            let single = transcript(bytes, cuts: Array(bytes.indices.dropFirst()))
            #expect(found == single, "byte \(byte)")
            if place.allowed(byte) {
                #expect(found.events.last == .ended, "byte \(byte)")
            } else {
                let status = found.status
                #expect(status == 400 || status == 501 || status == 505, "byte \(byte)")
                #expect(found.requests.isEmpty)
            }
        }
    }

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

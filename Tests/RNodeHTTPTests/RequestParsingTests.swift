import HTTPTypes
import Testing

@testable import RNodeHTTP

@Suite("RFC 9112 section 3: the request line, and section 5: the fields")
struct RequestParsingTests {
    @Test func `a simple request is reported with all its parts`() throws {
        let text =
            "GET /a/b?x=1&y HTTP/1.1\r\nHost: example.org:8080\r\nX-Empty:\r\nX-Pad: \t v  w \t\r\n\r\n"
        let found = transcriptInAllSplits(text)
        let head = try #require(found.requests.first)
        #expect(head.method == .get)
        #expect(head.path == "/a/b")
        #expect(head.query == "x=1&y")
        #expect(head.authority == "example.org:8080")
        #expect(head.version == .http11)
        #expect(head.body == .none)
        #expect(head.keepsAlive)
        #expect(head.fields == ["Host=example.org:8080", "X-Empty=", "X-Pad=v  w"])
        #expect(found.events.last == .ended)
    }

    @Test(arguments: RequestMethod.allCases)
    func `each known method is known by its exact name`(_ method: RequestMethod) {
        let name = method.httpMethod.rawValue
        let target = method == .connect ? "h:1" : "/"
        let found = transcript(Array("\(name) \(target) HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        #expect(found.requests.first?.method == method)
        #expect(RequestMethod(method.httpMethod) == method)
        let lower = refusal("\(name.lowercased()) / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(lower == 501)
    }

    @Test(arguments: [
        ("GET", "/", "/", ""), ("GET", "/?", "/", ""), ("GET", "/a?b?c", "/a", "b?c"),
        ("GET", "http://h", "/", ""), ("GET", "HTTP://h:80?q", "/", "q"),
        ("GET", "http://h/p?q", "/p", "q"), ("OPTIONS", "*", "*", ""),
        ("CONNECT", "h:443", "h:443", ""), ("GET", "/%C3%A4%2Fb", "/ä/b", ""),
        ("GET", "/a+b|[c]", "/a+b|[c]", ""), ("GET", "/...", "/...", ""),
        ("GET", "/a.b/.well-known", "/a.b/.well-known", ""), ("GET", "//a", "//a", ""),
        ("GET", "/?{\"".dropLast() + "}", "/", "{}"), ("GET", "/%25zz", "/%zz", ""),
    ])
    func `each form of target is taken apart`(
        _ method: String, _ target: String, _ path: String, _ query: String
    ) {
        let found = transcriptInAllSplits("\(method) \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(found.requests.first?.path == path)
        #expect(found.requests.first?.query == query)
    }

    @Test func `an absolute target's authority replaces Host`() {
        let found = transcript(Array("GET http://a:1/ HTTP/1.1\r\nHost: b:2\r\n\r\n".utf8))
        #expect(found.requests.first?.authority == "a:1")
    }

    @Test func `one empty line before the request line is skipped, two are not`() {
        let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        #expect(transcriptInAllSplits("\r\n" + request).requests.count == 1)
        #expect(refusal("\r\n\r\n" + request) == 400)
        #expect(transcriptInAllSplits(request + "\r\n" + request).requests.count == 2)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1", nil), ("GET / HTTP/1.0", nil), ("GET / HTTP/1.2", 505),
        ("GET / HTTP/2.0", 505), ("GET / HTTP/0.9", 505), ("PRI * HTTP/2.0", 505),
        ("GET / HTTP/1.", 400), ("GET / HTTP/11", 400), ("GET / HTTP/1.10", 400),
        ("GET / http/1.1", 400), ("GET / HTTP/x.1", 400), ("GET / HTTP 1.1", 400),
        ("GET /", 400), ("GET", 400), ("GET  / HTTP/1.1", 400), ("GET /  HTTP/1.1", 400),
        ("GET / HTTP/1.1 ", 400), (" GET / HTTP/1.1", 400), ("GET /\t HTTP/1.1", 400),
        ("G@T / HTTP/1.1", 400), ("FOO / HTTP/1.1", 501), ("PROPFIND / HTTP/1.1", 501),
        ("ABCDEFGHIJGET / HTTP/1.1", 501), ("GET * HTTP/1.1", 400), ("GET x HTTP/1.1", 400),
        ("GET h:80 HTTP/1.1", 400), ("CONNECT / HTTP/1.1", 400), ("GET ftp://h/ HTTP/1.1", 400),
        ("GET http:// HTTP/1.1", 400), ("GET http:///a HTTP/1.1", 400),
        ("GET http://u@h/ HTTP/1.1", 400), ("GET http://h\\a/ HTTP/1.1", 400),
        ("GET https://h/ HTTP/1.1", 421), ("GET HTTPS://h HTTP/1.1", 421),
        ("GET https:// HTTP/1.1", 400), ("CONNECT h HTTP/1.1", 400), ("CONNECT h: HTTP/1.1", 400),
        ("CONNECT [::1] HTTP/1.1", 400), ("CONNECT [::1]:1 HTTP/1.1", nil),
        ("GET /ä HTTP/1.1", 400), ("GET /a#b HTTP/1.1", 400), ("GET /a?b#c HTTP/1.1", 400),
    ])
    func `request lines are taken or refused to the letter`(_ line: String, _ status: Int?) {
        #expect(refusal("\(line)\r\nHost: h\r\n\r\n") == status)
    }

    @Test(arguments: [
        "/%00", "/a%00b", "/%", "/%4", "/%zz", "/%4g", "/a/../b", "/..", "/.", "/a/.", "/a/./b",
        "/%2e%2e/b", "/%2E", "/.%2e", "/a/..;/b", "/..;x=1", "/.;", "/..%2f..%2fetc",
        "/..%5c..%5cetc", "/a\\b", "/%C0%AE%C0%AE/", "/%C3", "/%FF", "/%ED%A0%80", "/?%", "/?a=%0",
        "/?%00", "/?a=%FF", "/?a=\"", "http://h/../a",
    ])
    func `A14 a target that hides something is refused`(_ target: String) {
        #expect(refusal("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n") == 400)
    }

    @Test func `A14 a path that is escaped comes back as it was, decoded once`() {
        var random = SplitMix(state: 14)
        let alphabet = Array(
            "aB0-._~!$&'()*+,;=:@%? #\"<>[]^`{|}\u{1}\u{7F}\u{E4}\u{4E2D}\u{1F600}")
        for _ in 0..<3_000 {
            let pieces = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                String(
                    (0..<Int.random(in: 0...6, using: &random)).compactMap { _ in
                        alphabet.randomElement(using: &random)
                    })
            }
            let path = "/" + pieces.joined(separator: "/")
            let escaped = pieces.map(escaped).joined(separator: "/")
            let found = transcript(Array("GET /\(escaped) HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
            // A piece of dots, with or without a parameter, is refused however it is written.
            let hasDots = pieces.flatMap { $0.split(separator: "\\") }.contains {
                let name = $0.prefix { $0 != ";" }
                return name == "." || name == ".."
            }
            #expect(found.status == (hasDots ? 400 : nil), "\(path)")
            if !hasDots { #expect(found.requests.first?.path == path) }
        }
    }

    private func escaped(_ piece: String) -> String {
        piece.utf8.map { byte in
            let isPlain =
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || byte == UInt8(ascii: ".")
            let digits = String(byte, radix: 16)
            return isPlain
                ? String(UnicodeScalar(byte)) : "%" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
    }

    @Test func `a head is converted to fields, looked up by name, and searched for tokens`() {
        let text =
            "GET / HTTP/1.1\r\nHost: h\r\nAccept: a\r\naccept: b\r\nX: \u{E9}\r\nVary: A , b,\r\n\r\n"
        var head = RequestHead()
        var session = HTTPSession(acceptedAt: MonotonicInstant(nanoseconds: 0))
        var offset = 0
        let bytes = Array(text.utf8)
        _ = session.next(
            bytes.span, from: &offset, head: &head, now: MonotonicInstant(nanoseconds: 0))
        #expect(offset == bytes.count)
        let fields = head.fields
        #expect(fields[values: .accept] == ["a", "b"])
        let counts = [head.fieldCount(named: "ACCEPT"), head.fieldCount(named: "absent")]
        #expect(counts == [2, 0])
        let values = [head.field("accept"), head.field("absent"), head.field("x")]
        #expect(values == ["a", nil, "\u{E9}"])
        let tokens = [
            head.hasToken("b", inField: "vary"), head.hasToken("a", inField: "vary"),
            head.hasToken("c", inField: "vary"),
        ]
        #expect(tokens == [true, true, false])
        let request = Request(head, body: [1])
        #expect(request.field("Accept") == "a, b")
        #expect(request.field("bad name") == nil)
        #expect(request.method == .get)
    }

    @Test func `a value of bytes that are no UTF-8 passes, and is no text`() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: h\r\nX: ".utf8) + [0xFF] + Array("\r\n\r\n".utf8)
        #expect(transcriptInAllSplits(bytes).requests.count == 1)
    }

    @Test(
        arguments: [
            (.http11, "", true), (.http11, "Connection: close\r\n", false),
            (.http11, "Connection: foo, CLOSE\r\n", false),
            (.http11, "Connection: keep-alive\r\nConnection: close\r\n", false),
            (.http10, "", false), (.http10, "Connection: Keep-Alive\r\n", true),
            (.http10, "Connection: keep-alive, close\r\n", false),
            (.http11, "Connection: closed\r\n", true),
        ] as [(HTTPVersion, String, Bool)])
    func `section 9.3 a connection persists as version and Connection say`(
        _ version: HTTPVersion, _ fields: String, _ keepsAlive: Bool
    ) {
        let name = version == .http11 ? "HTTP/1.1" : "HTTP/1.0"
        let found = transcriptInAllSplits("GET / \(name)\r\nHost: h\r\n\(fields)\r\n")
        #expect(found.requests.first?.keepsAlive == keepsAlive)
    }
}

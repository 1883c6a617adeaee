import Testing

@testable import RNodeHTTP

@Suite("HARDENING A1–A9: nothing can be read in two ways")
struct SmugglingTests {
    /// The requests after which nothing may run.
    private func refusal(
        _ fields: String, method: String = "POST", version: String = "HTTP/1.1"
    ) -> Int? {
        let text =
            "\(method) / \(version)\r\nHost: h\r\n\(fields)\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n"
        let found = transcript(Array((text + "Host: h\r\n\r\n").utf8))
        if found.status != nil { #expect(found.requests.isEmpty) }
        return found.requests.isEmpty ? found.status : nil
    }

    static let codings = [
        "chunked", "Chunked", "identity", "gzip", "chunked, chunked", "gzip, chunked", "chunked,",
        ",chunked", "chunked;a=b", "\"chunked\"", "xchunked", "chunkedx", "", "chunked gzip",
        "chunked\t,", "c\u{68}unked\u{E9}",
    ]
    static let lengths = ["0", "5", "00", "5, 5", "+5"]

    @Test func `A1 a coding is exactly chunked, once`() {
        for coding in Self.codings {
            let expected: Int? = coding.lowercased() == "chunked" ? nil : 400
            #expect(refusal("Transfer-Encoding: \(coding)\r\n") == expected, "\(coding)")
            let twice = "Transfer-Encoding: \(coding)\r\ntransfer-encoding: chunked\r\n"
            #expect(refusal(twice) == 400, "twice \(coding)")
        }
    }

    @Test func `A1 a length and a coding together are refused in every order and spelling`() {
        for coding in Self.codings {
            for length in Self.lengths {
                let te = "tRaNsFeR-EnCoDiNg: \(coding)\r\n"
                let cl = "CONTENT-LENGTH:\(length)\r\n"
                #expect(refusal(te + cl) == 400)
                #expect(refusal(cl + "X: y\r\n" + te) == 400)
            }
        }
    }

    @Test func `A2 a coding on HTTP/1.0 is refused`() {
        #expect(refusal("Transfer-Encoding: chunked\r\n", version: "HTTP/1.0") == 400)
    }

    @Test(arguments: [
        "5\r\nContent-Length: 5", "5\r\nContent-Length: 6", "5,5", "5, 5", "+5", "-5", "-0", "0x5",
        "5 5", "5.0", "5e1", "", "٥", "５", "18446744073709551616", "9223372036854775808",
        "1000000000000000", "0000000000000005", "5;", "\"5\"", "5\t5", "_5", "5_0", "NaN",
    ])
    func `A3 a length is 1 to 15 digits, once`(_ value: String) {
        #expect(refusal("Content-Length: \(value)\r\n") == 400)
    }

    /// `scripts/exhaustive values` tries those of three bytes too.
    @Test func `A3 every value of one or two bytes is digits or refused`() {
        let head = Array("POST / HTTP/1.1\r\nHost: h\r\nContent-Length:".utf8)
        let blanks: Set<UInt8> = [9, 32]
        let all = UInt8.min...UInt8.max
        for value in all.map({ [$0] }) + all.flatMap({ first in all.map { [first, $0] } }) {
            let found = transcript(head + value + Array("\r\n\r\n".utf8))
            let digits = value.filter { (48...57).contains($0) }
            let isNumber = !digits.isEmpty && blanks.union(digits).isSuperset(of: value)
            if isNumber != (found.status == nil) { Issue.record("\(value)") }
        }
    }

    @Test(arguments: [
        "", "Host: a\r\nHost: a\r\n", "Host: a\r\nhost: b\r\n", "Host:\r\n", "Host: \t\r\n",
        "Host: a b\r\n", "Host: a,b@c\r\n", "Host: u@h\r\n", "Host: h\\x\r\n", "Host: h/x\r\n",
        "Host: h:x\r\n", "Host: h:80:80\r\n", "Host: h:65536\r\n", "Host: h:-1\r\n",
        "Host: h:000080\r\n", "Host: [::1\r\n", "Host: []\r\n", "Host: [g::]\r\n",
        "Host: [::1]x\r\n", "Host: [\r\n", "Host: h?\r\n", "Host: h#\r\n",
        "Host: <h>\r\n", "Host: h%zz\r\n", "Host: h%4\r\n", "Host: \u{E4}\r\n", "Host: :80\r\n",
        "Host : h\r\n", "Host: ::1\r\n",
    ])
    func `A7 a Host that is missing, double or malformed is refused`(_ fields: String) {
        #expect(RNodeHTTPTests.refusal("GET / HTTP/1.1\r\n\(fields)\r\n") == 400)
    }

    @Test(arguments: [
        "h", "h:80", "h:", "h:65535", "127.0.0.1:1", "[::1]", "[::1]:80", "[::ffff:1.2.3.4]",
        "a-b.example_c.org", "h%20x", "xn--e1a",
    ])
    func `A7 a good Host is taken`(_ host: String) {
        #expect(RNodeHTTPTests.refusal("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == nil)
    }

    @Test func `A7 HTTP/1.0 may lack a Host, but not have two or a bad one`() {
        #expect(RNodeHTTPTests.refusal("GET / HTTP/1.0\r\n\r\n") == nil)
        #expect(RNodeHTTPTests.refusal("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") == 400)
        #expect(RNodeHTTPTests.refusal("GET / HTTP/1.0\r\nHost: a@b\r\n\r\n") == 400)
        #expect(RNodeHTTPTests.refusal("GET http://a/ HTTP/1.1\r\n\r\n") == 400)
    }

    @Test(arguments: [
        ("http://a/x", "b", "a"), ("http://a:81/x", "a", "a:81"), ("http://a", "a:80", "a"),
        ("HTTP://A?q", "b", "A"), ("http://[::1]:8/", "a", "[::1]:8"), ("/x", "b", "b"),
    ])
    func `A7 an absolute target's authority replaces a Host that differs`(
        target: String, host: String, authority: String
    ) {
        let found = transcriptInAllSplits("GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(found.requests.map(\.authority) == [authority])
        // The field is left as it came; who asks for the authority is not misled by it.
        #expect(found.requests.first?.fields == ["Host=\(host)"])
        // It does not stand for a Host that is missing, double or bad, nor is a good one an excuse for a bad one.
        for fields in ["", "Host: \(host)\r\nHost: \(host)\r\n", "Host: u@b\r\n"] {
            #expect(
                RNodeHTTPTests.refusal("GET \(target) HTTP/1.1\r\n\(fields)\r\n") == 400)
        }
    }

    @Test(arguments: ["http://u@a/", "http://a:x/", "http:///", "http://a\\b/", "http://[::1/"])
    func `A7 a bad authority of a target is refused, however good Host is`(_ target: String) {
        #expect(RNodeHTTPTests.refusal("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n") == 400)
    }

    static let upgrade =
        "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"

    @Test(arguments: [
        "Content-Length: 1\r\n", "Content-Length: 40\r\n", "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
    ])
    func `A8 a body on an upgrade is refused, and what follows does not run`(_ field: String) {
        let probe = "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n"
        let found = transcriptInAllSplits(Self.upgrade + field + "\r\n" + probe)
        #expect(found.status == 400)
        #expect(found.requests.isEmpty)
    }

    @Test(arguments: ["", "Content-Length: 0\r\n"])
    func `A8 bytes behind an upgrade belong to the next protocol`(_ field: String) throws {
        let rest = "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n\u{0}\u{1}"
        let found = transcriptInAllSplits(Self.upgrade + field + "\r\n" + rest)
        #expect(found.events.count == 1)
        guard case .upgrade(let head, let left) = try #require(found.events.first) else {
            Issue.record("no upgrade")
            return
        }
        #expect(head.path == "/ws")
        #expect(left == Array(rest.utf8))
    }

    @Test func `A8 an upgrade that was refused is the last answer`() {
        var consumer = Consumer(HTTPLimits())
        consumer.receive(Array((Self.upgrade + "\r\nGET / HTTP/1.1\r\n").utf8))
        let terms = consumer.session.responseTerms(limits: HTTPLimits())
        #expect(!terms.keepsAlive)
        let end = consumer.session.responseFinished(
            keepsAlive: true, now: consumer.now, limits: HTTPLimits())
        #expect(end == .close)
        consumer.receive(Array("Host: h\r\n\r\n".utf8))
        #expect(consumer.transcript.requests.count == 1)
    }

    @Test(arguments: ["h2c", "TLS/1.0", "websocketx", "h2c, foo"])
    func `A9 other upgrades are ignored`(_ token: String) {
        let text =
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: \(token)\r\n\r\n"
        let found = transcriptInAllSplits(text)
        #expect(found.events.last == .ended)
    }

    @Test func `A9 an upgrade on HTTP/1.0 is ignored, and found in a list on HTTP/1.1`() {
        let old = "GET / HTTP/1.0\r\nUpgrade: websocket\r\n\r\n"
        #expect(transcriptInAllSplits(old).events.suffix(2) == [.ended, .closed])
        let listed = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: h2c, WebSocket\r\n\r\n"
        guard case .upgrade = transcriptInAllSplits(listed).events.last else {
            Issue.record("no upgrade")
            return
        }
    }

    @Test func `A9 CONNECT and TRACE reach the router, and CONNECT is the last`() {
        let text = "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"
        let found = transcriptInAllSplits(text)
        #expect(found.requests.map(\.method) == [.connect])
        #expect(found.events.last == .closed)
    }
}

import Testing

@testable import RNodeHTTP

/// What a session reports of the bytes of one connection.
private struct Reading: Equatable {
    var steps: [HTTPStep] = []
    var head: Transcript.Head?
    var target: [UInt8] = []
    var expectsContinue = false
    /// Of a head that was accepted.
    var length = 0
}

@Suite("RepeatedHead: a head says the same whatever head was read before it")
struct RepeatedHeadTests {
    private static let lines = [
        "GET /a HTTP/1.1", "GET /ab HTTP/1.1", "GET /a?b HTTP/1.1", "POST /a HTTP/1.1",
        "GET /a HTTP/1.0", "GET http://x:1 HTTP/1.1", "GET http://x:1/a HTTP/1.1",
        "CONNECT h:1 HTTP/1.1", "OPTIONS * HTTP/1.1", "\r\nGET /a HTTP/1.1", "GET /../a HTTP/1.1",
        "GET /a HTTP/2.0",
    ]
    private static let blocks = [
        "Host: h", "Host: i", "Host: h ", "Host: hh\r\nA: b", "A: b\r\nHost: hh",
        "Host: h\r\nContent-Length: 3", "Host: h\r\nTransfer-Encoding: chunked",
        "Host: h\r\nUpgrade: websocket", "Host: h\r\nExpect: 100-continue", "Host: h\r\nExpect: x",
        "Host: h\r\nHost: h", "Host: h\r\nConnection: close", "Host: %", "A: b", "A b",
        "Host: h\r\nContent-Length: 3\r\nExpect: 100-continue", "AAA: %\r\nHost: h",
        "Host: h\r\nA b",
    ]

    private static let heads = lines.flatMap { line in
        blocks.map { Array("\(line)\r\n\($0)\r\n\r\n".utf8) }
    }

    private func read(
        _ bytes: [UInt8], cut: Int? = nil, _ head: inout RequestHead
    ) -> Reading {
        var session = HTTPSession(acceptedAt: MonotonicInstant(nanoseconds: 0))
        var reading = Reading()
        var offset = 0
        for end in [cut ?? bytes.count, bytes.count] {
            let piece = Array(bytes[..<end])
            let step = session.next(
                piece.span, from: &offset, head: &head,
                now: MonotonicInstant(nanoseconds: 0))
            switch step {
            case .needMore: continue
            case .request, .upgrade:
                reading.head = Transcript.Head(head)
                reading.target = head.withTarget { $0.copied() }
                reading.expectsContinue = head.expectsContinue
                reading.length = offset
            default: break
            }
            reading.steps = [step]
            break
        }
        return reading
    }

    private func alone(_ bytes: [UInt8]) -> Reading {
        var head = RequestHead()
        return read(bytes, &head)
    }

    @Test func `of each two heads the second is read as it is alone`() {
        let alone = Self.heads.map(alone)
        for first in Self.heads {
            for (second, wanted) in zip(Self.heads, alone) {
                var head = RequestHead()
                _ = read(first, &head)
                #expect(read(second, &head) == wanted, "\(first) \(second)")
                // And once more, after itself.
                #expect(read(second, &head) == wanted, "\(first) \(second) twice")
            }
        }
    }

    @Test(arguments: 0..<4)
    func `so is each of many, some of which never end and some come in two pieces`(_ seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let alone = Self.heads.map(alone)
        var head = RequestHead()
        for _ in 0..<10_000 {
            let number = Int.random(in: 0..<Self.heads.count, using: &random)
            let bytes = Self.heads[number]
            let cut = Int.random(in: 1..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: _ = read(Array(bytes[..<cut]), &head)
            case 1: #expect(read(bytes, cut: cut, &head) == alone[number], "\(bytes) at \(cut)")
            default: #expect(read(bytes, &head) == alone[number], "\(bytes)")
            }
        }
    }

    @Test func `fields of a head that was refused as a whole are nothing to compare with`() {
        let fields = "Host: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        let good = Array("POST /a/long/path HTTP/1.1\r\n\(fields)".utf8)
        // The fields are those before, and a method that has no body makes them wrong.
        let line = "CONNECT h:1 HTTP/1.1\r\n"
        // What is at the same place, counted from the start of the head that was kept, are no fields.
        let window = good[line.utf8.count..<line.utf8.count + fields.utf8.count]
        let third = Array("GET / HTTP/1.1\r\n".utf8) + window
        var head = RequestHead()
        #expect(read(good, &head).head != nil)
        #expect(read(Array((line + fields).utf8), &head).head == nil)
        #expect(read(third, &head) == alone(third))
        #expect(read(good, &head) == alone(good))
    }

    @Test func `a host of a head that was refused is not taken for one that was checked`() {
        var head = RequestHead()
        // Where the second has its host the first, which is kept, has what is none.
        let first = Array("GET /a HTTP/1.1\r\nAAA: %\r\nHost: h\r\n\r\n".utf8)
        #expect(read(first, &head).head != nil)
        #expect(read(Array("GET / HTTP/1.1\r\nHost: h\r\nA b\r\n\r\n".utf8), &head).head == nil)
        let third = Array("GET /c HTTP/1.1\r\nHost: %\r\n\r\n".utf8)
        #expect(read(third, &head) == alone(third))
        #expect(read(third, &head).head == nil)
    }

    private func looks(_ text: String, _ head: inout RequestHead) -> Int {
        _ = read(Array(text.utf8), &head)
        return head.layout.borrow { $0.examined }
    }

    @Test func `what is repeated is looked at once, and what is new is searched and parsed`() {
        let fields = "Host: h\r\nUser-Agent: somebody\r\n\r\n"
        let text = "GET /a HTTP/1.1\r\n" + fields
        var head = RequestHead()
        let first = looks(text, &head)
        #expect(first > text.utf8.count)
        #expect(looks(text, &head) == text.utf8.count)
        let other = looks("GET /bcd HTTP/1.1\r\n" + fields, &head)
        #expect(other > text.utf8.count + 2 && other < first)
        func fresh(_ text: String) -> Int {
            var head = RequestHead()
            return looks(text, &head)
        }
        let third = "GET /bcd HTTP/1.1\r\nHost: h\r\n\r\n"
        #expect(looks(third, &head) < fresh(third))
        // A head that is refused in its line, or waits there, leaves the one before it known.
        _ = read(Array("GET /bcd HTTP/3.1\r\n\r\n".utf8), &head)
        _ = read(Array("GET /b".utf8), &head)
        let fourth = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
        #expect(looks(fourth, &head) < fresh(fourth))
    }

    @Test func `only heads with the same request line have the same number`() {
        var head = RequestHead()
        func number(_ text: String, cut: Int? = nil) -> UInt64 {
            _ = read(Array(text.utf8), cut: cut, &head)
            return head.lineNumber
        }
        let one = number("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(number("GET /a HTTP/1.1\r\nHost: other\r\n\r\n") == one)
        let two = number("GET /b HTTP/1.1\r\nHost: other\r\n\r\n")
        #expect(two != one)
        let cut = number("GET /c HTTP/1.1\r\nHost: h\r\n\r\n", cut: 5)
        let three = number("GET /d HTTP/1.1\r\nHost: h\r\n\r\n")
        let four = number("GET /e HTTP/1.1\r\nHost: h\r\n\r\n", cut: 20)
        let five = number("GET /f HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(Set([one, two, cut, three, four, five]).count == 6)
    }
}

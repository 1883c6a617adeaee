import RNodeTesting

/// A client that speaks good HTTP over one connection, pipelined, and expects every answer in its order.
final class HTTPClient: Client {
    private struct Expected {
        let status: Int
        let body: String?
        let isHead: Bool
    }

    private var expected: [Expected] = []
    private var bytes: [UInt8] = []
    private var requestCount = 0
    private var hasAskedForEnd = false
    /// Whether the server may end the stream between two requests.
    private let mayBeCut: Bool

    init(
        _ number: Int, _ circumstances: Circumstances, _ peer: InMemoryPeer, _ fate: Fate,
        _ dice: Dice, _ log: RunLog
    ) {
        mayBeCut = circumstances.isPoor || circumstances.drains
        super.init(number, peer, fate, dice, log)
    }

    override func speak() {
        guard dice.isLucky(oneIn: 3), expected.count < 8 else { return }
        for _ in 0...dice.below(3) { ask() }
    }

    private func ask() {
        requestCount += 1
        let name = "\(number)-\(requestCount)"
        switch dice.below(10) {
        case 0: get("/fixed", 200, "fixed")
        case 1: get("/slow/\(name)", 200, "slow \(name)")
        case 2: get("/throw", 500, nil)
        case 3: get("/nowhere/\(name)", 404, nil)
        case 4: post("/echo")
        case 5: post("/slow")
        case 6: get("/big", 200, String(repeating: "0123456789", count: 2_000))
        case 7: head("/hello/\(name)")
        case 8: get("/chat", 426, nil)
        default: get("/hello/\(name)", 200, "hello \(name)")
        }
    }

    private func get(_ path: String, _ status: Int, _ body: String?) {
        write("GET \(path) HTTP/1.1\r\nHost: sim\r\n\r\n")
        expected.append(Expected(status: status, body: body, isHead: false))
    }

    private func head(_ path: String) {
        write("HEAD \(path) HTTP/1.1\r\nHost: sim\r\n\r\n")
        expected.append(Expected(status: 200, body: "", isHead: true))
    }

    private func post(_ path: String) {
        let body = String(repeating: "b", count: dice.size(atMost: 20_000))
        write("POST \(path) HTTP/1.1\r\nHost: sim\r\n")
        if dice.isLucky(oneIn: 2) {
            write("Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        } else {
            write("Transfer-Encoding: chunked\r\n\r\n")
            var rest = body[...]
            while !rest.isEmpty {
                let chunk = rest.prefix(1 + dice.size(atMost: 5_000))
                write(String(chunk.utf8.count, radix: 16) + "\r\n\(chunk)\r\n")
                rest = rest.dropFirst(chunk.count)
            }
            write("0\r\n\r\n")
        }
        expected.append(Expected(status: 200, body: body, isHead: false))
    }

    override func received(_ more: [UInt8]) {
        bytes += more
        while let answer = HTTPAnswer.take(from: &bytes, toHead: expected.first?.isHead ?? false) {
            check(answer)
        }
    }

    private func check(_ answer: HTTPAnswer) {
        if answer.status == 503 || answer.status == 408,
            expected.isEmpty || isExcused || mayBeCut
        {
            return
        }
        guard !expected.isEmpty else {
            return complain("an answer \(answer.status) to no request")
        }
        let wanted = expected.removeFirst()
        guard isHealthy, !isExcused else { return }
        if answer.status != wanted.status {
            complain("status \(answer.status) instead of \(wanted.status)")
        } else if let body = wanted.body, Array(body.utf8) != answer.body {
            complain("a body of \(answer.body.count) bytes is not what was asked for")
        }
    }

    override func ended() {
        guard isHealthy, !isExcused, !mayBeCut, !(hasAskedForEnd && expected.isEmpty) else {
            return
        }
        complain("the stream ended with \(expected.count) answers to come")
    }

    override func windUp() {
        guard isScriptEmpty, !hasAskedForEnd, expected.isEmpty || isExcused else { return }
        hasAskedForEnd = true
        end(.finish)
    }

    override func missing() -> String? {
        expected.isEmpty ? nil : "\(expected.count) answers to come"
    }
}

/// One response.
struct HTTPAnswer {
    let status: Int
    /// The status line and the fields, in small letters.
    let head: String
    let body: [UInt8]

    /// Takes the response that stands first in `bytes`, once it is there as a whole.
    static func take(from bytes: inout [UInt8], toHead isHead: Bool) -> HTTPAnswer? {
        guard let end = end(of: bytes) else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self).lowercased()
        let status = Int(head.dropFirst(9).prefix(3)) ?? 0
        var count = 0
        if !isHead, status >= 200, let field = head.range(of: "\r\ncontent-length: ") {
            count = Int(head[field...].prefix { $0.isNumber }) ?? 0
        }
        guard bytes.count >= end + 4 + count else { return nil }
        let body = Array(bytes[(end + 4)..<(end + 4 + count)])
        bytes.removeFirst(end + 4 + count)
        return HTTPAnswer(status: status, head: head, body: body)
    }

    /// A field's value, in small letters.
    func field(_ name: String) -> String? {
        guard let place = head.range(of: "\r\n\(name): ") else { return nil }
        return String(head[place...].prefix { $0 != "\r\n" })
    }

    private static func end(of bytes: [UInt8]) -> Int? {
        var place = 0
        while place + 4 <= bytes.count {
            if bytes[place] == 13, bytes[place + 1] == 10, bytes[place + 2] == 13,
                bytes[place + 3] == 10
            {
                return place
            }
            place += 1
        }
        return nil
    }
}

extension String {
    /// Where the text behind `words` begins.
    fileprivate func range(of words: String) -> String.Index? {
        var place = startIndex
        while place < endIndex {
            if self[place...].hasPrefix(words) { return index(place, offsetBy: words.count) }
            place = index(after: place)
        }
        return nil
    }
}

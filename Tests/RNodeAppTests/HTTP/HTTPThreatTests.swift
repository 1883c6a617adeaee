import FoundationEssentials
import RNodeHTTP
import RNodeTesting
import RoomHistories
import Testing

@testable import RNodeApp

@Suite("HARDENING A1, A10 to A18: threats to HTTP, through the whole server")
struct HTTPThreatTests {
    private func answers(_ stage: Stage, _ peer: InMemoryPeer) async throws -> [AnswerReader.Answer]
    {
        await stage.host.settle()
        var reader = AnswerReader(peer.takeBytes())
        var answers: [AnswerReader.Answer] = []
        while let answer = try reader.next(isToHead: false) { answers.append(answer) }
        return answers
    }

    @Test func `A1 no handler runs for two framings, nor for what follows them`() async throws {
        let journal = Journal()
        let stage = try await Stage.make { app in
            app.any("/a") { request, response in journal.note("\(request.method)") }
        }
        let codings = [
            "chunked", "gzip", "chunked, chunked", "identity", "", "\u{B}chunked", "xchunked",
        ]
        let lengths = ["0", "5", "+5", "5, 5", "0x5", ""]
        for coding in codings {
            for length in lengths {
                let fields = ["Transfer-Encoding: \(coding)\r\n", "Content-Length: \(length)\r\n"]
                for order in [fields, fields.reversed()] {
                    let peer = try stage.host.connect()
                    peer.send(
                        "POST /a HTTP/1.1\r\nHost: h\r\n\(order.joined())\r\n0\r\n\r\n"
                            + "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
                    let found = try await answers(stage, peer)
                    #expect(found.map(\.status) == [400], "\(fields)")
                    #expect(peer.isFinished)
                }
            }
        }
        #expect(journal.all.isEmpty)
    }

    // MARK: - Answers

    @Test func `A10 whatever a handler puts into an answer, one answer of its own comes out`()
        async throws
    {
        let alphabet: [Character] = [
            "a", "\r", "\n", "\0", ":", " ", "é", "\t", "\u{7F}", "-", ",",
        ]
        let stage = try await Stage.make { app in
            app.get("/set/{seed}") { request, response in
                var random = SplitMix(seed: UInt64(request.params["seed"] ?? "") ?? 0)
                func text(_ count: Int) -> String {
                    String((0..<count).compactMap { _ in alphabet.randomElement(using: &random) })
                }
                switch UInt8.random(in: 0..<6, using: &random) {
                case 0: response.header("X-" + text(2), text(4))
                case 1: response.addHeader("Set-Cookie", "id=" + text(5))
                case 2: response.redirect("/" + text(6))
                case 3: response.setBody([1], contentType: "text/" + text(3))
                case 4: throw HTTPError(418, text(6))
                default:
                    response.header(text(3), "v").status(Int.random(in: 90...700, using: &random))
                }
            }
        }
        for seed in 0..<600 {
            let peer = try stage.host.connect()
            peer.send("GET /set/\(seed) HTTP/1.1\r\nHost: h\r\n\r\n")
            // The reader throws at a control byte in a line, and at a length that is not the body's.
            let found = try await answers(stage, peer)
            #expect(found.count == 1, "seed \(seed)")
            #expect(!peer.isFinished)
        }
    }

    @Test(arguments: ["a\r\nSet-Cookie: x=y", "a\nb", "a\rb", "a\0b", "a\u{1B}[31m", "a\u{7F}"])
    func `A10 a control byte in an answer's field is answered 500`(_ text: String) async throws {
        let stage = try await Stage.make { app in
            app.get("/header") { $1.header("X", text) }
            app.get("/cookie") { $1.addHeader("Set-Cookie", text) }
            app.get("/location") { $1.redirect(text) }
            app.get("/type") { $1.setBody([], contentType: text) }
            app.get("/name") { $1.header(text, "v") }
            app.get("/fixed", fixed: Response().header("X", text))
        }
        let http = try TestHTTP(stage.host)
        for path in ["/header", "/cookie", "/location", "/type", "/name", "/fixed"] {
            let answer = try await http.request("GET", path)
            #expect(answer.status == 500, "\(path)")
            #expect(answer.field("set-cookie") == nil && answer.field("x") == nil)
        }
    }

    // MARK: - Size

    /// By the limit of fields, and, where that is high, by the limit of bytes.
    @Test(arguments: [100, 100_000])
    func `A11 a million tiny fields cost one head's memory and one answer`(fieldsMax: Int)
        async throws
    {
        let stage = try await Stage.make {
            $0.http.headerFieldsMax = fieldsMax
        } _: { _ in
        }
        let peer = try stage.host.connect()
        peer.send("GET / HTTP/1.1\r\nHost: h\r\n")
        await stage.host.settle()
        let limits = HTTPLimits()
        let lines = limits.headerBlockBytesMax / 4
        let tiny = [UInt8](String(repeating: "a:\r\n", count: 20).utf8)
        let piece = [UInt8](String(repeating: "a:\r\n", count: 10_000).utf8)
        var answer: [UInt8] = []
        var (sent, most) = (0, 0)
        while sent < 1_000_000, peer.send(answer.isEmpty ? tiny : piece) {
            sent += answer.isEmpty ? 20 : 10_000
            await stage.host.settle()
            answer += peer.takeBytes()
            most = max(most, kept(stage))
            // What comes after the refusal is read, and thrown away.
            #expect(peer.unreadByServerCount == 0)
            if !answer.isEmpty { #expect(kept(stage) == 0) }
        }
        // A buffer and a table may each have twice the room they need; a field's entry has 16 bytes.
        #expect(most <= 2 * (limits.headerBlockBytesMax + 64 + min(fieldsMax, lines) * 16))
        #expect(most > min(fieldsMax, lines) * 4)
        #expect(sent >= 1_000_000)
        var reader = AnswerReader(answer)
        #expect(try reader.next(isToHead: false)?.status == 431)
        #expect(reader.rest.isEmpty)
        #expect(peer.isFinished)
        await stage.host.advance(by: .seconds(3))
        #expect(stage.host.loops[0].connectionCount == 0)
    }

    /// The memory of heads that are not whole, of what no handler has taken, and of answers.
    private func kept(_ stage: Stage) -> Int {
        let loop = stage.host.loops[0]
        let heads = loop.openConnections().compactMap { id in
            stage.app.core?.loops[0].connections.borrow(at: id.slot) { connection in
                connection.withHTTP { $0.borrow { $0.session.partialHeadBytes } }
            } ?? nil
        }
        return heads.reduce(0, +) + loop.backlogBytes + loop.unsentBytes
    }

    @Test(arguments: ["[", "{\"a\":", "[{\"a\":[", "[1,"])
    func `A16 JSON a million levels deep is read without recursion, and refused`(
        _ piece: String
    ) async throws {
        let stage = try await Stage.make { app in
            app.post("/json") { request, response in
                let value = try request.getBodyAsJson(as: [Int].self)
                response.json(value)
            }
            app.websocket("/chat") { _ in }
        }
        let deep = String(repeating: piece, count: 1_000_000 / piece.utf8.count)
        let http = try TestHTTP(stage.host)
        let json = [("Content-Type", "application/json")]
        let answer = try await http.request("POST", "/json", fields: json, body: deep)
        #expect(answer.status == 400)
        #expect(answer.text == #"{"success":false,"error":"Malformed JSON"}"#)
        // The same as a control message: too deep for one, so an ordinary text.
        let ada = try await stage.client(id: "ada")
        ada.send(#"{"type":"ping","data":"# + deep.prefix(100_000))
        #expect(try await ada.next("message_ack")["type"] == "message_ack")
        #expect(try await http.request("POST", "/json", fields: json, body: "[1]").status == 200)
    }

    @Test func `A16 a wrong type of any kind is 422, never a trap`() async throws {
        struct Shape: Codable {
            let integer: Int8?
            let text: String?
            let list: [Double]?
        }
        let stage = try await Stage.make { app in
            app.post("/json") { $1.json(try $0.getBodyAsJson(as: Shape.self)) }
        }
        let http = try TestHTTP(stage.host)
        let values = [
            "1e300", "-1e300", "300", "-129", "0.5", "9223372036854775808", "\"x\"", "[]", "{}",
            "true", "[[]]", "1e-300", "\"\\ud83d\\ude00\"",
        ]
        for key in ["integer", "text", "list"] {
            for value in values {
                let answer = try await http.request(
                    "POST", "/json", fields: [("Content-Type", "application/json")],
                    body: "{\"\(key)\":\(value)}")
                #expect(answer.status == 422 || answer.status == 200, "\(key) \(value)")
            }
        }
    }

    // MARK: - Paths

    @Test(
        arguments: [
            ("/files/in.txt", 200), ("/files/sub/deep.txt", 200), ("/files//sub//deep.txt", 200),
            ("/files/../secret", 400), ("/files/%2e%2e/secret", 400), ("/files/..%2fsecret", 400),
            ("/files/..%5csecret", 400), ("/files/..;/secret", 400), ("/files/%00", 400),
            ("/files/in.txt%00.png", 400), ("/files/%c0%ae%c0%ae/secret", 400),
            ("/files/%252e%252e/secret", 404), ("/files/%2Fetc%2Fpasswd", 404),
            ("/files//etc/passwd", 404), ("/files/out", 404), ("/files/outside/secret", 404),
            ("/files/sub", 404), ("/files/.", 400), ("/files/sub/.", 400), ("/files/none", 404),
            ("/files/\\..\\secret", 400), ("/files/in.txt/", 404), ("/files/%", 400),
        ])
    func `A14 no path leads out of the files' folder`(_ path: String, _ status: Int) async throws {
        let folder = try TemporaryFolder()
        let manager = FileManager.default
        let root = folder.path + "/root"
        try manager.createDirectory(atPath: root + "/sub", withIntermediateDirectories: true)
        try folder.write("secret", "secret", modified: 0)
        try folder.write("root/in.txt", "fine", modified: 0)
        try folder.write("root/sub/deep.txt", "fine", modified: 0)
        try manager.createSymbolicLink(atPath: root + "/out", withDestinationPath: "../secret")
        try manager.createSymbolicLink(atPath: root + "/outside", withDestinationPath: folder.path)
        let stage = try await Stage.make { app in
            app.get("/files/{path*}") { $1.file($0.params["path"] ?? "", root: root) }
        }
        let http = try TestHTTP(stage.host)
        let answer = try await http.request("GET", path)
        #expect(answer.status == status)
        #expect(!answer.text.contains("secret") && !answer.text.contains("root:"))
        if status == 200 { #expect(answer.text == "fine") }
    }

    // MARK: - Labels

    @Test func `A18 a hundred thousand paths leave the metrics as long as before`() async throws {
        let stage = try await Stage.make {
            $0.metrics = true
        } _: { app in
            app.get("/item/{id}") { $1.text($0.params["id"] ?? "") }
            app.websocket("/chat") { _ in }
        }
        func labels() async throws -> [String] {
            let text = try await TestHTTP(stage.host).request("GET", "/metrics").text
            return text.split(separator: "\n").map { line in
                String(line.prefix { $0 != " " })
            }
        }
        var random = SplitMix(seed: 18)
        func send(_ count: Int) async throws {
            let peer = try stage.host.connect()
            for _ in 0..<(count / 250) {
                let requests = (0..<250).map { number in
                    let name = String(random.next(), radix: 36)
                    let path = number % 2 == 0 ? "/item/\(name)" : "/\(name)/\(name)?\(name)"
                    return "GET \(path) HTTP/1.1\r\nHost: \(name)\r\n\r\n"
                }
                peer.send(requests.joined())
                await stage.host.settle()
                _ = peer.takeBytes()
            }
            #expect(!peer.isFinished)
            peer.close()
            await stage.host.settle()
        }
        try await send(500)
        let before = try await labels()
        try await send(100_000)
        let after = try await labels()
        #expect(before == after)
        #expect(!before.isEmpty)
    }
}

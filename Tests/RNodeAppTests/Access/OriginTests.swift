import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("Origins that may connect")
struct OriginTests {
    @Test(arguments: [
        "no origin", "https://", "://a", "example.org", "https://a/", "https://a/path",
        "https://u@a",
        "https://a b", "ht tp://a", "",
    ])
    func `a wrong one throws at the start, by its field's name`(origin: String) async throws {
        await #expect { try await start(allowing: origin) } throws: { error in
            "\(error)".contains("origins")
        }
        await #expect(throws: AppError.self) {
            _ = try await Stage.make { app in
                app.websocket("/chat") { $0.origins = .allow([origin]) }
            }
        }
    }

    @Test(arguments: ["https://a.example", "http://a:8080", "http://[::1]:80", "null-app://x"])
    func `a good one does not`(origin: String) async throws {
        try await start(allowing: origin)
    }

    private func start(allowing origin: String) async throws {
        _ = try await Stage.make({ $0.origins = .allow([origin]) }) {
            $0.websocket("/chat") { _ in }
        }
    }

    /// Policy, origin, Host, and whether a page from there may connect.
    private static let table: [(OriginPolicy, String?, String, Bool)] = [
        (.sameHost, nil, "a.example", true),
        (.sameHost, "https://a.example", "a.example", true),
        (.sameHost, "http://a.example", "a.example", true),
        (.sameHost, "HTTPS://A.Example", "a.example", true),
        (.sameHost, "https://a.example:443", "a.example", true),
        (.sameHost, "https://a.example", "a.example:443", true),
        (.sameHost, "http://a.example:80", "a.example", true),
        (.sameHost, "http://a.example:8080", "a.example:8080", true),
        (.sameHost, "http://[::1]:8080", "[::1]:8080", true),
        (.sameHost, "http://a.example:8080", "a.example", false),
        (.sameHost, "http://a.example", "a.example:8080", false),
        (.sameHost, "http://a.example:443", "a.example", false),
        (.sameHost, "https://b.example", "a.example", false),
        (.sameHost, "https://a.example.evil", "a.example", false),
        (.sameHost, "https://evila.example", "a.example", false),
        (.sameHost, "https://a.example@evil", "a.example", false),
        (.sameHost, "https://sub.a.example", "a.example", false),
        (.sameHost, "https://a.example/", "a.example", false),
        (.sameHost, "null", "a.example", false),
        (.sameHost, "", "a.example", false),
        (.sameHost, "a.example", "a.example", false),
        (.sameHost, "://a.example", "a.example", false),
        (.sameHost, "https://", "a.example", false),
        (.sameHost, "https://a.example https://b.example", "a.example", false),
        (.sameHost, "file://", "", false),
        (.sameHost, "https://127.0.0.1", "localhost", false),
        (.allow(["https://b.example"]), nil, "a.example", true),
        (.allow(["https://b.example"]), "https://a.example", "a.example", true),
        (.allow(["https://b.example"]), "https://b.example", "a.example", true),
        (.allow(["https://b.example"]), "https://B.EXAMPLE:443", "a.example", true),
        (.allow(["https://b.example"]), "http://b.example", "a.example", false),
        (.allow(["https://b.example"]), "https://b.example:8443", "a.example", false),
        (.allow(["https://b.example"]), "https://c.example", "a.example", false),
        (.allow(["https://b.example"]), "null", "a.example", false),
        (.any, "https://b.example", "a.example", true),
        (.any, "null", "a.example", true),
        (.any, nil, "a.example", true),
    ]

    @Test(arguments: table.indices)
    func `B15 a page of another origin may connect only where that is typed out`(
        row: Int
    ) async throws {
        let (policy, origin, host, isAdmitted) = Self.table[row]
        #expect(policy.admits(origin: origin, host: host) == isAdmitted)
        guard !host.isEmpty else { return }
        let fields = origin.map { ["Origin: \($0)"] } ?? []
        let status = try await status(policy, host, fields)
        #expect(status == (isAdmitted ? 101 : 403))
    }

    @Test func `B15 two origins are nobody's`() async throws {
        let both = ["Origin: https://a.example", "Origin: https://a.example"]
        #expect(try await status(.sameHost, "a.example", both) == 403)
        #expect(try await status(.any, "a.example", both) == 101)
    }

    @Test func `B15 an origin that is no text is nobody's`() async throws {
        let stage = try await Stage.make { $0.websocket("/chat") { _ in } }
        let client = try TestHTTP(stage.host)
        let head = Self.head("a.example", ["Origin: https://a.example?"])
        // The question mark becomes a byte that no UTF-8 has.
        client.peer.send(Array(head.utf8).map { $0 == UInt8(ascii: "?") ? 0xFF : $0 })
        #expect(try await client.response().status >= 400)
    }

    @Test(arguments: [
        ("a.example", 101), ("A.EXAMPLE", 101), ("a.example:4547", 101), ("b.example:80", 101),
        ("b.example", 421), ("b.example:81", 421), ("evil.example", 421),
        ("a.example.evil", 421), ("127.0.0.1", 421), ("[::1]:9", 101), ("[::1]", 101),
        ("[::2]", 421),
    ])
    func `B15 with hosts listed, a name that was made to point here is refused`(
        host: String, status: Int
    ) async throws {
        let stage = try await Stage.make {
            $0.allowedHosts = ["a.example", "b.example:80", "[::1]"]
        } _: { app in
            app.websocket("/chat") { _ in }
            app.get("/page") { _, response in response.text("page") }
        }
        let socket = try TestHTTP(stage.host)
        // A page of that name is of the same host: the origin alone would admit it.
        socket.send(Self.head(host, ["Origin: http://\(host)"]))
        #expect(try await socket.response().status == status)
        let page = try TestHTTP(stage.host)
        page.send("GET /page HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(try await page.response().status == (status == 101 ? 200 : 421))
    }

    @Test(arguments: [
        ("a.example", "evil.example", "a.example", 101),
        ("evil.example", "a.example", "evil.example", 421),
        ("a.example", "evil.example", "evil.example", 403),
    ])
    func `A7 hosts and origins are held against an absolute target, whatever Host says`(
        target: String, host: String, origin: String, status: Int
    ) async throws {
        let stage = try await Stage.make({ $0.allowedHosts = ["a.example"] }) {
            $0.websocket("/chat") { _ in }
        }
        let client = try TestHTTP(stage.host)
        client.send(
            Self.head(host, ["Origin: http://\(origin)"])
                .replacing("GET /chat", with: "GET http://\(target)/chat"))
        #expect(try await client.response().status == status)
    }

    @Test(arguments: ["", "a b", "http://a", "a/b", "u@a", "a,b"])
    func `a wrong host throws at the start, by its field's name`(host: String) async {
        await #expect {
            _ = try await Stage.make({ $0.allowedHosts = ["a.example", host] }) { _ in }
        } throws: { error in
            "\(error)".contains("allowedHosts")
        }
    }

    private func status(
        _ policy: OriginPolicy, _ host: String, _ fields: [String]
    ) async throws -> Int {
        let stage = try await Stage.make({ $0.origins = policy }) { $0.websocket("/chat") { _ in } }
        let client = try TestHTTP(stage.host)
        client.send(Self.head(host, fields))
        return try await client.response().status
    }

    private static func head(_ host: String, _ fields: [String]) -> String {
        let lines =
            [
                "GET /chat HTTP/1.1", "Host: \(host)", "Upgrade: websocket",
                "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ] + fields
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }
}

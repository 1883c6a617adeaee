import RNodeIO
import RNodeTesting
import RoomHistories
import Testing

@testable import RNodeApp

@Suite("Who a client is, behind proxies")
struct ProxyTests {
    private static let networks = ["10.0.0.0/8", "2001:db8:1::/48"]

    /// Field lines as they came, and the address they tell; nil for the peer's own.
    private static let table: [([String], String?)] = [
        ([], nil),
        ([""], nil),
        (["203.0.113.7"], "203.0.113.7"),
        (["203.0.113.7, 10.1.1.1"], "203.0.113.7"),
        // What a client sent by itself stands on the left.
        (["127.0.0.1, 203.0.113.7"], "203.0.113.7"),
        (["10.9.9.9, 203.0.113.7, 10.1.1.1, 10.2.2.2"], "203.0.113.7"),
        (["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
        (["203.0.113.7", "10.1.1.1"], "203.0.113.7"),
        (["10.3.3.3, 10.1.1.1"], "10.3.3.3"),
        (["unknown, 10.1.1.1"], "10.1.1.1"),
        (["203.0.113.7, unknown"], nil),
        (["203.0.113.7,"], nil),
        (["203.0.113.7, , 10.1.1.1"], "10.1.1.1"),
        (["203.0.113.7:5555"], "203.0.113.7"),
        (["2001:db8:2::1"], "2001:db8:2::1"),
        (["[2001:db8:2::1]:99, 2001:db8:1::5"], "2001:db8:2::1"),
        (["::ffff:203.0.113.7, ::ffff:10.1.1.1"], "203.0.113.7"),
        (["'; DROP TABLE clients; --"], nil),
        (["203.0.113.7\u{1B}[31m"], nil),
    ]

    @Test(arguments: table.indices)
    func `D12 the right-most address that is no proxy's is the client's`(row: Int) {
        let (lines, expected) = Self.table[row]
        let proxies = TrustedProxies(Self.networks)
        #expect(proxies.client(lines)?.description == expected)
    }

    private static let forwardedTable: [([String], String?)] = [
        (["for=203.0.113.7"], "203.0.113.7"),
        (["For=203.0.113.7;proto=https;by=10.0.0.1"], "203.0.113.7"),
        (["proto=https; for=203.0.113.7"], "203.0.113.7"),
        ([#"for="[2001:db8:2::1]:4711""#], "2001:db8:2::1"),
        ([#"for=203.0.113.7, for="10.1.1.1:80";proto=http"#], "203.0.113.7"),
        (["for=198.51.100.1", "for=203.0.113.7"], "203.0.113.7"),
        (["proto=https"], nil),
        (["for=unknown"], nil),
        (["for=_gazonk"], nil),
        (["for=1.1.1.1;for=203.0.113.7"], nil),
        ([#"for="203.0.113.7"#], nil),
        // A quote that the client left open must not swallow what the proxy put behind it.
        ([#"for="198.51.100.1, for=203.0.113.7"#], "203.0.113.7"),
        ([#"for="a, b", for=203.0.113.7"#], "203.0.113.7"),
        (["203.0.113.7"], nil),
    ]

    @Test(arguments: forwardedTable.indices)
    func `D12 the same for Forwarded`(row: Int) {
        let (lines, expected) = Self.forwardedTable[row]
        let proxies = TrustedProxies(Self.networks, field: .forwarded)
        #expect(proxies.client(lines)?.description == expected)
    }

    @Test func `D12 whatever a client puts on the left changes nothing, in 20,000 fields`() {
        var random = SplitMix(seed: 12)
        let alphabet = Array("0123456789abcdef.:,;\"[]= for\\")
        for field in [TrustedProxies.Field.xForwardedFor, .forwarded] {
            let proxies = TrustedProxies(Self.networks, field: field)
            for _ in 0..<10_000 {
                let junk = String(
                    (0..<(random.next() % 40)).map { _ in
                        alphabet[Int(random.next() % UInt64(alphabet.count))]
                    })
                let told = field == .forwarded ? "for=203.0.113.7" : "203.0.113.7"
                #expect(proxies.client([junk, told])?.description == "203.0.113.7")
                let comma = proxies.client([junk + "," + told])?.description
                #expect(comma == "203.0.113.7", "\(junk)")
                _ = proxies.client([junk])
            }
        }
    }

    /// Trusted networks, the field's value, and whether handlers see it. A test's clients come from 192.0.2.1.
    private static let trusting: [([String], String, Bool)] = [
        ([], "203.0.113.7", false), (["10.0.0.0/8"], "203.0.113.7", false),
        (["192.0.2.0/24"], "203.0.113.7", true), (["192.0.2.1"], "203.0.113.7", true),
        (["192.0.2.1"], "1.1.1.1, 203.0.113.7", true), (["192.0.2.1"], "nonsense", false),
    ]

    @Test(arguments: trusting)
    func `D12 handlers and onConnect see it, and only from a trusted peer`(
        networks: [String], value: String, isTold: Bool
    ) async throws {
        let journal = Journal()
        let stage = try await Stage.make {
            $0.proxies = TrustedProxies(networks)
        } _: { app in
            app.get("/who") { request, response in response.text(request.remoteAddress ?? "") }
            app.websocket("/chat") { route in
                route.onConnect { journal.note($0.connection.request.remoteAddress) }
            }
        }
        let fields = [("X-Forwarded-For", value), ("Forwarded", "for=6.6.6.6")]
        let answer = try await TestHTTP(stage.host).request("GET", "/who", fields: fields)
        _ = try await TestWebSocket.open(stage.host, "/chat", fields: fields)
        for seen in [answer.text, journal.all.first] {
            #expect((seen == "203.0.113.7") == isTold, "\(seen ?? "")")
            #expect(seen?.contains("6.6.6.6") == false)
        }
    }

    @Test(arguments: [
        ([String](), [2, 0]), (["10.0.0.0/8"], [2, 0]), (["192.0.2.1"], [2, 2]),
    ])
    func `D12 connectionsPerAddressMax counts the clients behind a trusted proxy, and no proxy`(
        networks: [String], expected: [Int]
    ) async throws {
        let stage = try await Stage.make {
            $0.proxies = TrustedProxies(networks)
            $0.connectionsPerAddressMax = 2
        } _: { app in
            app.get("/") { $1.text("") }
            app.websocket(raw: "/raw") { _ in }
        }
        func open(_ client: String?) async throws -> TestWebSocket? {
            do {
                return try await TestWebSocket.open(
                    stage.host, "/raw", fields: client.map { [("X-Forwarded-For", $0)] } ?? [])
            } catch let refusal as TestRefusal {
                #expect(refusal.response.status == 429)
                #expect(refusal.response.field("Retry-After") == "10")
                return nil
            }
        }
        var clients: [[TestWebSocket]] = []
        for client in ["203.0.113.7", "203.0.113.8"] {
            var sockets: [TestWebSocket] = []
            for _ in 0..<5 { if let socket = try await open(client) { sockets.append(socket) } }
            clients.append(sockets)
        }
        #expect(clients.map(\.count) == expected)
        // Whoever leaves makes room.
        clients[0][0].peer.reset()
        await stage.host.settle()
        #expect(try await open("203.0.113.7") != nil)
        #expect(try await open("203.0.113.7") == nil)
        // Of whom a trusted proxy tells nothing, nobody knows how many connections they have.
        for untold in [nil, "unknown"] {
            for _ in 0..<3 {
                #expect((try await open(untold) != nil) == (expected[1] > 0))
            }
        }
    }

    @Test(arguments: [
        ("unix", true), ("127.0.0.1", false),
    ])
    func `D12 those who connect to a path are trusted by a word of their own`(
        network: String, isTrusted: Bool
    ) throws {
        var head = RequestHead()
        var layout: [UInt8] = Array(
            "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n".utf8)
        var session = HTTPSession(acceptedAt: MonotonicInstant(nanoseconds: 0))
        var offset = 0
        let now = MonotonicInstant(nanoseconds: 0)
        _ = session.next(layout.span, from: &offset, head: &head, now: now)
        layout = []
        let client = TrustedProxies([network]).client(of: .unix(path: ""), head)
        #expect((client == "203.0.113.7") == isTrusted)
    }

    @Test(arguments: [
        "PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\n\u{0}\r\nQUIT\n\u{21}\u{11}\u{0}\u{C}............",
    ])
    func `D12 the PROXY protocol is not spoken`(header: String) async throws {
        let stage = try await Stage.make({ $0.proxies = TrustedProxies(["192.0.2.1"]) }) { _ in }
        let client = try TestHTTP(stage.host)
        client.send(header)
        #expect(try await client.response().status == 400)
        #expect(client.peer.isFinished)
    }

    @Test(arguments: ["10.0.0.1/8", "example.org", "", "10.0.0.0/33"])
    func `a wrong network throws at the start, by its field's name`(network: String) async {
        await #expect {
            _ = try await Stage.make({ $0.proxies = TrustedProxies(["::1", network]) }) { _ in }
        } throws: { error in
            "\(error)".contains("proxies")
        }
    }
}

import Logging
import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("What is logged, and how")
struct LogTests {
    @Test(arguments: [
        ("plain ünïcode 🙂", "plain ünïcode 🙂"), ("a\nb\r\nc", #"a\u{a}b\u{d}\u{a}c"#),
        ("\u{1B}[31mred", #"\u{1b}[31mred"#), ("\u{0}\u{7F}\u{9B}", #"\u{0}\u{7f}\u{9b}"#),
        ("\u{2028}\u{202E}\u{2066}\u{FEFF}", #"\u{2028}\u{202e}\u{2066}\u{feff}"#),
    ])
    func `B16 what a terminal would obey is escaped`(text: String, escaped: String) {
        #expect(LogText.escaped(text) == escaped)
    }

    @Test(arguments: [1_023, 1_024, 1_025, 10_240])
    func `B16 a text is cut at a kilobyte`(count: Int) {
        let escaped = LogText.escaped(String(repeating: "x", count: count))
        #expect(escaped.hasSuffix("…") == (count > 1_024))
        #expect(escaped.utf8.count <= 1_024 + 3)
    }

    @Test(arguments: [
        ("192.0.2.77:80", "192.0.2.0/24"), ("[2001:db8:1:2::3]:80", "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"), ("/run/socket", "local"), ("", "local"),
    ])
    func `B16 of a peer's address the network is shown, unless told otherwise`(
        remote: String, network: String
    ) {
        #expect(LogConfiguration().peerAddress.text(of: remote) == network)
    }

    @Test func `B16 an address may be shown in full, hashed by a key, or not at all`() throws {
        let remote = "192.0.2.77:80"
        #expect(PeerAddressForm.full.text(of: remote) == "192.0.2.77")
        #expect(PeerAddressForm.hidden.text(of: remote) == "hidden")
        let hashed = PeerAddressForm.hashed(key: (1, 2)).text(of: remote)
        #expect(hashed.count == 16 && !hashed.contains("."))
        #expect(PeerAddressForm.hashed(key: (1, 2)).text(of: "192.0.2.77:9") == hashed)
        #expect(PeerAddressForm.hashed(key: (1, 3)).text(of: remote) != hashed)
        #expect(PeerAddressForm.hashed(key: (1, 2)).text(of: "192.0.2.78:80") != hashed)
    }

    /// The first and the last of the vectors in the paper and its reference code: bytes 0, 1, 2 …, key 00…0f.
    @Test(
        arguments: [
            (0, 0x726F_DB47_DD0E_0E31), (1, 0x74F8_39C5_93DC_67FD), (15, 0xA129_CA61_49BE_45E5),
        ] as [(Int, UInt64)])
    func `the hash is SipHash-2-4`(count: Int, hash: UInt64) {
        let bytes = (0..<count).map { UInt8($0) }
        let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
        #expect(SipHash.hash(bytes, key: key) == hash)
    }

    @Test(arguments: [1, 3, 1_000])
    func `of each kind so many lines a second, and the next says how many were left out`(
        linesMax: Int
    ) {
        let noted = NotedLog()
        var configuration = LogConfiguration()
        configuration.linesPerSecondMax = linesMax
        let log = ServerLog(noted.logger(), configuration)
        func write(_ message: LogMessage, at milliseconds: Int64, times: Int) {
            let now = MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
            for _ in 0..<times { log.write(message, at: now, [:]) }
        }
        write(.handlerThrew, at: 0, times: linesMax + 1)
        #expect(noted.lines.count == linesMax)
        write(.onConnectThrew, at: 0, times: 1)
        #expect(noted.lines.count == linesMax + 1, "each kind has its own second")
        write(.handlerThrew, at: 999, times: 10 * linesMax)
        #expect(noted.lines.count == linesMax + 1)
        write(.handlerThrew, at: 1_000, times: 1)
        #expect(noted.lines.last == "error a handler threw suppressed=\(10 * linesMax + 1)")
        write(.handlerThrew, at: 2_000, times: 1)
        #expect(noted.lines.last == "error a handler threw")
    }

    @Test(arguments: [0, 1_001])
    func `a number of lines out of its range throws at the start`(lines: Int) async {
        await #expect {
            _ = try await Stage.make({ $0.logs.linesPerSecondMax = lines }) { _ in }
        } throws: { error in
            "\(error)".contains("logs.linesPerSecondMax")
        }
    }

    @Test(
        arguments: [
            ([:], 0), (["SWIFT_DETERMINISTIC_HASHING": "1"], 1),
            (["SWIFT_DETERMINISTIC_HASHING": "0"], 0), (["SWIFT_DETERMINISTIC_HASHING": ""], 0),
            (["PATH": "SWIFT_DETERMINISTIC_HASHING"], 0),
        ] as [([String: String], Int)])
    func `D10 deterministic hashing is warned of at the start`(
        environment: [String: String], warnings: Int
    ) {
        let found = StartupWarnings.warnings(environment: environment)
        #expect(found.count == warnings)
        #expect(found.allSatisfy { $0.contains("SWIFT_DETERMINISTIC_HASHING") })
    }

    @Test func `no answer names its server`() async throws {
        let stage = try await Stage.make { $0.get("/") { _, response in response.text("x") } }
        for target in ["/", "/none"] {
            let answer = try await TestHTTP(stage.host).request("GET", target)
            #expect(answer.field("server") == nil)
            #expect(answer.field("x-powered-by") == nil)
        }
    }
}

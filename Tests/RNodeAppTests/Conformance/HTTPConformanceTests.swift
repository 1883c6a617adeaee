import FoundationEssentials
import RNodeApp
import RNodeTesting
import Testing

@Suite("RFC 9110 and RFC 9112, case by case, through the whole server")
struct HTTPConformanceTests {
    static let all: [ConformanceCase] =
        messageCases + requestLineCases + targetCases + fieldCases + lengthCases + codingCases
        + chunkCases + trailerCases + connectionCases + hostCases + upgradeCases + methodCases
        + expectCases + conditionCases + rangeCases + statusCases

    /// The request that is put right behind each case's bytes.
    private static let probe = req("GET /b")

    /// Puts a case to a server; `isAsync` is the kind of its handlers.
    private func run(_ test: ConformanceCase, _ shape: StreamShape, isAsync: Bool) async throws {
        let files = try TemporaryFolder.withCaseFiles()
        let server = try await ConformanceServer.make(isAsync: isAsync, files: files)
        let peer = try server.stage.host.connect(shape: shape)
        let isProbed = test.end == .open || test.end == .closed
        peer.send(test.bytes + (isProbed ? Array(Self.probe.utf8) : []))
        var reader = AnswerReader(try await answers(server, peer, test))
        let expected = test.answers + (test.end == .open ? [saw("GET /b")] : [])
        for (position, answer) in expected.enumerated() {
            let found = try next(&reader, answer)
            try check(try #require(found, "answer \(position) is missing"), answer)
        }
        let rest = reader.rest
        #expect(rest.isEmpty || test.end == .upgraded, "\(String(decoding: rest, as: UTF8.self))")
        #expect(server.seen.all == expected.compactMap(\.saw))
        #expect(peer.isFinished == (test.end == .closed))
    }

    /// Runs turns until the answers are there, and then until nothing happens any more.
    private func answers(
        _ server: ConformanceServer, _ peer: InMemoryPeer, _ test: ConformanceCase
    ) async throws -> [UInt8] {
        let host = server.stage.host
        // The longest case takes 25,000 turns byte by byte: most of them without making way for other tests.
        for _ in 0..<(test.bytes.count * 2) where peer.unreadByServerCount > 0 { host.turn() }
        let wanted = test.answers.count { $0.status >= 200 } + (test.end == .open ? 1 : 0)
        var bytes: [UInt8] = []
        // A file is read on another thread, so the loops may be idle before the answer is there.
        try await host.wait(for: "answer") {
            bytes += peer.takeBytes()
            let text = String(decoding: bytes, as: UTF8.self)
            let heads = text.split(separator: "HTTP/1.1 ").count { !$0.hasPrefix("1") }
            return heads >= wanted || peer.isFinished
        }
        await host.settle()
        return bytes + peer.takeBytes()
    }

    /// The next answer; an interim one is passed over unless it is expected: whether 100 is sent depends on
    /// what has arrived.
    private func next(
        _ reader: inout AnswerReader, _ expected: ConformanceCase.Answer
    ) throws -> AnswerReader.Answer? {
        while let found = try reader.next(isToHead: expected.isToHead) {
            if found.status != 100 || expected.status == 100 { return found }
        }
        return nil
    }

    private func check(
        _ found: AnswerReader.Answer, _ expected: ConformanceCase.Answer
    ) throws {
        #expect(found.status == expected.status, "\(found.text)")
        if let body = expected.body { #expect(found.text == body) }
        for line in expected.has {
            let parts = line.split(separator: ":", maxSplits: 1)
            let values = found.values(parts[0].lowercased())
            #expect(!values.isEmpty, "\(line) is missing")
            if parts.count > 1 {
                #expect(values.map { $0.lowercased() } == [parts[1].dropFirst().lowercased()])
            }
        }
        for name in expected.lacks { #expect(found.values(name).isEmpty, "\(name)") }
        // An origin server with a clock dates its answers (RFC 9110 section 6.6.1).
        if found.status >= 200 { #expect(found.values("date").count == 1) }
    }

    @Test(arguments: all) func `as a whole`(_ test: ConformanceCase) async throws {
        try await run(test, StreamShape(), isAsync: false)
    }

    @Test(arguments: all) func `byte by byte, to handlers that wait`(
        _ test: ConformanceCase
    ) async throws {
        try await run(test, .byteByByte, isAsync: true)
    }

    @Test func `Docs CONFORMANCE.md says how many cases each section has`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appending(path: "Docs/CONFORMANCE.md")
        let text = String(decoding: try Data(contentsOf: path), as: UTF8.self)
        var counts: [String: Int] = [:]
        for test in Self.all { counts["RFC \(test.document) §\(test.section)", default: 0] += 1 }
        for (section, count) in counts {
            let row = text.split(separator: "\n").first { $0.hasPrefix("| \(section) |") }
            #expect(row?.hasSuffix(" \(count) |") == true, "\(section): \(count)")
        }
        #expect(text.contains("\n\(Self.all.count) cases of our own"))
    }

    @Test func `each case has a name of its own, and there are 215 at least`() {
        #expect(Set(Self.all.map(\.id)).count == Self.all.count)
        #expect(Self.all.count >= 215)
        for test in Self.all {
            #expect(test.document == "9110" || test.document == "9112", "\(test.id)")
            #expect(test.section.first?.isNumber == true, "\(test.id)")
        }
    }
}

import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("Files are read so many at a time")
struct FileReadTests {
    /// Asks for `count` reads at once; returns when each has begun, been refused, or waits.
    private func ask(_ reads: FileReads, _ count: Int) async -> Journal {
        let journal = Journal()
        for _ in 0..<count { Task { journal.note(await reads.begin() ? "begun" : "refused") } }
        while journal.all.count + reads.waitingCount < count { await Task.yield() }
        return journal
    }

    @Test(arguments: [3, 4, 5, 40])
    func `fileReadsMax: so many begin at once, the others one by one as those end`(count: Int)
        async throws
    {
        let reads = FileReads(max: 4, waitingMax: 100)
        let journal = await ask(reads, count)
        #expect(journal.all.count == min(count, 4))
        for begun in min(count, 4)..<count {
            reads.end()
            while journal.all.count == begun { await Task.yield() }
            #expect(journal.all.count == begun + 1)
        }
        #expect(reads.waitingCount == 0)
        for _ in 0..<min(count, 4) { reads.end() }
        #expect(await ask(reads, 4).all.count == 4, "every place is free again")
    }

    @Test(arguments: [2, 3, 4, 30])
    func `fileReadsWaitingMax: so many wait, the others are refused`(count: Int) async throws {
        let reads = FileReads(max: 1, waitingMax: 3)
        #expect(await reads.begin())
        let journal = await ask(reads, count)
        #expect(reads.waitingCount == min(count, 3))
        #expect(journal.all == Array(repeating: "refused", count: max(count - 3, 0)))
        for _ in 0..<min(count, 3) { reads.end() }
        while journal.all.count < count { await Task.yield() }
        #expect(journal.all.count { $0 == "begun" } == min(count, 3))
    }

    /// An app with a file of ten bytes, whose only read at a time is the test's.
    private func stage(waitingMax: Int) async throws -> (Stage, FileReads, TemporaryFolder) {
        let folder = try TemporaryFolder.withCaseFiles()
        let stage = try await Stage.make {
            $0.fileReadsMax = 1
            $0.fileReadsWaitingMax = waitingMax
            $0.metrics = true
        } _: { app in
            app.get("/file") { $1.header("X-Kind", "file").file("ten", root: folder.path) }
        }
        let reads = try #require(stage.app.core?.fileReads)
        #expect(await reads.begin())
        return (stage, reads, folder)
    }

    @Test(arguments: ["GET", "HEAD"])
    func `a request for a file waits for its turn`(method: String) async throws {
        let (stage, reads, folder) = try await stage(waitingMax: 1)
        defer { withExtendedLifetime(folder) {} }
        let http = try TestHTTP(stage.host)
        http.send("\(method) /file HTTP/1.1\r\nHost: a\r\n\r\n")
        try await stage.host.wait(for: "request in line") { reads.waitingCount == 1 }
        #expect(http.peer.availableCount == 0)
        let refused = try await TestHTTP(stage.host).request(method, "/file")
        #expect(refused.status == 503)
        #expect(refused.field("retry-after") == "1")
        #expect(refused.field("x-kind") == nil)
        reads.end()
        let answer = try await http.response(toHead: method == "HEAD")
        #expect(answer.status == 200)
        #expect(answer.field("content-length") == "10")
        #expect(answer.text == (method == "HEAD" ? "" : "0123456789"))
        let counted = try await stage.metric(
            #"rnode_server_websocket_errors_total{kind="file_reads"}"#)
        #expect(counted == 1)
    }

    @Test func `whoever has gone meanwhile has nothing read for it, and holds nobody up`()
        async throws
    {
        let (stage, reads, folder) = try await stage(waitingMax: 2)
        let gone = try TestHTTP(stage.host)
        gone.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n")
        try await stage.host.wait(for: "request in line") { reads.waitingCount == 1 }
        gone.peer.reset()
        await stage.host.settle()
        let next = try TestHTTP(stage.host)
        next.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n")
        try await stage.host.wait(for: "request in line") { reads.waitingCount == 2 }
        reads.end()
        #expect(try await next.response().text == "0123456789")
        withExtendedLifetime(folder) {}
    }

    @Test(arguments: [(HTTPRequest.Method.head, 0), (.get, 10), (.post, 10)])
    func `of a file that is asked for by HEAD no byte is read, and its length is told`(
        method: HTTPRequest.Method, count: Int
    ) throws {
        let folder = try TemporaryFolder.withCaseFiles()
        let file = FileResponse("ten", root: folder.path)
        let excerpt = try file.read(HTTPFields(), method, chosen: HTTPFields(), 0)
        #expect(excerpt.bytes.count == count)
        #expect(excerpt.byteCount == 10)
    }
}

import RNodeTesting
import Testing

@testable import RNodeApp

@Suite("Server metrics")
struct ServerMetricsTests {
    private func metrics(loops: Int = 2) -> ServerMetrics {
        ServerMetrics(routes: ["/chat", "/echo/{id}"], loopCount: loops)
    }

    @Test("Counts of all loops are merged, route by route")
    func merging() throws {
        let metrics = metrics()
        for number in 0..<2 {
            let loop = try #require(metrics.counters(loop: number))
            for _ in 0..<3 { loop.routes[0].connectionOpened() }
            loop.routes[0].connectionClosed(afterMilliseconds: 1_500)
            loop.routes[1].received(bytes: 100)
            loop.routes[1].sent(bytes: 10, times: 5)
            loop.routes[1].eventsFiltered.raise(6)
            loop.failed(.roomFull)
            loop.inflateRatioHighest.set(5 + number)
            loop.closes(for: .internalInvariant)
            loop.closes(for: .invalidUTF8)
        }
        let snapshot = metrics.snapshot(rooms: 4, roomConnections: 9)
        #expect(snapshot.routes[0].connections == 6)
        #expect(snapshot.routes[0].disconnections == 2)
        #expect(snapshot.routes[0].connectionsActive == 4)
        #expect(snapshot.connectionsActive == 4)
        #expect(metrics.connectionsActive == 4)
        #expect(snapshot.messagesReceived == 2)
        #expect(metrics.messagesReceived == 2)
        #expect(snapshot.routes[1].messagesSent == 10)
        #expect(snapshot.routes[1].eventsFiltered[6] == 2)
        #expect(snapshot.errors[ErrorWord.roomFull.rawValue] == 2)
        #expect(snapshot.routes[0].durations.counts == [0, 2, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(snapshot.routes[0].durations.sum == 3)
        #expect(snapshot.routes[1].sizesSent.count == 10)
        #expect(snapshot.routes[1].sizesSent.sum == 100)
        #expect(snapshot.errors[ErrorWord.serverError.rawValue] == 2)
        #expect(snapshot.inflateRatioHighest == 6)
        #expect(snapshot.trapsAvoided == 2)
        #expect(snapshot.rooms == 4)
        #expect(metrics.counters(loop: 2) == nil)
        #expect(metrics.counters(loop: -1) == nil)
    }

    @Test("A state that can't be reached costs its connection, by 1011, and is counted")
    func trapsAvoided() async throws {
        let stage = try await Stage.make {
            $0.metrics = true
        } _: { app in
            app.websocket(raw: "/raw") { _ in }
        }
        let client = try await TestWebSocket.open(stage.host, "/raw")
        let metric = "rnode_server_websocket_traps_avoided_total"
        #expect(try await stage.metric(metric) == 0)
        let loop = try #require(stage.app.core?.loops.first)
        for id in loop.eventLoop.openConnections() {
            _ = loop.eventLoop.withConnection(id) { context in
                loop.withWebSocket(id) { loop.fail(.internalInvariant, $0, &context) }
            }
        }
        #expect(try await client.next() == .close(.internalError, "internal error"))
        #expect(try await stage.metric(metric) == 1)
    }

    @Test("A size's bucket is the first bound that is not below it")
    func buckets() {
        var sizes = [Int.min, -1, 0, 1, .max]
        for bound in SizeHistogram.bounds { sizes += [-1, 0, 1].map { Int(bound) + $0 } }
        for size in sizes {
            let slow =
                SizeHistogram.bounds.firstIndex { Double(size) <= $0 } ?? SizeHistogram.bounds.count
            #expect(SizeHistogram.bucket(of: size) == slow, "\(size)")
        }
        #expect(SizeHistogram.bounds.first == 64)
        #expect(SizeHistogram.bounds.last == 16_777_216)
    }

    @Test(
        "Durations fall into their buckets", arguments: [(0, 0), (1_000, 0), (1_001, 1), (.max, 9)])
    func durations(milliseconds: Int, bucket: Int) {
        let histogram = DurationHistogram()
        histogram.record(milliseconds: milliseconds)
        #expect(histogram.totals.counts.firstIndex(of: 1) == bucket)
    }

    @Test("A place outside a row is left alone")
    func outside() {
        let row = CountRow<3>()
        for place in [-1, 3, .max, .min] { row.raise(place) }
        row.raise(2, by: 4)
        #expect(row.values == [0, 0, 4])
    }

    @Test("One loop counts while others read: nothing is lost, and nothing runs backwards")
    func concurrency() async throws {
        let metrics = metrics(loops: 1)
        let route = try #require(metrics.counters(loop: 0)).routes[0]
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<100_000 { route.received(bytes: 10) } }
            group.addTask {
                var last = 0
                while last < 100_000 {
                    let now = metrics.messagesReceived
                    #expect(now >= last)
                    last = now
                    await Task.yield()
                }
            }
        }
        #expect(metrics.messagesReceived == 100_000)
    }

    @Test("Every error word has a label of its own and a place in the row")
    func errorWords() {
        #expect(Set(ErrorWord.allCases.map(\.label)).count == ErrorWord.allCases.count)
        let loop = LoopCounters(routeCount: 0)
        for word in ErrorWord.allCases { loop.failed(word) }
        let counted = loop.errors.values.prefix(ErrorWord.allCases.count)
        #expect(counted == ErrorWord.allCases.map { _ in 1 }[...])
        for word in ErrorWord.allCases { #expect(ErrorWord(errorType: word.label) == word) }
        #expect(ErrorWord(errorType: "what a client sent") == .serverError)
    }
}

import Testing

@testable import RNodeApp

@Suite("Server metrics")
struct ServerMetricsTests {
    private func metrics(loops: Int = 2, isDetailed: Bool = true) -> ServerMetrics {
        ServerMetrics(routes: ["/chat", "/echo/{id}"], loops: loops, isDetailed: isDetailed)
    }

    @Test("Counts of all loops are merged, connections route by route")
    func merging() {
        let metrics = metrics()
        for number in 0..<2 {
            let loop = metrics.loop(number)
            for _ in 0..<3 { loop.opened(route: "/chat") }
            loop.closed(route: "/chat", afterMilliseconds: 1_500)
            loop.received(bytes: 100)
            loop.sent(bytes: 10, times: 5)
            loop.failed(.handler)
            loop.dropped()
        }
        metrics.brokerRefused()
        let snapshot = metrics.snapshot(rooms: 4, roomConnections: 9)
        #expect(snapshot.routes.map(\.template) == ["/chat", "/echo/{id}", ""])
        #expect(snapshot.routes.map(\.connections) == [6, 0, 0])
        #expect(snapshot.routes.map(\.disconnections) == [2, 0, 0])
        #expect(snapshot.connectionsActive == 4)
        #expect(metrics.connectionsActive == 4)
        #expect(snapshot.messagesReceived == 2)
        #expect(metrics.messagesReceived == 2)
        #expect(snapshot.messagesSent == 10)
        #expect(snapshot.count(of: .handler) == 2)
        #expect(snapshot.count(of: .dropped) == 2)
        #expect(snapshot.count(of: .broker) == 1)
        #expect(snapshot.routes[0].durations.counts == [0, 2, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(snapshot.routes[0].durations.sum == 3)
        #expect(snapshot.sizesSent.count == 10)
        #expect(snapshot.sizesSent.sum == 100)
        #expect(snapshot.rooms == 4)
        #expect(snapshot.roomConnections == 9)
    }

    @Test("A path that is no route, or a loop that is none, is counted all the same")
    func strangers() {
        let metrics = metrics(loops: 1)
        metrics.loop(7).opened(route: "/unknown")
        metrics.loop(-1).opened(route: "/unknown/2")
        #expect(metrics.connectionsActive == 2)
        let snapshot = metrics.snapshot(rooms: 0, roomConnections: 0)
        #expect(snapshot.routes.last?.connections == 2)
        #expect(snapshot.routesShown.map(\.template) == ["/chat", "/echo/{id}", ""])
        let bare = ServerMetrics(loops: 0)
        bare.loop(0).opened(route: "/chat")
        #expect(bare.connectionsActive == 1)
    }

    @Test("A template registered twice has one place")
    func twice() {
        let metrics = ServerMetrics(routes: ["/a", "/a", "/b"], loops: 1)
        metrics.loop(0).opened(route: "/a")
        metrics.loop(0).opened(route: "/b")
        let snapshot = metrics.snapshot(rooms: 0, roomConnections: 0)
        #expect(snapshot.connectionsActive == 2)
        #expect(snapshot.routes.map(\.connections) == [1, 0, 1, 0])
    }

    @Test("Without detail the app's own numbers are kept, and no histogram is")
    func withoutDetail() {
        let metrics = metrics(isDetailed: false)
        let loop = metrics.loop(0)
        loop.opened(route: "/chat")
        loop.closed(route: "/chat", afterMilliseconds: 5)
        loop.received(bytes: 5)
        loop.sent(bytes: 5)
        let snapshot = metrics.snapshot(rooms: 0, roomConnections: 0)
        #expect(snapshot.routes[0].connections == 1)
        #expect(snapshot.messagesReceived == 1)
        #expect(snapshot.messagesSent == 1)
        #expect(snapshot.routes[0].durations.count == 0)
        #expect(snapshot.sizesReceived.count == 0)
        #expect(snapshot.sizesSent.count == 0)
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
    func concurrency() async {
        let metrics = metrics(loops: 1)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<100_000 { metrics.loop(0).received(bytes: 10) } }
            group.addTask {
                var last = 0
                while last < 100_000 {
                    let now = metrics.messagesReceived
                    if now < last { Issue.record("\(now) after \(last)") }
                    last = now
                    await Task.yield()
                }
            }
        }
        #expect(metrics.messagesReceived == 100_000)
    }

    @Test("The broker's refusals are counted from anywhere")
    func refusals() async {
        let metrics = metrics()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<1_000 { metrics.brokerRefused() } }
            }
        }
        #expect(metrics.snapshot(rooms: 0, roomConnections: 0).count(of: .broker) == 4_000)
    }

    @Test("Every error word has a label of its own and a place in the row")
    func errorWords() {
        #expect(Set(ErrorWord.allCases.map(\.label)).count == ErrorWord.allCases.count)
        let loop = LoopMetrics(routes: [:], isDetailed: false)
        for word in ErrorWord.allCases { loop.failed(word) }
        #expect(loop.errors.values == ErrorWord.allCases.map { _ in 1 })
    }
}

import RNodeWS
import Testing

@testable import RNodeApp

@Suite("Prometheus text, exposition format 0.0.4")
struct PrometheusTextTests {
    private func rendered(_ metrics: ServerMetrics, named: [(String, Int)] = []) -> [String] {
        let gate = EventGate(defined: [])
        for _ in 0..<3 { _ = gate.admits(.onPing) }
        let snapshot = metrics.snapshot(
            rooms: 2, roomConnections: 7, events: [gate.explanation(path: "/chat")],
            namedRooms: named.map { (name: $0.0, connections: $0.1) })
        return text { PrometheusText.append(snapshot, to: &$0) }
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private func metrics(_ routes: [String] = ["/chat"]) -> ServerMetrics {
        ServerMetrics(routes: routes, loops: 1)
    }

    @Test("Every metric of PROTOCOL §4 is there, by its name and type")
    func names() {
        let lines = rendered(metrics())
        for (name, kind) in [
            ("connections_total", "counter"), ("disconnections_total", "counter"),
            ("connections_active", "gauge"), ("rooms_total", "gauge"),
            ("room_connections", "gauge"), ("messages_sent_total", "counter"),
            ("messages_received_total", "counter"), ("connection_duration_seconds", "histogram"),
            ("message_size_bytes", "histogram"), ("errors_total", "counter"),
            ("events_filtered_total", "counter"),
        ] {
            #expect(lines.contains("# TYPE rnode_server_websocket_\(name) \(kind)"))
            #expect(lines.contains { $0.hasPrefix("# HELP rnode_server_websocket_\(name) ") })
        }
    }

    @Test("Samples are as counted")
    func samples() {
        let metrics = metrics(["/chat", "/minimal"])
        let loop = metrics.loop(0)
        loop.opened(route: "/chat")
        loop.opened(route: "/chat")
        loop.closed(route: "/chat", afterMilliseconds: 2_500)
        loop.received(bytes: 65)
        loop.sent(bytes: 1, times: 4)
        loop.failed(.handler)
        let lines = rendered(metrics, named: [("lobby", 5)])
        let name = "rnode_server_websocket_"
        for line in [
            #"connections_total{route="/chat"} 2"#, #"connections_total{route="/minimal"} 0"#,
            #"disconnections_total{route="/chat"} 1"#, #"connections_active{route="/chat"} 1"#,
            "rooms_total 2", "room_connections 7", #"room_connections{room="lobby"} 5"#,
            "messages_received_total 1", "messages_sent_total 4",
            #"connection_duration_seconds_bucket{route="/chat",le="1"} 0"#,
            #"connection_duration_seconds_bucket{route="/chat",le="5"} 1"#,
            #"connection_duration_seconds_bucket{route="/chat",le="+Inf"} 1"#,
            #"connection_duration_seconds_sum{route="/chat"} 2.5"#,
            #"connection_duration_seconds_count{route="/chat"} 1"#,
            #"message_size_bytes_bucket{direction="received",le="64"} 0"#,
            #"message_size_bytes_bucket{direction="received",le="256"} 1"#,
            #"message_size_bytes_sum{direction="received"} 65"#,
            #"message_size_bytes_count{direction="sent"} 4"#,
            #"errors_total{kind="handler_failed"} 1"#, #"errors_total{kind="timeout"} 0"#,
            #"events_filtered_total{route="/chat",event="onPing"} 3"#,
            #"events_filtered_total{route="/chat",event="onPong"} 0"#,
        ] {
            #expect(lines.contains(name + line), "\(line)")
        }
        #expect(!lines.contains { $0.contains(#"route="""#) })
    }

    @Test("Lines of one metric stand together after its head, and every line has the form")
    func form() throws {
        let lines = rendered(metrics(["/a", "/b"]), named: [("x", 1)])
        #expect(lines.last == "")
        var seen: Set<String> = []
        var current = ""
        let sample =
            /([a-z_]+?)(_bucket|_sum|_count)?(\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\})? -?[0-9.]+/
        for line in lines.dropLast() {
            if line.hasPrefix("# HELP ") {
                current = String(line.split(separator: " ")[2])
                #expect(seen.insert(current).inserted)
            } else if line.hasPrefix("# TYPE ") {
                #expect(line.split(separator: " ")[2] == current)
            } else {
                let match = try #require(line.wholeMatch(of: sample), "\(line)")
                #expect(line.hasPrefix(current))
                #expect(match.1 == current || match.1 + (match.2 ?? "") == current)
            }
        }
        #expect(seen.count == 11)
    }

    @Test("Buckets are cumulative, and the last one is the count")
    func cumulative() {
        let metrics = metrics()
        let loop = metrics.loop(0)
        for size in [1, 64, 65, 1_000, 1_000_000, 100_000_000] { loop.sent(bytes: size) }
        let lines = rendered(metrics).filter {
            $0.contains(#"message_size_bytes_bucket{direction="sent""#)
        }
        let values = lines.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        #expect(values == [2, 3, 4, 4, 4, 4, 4, 5, 5, 5, 6])
        #expect(lines.last?.contains(#"le="+Inf""#) == true)
    }

    @Test("Backslashes, quotes and line feeds in labels are escaped")
    func escapes() {
        let lines = rendered(metrics([]), named: [("a\"b\\c\nd", 1)])
        #expect(lines.contains(#"rnode_server_websocket_room_connections{room="a\"b\\c\nd"} 1"#))
    }

    @Test("The JSON is the document's")
    func json() {
        let metrics = metrics()
        metrics.loop(0).opened(route: "/chat")
        metrics.loop(0).received(bytes: 1)
        metrics.loop(0).received(bytes: 1)
        let snapshot = metrics.snapshot(rooms: 3, roomConnections: 0)
        let json = text { PrometheusText.appendJSON(snapshot, to: &$0) }
        #expect(json == #"{"websocket":{"connections":1,"rooms":3,"messages":2}}"#)
    }
}

import RNodeWS
import Testing

@testable import RNodeApp

@Suite("Prometheus text, exposition format 0.0.4")
struct PrometheusTextTests {
    private func rendered(_ metrics: ServerMetrics, named: [(String, Int)] = []) -> [String] {
        let snapshot = metrics.snapshot(
            rooms: 2, roomConnections: 7,
            namedRooms: named.map { (name: $0.0, connections: $0.1) })
        return text {
            PrometheusText.append(snapshot, to: &$0)
            PrometheusText.append([], budget: nil, to: &$0)
        }
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private func metrics(_ routes: [String] = ["/chat"]) -> ServerMetrics {
        ServerMetrics(routes: routes, loopCount: 1)
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
            ("events_filtered_total", "counter"), ("inflate_ratio_max", "gauge"),
            ("traps_avoided_total", "counter"), ("closes_total", "counter"),
        ] {
            #expect(lines.contains("# TYPE rnode_server_websocket_\(name) \(kind)"))
            #expect(lines.contains { $0.hasPrefix("# HELP rnode_server_websocket_\(name) ") })
        }
    }

    @Test("Samples are as counted")
    func samples() throws {
        let metrics = metrics(["/chat", "/minimal"])
        let loop = try #require(metrics.counters(loop: 0))
        loop.routes[0].connectionOpened()
        loop.routes[0].connectionOpened()
        loop.routes[0].connectionClosed(afterMilliseconds: 2_500)
        loop.routes[1].received(bytes: 65)
        loop.routes[1].eventsFiltered.raise(Int(WebSocketEvent.onPing.rawValue), by: 3)
        loop.failed(.handlerFailed)
        let lines = rendered(metrics, named: [("lobby", 5)])
        let name = "rnode_server_websocket_"
        for line in [
            name + #"connections_total{route="/chat"} 2"#,
            name + #"connections_total{route="/minimal"} 0"#,
            name + #"disconnections_total{route="/chat"} 1"#,
            name + #"connections_active{route="/chat"} 1"#,
            name + "rooms_total 2", name + "room_connections 7",
            name + #"room_connections{room="lobby"} 5"#,
            name + #"messages_received_total{route="/minimal"} 1"#,
            name + #"connection_duration_seconds_bucket{route="/chat",le="1"} 0"#,
            name + #"connection_duration_seconds_bucket{route="/chat",le="5"} 1"#,
            name + #"connection_duration_seconds_bucket{route="/chat",le="+Inf"} 1"#,
            name + #"connection_duration_seconds_sum{route="/chat"} 2.5"#,
            name + #"connection_duration_seconds_count{route="/chat"} 1"#,
            name + #"message_size_bytes_bucket{route="/minimal",direction="received",le="64"} 0"#,
            name + #"message_size_bytes_bucket{route="/minimal",direction="received",le="256"} 1"#,
            name + #"message_size_bytes_sum{route="/minimal",direction="received"} 65"#,
            name + #"errors_total{kind="handler_failed"} 1"#,
            name + #"errors_total{kind="room_full"} 0"#,
            name + #"events_filtered_total{route="/minimal",event="ping"} 3"#,
        ] {
            #expect(lines.contains(line), "\(line)")
        }
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
        #expect(seen.count == 24)
    }

    @Test("Buckets are cumulative, and the last one is the count")
    func cumulative() throws {
        let metrics = metrics()
        let route = try #require(metrics.counters(loop: 0)).routes[0]
        for size in [1, 64, 65, 1_000, 1_000_000, 100_000_000] { route.sent(bytes: size) }
        let lines = rendered(metrics).filter {
            $0.contains(#"message_size_bytes_bucket{route="/chat",direction="sent""#)
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

    @Test("The JSON is the document's, and more")
    func json() throws {
        let metrics = metrics()
        let loop = try #require(metrics.counters(loop: 0))
        let route = loop.routes[0]
        route.connectionOpened()
        route.received(bytes: 1)
        route.received(bytes: 1)
        loop.inflateRatioHighest.set(7)
        loop.closes(for: .internalInvariant)
        for _ in 0..<2 { loop.breached(.frameBytesMax) }
        loop.closeSent(.goingAway)
        let snapshot = metrics.snapshot(rooms: 3, roomConnections: 0)
        let json = text { PrometheusText.appendJSON(snapshot, to: &$0) }
        let first = #"{"websocket":{"connections":1,"rooms":3,"messages":2,"#
        let rest = json.dropFirst(first.count)
        #expect(json.hasPrefix(first))
        #expect(
            rest.hasPrefix(#""inflateRatioMax":7,"trapsAvoided":1,"closes":{"1000":0,"1001":1,"#))
        #expect(rest.contains(#""none":0,"other":0}},"limits":{"request_line_bytes_max":0,"#))
        #expect(rest.contains(#""frame_bytes_max":2,"#))
        #expect(rest.hasSuffix(#""drain_deadline":0}}"#))
    }
}

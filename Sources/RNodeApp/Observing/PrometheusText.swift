internal import RNodeWS

/// Writes a snapshot as text that Prometheus reads (exposition format 0.0.4), or as the JSON of the
/// user's document.
///
/// Label values are route templates, fixed words, and the names of rooms that the operator gave:
/// nothing that a client sends, so the number of series is bounded.
enum PrometheusText {
    /// What the text is served as.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Appends every metric.
    static func append(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        appendConnections(snapshot, to: &buffer)
        appendRooms(snapshot, to: &buffer)
        appendMessages(snapshot, to: &buffer)
        appendMemory(snapshot, to: &buffer)
        appendHistograms(snapshot, to: &buffer)
        appendErrors(snapshot, to: &buffer)
        appendLimits(snapshot, to: &buffer)
        appendEvents(snapshot, to: &buffer)
        appendLoops(snapshot, to: &buffer)
    }

    // MARK: - Metrics

    private static func appendConnections(
        _ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer
    ) {
        appendRoutes(
            Metric("connections_total", .counter, "WebSocket connections opened."),
            snapshot, \.connections, to: &buffer)
        appendRoutes(
            Metric("disconnections_total", .counter, "WebSocket connections closed."),
            snapshot, \.disconnections, to: &buffer)
        appendRoutes(
            Metric("connections_active", .gauge, "WebSocket connections open now."),
            snapshot, \.connectionsActive, to: &buffer)
    }

    private static func appendRooms(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        let rooms = Metric("rooms_total", .gauge, "Rooms that exist now.")
        rooms.appendHead(to: &buffer)
        rooms.appendSample(snapshot.rooms, to: &buffer)
        let connections = Metric("room_connections", .gauge, "Memberships in rooms now.")
        connections.appendHead(to: &buffer)
        connections.appendSample(snapshot.roomConnections, to: &buffer)
        for room in snapshot.namedRooms {
            connections.appendSample(room.connections, [("room", room.name)], to: &buffer)
        }
    }

    private static func appendMessages(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        appendRoutes(
            Metric("messages_sent_total", .counter, "Data messages sent."),
            snapshot, \.messagesSent, to: &buffer)
        appendRoutes(
            Metric("messages_received_total", .counter, "Data messages received."),
            snapshot, \.messagesReceived, to: &buffer)
        appendRoutes(
            Metric("messages_dropped_total", .counter, "Messages dropped for slow clients."),
            snapshot, \.messagesDropped, to: &buffer)
    }

    private static func appendMemory(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        let outbound = Metric("outbound_bytes", .gauge, "Bytes that wait to be sent.")
        outbound.appendHead(to: &buffer)
        outbound.appendSample(snapshot.outboundBytes, to: &buffer)
        let unfinished = Metric(
            "unfinished_bytes", .gauge, "Bytes of messages and request bodies without their end.")
        unfinished.appendHead(to: &buffer)
        unfinished.appendSample(snapshot.unfinishedBytes, to: &buffer)
        let ratio = Metric(
            "inflate_ratio_max", .gauge,
            "The most that a message inflated to since the start, in times of what came of it.")
        ratio.appendHead(to: &buffer)
        ratio.appendSample(snapshot.inflateRatioHighest, to: &buffer)
    }

    private static func appendHistograms(
        _ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer
    ) {
        let durations = Metric(
            "connection_duration_seconds", .histogram, "How long connections were open.")
        durations.appendHead(to: &buffer)
        for route in snapshot.routes {
            durations.append(route.durations, [("route", route.template)], to: &buffer)
        }
        let sizes = Metric("message_size_bytes", .histogram, "Payload bytes of data messages.")
        sizes.appendHead(to: &buffer)
        for route in snapshot.routes {
            let label = ("route", route.template)
            sizes.append(route.sizesReceived, [label, ("direction", "received")], to: &buffer)
            sizes.append(route.sizesSent, [label, ("direction", "sent")], to: &buffer)
        }
    }

    private static func appendErrors(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        let errors = Metric("errors_total", .counter, "Errors by kind.")
        errors.appendHead(to: &buffer)
        for (word, count) in zip(ErrorWord.allCases, snapshot.errors) {
            errors.appendSample(count, [("kind", word.label)], to: &buffer)
        }
        let traps = Metric(
            "traps_avoided_total", .counter,
            "Connections closed with 1011 where a trap would end the process, or without memory.")
        traps.appendHead(to: &buffer)
        traps.appendSample(snapshot.trapsAvoided, to: &buffer)
    }

    private static func appendEvents(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        let events = Metric(
            "events_filtered_total", .counter, "Events whose callback is unset or disabled.")
        events.appendHead(to: &buffer)
        for route in snapshot.routes {
            for (name, count) in zip(MetricsSnapshot.eventNames, route.eventsFiltered) {
                events.appendSample(
                    count, [("route", route.template), ("event", name)], to: &buffer)
            }
        }
    }

    private static func appendLoops(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        let blocked = Metric(
            "loop_blocked_total", .counter, "Turns of event loops that took too long.", of: "")
        blocked.appendHead(to: &buffer)
        blocked.appendSample(snapshot.blockedTurns, to: &buffer)
    }

    private static func appendRoutes(
        _ metric: Metric, _ snapshot: MetricsSnapshot,
        _ value: (MetricsSnapshot.Route) -> Int, to buffer: inout ByteBuffer
    ) {
        metric.appendHead(to: &buffer)
        for route in snapshot.routes {
            metric.appendSample(value(route), [("route", route.template)], to: &buffer)
        }
    }
}

// MARK: - Lines

extension PrometheusText {
    /// One metric: its lines share a name, and stand together.
    struct Metric {
        enum Kind: String {
            case counter, gauge, histogram
        }

        typealias Label = (name: String, value: String)

        let name: String
        let kind: Kind
        let help: String

        init(_ name: String, _ kind: Kind, _ help: String, of part: String = "websocket_") {
            self.name = "rnode_server_" + part + name
            self.kind = kind
            self.help = help
        }

        /// A metric of the event loops, whatever their connections speak.
        init(loops name: String, _ kind: Kind, _ help: String) {
            self.name = "rnode_server_" + name
            self.kind = kind
            self.help = help
        }

        func appendHead(to buffer: inout ByteBuffer) {
            buffer.append(utf8: "# HELP \(name) ")
            PrometheusText.append(escaping: help, quotes: false, to: &buffer)
            buffer.append(utf8: "\n# TYPE \(name) \(kind.rawValue)\n")
        }

        func appendSample(
            _ value: Int, _ labels: [Label] = [], suffix: String = "", to buffer: inout ByteBuffer
        ) {
            appendStart(suffix, labels, to: &buffer)
            buffer.append(decimal: value)
            buffer.append(UInt8(ascii: "\n"))
        }

        /// Buckets are cumulative here, and the last has no bound.
        func append(
            _ totals: HistogramTotals, _ labels: [Label], to buffer: inout ByteBuffer
        ) {
            var total = 0
            for (bound, count) in zip(totals.bounds, totals.counts) {
                total &+= count
                let label = ("le", PrometheusText.number(bound))
                appendSample(total, labels + [label], suffix: "_bucket", to: &buffer)
            }
            let count = totals.count
            appendSample(count, labels + [("le", "+Inf")], suffix: "_bucket", to: &buffer)
            appendStart("_sum", labels, to: &buffer)
            buffer.append(utf8: PrometheusText.number(totals.sum) + "\n")
            appendSample(count, labels, suffix: "_count", to: &buffer)
        }

        private func appendStart(
            _ suffix: String, _ labels: [Label], to buffer: inout ByteBuffer
        ) {
            buffer.append(utf8: name + suffix)
            for (place, label) in labels.enumerated() {
                buffer.append(utf8: (place == 0 ? "{" : ",") + label.name + "=\"")
                PrometheusText.append(escaping: label.value, quotes: true, to: &buffer)
                buffer.append(UInt8(ascii: "\""))
            }
            if !labels.isEmpty { buffer.append(UInt8(ascii: "}")) }
            buffer.append(UInt8(ascii: " "))
        }
    }

    /// A number as Go would read it; whole numbers without a point.
    static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }

    /// Escapes a backslash and a line feed, and in a label's value a quote.
    static func append(escaping text: String, quotes: Bool, to buffer: inout ByteBuffer) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): buffer.append("\\\\")
            case 0x0A: buffer.append("\\n")
            case UInt8(ascii: "\"") where quotes: buffer.append("\\\"")
            default: buffer.append(byte)
            }
        }
    }
}

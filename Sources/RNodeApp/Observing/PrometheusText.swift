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
        appendHistograms(snapshot, to: &buffer)
        appendErrors(snapshot, to: &buffer)
        appendEvents(snapshot, to: &buffer)
    }

    /// Appends `{"websocket":{"connections":…,"rooms":…,"messages":…}}`.
    static func appendJSON(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        buffer.append(#"{"websocket":{"connections":"#)
        buffer.append(decimal: snapshot.connectionsActive)
        buffer.append(#","rooms":"#)
        buffer.append(decimal: snapshot.rooms)
        buffer.append(#","messages":"#)
        buffer.append(decimal: snapshot.messagesReceived)
        buffer.append("}}")
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
        let sent = Metric("messages_sent_total", .counter, "Data messages sent.")
        sent.appendHead(to: &buffer)
        sent.appendSample(snapshot.messagesSent, to: &buffer)
        let received = Metric("messages_received_total", .counter, "Data messages received.")
        received.appendHead(to: &buffer)
        received.appendSample(snapshot.messagesReceived, to: &buffer)
    }

    private static func appendHistograms(
        _ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer
    ) {
        let durations = Metric(
            "connection_duration_seconds", .histogram, "How long connections were open.")
        durations.appendHead(to: &buffer)
        for route in snapshot.routesShown {
            durations.append(route.durations, [("route", route.template)], to: &buffer)
        }
        let sizes = Metric("message_size_bytes", .histogram, "Payload bytes of data messages.")
        sizes.appendHead(to: &buffer)
        sizes.append(snapshot.sizesReceived, [("direction", "received")], to: &buffer)
        sizes.append(snapshot.sizesSent, [("direction", "sent")], to: &buffer)
    }

    private static func appendErrors(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        let errors = Metric("errors_total", .counter, "Errors by kind.")
        errors.appendHead(to: &buffer)
        for word in ErrorWord.allCases {
            errors.appendSample(snapshot.count(of: word), [("kind", word.label)], to: &buffer)
        }
    }

    private static func appendEvents(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        let events = Metric(
            "events_filtered_total", .counter, "Events whose callback is unset or disabled.")
        events.appendHead(to: &buffer)
        for route in snapshot.events {
            for event in route.events {
                let labels = [("route", route.path), ("event", event.event.name)]
                events.appendSample(event.skipped, labels, to: &buffer)
            }
        }
    }

    private static func appendRoutes(
        _ metric: Metric, _ snapshot: MetricsSnapshot,
        _ value: (MetricsSnapshot.Route) -> Int, to buffer: inout ByteBuffer
    ) {
        metric.appendHead(to: &buffer)
        for route in snapshot.routesShown {
            metric.appendSample(value(route), [("route", route.template)], to: &buffer)
        }
    }
}

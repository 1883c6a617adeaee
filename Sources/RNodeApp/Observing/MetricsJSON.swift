// The same numbers as JSON: what the API document names, and what it has no word for.
extension PrometheusText {
    /// Appends `{"websocket":{"connections":…,"rooms":…,"messages":…,"inflateRatioMax":…,"trapsAvoided":…,"closes":{…}},
    /// "limits":{…}}`: closes by their code, breaches by the limit's name.
    static func appendJSON(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        buffer.append(#"{"websocket":{"connections":"#)
        buffer.append(decimal: snapshot.connectionsActive)
        buffer.append(#","rooms":"#)
        buffer.append(decimal: snapshot.rooms)
        buffer.append(#","messages":"#)
        buffer.append(decimal: snapshot.messagesReceived)
        buffer.append(#","inflateRatioMax":"#)
        buffer.append(decimal: snapshot.inflateRatioHighest)
        buffer.append(#","trapsAvoided":"#)
        buffer.append(decimal: snapshot.trapsAvoided)
        buffer.append(#","closes":"#)
        appendObject(zip(CloseCodeLabel.labels, snapshot.closes), to: &buffer)
        buffer.append(#"},"limits":"#)
        appendObject(zip(LimitName.allCases.map(\.label), snapshot.limits), to: &buffer)
        buffer.append("}")
    }

    /// Names that need no escape, and their numbers.
    private static func appendObject(
        _ members: some Sequence<(String, Int)>, to buffer: inout ByteBuffer
    ) {
        var separator = "{"
        for (name, count) in members {
            buffer.append(utf8: "\(separator)\"\(name)\":\(count)")
            separator = ","
        }
        buffer.append("}")
    }
}

// Limits and closes as Prometheus reads them.
extension PrometheusText {
    static func appendLimits(_ snapshot: MetricsSnapshot, to buffer: inout ByteBuffer) {
        let limits = Metric(
            "limit_breaches_total", .counter, "Breaches of limits by the limit's name.", of: "")
        limits.appendHead(to: &buffer)
        for (limit, count) in zip(LimitName.allCases, snapshot.limits) {
            limits.appendSample(count, [("limit", limit.label)], to: &buffer)
        }
        let closes = Metric("closes_total", .counter, "Close frames sent by code.")
        closes.appendHead(to: &buffer)
        for (label, count) in zip(CloseCodeLabel.labels, snapshot.closes) {
            closes.appendSample(count, [("code", label)], to: &buffer)
        }
    }
}

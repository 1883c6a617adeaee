// What the event loops count of themselves.
extension PrometheusText {
    /// Appends failed accepts by cause, refused connections, late events, and how long turns took.
    static func append(
        _ tallies: [LoopTally], budget: ConnectionBudget?, to buffer: inout ByteBuffer
    ) {
        appendAccepts(tallies, to: &buffer)
        appendSum(
            Metric(loops: "connections_refused_total", .counter, "Connections beyond the limit."),
            tallies.map(\.refusedConnections), to: &buffer)
        appendSum(
            Metric(
                loops: "stale_events_total", .counter,
                "Events for connections that were gone already."),
            tallies.map(\.staleEvents), to: &buffer)
        appendSum(
            Metric(
                loops: "unserved_connections_total", .counter,
                "Connections whose bytes nothing would bring to the handler; always 0."),
            tallies.map(\.unservedConnections), to: &buffer)
        if let budget {
            let open = Metric(loops: "connections_open", .gauge, "Connections open now.")
            open.appendHead(to: &buffer)
            open.appendSample(budget.openCount, to: &buffer)
        }
        appendLag(tallies, to: &buffer)
    }

    private static func appendAccepts(_ tallies: [LoopTally], to buffer: inout ByteBuffer) {
        let errors = Metric(loops: "accept_errors_total", .counter, "Failed accepts by errno.")
        errors.appendHead(to: &buffer)
        for cause in AcceptErrorCause.allCases {
            let count = tallies.reduce(0) { $0 &+ $1.acceptErrors[cause.rawValue].count }
            errors.appendSample(count, [("errno", cause.label)], to: &buffer)
        }
    }

    private static func appendSum(
        _ metric: Metric, _ counts: [Int], to buffer: inout ByteBuffer
    ) {
        metric.appendHead(to: &buffer)
        metric.appendSample(counts.reduce(0, &+), to: &buffer)
    }

    private static func appendLag(_ tallies: [LoopTally], to buffer: inout ByteBuffer) {
        var totals = HistogramTotals(bounds: LoopTally.turnBounds)
        for tally in tallies {
            totals.add(
                HistogramTotals(
                    bounds: LoopTally.turnBounds, counts: tally.turns, sum: tally.turnSeconds))
        }
        let lag = Metric(
            loops: "loop_lag_seconds", .histogram,
            "How long turns of the loops took: the lag of what became ready meanwhile.")
        lag.appendHead(to: &buffer)
        lag.append(totals, [], to: &buffer)
    }
}

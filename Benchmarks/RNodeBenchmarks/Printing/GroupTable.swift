import BenchmarkReport
import RNodeApp

/// A group of benchmarks, as it is printed.
enum GroupTable {
    static func text(_ measurements: [Measurement]) -> String {
        measurements.first?.group == "event" ? events(measurements) : plain(measurements)
    }

    private static func plain(_ measurements: [Measurement]) -> String {
        var table = Table([
            measurements.first?.group ?? "", "for each", "instructions", "allocations", "ns", "±",
        ])
        for measured in measurements {
            table.add([
                measured.name, measured.unit, Figure.text(measured.instructions),
                Figure.text(measured.allocations), Figure.text(measured.nanoseconds?.median),
                Figure.percent(measured.nanoseconds?.share),
            ])
        }
        return table.text
    }

    /// Disabled and enabled beside each other.
    private static func events(_ measurements: [Measurement]) -> String {
        let byName = Dictionary(
            measurements.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var table = Table([
            "event", "off: instructions", "allocations", "ns", "±", "on: instructions",
            "allocations", "ns", "±",
        ])
        for event in WebSocketEvent.allCases {
            let off = byName[EventBenchmarks.name(event, .none)]
            let on = byName[EventBenchmarks.name(event, .all)]
            guard off != nil || on != nil else { continue }
            table.add([event.name] + cells(off) + cells(on))
        }
        return table.text
    }

    private static func cells(_ measured: Measurement?) -> [String] {
        [
            Figure.text(measured?.instructions), Figure.text(measured?.allocations),
            Figure.text(measured?.nanoseconds?.median),
            Figure.percent(measured?.nanoseconds?.share),
        ]
    }
}

/// The three configurations beside one another, as they are printed.
enum ConfigurationTable {
    static func text(_ costs: [ConfigurationCost]) -> String {
        guard let full = costs.first else { return "" }
        var table = Table([
            "one session of \(full.events) events", "run", "filtered",
            "event layer: instructions", "ns", "fewer", "whole session: instructions", "ns",
            "fewer", "layer's share",
        ])
        for cost in costs {
            table.add([
                cost.callbacks == 1 ? "1 callback" : "\(cost.callbacks) callbacks", "\(cost.ran)",
                "\(cost.filtered)",
                Figure.text(cost.layer.instructions),
                Figure.text(cost.layer.nanoseconds?.median),
                saved(cost.layerSaved(against: full), cost, full),
                Figure.text(cost.session.instructions),
                Figure.text(cost.session.nanoseconds?.median),
                saved(cost.sessionSaved(against: full), cost, full),
                Figure.percent(cost.layerShare),
            ])
        }
        return table.text
    }

    private static func saved(
        _ share: Double?, _ cost: ConfigurationCost, _ full: ConfigurationCost
    ) -> String {
        cost.name == full.name ? "" : Figure.percent(share)
    }
}

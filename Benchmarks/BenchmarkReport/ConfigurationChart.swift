/// The three configurations side by side, as a drawing that can be read in light and dark.
package struct ConfigurationChart: Sendable {
    private let configurations: [ConfigurationCost]
    private let measure: String

    /// A chart; nil when there is nothing to draw.
    package init?(_ configurations: [ConfigurationCost]) {
        guard let first = configurations.first,
            configurations.allSatisfy({ $0.layer.cost != nil && $0.session.cost != nil })
        else { return nil }
        self.configurations = configurations
        let isCounted = first.layer.instructions != nil && first.session.instructions != nil
        measure = isCounted ? "instructions" : "nanoseconds"
    }

    /// The file's text.
    package var document: String {
        var svg = SVG(
            width: 860, height: Self.height, title: Self.title, summary: summary,
            style: Self.style)
        svg.rectangle(x: 0, y: 0, width: 860, height: Double(Self.height), class: "page")
        svg.text(Self.title, x: 24, y: 36, size: 18, class: "name")
        let events = configurations[0].events
        svg.text(
            "one session, \(events) events, the same bytes; \(measure) for each event", x: 24,
            y: 58, size: 13, class: "quiet")
        draw("Event layer: gate, building, callback", at: 84, in: &svg) { $0.layer }
        draw(
            "Whole session: handshake, frames, control messages, rooms, answers",
            at: 84 + Double(Self.panelHeight), in: &svg
        ) { $0.session }
        return svg.document
    }

    private static let title = "The event filter: fourteen callbacks, three, one"
    private static let panelHeight = 148
    private static let height = 84 + 2 * panelHeight

    private func draw(
        _ heading: String, at top: Double, in svg: inout SVG,
        _ part: (ConfigurationCost) -> Measurement
    ) {
        svg.text(heading, x: 24, y: top + 14, size: 14, class: "name")
        let costs = configurations.map { perEvent(part($0), $0) }
        let most = costs.max() ?? 0
        svg.line(from: (170, top + 26), to: (170, top + 132), class: "axis")
        for (place, configuration) in configurations.enumerated() {
            let y = top + 30 + Double(place) * 34
            let width = most > 0 ? costs[place] / most * 440 : 0
            svg.text(Self.label(configuration), x: 160, y: y + 18, endsThere: true, class: "text")
            svg.rectangle(
                x: 170, y: y, width: max(width, 1), height: 26, radius: 3,
                class: place == 0 ? "full" : "less")
            svg.text(
                figure(costs, place), x: 170 + width + 10, y: y + 18, class: "text")
        }
    }

    private func perEvent(_ measured: Measurement, _ configuration: ConfigurationCost) -> Double {
        (measured.cost ?? 0) / Double(max(configuration.events, 1))
    }

    private func figure(_ costs: [Double], _ place: Int) -> String {
        let cost = Figure.text(costs[place])
        guard place > 0, costs[0] > 0 else { return cost }
        return "\(cost), \(Figure.percent(1 - costs[place] / costs[0])) fewer"
    }

    private static func label(_ configuration: ConfigurationCost) -> String {
        "\(configuration.callbacks) callback" + (configuration.callbacks == 1 ? "" : "s")
    }

    private var summary: String {
        configurations.map { configuration in
            let layer = Figure.text(perEvent(configuration.layer, configuration))
            let session = Figure.text(perEvent(configuration.session, configuration))
            return "With \(Self.label(configuration)) an event costs \(layer) \(measure) in the "
                + "event layer, and \(session) in the whole session."
        }.joined(separator: " ")
    }

    private static let style = """
            .page { fill: #ffffff }
            .name { fill: #1d2733; font-weight: 600 }
            .text { fill: #1d2733 }
            .quiet { fill: #566373 }
            .axis { stroke: #93a0b2 }
            .full { fill: #93a0b2 }
            .less { fill: #1f6fd1 }
            @media (prefers-color-scheme: dark) {
              .page { fill: #11161d }
              .name, .text { fill: #e6ebf2 }
              .quiet { fill: #9fb0c3 }
              .axis { stroke: #5a6c84 }
              .full { fill: #5a6c84 }
              .less { fill: #5b9df0 }
            }
        """
}

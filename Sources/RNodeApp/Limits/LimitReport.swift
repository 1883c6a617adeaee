internal import Logging
internal import RNodeIO

// What an app's limits are, for the line that is logged at its start.
extension AppConfiguration {
    /// Every limit by its name, as it is in effect: those of the app, and those of routes that have their own.
    func limitReport(_ memory: MemoryLimits, routes: [WebSocketRoute]) -> Logger.Metadata {
        var report: Logger.Metadata = [:]
        report.add("", reflecting: self, where: { Self.ownLimits.contains($0) })
        for (name, limits) in Self.groups(self, memory) {
            report.add(name + ".", reflecting: limits, where: { !Self.others.contains($0) })
        }
        report["origins"] = "\(origins.summary)"
        // What nil stands for.
        report["io.connectionsMax"] = "\(ConnectionBudget(limit: io.connectionsMax).limit)"
        for route in routes { route.addLimits(to: &report, unless: self) }
        return report
    }

    /// The memory limits that are off, each worth a warning.
    var memoryLimitsOff: [String] {
        var names: [String] = []
        if rooms.emptyRoomTimeToLive == nil { names.append("rooms.emptyRoomTimeToLive") }
        return names
    }

    /// The fields of the configuration itself that are limits.
    static let ownLimits: Set = [
        "loops", "handshakeTimeout", "bytesBeforeOpenMax", "blockedNoticesPerSecondMax",
        "connectionsPerAddressMax", "connectionAgeMax", "deflateContextBytesMax",
        "messageBytesPerTurnMax", "gatheredBytesMax", "lookUpsMax", "fileReadsMax",
        "fileReadsWaitingMax",
    ]

    /// Fields of those groups that limit nothing; one of them may hold a key.
    private static let others: Set = [
        "onDrain", "isReady", "isServed", "adminListener", "peerAddress",
    ]

    private static func groups(
        _ configuration: AppConfiguration, _ memory: MemoryLimits
    ) -> [(String, Any)] {
        [
            ("io", configuration.io), ("http", configuration.http),
            ("webSocket", configuration.webSocket), ("rooms", configuration.rooms),
            ("json", configuration.json), ("memory", memory),
            ("drain", configuration.drain), ("health", configuration.health),
            ("logs", configuration.logs),
        ]
    }
}

extension WebSocketRoute {
    /// Adds what of this route's limits is not the app's, and what it does with slow consumers and compression.
    fileprivate func addLimits(to report: inout Logger.Metadata, unless app: AppConfiguration) {
        var own: Logger.Metadata = [:]
        own.add("", reflecting: limits)
        var common: Logger.Metadata = [:]
        common.add("", reflecting: app.webSocket)
        for (name, value) in own where common[name] != value { report["\(path).\(name)"] = value }
        if let compression {
            report.add("\(path).compression.", reflecting: compression)
        } else {
            report["\(path).compression"] = "off"
        }
        report["\(path).slowConsumers"] = "\(slowConsumers.summary)"
        if origins != app.origins { report["\(path).origins"] = "\(origins.summary)" }
        let cap = outputHardCapBytes(app.io)
        if cap != app.io.outputHardCapBytes { report["\(path).outputHardCapBytes"] = "\(cap)" }
    }
}

extension Logger.Metadata {
    private static var nanoseconds: String { "Nanoseconds" }

    /// Adds the fields of a value, by their names; nil is `off`.
    fileprivate mutating func add(
        _ prefix: String, reflecting value: Any, where isWanted: (String) -> Bool = { _ in true }
    ) {
        for (label, field) in Mirror(reflecting: value).children {
            guard let label, isWanted(label) else { continue }
            let mirror = Mirror(reflecting: field)
            // Some are kept as a number beside the field that has the name.
            if label.hasSuffix(Self.nanoseconds), let count = field as? Int64 {
                let name = label.dropLast(Self.nanoseconds.count)
                self[prefix + name] = "\(Duration.nanoseconds(count))"
            } else if mirror.displayStyle == .optional {
                self[prefix + label] = mirror.children.first.map { "\($0.value)" } ?? "off"
            } else {
                self[prefix + label] = "\(field)"
            }
        }
    }
}

internal import FoundationEssentials

/// What an operator should know before the first client comes.
enum StartupWarnings {
    /// What is wrong with a process's environment.
    static func warnings(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String] {
        guard let value = environment["SWIFT_DETERMINISTIC_HASHING"], !value.isEmpty, value != "0"
        else { return [] }
        return [
            "SWIFT_DETERMINISTIC_HASHING is set: clients can choose keys that collide. Unset it."
        ]
    }
}

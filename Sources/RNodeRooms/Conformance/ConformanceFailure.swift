/// A rule of a seam that an implementation broke.
public struct ConformanceFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The protocol.
    public let seam: String
    /// The rule, as a sentence that should be true.
    public let rule: String
    /// What happened instead.
    public let observed: String

    /// The failure, in one line.
    public var description: String { "\(seam): \(rule); \(observed)" }

    static func require(
        _ condition: Bool, _ seam: String, _ rule: String, _ observed: @autoclosure () -> String
    ) throws(ConformanceFailure) {
        guard !condition else { return }
        throw ConformanceFailure(seam: seam, rule: rule, observed: observed())
    }
}

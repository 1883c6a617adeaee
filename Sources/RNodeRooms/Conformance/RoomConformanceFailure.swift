/// A rule of a seam that an implementation broke.
public struct RoomConformanceFailure: Error, Hashable, Sendable, CustomStringConvertible {
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
    ) throws(RoomConformanceFailure) {
        guard !condition else { return }
        throw RoomConformanceFailure(seam: seam, rule: rule, observed: observed())
    }
}

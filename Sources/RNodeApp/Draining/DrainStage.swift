/// How far an app is on its way down.
enum DrainStage: Int, Comparable, Sendable {
    case serving
    /// Readiness is withdrawn; everybody is still served.
    case announced
    /// Listeners are closed, and connections close.
    case closing

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

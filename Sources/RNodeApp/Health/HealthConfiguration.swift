public import RNodeIO

/// What an app tells its supervisor, and from when on a blocked loop is worth a word.
public struct HealthConfiguration: Sendable {
    /// Whether `GET /livez` and `GET /readyz` are served; a route of the user's own at such a path takes its place.
    public var isServed = true
    /// Where `/livez`, `/readyz` and `/metrics` are served instead of on the app's own listeners; nil for there.
    ///
    /// It has a loop of its own, so it answers when all the app's loops are blocked, and until the drain is over. It takes
    /// 256 connections at most, beside those of ``/RNodeIO/IOLimits/connectionsMax``; beyond: 503.
    public var adminListener: SocketAddress?
    /// A condition of the user's for `/readyz`, such as that a broker is connected. Asked for each request, on a loop: it
    /// must not block.
    public var isReady: @Sendable () -> Bool = { true }
    /// How long a turn of a loop may take until `/livez` says 503. 10 ms…1 h; default 1 s.
    public var stallTimeout = Duration.seconds(1)
    /// How long a turn of a loop may take until that is logged. 1 ms…1 h; default 250 ms.
    public var blockedLogThreshold = Duration.milliseconds(250)
    /// How long a turn of a loop may take until it is counted in `loop_blocked_total`. 1 ms…1 h; default 5 s.
    public var blockedCountThreshold = Duration.seconds(5)

    /// The defaults.
    public init() {}

    func validate() throws(AppError) {
        let hour = Duration.seconds(3_600)
        try AppError.check("health.stallTimeout", stallTimeout, .milliseconds(10)...hour)
        try AppError.check(
            "health.blockedLogThreshold", blockedLogThreshold, .milliseconds(1)...hour)
        try AppError.check(
            "health.blockedCountThreshold", blockedCountThreshold, .milliseconds(1)...hour)
    }
}

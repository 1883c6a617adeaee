/// How a server comes to its end, by ``App/shutdown()`` or by a signal to ``App/run(onStart:onReload:)``.
///
/// First `/readyz` says 503. After `preStopDelay` the listeners close, HTTP requests under way are answered with
/// `Connection: close`, idle connections are closed, and WebSocket connections get 1001, spread over a window so that
/// their clients don't come back all at once. What is left at the deadline is cut.
public struct DrainConfiguration: Sendable {
    /// How long connections are still accepted after `/readyz` has said 503. 0…10 min; default 0.
    ///
    /// 5 s behind a load balancer: so long it may take to notice.
    public var preStopDelay = Duration.zero
    /// The longest time over which the closes of WebSocket connections are spread. 0…10 min; default 10 s.
    public var closeWindowMax = Duration.seconds(10)
    /// What each connection adds to that time, up to its maximum. 0…1 s; default 1 ms.
    public var closeWindowPerConnection = Duration.milliseconds(1)
    /// How long a connection that has just been accepted may still take to send its first byte. 0…60 s; default 500 ms.
    public var firstRequestTimeout = Duration.milliseconds(500)
    /// How long the broker may take to send what it has. 0…60 s; default 2 s, and at most a quarter of the deadline.
    public var brokerTimeout = Duration.seconds(2)
    /// How long the drain waits for a loop that a callback blocks; then the other loops go on with the next step, and it follows
    /// when it is free. 0…60 s; default 1 s.
    public var blockedLoopTimeout = Duration.seconds(1)
    /// How long all of it may take, `preStopDelay` and the broker too. 0…1 h; default 25 s. Beyond: cut.
    ///
    /// Below what the supervisor waits before it kills: Kubernetes has 30 s.
    public var deadline = Duration.seconds(25)
    /// Called for each WebSocket connection right before its 1001, on its loop: the last chance to send it something,
    /// such as where to reconnect to. Must not block.
    public var onDrain: (@Sendable (borrowing WebSocketConnection) -> Void)?

    /// The defaults.
    public init() {}

    /// What connections have of the deadline.
    var connectionsTimeout: Duration { deadline - brokerTime }

    /// What the broker has of the deadline.
    var brokerTime: Duration { min(brokerTimeout, deadline / 4) }

    /// What the loops have to stop listening; who has not said by then that it has, is blocked.
    var listeningTimeout: Duration { min(preStopDelay + blockedLoopTimeout, connectionsTimeout) }

    /// What the loops have to say that their connections have closed, or were cut; the broker is left at least half of its time.
    var closingTimeout: Duration { connectionsTimeout + min(blockedLoopTimeout, brokerTime / 2) }

    /// The time over which so many closes are spread.
    func closeWindow(connections: Int) -> Duration {
        // Counted, so at most some millions: no product of these overflows.
        min(closeWindowMax, closeWindowPerConnection * max(connections, 0))
    }

    func validate() throws(AppError) {
        try AppError.check("drain.preStopDelay", preStopDelay, .zero ... .seconds(600))
        try AppError.check("drain.closeWindowMax", closeWindowMax, .zero ... .seconds(600))
        try AppError.check(
            "drain.closeWindowPerConnection", closeWindowPerConnection, .zero ... .seconds(1))
        try AppError.check("drain.firstRequestTimeout", firstRequestTimeout, .zero ... .seconds(60))
        try AppError.check("drain.brokerTimeout", brokerTimeout, .zero ... .seconds(60))
        try AppError.check("drain.blockedLoopTimeout", blockedLoopTimeout, .zero ... .seconds(60))
        try AppError.check("drain.deadline", deadline, .zero ... .seconds(3_600))
    }
}

/// What of its messages a connection may still have taken in this turn; the rest is left to the next one.
///
/// Messages and their bytes: what one means may be a thousand times what came of it.
struct TurnShare {
    /// Unsent bytes above which nothing more is taken.
    let softMark: Int
    private var stepsLeft: Int
    private var bytesLeft: Int

    /// The share of a connection whose turn begins, when its first message is taken: that one takes no step.
    init(_ limits: IOLimits, bytes: Int) {
        softMark = limits.outputSoftMarkBytes
        stepsLeft = limits.messagesPerTurnMax &- 1
        bytesLeft = bytes
    }

    /// Takes one more message or control frame; false when the share is used up.
    mutating func takeStep() -> Bool {
        guard stepsLeft > 0, bytesLeft > 0 else { return false }
        stepsLeft &-= 1
        return true
    }

    /// Takes a message's bytes.
    mutating func take(bytes count: Int) { bytesLeft &-= count }
}

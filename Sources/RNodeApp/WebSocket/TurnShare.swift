/// What of its messages a connection may still have taken in this turn; the rest is left to the next one.
///
/// Messages and their bytes: what one means may be a thousand times what came of it.
struct TurnShare {
    var messages: Int
    var bytes: Int

    var isSpent: Bool { messages <= 0 || bytes <= 0 }
}

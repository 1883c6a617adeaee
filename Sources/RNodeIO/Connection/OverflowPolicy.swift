/// What becomes of a message that finds the output of a slow receiver full.
///
/// Under any policy but ``refuse`` messages are kept apart, whole, as soon as the peer leaves something unread
/// of what was sent before; so whatever has not begun to be sent can still be dropped.
public enum OverflowPolicy: UInt8, Sendable, Hashable {
    /// It is refused, and the handler is told `overflowed`.
    case refuse
    /// It makes room: the messages that have waited longest are dropped.
    case dropOldest
    /// It is dropped itself.
    case dropNewest
    /// Of the messages that bear the same key only the newest waits; what does not fit for all that is refused.
    case conflate
}

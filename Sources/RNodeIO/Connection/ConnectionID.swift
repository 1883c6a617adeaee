/// Names one connection of one loop, also after it is gone.
///
/// The slot is used again by later connections, the pair of slot and generation is not: what arrives
/// late for a closed connection finds nobody instead of somebody else.
public struct ConnectionID: Hashable, Sendable {
    /// Both halves in one number: what a backend's token and a room's member location hold.
    public let rawValue: UInt64

    /// The place in the loop's table.
    public var slot: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
    /// Which tenant of the slot.
    public var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

    /// The connection at `slot`, in its `generation`.
    public init(slot: UInt32, generation: UInt32) {
        rawValue = UInt64(generation) << 32 | UInt64(slot)
    }

    /// The connection that ``rawValue`` came from.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

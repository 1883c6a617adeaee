/// Names one connection of one loop, also after it is gone.
///
/// The slot is used again by later connections, the pair of slot and generation is not: what arrives
/// late for a closed connection finds nobody instead of somebody else.
public struct ConnectionID: Hashable, Sendable {
    /// The place in the loop's table.
    public let slot: UInt32
    /// Which tenant of the slot.
    public let generation: UInt32

    /// The connection at `slot`, in its `generation`.
    public init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    /// Both halves in one number: what a backend's token and a room's member location hold.
    public var rawValue: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    /// The connection that ``rawValue`` came from.
    public init(rawValue: UInt64) {
        slot = UInt32(truncatingIfNeeded: rawValue)
        generation = UInt32(truncatingIfNeeded: rawValue >> 32)
    }
}

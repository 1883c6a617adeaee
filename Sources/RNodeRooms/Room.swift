internal import Synchronization

/// The shared record of one room on this node.
///
/// A loop that has members in a room keeps this object and reads it for each publication; the
/// registry is not asked. What changes by request (the metadata) lives in the registry instead.
///
/// Every member may be called from any thread.
public final class Room: Sendable {
    /// The room's identity.
    public let id: RoomID
    /// Its name; other rooms may bear the same one.
    public let name: String
    /// What it is for, if its maker said so.
    public let description: String?
    /// How many members it takes at once; nil is no limit.
    public let maxConnections: Int?
    /// When it was made, in milliseconds since 1970.
    public let createdAt: Int64

    private let exactLoops = Atomic<UInt64>(0)
    private let sharedLoops = Atomic<UInt64>(0)
    private let messages = Atomic<Int>(0)
    private let activity: Atomic<Int64>
    private let removed = Atomic<Bool>(false)

    /// The record of a room. The registry makes one for each room; tests may make their own.
    public init(
        id: RoomID, name: String, description: String? = nil, maxConnections: Int? = nil,
        createdAt: Int64
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.maxConnections = maxConnections
        self.createdAt = createdAt
        activity = Atomic(createdAt)
    }

    // MARK: - Loops

    /// Which loops have members here: bit n stands for every loop whose number is n modulo 64.
    public var loopMask: UInt64 {
        exactLoops.load(ordering: .acquiring) | sharedLoops.load(ordering: .acquiring)
    }

    /// Notes that `loop` now has a member here. A loop says so before the join is answered.
    public func loopEntered(_ loop: Int) {
        let bit = Self.bit(of: loop)
        if Self.sharesItsBit(loop) {
            sharedLoops.bitwiseOr(bit, ordering: .acquiringAndReleasing)
        } else {
            exactLoops.bitwiseOr(bit, ordering: .acquiringAndReleasing)
        }
    }

    /// Notes that `loop` has no member here any more.
    ///
    /// Loops 64 and above share their bits with others; theirs stay set, and such a loop may get a
    /// publication for which it has no member.
    public func loopLeft(_ loop: Int) {
        guard !Self.sharesItsBit(loop) else { return }
        exactLoops.bitwiseAnd(~Self.bit(of: loop), ordering: .acquiringAndReleasing)
    }

    private static func sharesItsBit(_ loop: Int) -> Bool { !(0..<64).contains(loop) }

    private static func bit(of loop: Int) -> UInt64 {
        1 << UInt64(truncatingIfNeeded: loop & 63)
    }

    // MARK: - Activity

    /// How many messages were published here.
    public var messagesCount: Int { messages.load(ordering: .relaxed) }

    /// When somebody last joined, left or spoke, in milliseconds since 1970; at first `createdAt`.
    public var lastActivity: Int64 { activity.load(ordering: .relaxed) }

    /// Counts `count` published messages, the last at `now` (milliseconds since 1970).
    public func published(_ count: Int = 1, at now: Int64) {
        messages.wrappingAdd(count, ordering: .relaxed)
        touched(at: now)
    }

    /// Notes activity at `now`; the latest instant wins, whatever the order of the calls.
    func touched(at now: Int64) {
        activity.max(now, ordering: .relaxed)
    }

    // MARK: - End

    /// Whether the room was removed: a publication finds nobody any more.
    public var isRemoved: Bool { removed.load(ordering: .acquiring) }

    func markRemoved() { removed.store(true, ordering: .releasing) }
}

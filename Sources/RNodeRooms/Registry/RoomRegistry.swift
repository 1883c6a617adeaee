internal import Synchronization

/// The one place that knows which rooms there are and who is in them.
///
/// Ask it to make and remove rooms, to join and leave, and to look up. Never ask it for a message:
/// loops keep `Room` objects for that. All answers are exact, whatever else is asked meanwhile:
/// of 200 members racing for 50 seats, 50 get one.
///
/// Joining has two steps, so that somebody can decide in between while the seat is already counted:
///
/// ```swift
/// let seat = try await registry.reserve(member, in: roomID)
/// if mayJoin(member) {
///     let admission = try await registry.confirm(seat)
/// } else {
///     await registry.release(seat)
/// }
/// ```
///
/// Whoever reserves must confirm or release, or report the member's end by `leaveAll`.
public actor RoomRegistry {
    /// What rooms may grow to.
    public nonisolated let limits: RoomLimits
    var ledger: RoomLedger
    let store: any RoomStore
    let identifiers: @Sendable () -> (UInt64, UInt64)
    let now: @Sendable () -> Int64
    private let executor: (any SerialExecutor)?
    private let home = Home()
    let roomsTotal = Atomic<Int>(0)
    let membershipsTotal = Atomic<Int>(0)
    /// The store's call under way for a room: one at a time, so that it ends up with the last word.
    var turns: [RoomID: Task<Result<Void, RoomError>, Never>] = [:]
    var restoring = 0
    var removedWhileRestoring: Set<RoomID> = []

    /// Lends its executor to a registry that was given none.
    private actor Home {}

    /// A registry without rooms; `restore()` brings back those that `store` remembers.
    ///
    /// - Parameters:
    ///   - limits: what rooms may grow to; `restore()` checks them.
    ///   - store: remembers rooms across restarts.
    ///   - executor: where the registry runs, such as a test's virtual loop; nil lets Swift choose.
    ///     The registry keeps it alive.
    ///   - identifiers: 128 random bits for each new room.
    ///   - now: the wall clock in milliseconds since 1970.
    public init(
        limits: RoomLimits = RoomLimits(),
        store: any RoomStore = InMemoryRoomStore(),
        executor: (any SerialExecutor)? = nil,
        identifiers: @escaping @Sendable () -> (UInt64, UInt64) = RoomRegistry.randomIdentifier,
        now: @escaping @Sendable () -> Int64
    ) {
        self.limits = limits
        ledger = RoomLedger(limits: limits)
        self.store = store
        self.executor = executor
        self.identifiers = identifiers
        self.now = now
    }

    /// 128 bits from the system's random source.
    public static let randomIdentifier: @Sendable () -> (UInt64, UInt64) = {
        var source = SystemRandomNumberGenerator()
        return (source.next(), source.next())
    }

    /// The executor given to `init`, or one of Swift's.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        // SAFETY: both are kept alive by properties of this actor that never change.
        unsafe executor?.asUnownedSerialExecutor() ?? home.unownedExecutor
    }

    /// How many rooms there are now; asked from anywhere without waiting.
    public nonisolated var roomsCount: Int { roomsTotal.load(ordering: .relaxed) }

    /// How many memberships there are now, over all rooms; asked from anywhere without waiting.
    public nonisolated var membershipsCount: Int { membershipsTotal.load(ordering: .relaxed) }

    /// Shows the counts to those who ask without waiting.
    func showCounts() {
        roomsTotal.store(ledger.rooms.count, ordering: .relaxed)
        membershipsTotal.store(ledger.membershipsCount, ordering: .relaxed)
    }
}

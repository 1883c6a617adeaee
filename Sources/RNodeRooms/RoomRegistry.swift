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
    private var ledger: RoomLedger
    private let store: any RoomStore
    private let identifiers: @Sendable () -> (UInt64, UInt64)
    private let now: @Sendable () -> Int64
    private let executor: (any SerialExecutor)?
    private let home = Home()
    private let roomsTotal = Atomic<Int>(0)
    /// The store's call under way for a room: one at a time, so that it ends up with the last word.
    private var turns: [RoomID: Task<Result<Void, RoomError>, Never>] = [:]
    private var restoring = 0
    private var removedWhileRestoring: Set<RoomID> = []

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
        unsafe executor?.asUnownedSerialExecutor() ?? home.unownedExecutor
    }

    /// How many rooms there are now; asked from anywhere without waiting.
    public nonisolated var roomsCount: Int { roomsTotal.load(ordering: .relaxed) }
}

// MARK: - Rooms

extension RoomRegistry {
    /// Makes a room.
    ///
    /// Nobody can see it before the store has it.
    ///
    /// - Returns: the room; its `id` is new, its name need not be.
    /// - Throws: `RoomError.validation` for a wrong field (`name`, `description`, `maxConnections`,
    ///   `metadata`), `tooManyRoomsInProcess`, or `server_error` when the store failed; then
    ///   nothing was made.
    @discardableResult
    public func createRoom(
        _ name: String, description: String? = nil, maxConnections: Int? = nil,
        metadata: [String: String] = [:]
    ) async throws(RoomError) -> Room {
        let draft = RoomDraft(
            name: name, description: description, maxConnections: maxConnections,
            metadata: metadata)
        let record = try ledger.beginCreation(draft, bits: identifiers, now: now())
        do {
            try await store.save(record)
        } catch {
            ledger.abandonCreation(record.id)
            throw .serverError(cause: "the room store could not save: \(error)")
        }
        guard let room = ledger.finishCreation(record) else {
            throw .serverError(cause: "a room's creation ended twice")
        }
        countRooms()
        return room
    }

    /// Removes a room, with its memberships and reserved seats.
    ///
    /// While the store forgets it nobody can join; if the store fails, the room stays as it was.
    ///
    /// - Returns: the members it had, who may be told.
    /// - Throws: `roomNotFound` (also to the second of two removals), or `server_error` when the
    ///   store failed.
    @discardableResult
    public func removeRoom(_ room: RoomID) async throws(RoomError) -> RoomRemoval {
        try ledger.beginRemoval(room)
        do throws(RoomError) {
            try await inTurn(room) { registry throws(RoomError) in
                try await registry.forget(room)
            }
        } catch {
            ledger.abandonRemoval(room)
            throw error
        }
        guard let removal = ledger.finishRemoval(room) else { throw .roomNotFound }
        if restoring > 0 { removedWhileRestoring.insert(room) }
        countRooms()
        return removal
    }

    /// Replaces a room's metadata.
    ///
    /// - Throws: `roomNotFound`, `RoomError.validation`, or `server_error` when the store failed;
    ///   then the old metadata stays.
    public func setRoomMetadata(
        _ room: RoomID, _ metadata: [String: String]
    ) async throws(RoomError) {
        try await inTurn(room) { registry throws(RoomError) in
            let record = try registry.ledger.record(of: room, metadata: metadata)
            try await registry.remember(record)
            registry.ledger.setMetadata(room, metadata)
        }
    }

    /// Removes rooms that were empty and idle for `RoomLimits.emptyRoomTimeToLive`.
    ///
    /// Call it now and then; without a time to live it does nothing.
    ///
    /// - Parameter now: milliseconds since 1970.
    /// - Returns: the rooms removed, and how many the store failed to forget: those stay, and are
    ///   tried again next time.
    @discardableResult
    public func expireEmptyRooms(now: Int64) async -> (removed: [Room], failed: Int) {
        var removed: [Room] = []
        var failed = 0
        for id in ledger.expired(now: now) where ledger.isExpired(id, now: now) {
            do throws(RoomError) {
                removed.append(try await removeRoom(id).room)
            } catch {
                failed += error == .roomNotFound ? 0 : 1
            }
        }
        return (removed, failed)
    }

    /// Checks the limits, and brings back the rooms that the store remembers, all or none.
    ///
    /// Call it once, at start. Rooms that are here already stay as they are.
    ///
    /// - Throws: `RoomError.validation` for a limit or a remembered room out of range,
    ///   `tooManyRoomsInProcess`, or `server_error` when the store failed.
    public func restore() async throws(RoomError) {
        try limits.validate()
        restoring += 1
        defer { endRestoring() }
        let records: [RoomRecord]
        do {
            records = try await store.loadAll()
        } catch {
            throw .serverError(cause: "the room store could not load: \(error)")
        }
        try ledger.adopt(records, except: removedWhileRestoring)
        countRooms()
    }

    private func endRestoring() {
        restoring -= 1
        if restoring == 0 { removedWhileRestoring = [] }
    }

    private func countRooms() {
        roomsTotal.store(ledger.rooms.count, ordering: .relaxed)
    }
}

// MARK: - The store's turns

extension RoomRegistry {
    /// Runs `operation` when no other one for the same room is under way.
    private func inTurn(
        _ room: RoomID,
        _ operation: @escaping @Sendable (isolated RoomRegistry) async throws(RoomError) -> Void
    ) async throws(RoomError) {
        while let running = turns[room] { _ = await running.value }
        let turn = Task { () -> Result<Void, RoomError> in
            // Cleared before anybody who waits is woken: none finds a turn that has ended.
            defer { turns[room] = nil }
            do throws(RoomError) {
                return .success(try await operation(self))
            } catch {
                return .failure(error)
            }
        }
        turns[room] = turn
        try await turn.value.get()
    }

    private func remember(_ record: RoomRecord) async throws(RoomError) {
        do {
            try await store.save(record)
        } catch {
            throw .serverError(cause: "the room store could not save: \(error)")
        }
    }

    private func forget(_ room: RoomID) async throws(RoomError) {
        do {
            try await store.remove(room)
        } catch {
            throw .serverError(cause: "the room store could not remove: \(error)")
        }
    }
}

// MARK: - Members

extension RoomRegistry {
    /// Keeps a seat in a room for `member`; it counts at once.
    ///
    /// - Throws: `clientNotFound` when the member is gone, `roomNotFound`, `alreadyInRoom`,
    ///   `tooManyRooms`, or `roomFull`.
    public func reserve(_ member: Member, in room: RoomID) throws(RoomError) -> Seat {
        try ledger.reserve(member, in: room)
    }

    /// Makes the holder of `seat` a member. Doing so again answers the same and changes nothing.
    ///
    /// - Parameter listingMembers: whether the answer should hold all members' client ids.
    /// - Throws: `roomNotFound` when the room was removed meanwhile, `clientNotFound` when the
    ///   member is gone, or `notAMember` when the seat was released.
    @discardableResult
    public func confirm(
        _ seat: Seat, listingMembers: Bool = false
    ) throws(RoomError) -> Admission {
        try ledger.confirm(seat, listingMembers: listingMembers, now: now())
    }

    /// Gives a reserved seat back.
    ///
    /// - Returns: whether there was one: a confirmed, released or dropped seat is left alone.
    @discardableResult
    public func release(_ seat: Seat) -> Bool {
        ledger.release(seat)
    }

    /// Ends a membership.
    ///
    /// - Throws: `roomNotFound`, or `notAMember` (a reserved seat is not a membership).
    @discardableResult
    public func leave(_ member: MemberID, room: RoomID) throws(RoomError) -> Departure {
        try ledger.leave(member, room: room, now: now())
    }

    /// Ends all memberships of a connection that closed, and drops its reserved seats.
    ///
    /// The member gets no seat any more, whatever is still under way for it.
    ///
    /// - Returns: the rooms it was in, in the order it joined; nothing the second time.
    @discardableResult
    public func leaveAll(_ member: Member) -> [Departure] {
        ledger.leaveAll(member, now: now())
    }
}

// MARK: - Questions

extension RoomRegistry {
    /// The shared record of a room, or nil when there is none (any more).
    public func room(_ id: RoomID) -> Room? {
        ledger.rooms[id]?.room
    }

    /// Whether a member is in a room; a reserved seat is not enough.
    public func isMember(_ member: MemberID, of room: RoomID) -> Bool {
        ledger.isMember(member, of: room)
    }

    /// The members of a room in the order they came; of an unknown room none.
    public func members(of room: RoomID) -> [Member] {
        ledger.rooms[room]?.membersInOrder ?? []
    }

    /// A room as it is now, or nil when there is none (any more).
    public func snapshot(of room: RoomID) -> RoomSnapshot? {
        ledger.snapshot(of: room)
    }

    /// All rooms in the order they were made.
    public func allRooms() -> [RoomSnapshot] {
        ledger.allRooms()
    }

    /// The rooms a member is in, in the order it joined: the last one is where it went last.
    public func rooms(of member: MemberID) -> [RoomSnapshot] {
        ledger.rooms(of: member)
    }

    /// The ids of the rooms a member is in, in the order it joined.
    public func roomIDs(of member: MemberID) -> [RoomID] {
        ledger.members[member]?.rooms ?? []
    }
}

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
        do throws(RoomError) {
            try await remember(record)
        } catch {
            ledger.abandonCreation(record.id)
            throw error
        }
        guard let room = ledger.finishCreation(record) else {
            throw .serverError(cause: "a room's creation ended twice")
        }
        showCounts()
        return room
    }

    /// Removes a room, with its memberships and reserved seats.
    ///
    /// While the store forgets it nobody can join; if the store fails, the room stays as it was.
    /// What else waits for the store meanwhile goes on with the room as it is then.
    ///
    /// - Returns: the members it had, who may be told.
    /// - Throws: `roomNotFound` (also to the second of two removals), or `server_error` when the
    ///   store failed.
    @discardableResult
    public func removeRoom(_ room: RoomID) async throws(RoomError) -> RoomRemoval {
        try await remove(room) { ledger throws(RoomError) in try ledger.beginRemoval(room) }
    }

    /// Removes a room if it `begins`, when it is its turn.
    private func remove(
        _ room: RoomID, begins: (inout RoomLedger) throws(RoomError) -> Void
    ) async throws(RoomError) -> RoomRemoval {
        // Closed and opened within the turn, and never seen closed by another that the store has yet to hear of.
        try await inTurn(room, begins: begins) { registry throws(RoomError) in
            do throws(RoomError) {
                try await registry.forget(room)
            } catch {
                registry.ledger.abandonRemoval(room)
                throw error
            }
        }
        guard let removal = ledger.finishRemoval(room) else { throw .roomNotFound }
        if restoring > 0 { removedWhileRestoring.insert(room) }
        showCounts()
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
        for id in ledger.expired(now: now) {
            do throws(RoomError) {
                let removal = try await remove(id) { ledger throws(RoomError) in
                    // Somebody may have come in the meantime.
                    guard ledger.isExpired(id, now: now) else { throw .roomNotFound }
                    try ledger.beginRemoval(id)
                }
                removed.append(removal.room)
            } catch {
                failed += error == .roomNotFound ? 0 : 1
            }
        }
        return (removed, failed)
    }
}

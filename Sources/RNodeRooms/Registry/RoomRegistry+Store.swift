extension RoomRegistry {
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
        showCounts()
    }

    private func endRestoring() {
        restoring -= 1
        if restoring == 0 { removedWhileRestoring = [] }
    }
}

// MARK: - Turns

extension RoomRegistry {
    /// Runs `operation` when no other one for the same room is under way.
    ///
    /// `begins` is called first, in the moment the turn is taken: what it finds and changes is so when the operation
    /// starts. If it throws, no turn is taken.
    func inTurn(
        _ room: RoomID, begins: (inout RoomLedger) throws(RoomError) -> Void = { _ in },
        _ operation: @escaping @Sendable (isolated RoomRegistry) async throws(RoomError) -> Void
    ) async throws(RoomError) {
        while let running = turns[room] { _ = await running.value }
        try begins(&ledger)
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

    func remember(_ record: RoomRecord) async throws(RoomError) {
        do {
            try await store.save(record)
        } catch {
            throw .serverError(cause: "the room store could not save: \(error)")
        }
    }

    func forget(_ room: RoomID) async throws(RoomError) {
        do {
            try await store.remove(room)
        } catch {
            throw .serverError(cause: "the room store could not remove: \(error)")
        }
    }
}

/// The hot state of a loop: its connections, timers and buffers, changed by its thread only.
///
/// No method here calls the handler: user code never runs inside a change of this value.
@usableFromInline
struct LoopCore: ~Copyable {
    let backend: any EventLoopBackend
    let limits: IOLimits
    let budget: ConnectionBudget
    var connections = SlotTable<Connection>()
    var openCount = 0
    /// How many of those are refused ones.
    var refusedCount = 0
    @usableFromInline
    var now: MonotonicInstant
    var pool = BufferPool<64>(firstCapacity: 4_096)
    var backlogs = BacklogPool()
    var wheel: TimerWheel
    /// Bytes that wait to be sent on all connections, as of each one's last turn.
    var unsentBytes = 0
    /// Connections whose handler left bytes for the next turn.
    var yielded: [ConnectionID] = []
    /// Slots to settle when the turn ends, each once.
    var touched = SlotList()
    private var freeSlots: [UInt32] = []
    private var generations: [UInt32] = []
    private var wallClock: Int64?
    /// What the peers of connections that are behind take, by slot, where their transports can tell.
    private var drains: [UInt32: Drain] = [:]

    init(backend: any EventLoopBackend, limits: IOLimits, budget: ConnectionBudget) {
        self.backend = backend
        self.limits = limits
        self.budget = budget
        now = backend.now
        wheel = TimerWheel(now: backend.now)
    }

    /// Milliseconds since 1970, read at most once a turn.
    var wallClockMilliseconds: Int64 {
        mutating get {
            if let wallClock { return wallClock }
            let fresh = backend.wallClockMilliseconds
            wallClock = fresh
            return fresh
        }
    }

    /// Begins a turn at `now`.
    mutating func begin(at now: MonotonicInstant) {
        self.now = now
        wallClock = nil
    }

    // MARK: - Slots

    /// The connection that an id names, unless it is gone.
    func find(_ id: ConnectionID) -> UnsafeMutablePointer<Connection>? {
        // SAFETY: the slot table gives addresses of values that are there; they stay put until `free`, which runs
        // between two events and never while a connection is lent. Loop's thread only.
        guard let connection = unsafe find(slot: id.slot), unsafe connection.pointee.id == id
        else { return nil }
        return unsafe connection
    }

    /// The connection in a slot.
    func find(slot: UInt32) -> UnsafeMutablePointer<Connection>? {
        // SAFETY: as above; nil for an empty slot, and for one that never was.
        unsafe connections.pointer(at: slot)
    }

    /// Puts a stream into a free slot and has it watched; closes it when it can't be.
    mutating func insert(
        _ accepted: any Transport, state: ConnectionState = []
    ) -> ConnectionID? {
        let transport = backend.adopt(accepted)
        let slot = freeSlots.popLast() ?? newSlot()
        let id = ConnectionID(slot: slot, generation: generations[Int(slot)])
        do throws(IOError) {
            try backend.add(transport.descriptor, interest: .readable, token: id.rawValue)
        } catch {
            freeSlots.append(slot)
            transport.close(abort: true)
            return nil
        }
        var connection = Connection(
            transport, id: id, outputHardCapBytes: limits.outputHardCapBytes)
        connection.state = state
        connections.put(connection, at: slot)
        openCount &+= 1
        if state.contains(.refused) { refusedCount &+= 1 }
        return id
    }

    private mutating func newSlot() -> UInt32 {
        generations.append(1)
        return UInt32(truncatingIfNeeded: generations.count &- 1)
    }

    /// Frees a connection's slot, closes its stream, and forgets its timer.
    mutating func free(_ id: ConnectionID, abort: Bool) {
        guard let connection = connections.take(at: id.slot) else { return }
        wheel.cancel(connection.timer)
        if connection.state.contains(.behind) { drains[connection.id.slot] = nil }
        unsentBytes &-= connection.accountedBytes
        if !connection.state.contains(.hungUp) {
            backend.remove(connection.transport.descriptor)
        }
        connection.transport.close(abort: abort)
        generations[Int(id.slot)] &+= 1
        freeSlots.append(id.slot)
        openCount &-= 1
        if connection.state.contains(.refused) {
            refusedCount &-= 1
        } else {
            budget.leave()
        }
    }

    /// The ids of all connections that the handler has not been told to forget.
    func openConnections(unknownToo: Bool = false) -> [ConnectionID] {
        var ids: [ConnectionID] = []
        for slot in generations.indices {
            let id = connections.borrow(at: UInt32(truncatingIfNeeded: slot)) { connection in
                let isKnown = connection.state.isDisjoint(with: .unknown)
                return isKnown || unknownToo ? connection.id : nil
            }
            if case let id?? = id { ids.append(id) }
        }
        return ids
    }

    /// The memory of all backlogs.
    var backlogBytes: Int {
        generations.indices.reduce(0) { sum, slot in
            let bytes = connections.borrow(at: UInt32(truncatingIfNeeded: slot)) { connection in
                connection.backlog?.borrow { $0.capacity } ?? 0
            }
            return sum &+ (bytes ?? 0)
        }
    }

    // MARK: - One connection

    /// Notes that a connection has to be settled when the turn ends.
    @inline(__always)
    mutating func touch(_ connection: inout Connection) {
        guard !connection.state.contains(.touched) else { return }
        connection.state.insert(.touched)
        touched.append(connection.id.slot)
    }

    /// Moves a connection's deadline. A later one costs nothing: the wheel's entry is moved when it is due.
    mutating func setDeadline(_ deadline: MonotonicInstant, of connection: inout Connection) {
        connection.deadline = deadline
        arm(at: deadline, &connection)
    }

    /// Sees to it that a connection is looked at when `deadline` has come.
    private mutating func arm(at deadline: MonotonicInstant, _ connection: inout Connection) {
        guard deadline < connection.timerDeadline else { return }
        wheel.cancel(connection.timer)
        connection.timer = wheel.schedule(at: deadline, token: connection.id.rawValue)
        connection.timerDeadline = deadline
    }

    /// Whether a connection's deadline has really come; if it was moved, its timer follows.
    mutating func isDue(_ connection: inout Connection) -> Bool {
        connection.timer = .none
        connection.timerDeadline = .distantFuture
        if connection.state.contains(.behind), takesSome(after: 0, connection) {
            expectProgress(&connection)
        } else if connection.stallDeadline <= now {
            stalled(&connection)
            return false
        } else {
            arm(at: nextLook(at: connection), &connection)
        }
        guard connection.deadline <= now else {
            arm(at: connection.deadline, &connection)
            return false
        }
        connection.deadline = .distantFuture
        return true
    }

    /// A peer has taken nothing for too long: the handler is told, as of an output that is full; whom it was told of
    /// before, or who is closing already, is cut.
    private mutating func stalled(_ connection: inout Connection) {
        touch(&connection)
        let isOver = !connection.state.isDisjoint(with: [.deaf, .sealed, .overflowTold])
        connection.state.insert(isOver ? .aborted : [.overflowed, .stalled])
        connection.fallBehind(until: now.advanced(by: limits.outputStallTimeout))
        arm(at: min(nextLook(at: connection), connection.deadline), &connection)
    }

    /// Notes that a send took `sent` bytes: whoever takes nothing of what waits for it is a slow receiver, and told so in
    /// the end.
    @inline(__always)
    mutating func noteProgress(_ sent: Int, _ connection: inout Connection) {
        if !connection.output.isEmpty {
            noteSlow(after: sent, &connection)
        } else if connection.state.contains(.behind) {
            drains[connection.id.slot] = nil
            connection.catchUp()
        }
    }

    @inline(never)
    private mutating func noteSlow(after sent: Int, _ connection: inout Connection) {
        if connection.state.contains(.behind) {
            if sent > 0, takesSome(after: sent, connection) { expectProgress(&connection) }
        } else {
            if let count = connection.transport.untakenCount {
                drains[connection.id.slot] = Drain(untaken: count)
            }
            expectProgress(&connection)
        }
    }

    /// Whether the peer of a connection that is behind takes what it is sent, which was `sent` more since this was last asked.
    /// Where the transport can't tell, taking them from us counts as that.
    private mutating func takesSome(after sent: Int, _ connection: borrowing Connection) -> Bool {
        guard let count = connection.transport.untakenCount else { return sent > 0 }
        return drains[connection.id.slot]?.note(count, after: sent) ?? (sent > 0)
    }

    private mutating func expectProgress(_ connection: inout Connection) {
        connection.fallBehind(until: now.advanced(by: limits.outputStallTimeout))
        arm(at: nextLook(at: connection), &connection)
    }

    /// When to look next whether a connection's peer takes what it is sent: it may take less than makes its socket writable.
    private func nextLook(at connection: borrowing Connection) -> MonotonicInstant {
        guard connection.state.contains(.behind), drains[connection.id.slot] != nil else {
            return connection.stallDeadline
        }
        return min(connection.stallDeadline, now.advanced(by: Drain.interval))
    }

    // MARK: - Interest

    /// Tells the backend what the connection waits for, if that has changed.
    mutating func updateInterest(of connection: inout Connection) {
        var wanted: Readiness = connection.output.isEmpty ? [] : .writable
        // Who lingers is read to its end; who is closing has nothing more to say.
        let lingers = connection.state.contains(.lingering)
        let isDeaf =
            !lingers
            && !connection.state.isDisjoint(with: [.congested, .inputFinished, .closing])
        // A pause is told to the backend only when bytes arrive all the same.
        let keepsReadable =
            lingers || connection.interest.contains(.readable) || !isPaused(connection)
        if !isDeaf, keepsReadable { wanted.insert(.readable) }
        setInterest(wanted, of: &connection)
    }

    /// Has nothing more told of a connection whose peer has hung up: the backend would tell that for ever.
    mutating func unwatch(_ connection: inout Connection) {
        backend.remove(connection.transport.descriptor)
        connection.state.insert(.hungUp)
    }

    /// Whether the handler is not to be given bytes now.
    func isPaused(_ connection: borrowing Connection) -> Bool {
        connection.state.contains(.paused) || connection.backlog != nil
    }

    /// Whether nothing will ever bring a connection's bytes to the handler, who wants them: what it left is in no list, or
    /// the backend was not asked for more. Asked when a turn has ended; it must never be so.
    func isForgotten(_ connection: borrowing Connection) -> Bool {
        let state = connection.state
        let waits: ConnectionState = [.touched, .paused, .congested, .yielded]
        guard state.isDisjoint(with: waits), state.isDisjoint(with: .deaf) else { return false }
        if connection.backlog != nil { return true }
        return state.isDisjoint(with: [.inputFinished, .hungUp])
            && !connection.interest.contains(.readable)
    }

    /// Tells the backend what the connection waits for, if that has changed.
    mutating func setInterest(_ wanted: Readiness, of connection: inout Connection) {
        guard wanted != connection.interest, !connection.state.contains(.hungUp) else { return }
        do throws(IOError) {
            try backend.modify(
                connection.transport.descriptor, interest: wanted, token: connection.id.rawValue)
            connection.interest = wanted
        } catch {
            connection.state.insert(.aborted)
            touch(&connection)
        }
    }
}

internal import Synchronization

// @unchecked: all state but `mailbox`, `owner` and `isStopped` (which are Sendable) is confined to the thread
// that runs the loop; `isOnLoop` tells which one that is.
/// An event loop: one thread, one backend, the connections it accepted, and one handler for all of them.
///
/// Everything a loop owns is touched by its own thread only. From elsewhere, use ``post(_:)`` or run a task
/// with the loop as its executor preference.
@safe
public final class EventLoop: @unchecked Sendable {
    /// The loop's number in its group, from 0.
    public let index: Int
    /// What the loop allows.
    public let limits: IOLimits

    let mailbox: Mailbox
    /// The thread that runs the loop right now, 0 when none does.
    let owner = Atomic<UInt>(0)
    private let isStopped = Atomic(false)
    /// When the turn at hand began, in nanoseconds; the greatest number between two turns.
    private let turnBegan = Atomic(Int64.max)

    private let backend: any EventLoopBackend
    private var handler: (any LoopHandler)?
    // SAFETY: allocated by `init`, freed by `deinit`; used on the loop's thread only.
    let core: UnsafeMutablePointer<LoopCore>
    private let receiveBuffer: ReceiveBuffer
    private var listeners: [ListenerSlot] = []
    private var events: [BackendEvent] = []
    private var due: [UInt64] = []
    var localJobs: [UnownedJob] = []
    private var scheduled: [UInt64: Scheduled] = [:]
    private var nextScheduled: UInt64 = 0

    private struct ListenerSlot {
        let listener: any Listener
        /// Where the listener's connections go; this loop when empty.
        let handsOffTo: [EventLoop]
        /// Whose turn it is among those.
        var next = 0
        /// False while it rests because descriptors ran out.
        var isWatched: Bool
        var isOpen = true
    }

    private struct Scheduled {
        let timer: TimerID
        let body: () -> Void
    }

    /// A loop over `backend`; throws when a limit is out of its range.
    public init(
        backend: any EventLoopBackend, limits: IOLimits = IOLimits(), index: Int = 0
    ) throws(IOLimitsError) {
        try limits.validate()
        self.backend = backend
        self.limits = limits
        self.index = index
        mailbox = Mailbox(waker: backend.waker, droppableMax: limits.mailboxItemsMax)
        unsafe core = .allocate(capacity: 1)
        unsafe core.initialize(to: LoopCore(backend: backend, limits: limits))
        receiveBuffer = ReceiveBuffer(count: limits.receiveBufferBytes)
    }

    deinit {
        unsafe core.deinitialize(count: 1)
        unsafe core.deallocate()
    }

    // MARK: - Running

    /// Gives the loop its handler. Once, before the first turn.
    public func setHandler(_ handler: any LoopHandler) {
        self.handler = handler
    }

    /// Runs turns on the calling thread until ``stop()``; then cuts what is still open.
    public func run() {
        while !isStopped.load(ordering: .acquiring) {
            turn()
        }
        end()
    }

    /// Ends a loop whose turns the caller runs: cuts what is still open. ``run()`` does so by itself.
    public func end() {
        enter()
        shutDown()
        leave()
    }

    /// Makes ``run()`` return after the turn at hand. From any thread.
    public func stop() {
        isStopped.store(true, ordering: .releasing)
        post { _ in }
    }

    /// One turn: wait, take the mailbox, serve what is ready and due, let publications out, send.
    ///
    /// Waits for the next event or deadline, unless `waits` is false.
    public func turn(waits: Bool = true) {
        let polls = !waits || hasWork
        let deadline =
            polls ? MonotonicInstant(nanoseconds: .min) : nextDeadline
        let now = backend.wait(until: deadline, into: &events)
        enter()
        turnBegan.store(now.nanoseconds, ordering: .relaxed)
        unsafe core.pointee.begin(at: now)
        takeMail()
        serveEvents()
        serveTimers()
        runLocalJobs()
        handler?.turnEnded(on: self)
        settleTouched()
        handler?.turnServed(inNanoseconds: now.nanoseconds(until: backend.now), on: self)
        turnBegan.store(.max, ordering: .relaxed)
        leave()
    }

    /// When the turn at hand began; nil while the loop waits. From any thread.
    ///
    /// A turn that began long ago is one that a callback blocks.
    public var turnBeganAt: MonotonicInstant? {
        let nanoseconds = turnBegan.load(ordering: .relaxed)
        return nanoseconds == .max ? nil : MonotonicInstant(nanoseconds: nanoseconds)
    }

    /// Whether the next turn has something to do before it waits. By whoever runs the turns.
    public var hasWork: Bool { !localJobs.isEmpty || !mailbox.isEmpty }

    /// When the next timer may be due; nil without one. By whoever runs the turns.
    public var nextDeadline: MonotonicInstant? { unsafe core.pointee.wheel.nextDeadline }

    /// Whether the calling code runs on this loop's thread, inside a turn.
    public var isOnLoop: Bool {
        owner.load(ordering: .relaxed) == currentThreadID()
    }

    private func enter() {
        owner.store(currentThreadID(), ordering: .relaxed)
    }

    private func leave() {
        owner.store(0, ordering: .relaxed)
    }

    // MARK: - From other threads

    /// Has `work` run on the loop's thread. From any thread; refused, by false, only when the loop has ended.
    @discardableResult
    public func post(_ work: @escaping @Sendable (EventLoop) -> Void) -> Bool {
        mailbox.post(droppable: false, work)
    }

    /// Has `work` run on the loop's thread, unless too much waits there already. From any thread.
    ///
    /// Returns whether it was taken; the limit is ``IOLimits/mailboxItemsMax``.
    public func postDroppable(_ work: @escaping @Sendable (EventLoop) -> Void) -> Bool {
        mailbox.post(droppable: true, work)
    }

    private func takeMail() {
        if !mailbox.isEmpty { take(mailbox.takeAll()) }
    }

    private func take(_ items: Mailbox.Items) {
        for work in items.work { work(self) }
        localJobs.append(contentsOf: items.jobs)
        runLocalJobs()
    }

    // MARK: - Time

    /// The moment the turn began.
    public var now: MonotonicInstant { unsafe core.pointee.now }

    /// Milliseconds since 1970, at the moment the turn began.
    public var wallClockMilliseconds: Int64 { unsafe core.pointee.wallClockMilliseconds }

    /// Has `body` run on the loop once `deadline` has come. On the loop's thread only.
    public func schedule(at deadline: MonotonicInstant, _ body: @escaping () -> Void) {
        nextScheduled &+= 1
        // No connection has all bits of its slot set: these are the tokens of scheduled work.
        let token = nextScheduled << 32 | Self.reservedSlot
        let timer = unsafe core.pointee.wheel.schedule(at: deadline, token: token)
        scheduled[token] = Scheduled(timer: timer, body: body)
    }

    private static var reservedSlot: UInt64 { 0xFFFF_FFFF }
    private static var firstListenerSlot: UInt64 { 0xFFFF_0000 }

    private func serveTimers() {
        due.removeAll(keepingCapacity: true)
        unsafe core.pointee.wheel.advance(to: core.pointee.now, into: &due)
        for token in due {
            if token & Self.reservedSlot == Self.reservedSlot {
                scheduled.removeValue(forKey: token)?.body()
            } else {
                timedOut(ConnectionID(rawValue: token))
            }
        }
    }

    private func timedOut(_ id: ConnectionID) {
        guard let connection = unsafe find(id), unsafe core.pointee.isDue(&connection.pointee)
        else { return }
        if unsafe connection.pointee.state.contains(.lingering) {
            unsafe connection.pointee.state.insert(.aborted)
            unsafe core.pointee.touch(&connection.pointee)
        } else {
            var context = unsafe ConnectionContext(connection, core: core)
            handler?.timedOut(&context)
        }
    }

    // MARK: - Listening

    /// Accepts connections from `listener`, which the loop owns from now on. On the loop's thread, or before it runs.
    ///
    /// With `handsOffTo` each connection goes to the next of those loops in turn: for a listener of which there
    /// can be only one, such as a Unix path.
    public func listen(
        on listener: any Listener, handsOffTo loops: [EventLoop] = []
    ) throws(IOError) {
        let token = Self.firstListenerSlot &+ UInt64(listeners.count)
        try backend.add(listener.descriptor, interest: .readable, token: token)
        listeners.append(
            ListenerSlot(listener: listener, handsOffTo: loops, isWatched: true))
    }

    /// Gives an accepted stream to the loop whose turn it is.
    private func place(
        _ transport: any Transport, from remote: SocketAddress, by position: Int
    ) {
        let loops = listeners[position].handsOffTo
        guard !loops.isEmpty else { return take(transport, from: remote) }
        let chosen = loops[listeners[position].next % loops.count]
        listeners[position].next = (listeners[position].next + 1) % loops.count
        guard chosen !== self else { return take(transport, from: remote) }
        let stream = HandedOff(transport: transport)
        let isPosted = chosen.post { $0.take(stream.transport, from: remote) }
        if !isPosted { transport.close(abort: true) }
    }

    /// A stream on its way to another loop.
    //
    // @unchecked: the giving loop keeps no reference; the taking one is the only user from here on.
    private struct HandedOff: @unchecked Sendable {
        let transport: any Transport
    }

    /// Stops accepting, and closes the listeners. On the loop's thread only.
    ///
    /// Who waits in a listener's queue is accepted first: closing it would reset them.
    public func stopListening() {
        for position in listeners.indices where listeners[position].isOpen {
            acceptWaiting(from: position)
        }
        closeListeners()
    }

    private func acceptWaiting(from position: Int) {
        let listener = listeners[position].listener
        // No queue is longer; who comes after so many came too late.
        for _ in 0..<65_536 where unsafe core.pointee.openCount < limits.connectionsMax {
            switch listener.accept() {
            case .accepted(let transport, let remote):
                place(transport, from: remote, by: position)
            case .retry: continue
            case .wouldBlock, .exhausted, .failed: return
            }
        }
    }

    private func closeListeners() {
        for position in listeners.indices where listeners[position].isOpen {
            if listeners[position].isWatched {
                backend.remove(listeners[position].listener.descriptor)
            }
            listeners[position].listener.close()
            listeners[position].isOpen = false
            listeners[position].isWatched = false
        }
    }

    private func accept(from position: Int) {
        guard listeners.indices.contains(position), listeners[position].isWatched else { return }
        let listener = listeners[position].listener
        for _ in 0..<limits.acceptsPerTurnMax {
            guard unsafe core.pointee.openCount < limits.connectionsMax else {
                return rest(position)
            }
            switch listener.accept() {
            case .accepted(let transport, let remote):
                place(transport, from: remote, by: position)
            case .retry: continue
            case .wouldBlock: return
            case .exhausted, .failed: return rest(position)
            }
        }
    }

    /// Leaves a listener alone for a while: asking again at once would spin.
    private func rest(_ position: Int) {
        let listener = listeners[position].listener
        backend.remove(listener.descriptor)
        listeners[position].isWatched = false
        schedule(at: now.advanced(by: limits.acceptBackOff)) { [self] in
            guard listeners[position].isOpen else { return }
            let token = Self.firstListenerSlot &+ UInt64(position)
            do throws(IOError) {
                try backend.add(listener.descriptor, interest: .readable, token: token)
                listeners[position].isWatched = true
            } catch {
                rest(position)
            }
        }
    }

    /// Makes a connection of a stream that came from elsewhere (a listener that hands off). On the loop's thread only.
    public func take(_ transport: any Transport, from remote: SocketAddress) {
        guard let id = unsafe core.pointee.insert(transport), let connection = unsafe find(id)
        else { return }
        var context = unsafe ConnectionContext(connection, core: core)
        handler?.accepted(&context, remote: remote)
    }

    // MARK: - Serving

    private func serveEvents() {
        // By position, and over a copy of nothing: handlers can't reach `events`.
        for position in events.indices {
            let event = events[position]
            let slot = event.token & Self.reservedSlot
            if slot >= Self.firstListenerSlot {
                accept(from: Int(truncatingIfNeeded: slot &- Self.firstListenerSlot))
            } else {
                serve(event)
            }
        }
    }

    private func serve(_ event: BackendEvent) {
        guard let connection = unsafe find(ConnectionID(rawValue: event.token)) else { return }
        if event.readiness.contains(.writable) {
            unsafe core.pointee.touch(&connection.pointee)
        }
        if event.readiness.contains(.readable) {
            unsafe readable(connection)
        } else if event.readiness.contains(.failed) {
            unsafe connection.pointee.state.insert(.aborted)
            unsafe core.pointee.touch(&connection.pointee)
        }
    }

    private func readable(_ connection: UnsafeMutablePointer<Connection>) {
        let state = unsafe connection.pointee.state
        if state.contains(.lingering) { return unsafe discard(connection) }
        guard state.isDisjoint(with: .deaf) else { return }
        if unsafe core.pointee.isPaused(connection.pointee) {
            var interest = unsafe connection.pointee.interest
            interest.remove(.readable)
            return unsafe core.pointee.setInterest(interest, of: &connection.pointee)
        }
        let transport = unsafe connection.pointee.transport
        switch receiveBuffer.withSpan({ transport.receive(into: &$0) }) {
        case .bytes(let count): unsafe received(count, on: connection)
        case .wouldBlock: return
        case .finished: unsafe finished(connection)
        case .failed(let error): unsafe failed(connection, error)
        }
    }

    private func received(_ count: Int, on connection: UnsafeMutablePointer<Connection>) {
        guard let handler else { return }
        var context = unsafe ConnectionContext(connection, core: core)
        receiveBuffer.withSpan(first: count) { bytes in
            let taken = handler.received(&bytes, on: &context)
            guard taken < bytes.count, !context.isClosing else { return }
            unsafe connection.pointee.backlog = Owned(
                ByteBuffer(copying: bytes.span.extracting(max(taken, 0)...)))
        }
    }

    private func finished(_ connection: UnsafeMutablePointer<Connection>) {
        unsafe connection.pointee.state.insert(.inputFinished)
        var context = unsafe ConnectionContext(connection, core: core)
        handler?.finished(&context)
    }

    private func failed(_ connection: UnsafeMutablePointer<Connection>, _ error: IOError) {
        unsafe core.pointee.touch(&connection.pointee)
        unsafe connection.pointee.state.insert(.aborted)
        unsafe connection.pointee.failureCode = error.code
    }

    /// Reads on what a lingering peer still sends, so that closing does not reset what was sent to it.
    private func discard(_ connection: UnsafeMutablePointer<Connection>) {
        let transport = unsafe connection.pointee.transport
        switch receiveBuffer.withSpan({ transport.receive(into: &$0) }) {
        case .bytes, .wouldBlock: return
        case .finished, .failed:
            unsafe connection.pointee.state.insert(.aborted)
            unsafe core.pointee.touch(&connection.pointee)
        }
    }

    // MARK: - Other connections of this loop

    /// Lends a connection; nil when it is gone or closing. On the loop's thread only.
    public func withConnection<Result>(
        _ id: ConnectionID, _ body: (inout ConnectionContext) -> Result
    ) -> Result? {
        guard let connection = unsafe find(id),
            unsafe !connection.pointee.state.contains(.lingering)
        else { return nil }
        var context = unsafe ConnectionContext(connection, core: core)
        return body(&context)
    }

    /// Gives a connection bytes that others get too; false when it is gone, takes no deliveries any more, or its
    /// output is full.
    ///
    /// Sent at once when nothing waits before them. On the loop's thread only.
    public func deliver(_ bytes: Span<UInt8>, to id: ConnectionID) -> Bool {
        guard let connection = unsafe find(id), !bytes.isEmpty else { return false }
        return unsafe core.pointee.deliver(bytes, to: &connection.pointee)
    }

    /// How many connections are open. On the loop's thread only.
    public var connectionCount: Int { unsafe core.pointee.openCount }

    /// The open connections. On the loop's thread only.
    public func openConnections() -> [ConnectionID] { unsafe core.pointee.openConnections() }

    private func find(_ id: ConnectionID) -> UnsafeMutablePointer<Connection>? {
        unsafe core.pointee.find(id)
    }

    // MARK: - The end of a turn

    private func settleTouched() {
        var position = 0
        repeat {
            // Settling may touch further connections (a handler told `drained` that sends elsewhere).
            while unsafe position < core.pointee.touched.count {
                let slot = unsafe core.pointee.touched[position]
                position += 1
                if let connection = unsafe core.pointee.find(slot: slot) {
                    unsafe settle(connection)
                }
            }
            // Backlogs were given and ends were told: what that published must not wait for the next event.
            handler?.turnEnded(on: self)
        } while unsafe position < core.pointee.touched.count
        unsafe core.pointee.touched.removeAll(keepingCapacity: true)
    }

    private func settle(_ connection: UnsafeMutablePointer<Connection>) {
        unsafe core.pointee.send(from: &connection.pointee)
        unsafe tellOverflowed(connection)
        unsafe resumeIfDrained(connection)
        unsafe giveBacklog(connection)
        unsafe core.pointee.send(from: &connection.pointee)
        unsafe connection.pointee.state.remove(.touched)
        unsafe core.pointee.reclaimOutput(of: &connection.pointee)
        if unsafe !closeIfDone(connection) {
            unsafe core.pointee.updateInterest(of: &connection.pointee)
        }
    }

    private func tellOverflowed(_ connection: UnsafeMutablePointer<Connection>) {
        guard unsafe connection.pointee.state.contains(.overflowed),
            unsafe connection.pointee.state.isDisjoint(with: [.overflowTold, .aborted])
        else { return }
        unsafe connection.pointee.state.insert(.overflowTold)
        var context = unsafe ConnectionContext(connection, core: core)
        handler?.overflowed(&context)
    }

    private func resumeIfDrained(_ connection: UnsafeMutablePointer<Connection>) {
        let unsent = unsafe connection.pointee.output.count
        let isCongested = unsafe connection.pointee.state.contains(.congested)
        if !isCongested, unsent > limits.outputSoftMarkBytes {
            unsafe connection.pointee.state.insert(.congested)
        } else if isCongested, unsent <= limits.outputSoftMarkBytes / 2 {
            unsafe connection.pointee.state.remove([.congested, .overflowed, .overflowTold])
            var context = unsafe ConnectionContext(connection, core: core)
            handler?.drained(&context)
        }
    }

    /// Gives the handler what it had not taken, once it wants bytes again.
    private func giveBacklog(_ connection: UnsafeMutablePointer<Connection>) {
        guard let handler, unsafe connection.pointee.backlog != nil,
            unsafe connection.pointee.state.isDisjoint(with: [.paused, .congested]),
            unsafe connection.pointee.state.isDisjoint(with: .deaf),
            var bytes = unsafe connection.pointee.backlog.take()?.take()
        else { return }
        var context = unsafe ConnectionContext(connection, core: core)
        let taken = bytes.withMutableSpan { handler.received(&$0, on: &context) }
        bytes.removeFirst(taken)
        guard !bytes.isEmpty, !context.isClosing else { return }
        unsafe connection.pointee.backlog = Owned(bytes)
        // Nothing taken and not paused: the handler waits for more bytes, which would never be read.
        if taken > 0, unsafe !connection.pointee.state.contains(.paused) { context.again() }
    }

    /// Ends a connection whose end was asked for and has come. Returns whether its slot is free now.
    private func closeIfDone(_ connection: UnsafeMutablePointer<Connection>) -> Bool {
        let state = unsafe connection.pointee.state
        if state.contains(.aborted) {
            let id = unsafe connection.pointee.id
            let isReset = !state.contains(.lingering)
            let code = unsafe connection.pointee.failureCode
            unsafe core.pointee.free(id, abort: isReset)
            let reason: DisconnectReason =
                code == 0 ? .aborted : .failed(IOError("stream", code: code))
            if isReset { handler?.closed(id, reason, on: self) }
            return true
        }
        guard state.contains(.closing), unsafe connection.pointee.output.isEmpty,
            !state.contains(.lingering)
        else { return false }
        return unsafe linger(connection)
    }

    private func linger(_ connection: UnsafeMutablePointer<Connection>) -> Bool {
        let id = unsafe connection.pointee.id
        if unsafe connection.pointee.state.contains(.inputFinished) {
            unsafe core.pointee.free(id, abort: false)
            handler?.closed(id, .closedHere, on: self)
            return true
        }
        unsafe connection.pointee.state.insert(.lingering)
        unsafe connection.pointee.transport.finishSending()
        let end = now.advanced(by: limits.lingerTimeout)
        unsafe core.pointee.setDeadline(end, of: &connection.pointee)
        handler?.closed(id, .closedHere, on: self)
        return false
    }

    // MARK: - The end

    /// Cuts what is still open, and runs what was left for the loop.
    private func shutDown() {
        closeListeners()
        takeMail()
        for id in unsafe core.pointee.openConnections(lingeringToo: true) {
            let lingers = unsafe find(id)?.pointee.state.contains(.lingering) ?? true
            unsafe core.pointee.free(id, abort: !lingers)
            if !lingers { handler?.closed(id, .loopStopped, on: self) }
        }
        mailbox.close()
        runLateMail()
        handler = nil
        scheduled = [:]
    }

    /// Runs what still comes for a loop that has ended, on one thread at a time, until there is no more: whoever
    /// waits for it goes on, and finds every connection closed.
    private func runLateMail() {
        while let items = mailbox.takeLate() {
            enter()
            take(items)
            while !localJobs.isEmpty { runLocalJobs() }
            leave()
        }
    }

    /// Has late jobs run on a thread of their own: nobody is held up who brings one.
    func startLateThread() {
        do throws(IOError) {
            try LoopThread.start { self.runLateMail() }
        } catch {
            // No thread left: whoever brings the job runs it.
            runLateMail()
        }
    }
}

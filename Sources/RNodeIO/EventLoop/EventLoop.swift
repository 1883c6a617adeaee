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

    /// How many connections this loop and its siblings may have.
    public let budget: ConnectionBudget
    /// What the loop counts of itself.
    public let tally = LoopTally()

    let mailbox: Mailbox
    /// The thread that runs the loop right now, 0 when none does.
    let owner = Atomic<UInt>(0)
    private let isStopped = Atomic(false)
    /// When the turn at hand began, in nanoseconds; the greatest number between two turns.
    private let turnBegan = Atomic(Int64.max)

    let backend: any EventLoopBackend
    // Unchecked, like all below: used on the loop's thread only, read and written at once, never lent while user code runs
    // (`events` and `due` are walked by position).
    @safe @exclusivity(unchecked)
    var handler: (any LoopHandler)?
    // SAFETY: allocated by `init`, freed by `deinit`; used on the loop's thread only.
    let core: UnsafeMutablePointer<LoopCore>
    let receiveBuffer: ReceiveBuffer
    var listeners: [ListenerSlot] = []
    @safe @exclusivity(unchecked)
    var events: [BackendEvent] = []
    @safe @exclusivity(unchecked)
    var due: [UInt64] = []
    @safe @exclusivity(unchecked)
    var localJobs: [UnownedJob] = []
    /// How many jobs this turn may still run: ``IOLimits/jobsPerTurnMax`` at its beginning.
    @safe @exclusivity(unchecked)
    var jobsLeft = 0
    var scheduled: [UInt64: Scheduled] = [:]
    private var nextScheduled: UInt64 = 0

    struct Scheduled {
        let timer: TimerID
        let body: () -> Void
    }

    /// Set when the loop ends: what comes later is closed at once.
    var hasEnded = false

    /// A loop over `backend`; throws when a limit is out of its range.
    ///
    /// Loops that are to share one limit of connections share a `budget`; without one the loop has its own.
    public init(
        backend: any EventLoopBackend, limits: IOLimits = IOLimits(), index: Int = 0,
        budget: ConnectionBudget? = nil
    ) throws(IOLimitsError) {
        try limits.validate()
        let budget = budget ?? ConnectionBudget(limit: limits.connectionsMax)
        self.budget = budget
        self.backend = backend
        self.limits = limits
        self.index = index
        mailbox = Mailbox(waker: backend.waker, droppableMax: limits.mailboxItemsMax)
        unsafe core = .allocate(capacity: 1)
        unsafe core.initialize(to: LoopCore(backend: backend, limits: limits, budget: budget))
        receiveBuffer = ReceiveBuffer(count: limits.receiveBufferBytes)
    }

    deinit {
        mailbox.waitForPosting()
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
        guard !isOnLoop else { return }
        while !hasEnded, !isStopped.load(ordering: .acquiring) {
            turn()
        }
        end()
    }

    /// Ends a loop whose turns the caller runs: cuts what is still open. ``run()`` does so by itself.
    ///
    /// Does nothing inside a turn: callbacks ask for the end by ``stop()``.
    public func end() {
        guard !isOnLoop, !hasEnded else { return }
        enter()
        shutDown()
        leave()
        runLastJobs()
    }

    /// Makes ``run()`` return after the turn at hand. From any thread.
    public func stop() {
        isStopped.store(true, ordering: .releasing)
        post { _ in }
    }

    /// One turn: wait, take the mailbox, serve what is ready and due, let publications out, send.
    ///
    /// Waits for the next event or deadline, unless `waits` is false. Does nothing inside a turn of the same loop, nor
    /// when it has ended.
    public func turn(waits: Bool = true) {
        guard !isOnLoop, !hasEnded else { return }
        let polls = !waits || hasWork
        let deadline =
            polls ? MonotonicInstant(nanoseconds: .min) : nextDeadline
        let now = backend.wait(until: deadline, into: &events)
        // Asked for once: each time costs a count of its references.
        let handler = handler
        enter()
        turnBegan.store(now.nanoseconds, ordering: .relaxed)
        unsafe core.pointee.begin(at: now)
        jobsLeft = limits.jobsPerTurnMax
        resumeYielded()
        takeMail()
        serveEvents(to: handler)
        serveTimers()
        runLocalJobs()
        handler?.turnEnded(on: self)
        settleTouched()
        let took = now.nanoseconds(until: backend.now)
        tally.turnTook(took)
        handler?.turnServed(inNanoseconds: took, on: self)
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
    public var hasWork: Bool {
        if !localJobs.isEmpty || !mailbox.isEmpty { return true }
        return unsafe !core.pointee.yielded.isEmpty
    }

    /// When the next timer may be due; nil without one. By whoever runs the turns.
    public var nextDeadline: MonotonicInstant? { unsafe core.pointee.wheel.nextDeadline }

    /// Whether the calling code runs on this loop's thread, inside a turn.
    public var isOnLoop: Bool {
        owner.load(ordering: .relaxed) == currentThreadID()
    }

    func enter() {
        owner.store(currentThreadID(), ordering: .relaxed)
    }

    func leave() {
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

    func takeMail() {
        if !mailbox.isEmpty { take(mailbox.takeAll()) }
    }

    func take(_ items: Mailbox.Items) {
        for work in items.work { work(self) }
        localJobs.append(contentsOf: items.jobs)
        runLocalJobs()
    }

    // MARK: - Time

    /// The moment the turn began.
    public var now: MonotonicInstant { unsafe core.pointee.now }

    /// Milliseconds since 1970, at the moment the turn began.
    public var wallClockMilliseconds: Int64 { unsafe core.pointee.wallClockMilliseconds }

    /// Has `body` run on the loop once `deadline` has come; never, when the loop has ended. On the loop's thread only.
    public func schedule(at deadline: MonotonicInstant, _ body: @escaping () -> Void) {
        guard !hasEnded else { return }
        nextScheduled &+= 1
        // No connection has all bits of its slot set: these are the tokens of scheduled work.
        let token = nextScheduled << 32 | Self.reservedSlot
        let timer = unsafe core.pointee.wheel.schedule(at: deadline, token: token)
        scheduled[token] = Scheduled(timer: timer, body: body)
    }

    static var reservedSlot: UInt64 { 0xFFFF_FFFF }
    static var firstListenerSlot: UInt64 { 0xFFFF_0000 }

    // MARK: - Other connections of this loop

    /// Lends a connection; nil when it is gone, or only the end of its peer's stream is awaited. On the loop's thread only.
    @inlinable
    public func withConnection<Result>(
        _ id: ConnectionID, _ body: (inout ConnectionContext) -> Result
    ) -> Result? {
        guard var context = lend(id) else { return nil }
        return body(&context)
    }

    @usableFromInline
    func lend(_ id: ConnectionID) -> ConnectionContext? {
        guard let connection = unsafe find(id),
            unsafe !connection.pointee.state.contains(.lingering)
        else { return nil }
        return unsafe ConnectionContext(connection, core: core)
    }

    /// Gives a connection bytes that others get too; false when it is gone, takes no deliveries any more, or its
    /// output is full.
    ///
    /// Sent at once when nothing waits before them. On the loop's thread only.
    public func deliver(_ bytes: Span<UInt8>, to id: ConnectionID) -> Bool {
        guard let connection = unsafe find(id), !bytes.isEmpty else { return false }
        return unsafe core.pointee.deliver(bytes, to: &connection.pointee)
    }

    /// Has what is delivered to a connection wait for the turn's end, so that it goes in one send. On the loop's thread only.
    package func gatherDeliveries(to id: ConnectionID) {
        guard let connection = unsafe find(id) else { return }
        unsafe core.pointee.touch(&connection.pointee)
    }

    /// Bytes that wait to be sent on this loop's connections, as of each one's last turn. On the loop's thread only.
    public var unsentBytes: Int { unsafe core.pointee.unsentBytes }

    /// The connections with unsent bytes, the slowest first. On the loop's thread only; looks at all of them.
    public func slowestConnections() -> [SlowConnection] {
        unsafe core.pointee.slowestConnections()
    }

    /// How many connections are open. On the loop's thread only.
    public var connectionCount: Int { unsafe core.pointee.openCount }

    /// The open connections. On the loop's thread only.
    public func openConnections() -> [ConnectionID] { unsafe core.pointee.openConnections() }

    /// The open connections whose bytes nothing would bring to the handler, which wants them; looks at all of them. None, if
    /// the loop and its handler are right. By whoever runs the turns, between two of them.
    package func unservedConnections() -> [ConnectionID] {
        unsafe core.pointee.openConnections().filter { id in
            guard let connection = unsafe find(id) else { return false }
            return unsafe core.pointee.isForgotten(connection.pointee)
        }
    }

    /// How many timers are scheduled. By whoever runs the turns.
    package var timerCount: Int { unsafe core.pointee.wheel.count }

    /// The memory of bytes that handlers have not taken yet. By whoever runs the turns.
    package var backlogBytes: Int { unsafe core.pointee.backlogBytes }

    func find(_ id: ConnectionID) -> UnsafeMutablePointer<Connection>? {
        unsafe core.pointee.find(id)
    }
}

public import RNodeBytes
public import RNodeIO

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A backend without a kernel: the same event loop, with nothing that waits and nothing that surprises.
///
/// `wait` never blocks and never moves the clock. It reports what the watched ``VirtualSource``s are
/// ready for at that moment, level-triggered, in the ``order`` the test chose. A test gives bytes to its
/// peers, advances the ``clock``, and runs turns until ``isReady`` is false:
///
/// ```swift
/// let backend = ScriptedBackend()
/// let listener = InMemoryListener(descriptors: backend.descriptors)
/// let loop = …  // an event loop over `backend` and `listener`
/// let peer = listener.connect()
/// peer.send("hello")
/// while backend.isReady { loop.turn() }
/// #expect(peer.takeText() == "hello")
/// ```
///
/// Has no thread of its own: turns may run on whatever thread the test is on, one at a time.
public final class ScriptedBackend: EventLoopBackend {
    /// The most events a wait reports.
    public static let eventsPerWaitMax = 1024

    /// What `wait` and `now` tell.
    public let clock: VirtualClock
    /// Where the descriptors it watches come from.
    public let descriptors: VirtualDescriptors
    /// The order of events that are ready at once.
    public var order: EventOrder
    /// The most events a wait reports, 1...1,024: a small number takes a loop through many short turns.
    public var eventsPerWait = ScriptedBackend.eventsPerWaitMax
    /// Called with what a wait is about to report: reorder, drop, double or invent events here.
    public var script: ((inout [BackendEvent]) -> Void)?
    /// How often `wait` was called.
    public private(set) var waitCount = 0
    /// What the last `wait` was given: where to advance the clock to for the loop's next timer.
    public private(set) var deadline: MonotonicInstant?
    /// How many descriptors were closed while they were watched; a loop removes them first, so 0 is right.
    public private(set) var closedWhileWatchedCount = 0

    private struct Watch {
        var descriptor: Int32
        var interest: Readiness
        var token: UInt64
        var source: any VirtualSource
    }

    private var watches: [Watch] = []
    private var places: [Int32: Int] = [:]
    private var injected: [BackendEvent] = []
    private var nextWatch = 0
    private let wakeSource = ScriptedWaker()

    /// A backend with a clock and descriptors of its own, unless it is to share another's.
    public init(
        clock: VirtualClock = VirtualClock(),
        descriptors: VirtualDescriptors = VirtualDescriptors(),
        order: EventOrder = .added
    ) {
        self.clock = clock
        self.descriptors = descriptors
        self.order = order
    }

    // MARK: - For the test

    /// Whether a `wait` would report something or was asked to return: time to run a turn.
    public var isReady: Bool {
        isWoken || !injected.isEmpty || watches.contains { !Self.readiness(of: $0).isEmpty }
    }

    /// Whether the waker was used since the last `wait`.
    public var isWoken: Bool { wakeSource.isWoken }

    /// Returns when the waker has been used since the last `wait`, or the task is cancelled.
    ///
    /// For what happens on other threads: an actor's answer, a user's task. Nothing limits how long it
    /// waits, so give such a test a time limit.
    public func untilWoken() async {
        await wakeSource.untilWoken()
    }

    /// Makes the next `wait` report `event` besides what is ready: a spurious one, or a stale token.
    public func inject(_ event: BackendEvent) {
        injected.append(event)
    }

    /// How many descriptors are watched.
    public var watchedCount: Int { watches.count }

    // MARK: - EventLoopBackend

    /// Starts watching; `EEXIST` when it is watched already, `EBADF` when it is not open.
    public func add(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError) {
        guard let source = descriptors.source(of: descriptor) else {
            throw IOError("add", code: EBADF)
        }
        if let place = places[descriptor] {
            guard watches[place].source !== source else { throw IOError("add", code: EEXIST) }
            forget(place)
        }
        places[descriptor] = watches.count
        watches.append(
            Watch(descriptor: descriptor, interest: interest, token: token, source: source))
    }

    /// Changes what is wanted; `ENOENT` when it is not watched.
    public func modify(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError) {
        guard let place = places[descriptor], isOpen(watches[place]) else {
            throw IOError("modify", code: ENOENT)
        }
        watches[place].interest = interest
        watches[place].token = token
    }

    /// Stops watching; one that is not watched is left alone.
    public func remove(_ descriptor: Int32) {
        guard let place = places[descriptor] else { return }
        removeWatch(at: place)
    }

    /// Reports what is ready now, and returns the clock's instant. Never blocks.
    public func wait(
        until deadline: MonotonicInstant?, into events: inout [BackendEvent]
    ) -> MonotonicInstant {
        waitCount += 1
        self.deadline = deadline
        wakeSource.acknowledge()
        events.removeAll(keepingCapacity: true)
        collect(into: &events)
        order.arrange(&events)
        script?(&events)
        if events.count > Self.eventsPerWaitMax {
            events.removeLast(events.count - Self.eventsPerWaitMax)
        }
        return clock.now
    }

    /// The clock's instant.
    public var now: MonotonicInstant { clock.now }

    /// The clock's wall time.
    public var wallClockMilliseconds: Int64 { clock.wallClockMilliseconds }

    /// Wakes by a flag; see ``isWoken``.
    public var waker: any BackendWaker { wakeSource }

    // MARK: - Watches

    /// Begins after the last one that was reported, so that a limit on events starves nobody.
    private func collect(into events: inout [BackendEvent]) {
        for closed in watches.indices.reversed() where !isOpen(watches[closed]) { forget(closed) }
        events.append(contentsOf: injected)
        injected.removeAll()
        let limit = events.count + min(max(eventsPerWait, 1), Self.eventsPerWaitMax)
        let start = nextWatch
        for step in watches.indices where events.count < limit {
            let place = (start + step) % watches.count
            let readiness = Self.readiness(of: watches[place])
            guard !readiness.isEmpty else { continue }
            events.append(BackendEvent(token: watches[place].token, readiness: readiness))
            if events.count == limit { nextWatch = (place + 1) % watches.count }
        }
    }

    private static func readiness(of watch: Watch) -> Readiness {
        watch.source.readiness.intersection(watch.interest.union(.failed))
    }

    private func isOpen(_ watch: Watch) -> Bool {
        descriptors.source(of: watch.descriptor) === watch.source
    }

    /// A kernel stops watching what is closed, too.
    private func forget(_ place: Int) {
        closedWhileWatchedCount += 1
        removeWatch(at: place)
    }

    private func removeWatch(at place: Int) {
        places[watches[place].descriptor] = nil
        let last = watches.removeLast()
        guard place < watches.count else { return }
        watches[place] = last
        places[last.descriptor] = place
    }
}

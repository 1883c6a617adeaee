public import RNodeBytes

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// io_uring(7), Linux 6.0 and newer: streams are received from without asking, and all that a turn sends goes out by one call.
///
/// Needs the package trait `IOURing` and liburing; without it, or where the kernel or a filter of system calls forbids io_uring,
/// making one throws, and ``Epoll`` is what to use.
///
/// - Receiving: the kernel fills buffers of the loop's (512 of 16 KiB; 32 are offered at first, more when they were too few), of
///   which a connection holds none while nothing arrives. A stream with 256 KiB that nobody takes receives no more.
/// - Sending: at most 80 KiB of a stream wait for the next turn's end or are being sent. That memory is the
///   kernel's until it has completed.
/// - Closing waits for what is still to be sent, for at most ``closeTimeout``.
/// - Streams other than `SocketTransport`, and descriptors of others, are polled.
///
/// Made on any thread, used by the loop's only; ``waker`` may be used by any.
@safe
public final class IOUring: EventLoopBackend {
    /// The most events a wait reports.
    public static let eventsPerWaitMax = 1024
    /// How long a stream that was closed may still be sending.
    public static let closeTimeout = Duration.seconds(5)

    // SAFETY: one RingCore, allocated by `init` and freed by `deinit`. A stream's address, which `find` gives, is good until its
    // slot is freed: not before its last operation has completed, and then as the last thing. Loop's thread only.
    let core: UnsafeMutablePointer<RingCore>
    static let unsupported = ENOSYS
    let ring: any CompletionRing
    private var isWakeWatched = false
    private var wasWoken = false
    var names: [Int32: RingStreamID] = [:]
    var closing: [Closing] = []
    @safe @exclusivity(unchecked)  // used on one thread, by position
    private var completions: [RingCompletion] = []
    @safe @exclusivity(unchecked)  // as above
    private var scratch: [RingStreamID] = []

    /// A closed stream that still sends, and until when.
    struct Closing {
        let stream: RingStreamID
        let deadline: MonotonicInstant
    }

    /// Over a ring of somebody's own: a test's.
    package init(ring: any CompletionRing) {
        self.ring = ring
        unsafe core = .allocate(capacity: 1)
        unsafe core.initialize(to: RingCore(ring: ring))
        unsafe core.pointee.buffers.offerMore()
    }

    deinit {
        // Nothing, when the loop has ended.
        end()
        unsafe core.deinitialize(count: 1)
        unsafe core.deallocate()
    }

    // MARK: - Streams

    /// A stream that this ring receives and sends for, if it can.
    public func adopt(_ transport: any Transport) -> any Transport {
        let descriptor = transport.descriptor
        guard ring.serves(transport), names[descriptor] == nil else { return transport }
        let id = insert(descriptor, .stream(transport))
        return RingTransport(self, descriptor, id)
    }

    /// A listener that this ring accepts from, if it is a socket's.
    public func adopt(_ listener: any Listener) -> any Listener {
        guard let socket = listener as? SocketListener, names[socket.descriptor] == nil else {
            return listener
        }
        let queue = AcceptQueue()
        let id = insert(socket.descriptor, .listener(queue))
        return RingListener(self, socket, id, queue)
    }

    private func insert(_ descriptor: Int32, _ service: RingStream.Service) -> RingStreamID {
        let id = unsafe core.pointee.reserve()
        unsafe core.pointee.put(descriptor, service, at: id)
        names[descriptor] = id
        return id
    }

    // MARK: - EventLoopBackend

    /// Starts watching; a descriptor that is watched already is `EEXIST`.
    public func add(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError) {
        guard token != .max else { throw IOError("io_uring", code: EINVAL) }
        guard names[descriptor] != nil || ring.isOpen(descriptor) else {
            throw IOError("io_uring", code: EBADF)
        }
        let id = names[descriptor] ?? insert(descriptor, .polled)
        guard let stream = unsafe core.pointee.find(id),
            unsafe !stream.pointee.state.contains(.watched)
        else { throw IOError("io_uring", code: EEXIST) }
        unsafe core.pointee.watch(&stream.pointee, interest, token)
    }

    /// Changes what is wanted; a descriptor that is not watched is `ENOENT`.
    public func modify(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError) {
        guard token != .max else { throw IOError("io_uring", code: EINVAL) }
        guard let id = names[descriptor], let stream = unsafe core.pointee.find(id),
            unsafe stream.pointee.state.contains(.watched)
        else { throw IOError("io_uring", code: ENOENT) }
        if unsafe !stream.pointee.isServed { unsafe core.pointee.endPolling(&stream.pointee) }
        unsafe core.pointee.watch(&stream.pointee, interest, token)
    }

    /// Stops watching; one that is not watched is left alone.
    public func remove(_ descriptor: Int32) {
        guard let id = names[descriptor], let stream = unsafe core.pointee.find(id) else { return }
        unsafe core.pointee.endPolling(&stream.pointee)
        unsafe stream.pointee.state.remove([.watched, .hungUp])
        unsafe stream.pointee.interest = []
        guard unsafe stream.pointee.isOwned else {
            // Its owner closes it now: the kernel is to have let go of it.
            names[descriptor] = nil
            unsafe stream.pointee.state.insert(.closed)
            ring.submit()
            for _ in 0..<64 where unsafe !core.pointee.uncancelled.isEmpty {
                unsafe core.pointee.cancelRest()
                submitAndCollect()
            }
            return unsafe core.pointee.freeIfDone(id)
        }
        unsafe core.pointee.list(&stream.pointee)
    }

    /// Begins what streams need, and waits: one call of the system in a turn that finds work, two in one that must wait.
    public func wait(
        until deadline: MonotonicInstant?, into events: inout [BackendEvent]
    ) -> MonotonicInstant {
        events.removeAll(keepingCapacity: true)
        wasWoken = false
        watchWakes()
        var now = ring.now
        endOverdue(at: now)
        var isPolling = unsafe core.pointee.isAnyReady
        while true {
            beginListed()
            let left = nanosecondsLeft(until: deadline, at: now)
            isPolling = isPolling || left == 0
            // What was asked for may complete at once, and somebody may wait for that: so it is not waited for more.
            if unsafe isPolling || core.pointee.placedCount > 0 {
                unsafe core.pointee.placedCount = 0
                ring.submit()
            } else {
                isPolling = !ring.wait(nanoseconds: left)
            }
            collect()
            serveStarved()
            unsafe core.pointee.report(
                into: &events, most: Self.eventsPerWaitMax, scratch: &scratch)
            now = ring.now
            if isPolling || !events.isEmpty || wasWoken { return now }
        }
    }

    /// Lets those receive for whom no buffer was left, now that there are some.
    private func serveStarved() {
        for _ in 0..<8 where unsafe core.pointee.hasStarved {
            unsafe core.pointee.makeRoom()
            beginListed()
            submitAndCollect()
        }
    }

    /// How long to wait for the next deadline; nil for ever.
    private func nanosecondsLeft(until deadline: MonotonicInstant?, at now: MonotonicInstant)
        -> Int64?
    {
        var next = deadline ?? .distantFuture
        if let first = closing.first { next = min(next, first.deadline) }
        guard next != .distantFuture else { return nil }
        return max(now.nanoseconds(until: next), 0)
    }

    func beginListed() {
        unsafe core.pointee.cancelRest()
        var position = 0
        while unsafe position < core.pointee.listed.count {
            let id = unsafe core.pointee.listed[position]
            if let stream = unsafe core.pointee.find(id) {
                // No room, even after a submission: what has completed is taken in first.
                guard unsafe core.pointee.begin(&stream.pointee) else { break }
                unsafe stream.pointee.state.remove(.listed)
                unsafe core.pointee.freeIfDone(id)
            }
            position += 1
        }
        unsafe core.pointee.forgetListed(first: position)
    }

    func collect() {
        while ring.takeCompletions(into: &completions) {
            for position in completions.indices { take(completions[position]) }
            completions.removeAll(keepingCapacity: true)
        }
    }

    private func take(_ completion: RingCompletion) {
        guard RingOperation(rawValue: completion.operation)?.kind == .wake else {
            return unsafe core.pointee.completed(completion)
        }
        wasWoken = true
        isWakeWatched = completion.continues
        ring.acknowledgeWake(isWatched: isWakeWatched)
    }

    private func watchWakes() {
        guard !isWakeWatched else { return }
        let operation = RingOperation(.wake).rawValue
        isWakeWatched = unsafe core.pointee.tryTwice { ring.watchWaker(as: operation) }
    }

    /// Resets those that were closed long ago, and still send.
    private func endOverdue(at now: MonotonicInstant) {
        while let first = closing.first, first.deadline <= now {
            closing.removeFirst()
            guard let stream = unsafe core.pointee.find(first.stream) else { continue }
            unsafe stream.pointee.state.insert(.aborted)
            unsafe core.pointee.throwAway(&stream.pointee)
            unsafe core.pointee.list(&stream.pointee)
        }
    }

    /// Whether a wait would begin something, or tell of something that was not taken yet. By whoever runs the turns.
    package var hasWork: Bool {
        unsafe !core.pointee.listed.isEmpty || !core.pointee.uncancelled.isEmpty
            || core.pointee.isAnyReady
    }

    /// How many completions fitted nothing that was under way. By whoever runs the turns.
    package var strayCount: Int { unsafe core.pointee.strayCount }

    /// How many buffers of the ring hold bytes that nobody has taken. By whoever runs the turns.
    package var heldBufferCount: Int { unsafe core.pointee.buffers.heldCount }

    /// How many streams are there, those included that are closed and wait for the kernel. By whoever runs the turns.
    package var streamCount: Int { unsafe core.pointee.streamCount }

    /// The present moment of CLOCK_MONOTONIC.
    public var now: MonotonicInstant { ring.now }

    /// The present moment of CLOCK_REALTIME.
    public var wallClockMilliseconds: Int64 { ring.wallClockMilliseconds }

    /// Wakes this backend by an eventfd.
    public var waker: any BackendWaker { ring.waker }

    /// Ends all operations, and waits until the kernel is done with their memory.
    public func end() {
        names = [:]
        // What was to be sent before the end is begun still, and done where the kernel has room for it.
        for _ in 0..<8 where unsafe core.pointee.isSending {
            beginListed()
            submitAndCollect()
        }
        unsafe core.pointee.closeAll()
        for _ in 0..<64 where unsafe core.pointee.streamCount > 0 {
            beginListed()
            _ = ring.wait(nanoseconds: 1_000_000)
            collect()
        }
        unsafe core.pointee.abandon()
    }
}

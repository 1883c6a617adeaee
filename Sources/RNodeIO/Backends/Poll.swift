#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The portable backend: poll(2), on Linux and macOS.
///
/// A wait costs time in proportion to the number of watched descriptors, so ``Epoll`` is for servers of
/// any size and this is for systems that lack it. Adding, changing and removing cost the same whatever
/// that number is.
///
/// - Deadlines: poll waits in milliseconds; a wait is rounded up, so it never ends before its deadline
///   and at most 1 ms (and the kernel's slack) after it. The longest wait is 24 days.
/// - Tokens: any but `UInt64.max`, as with ``Epoll``.
/// - Each wait goes on where the last one stopped reporting, so 1,024 busy descriptors starve no other.
///
/// Made and used by the loop's thread only; ``waker`` may be used by any.
public final class Poll: EventLoopBackend {
    /// The most events a wait reports.
    public static let eventsPerWaitMax = 1024

    /// What the kernel is asked about; the waker's is the first and stays there.
    private var entries: [pollfd]
    /// The token of each entry.
    private var tokens: [UInt64]
    /// The place of a descriptor in `entries`.
    private var places: [Int32: Int] = [:]
    /// The entry to look at first in the next report.
    private var firstReported = 1
    private let wakeSource: DescriptorWaker

    /// A backend that watches nothing but its waker: an eventfd on Linux, a pipe elsewhere.
    ///
    /// - Throws: `IOError` when no descriptor is left.
    public convenience init() throws(IOError) {
        try self.init(usingPipe: DescriptorWaker.needsPipe)
    }

    init(usingPipe: Bool) throws(IOError) {
        wakeSource = try DescriptorWaker(usingPipe: usingPipe)
        entries = [
            pollfd(fd: wakeSource.descriptor, events: Int16(POLLIN), revents: 0)
        ]
        tokens = [.max]
    }

    // MARK: - Watching

    /// Starts watching; `EEXIST` when it is watched already, `EBADF` for a negative number.
    ///
    /// poll(2) looks at a descriptor only when it waits: one that is not open is reported as failed then.
    public func add(
        _ descriptor: Int32, interest: Readiness, token: UInt64
    ) throws(IOError) {
        guard descriptor >= 0 else { throw IOError("poll", code: EBADF) }
        guard token != .max else { throw IOError("poll", code: EINVAL) }
        guard places[descriptor] == nil, descriptor != wakeSource.descriptor else {
            throw IOError("poll", code: EEXIST)
        }
        places[descriptor] = entries.count
        entries.append(
            pollfd(fd: descriptor, events: Poll.mask(of: interest), revents: 0))
        tokens.append(token)
    }

    /// Changes what is wanted; `ENOENT` when it is not watched.
    public func modify(
        _ descriptor: Int32, interest: Readiness, token: UInt64
    ) throws(IOError) {
        guard let place = places[descriptor] else { throw IOError("poll", code: ENOENT) }
        guard token != .max else { throw IOError("poll", code: EINVAL) }
        entries[place].events = Poll.mask(of: interest)
        tokens[place] = token
    }

    /// Stops watching; one that is not watched is left alone. The last entry moves to its place.
    public func remove(_ descriptor: Int32) {
        guard let place = places.removeValue(forKey: descriptor) else { return }
        let last = entries.removeLast()
        let token = tokens.removeLast()
        guard place < entries.count else { return }
        entries[place] = last
        tokens[place] = token
        places[last.fd] = place
    }

    // MARK: - Waiting

    /// Waits with one call of `poll`. An interrupted wait returns early, without events.
    public func wait(
        until deadline: MonotonicInstant?, into events: inout [BackendEvent]
    ) -> MonotonicInstant {
        events.removeAll(keepingCapacity: true)
        let timeout = SystemCalls.timeoutMilliseconds(until: deadline)
        let ready = SystemCalls.wait(for: &entries, timeoutMilliseconds: timeout)
        if ready > 0 { report(ready, into: &events) }
        return SystemCalls.monotonicNow()
    }

    private func report(_ ready: Int, into events: inout [BackendEvent]) {
        var left = ready
        if entries[0].revents != 0 {
            wakeSource.acknowledge(draining: true)
            left -= 1
        }
        let watched = entries.count - 1
        guard left > 0, watched > 0 else { return }
        var place = firstReported < entries.count ? firstReported : 1
        for _ in 0..<watched where left > 0 && events.count < Poll.eventsPerWaitMax {
            let readiness = Poll.readiness(of: entries[place].revents)
            if !readiness.isEmpty {
                events.append(BackendEvent(token: tokens[place], readiness: readiness))
                left -= 1
            }
            place = place == watched ? 1 : place + 1
        }
        firstReported = place
    }

    /// The present moment of the monotonic clock.
    public var now: MonotonicInstant { SystemCalls.monotonicNow() }

    /// The present moment of the system's clock.
    public var wallClockMilliseconds: Int64 { SystemCalls.wallClockMilliseconds() }

    /// Wakes this backend by its descriptor.
    public var waker: any BackendWaker { wakeSource }

    private static func mask(of interest: Readiness) -> Int16 {
        var mask: Int32 = 0
        if interest.contains(.readable) { mask |= Int32(POLLIN) }
        if interest.contains(.writable) { mask |= Int32(POLLOUT) }
        return Int16(truncatingIfNeeded: mask)
    }

    private static func readiness(of mask: Int16) -> Readiness {
        let mask = Int32(mask)
        var readiness: Readiness = []
        if mask & Int32(POLLIN) != 0 { readiness.insert(.readable) }
        if mask & Int32(POLLOUT) != 0 { readiness.insert(.writable) }
        if mask & Int32(POLLERR | POLLHUP | POLLNVAL) != 0 { readiness.insert(.failed) }
        return readiness
    }
}

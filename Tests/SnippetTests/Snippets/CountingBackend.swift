import RNodeIO

/// Counts what another backend reports: how many waits, and how many events in them.
final class CountingBackend: EventLoopBackend {
    private let inner: any EventLoopBackend
    private(set) var waitCount = 0
    private(set) var eventCount = 0

    init(_ inner: any EventLoopBackend) { self.inner = inner }

    func add(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError) {
        try inner.add(descriptor, interest: interest, token: token)
    }

    func modify(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError) {
        try inner.modify(descriptor, interest: interest, token: token)
    }

    func remove(_ descriptor: Int32) { inner.remove(descriptor) }

    func wait(
        until deadline: MonotonicInstant?, into events: inout [BackendEvent]
    ) -> MonotonicInstant {
        let now = inner.wait(until: deadline, into: &events)
        waitCount += 1
        eventCount += events.count
        return now
    }

    var now: MonotonicInstant { inner.now }
    var wallClockMilliseconds: Int64 { inner.wallClockMilliseconds }
    var waker: any BackendWaker { inner.waker }
}

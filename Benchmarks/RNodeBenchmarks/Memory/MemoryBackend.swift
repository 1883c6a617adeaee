import RNodeIO

/// A backend that costs next to nothing: it reports what it was told is ready, and never waits.
///
/// Its clock stands still, so that no timer is due however long a measurement takes. It allocates nothing once as many
/// streams were open as ever will be. Unlike `ScriptedBackend` of RNodeTesting it checks nothing.
final class MemoryBackend: EventLoopBackend {
    /// The only listener's descriptor; streams have the numbers from 1.
    static let listenerDescriptor: Int32 = 0

    let now = MonotonicInstant(nanoseconds: 1_000_000_000)
    let wallClockMilliseconds: Int64 = 1_735_689_600_000
    let waker: any BackendWaker = NoWaker()
    private var tokens: [UInt64] = [0]
    private var streams: [MemoryStream] = []
    private var idle: [MemoryStream] = []
    private var ready: [BackendEvent] = []

    // MARK: - For the host

    /// A stream that is not in use.
    func takeStream() -> MemoryStream {
        if let stream = idle.popLast() {
            stream.reopen()
            return stream
        }
        tokens.append(0)
        let stream = MemoryStream(descriptor: Int32(tokens.count - 1), backend: self)
        streams.append(stream)
        idle.reserveCapacity(streams.count)
        return stream
    }

    /// The stream with this descriptor.
    func stream(_ descriptor: Int32) -> MemoryStream { streams[Int(descriptor) - 1] }

    func takeBack(_ stream: MemoryStream) { idle.append(stream) }

    /// Has the next `wait` report a descriptor as readable.
    func becameReadable(_ descriptor: Int32) {
        ready.append(readable(descriptor))
    }

    /// What reports a descriptor as readable.
    func readable(_ descriptor: Int32) -> BackendEvent {
        BackendEvent(token: tokens[Int(descriptor)], readiness: .readable)
    }

    /// Has the next `wait` report these.
    func happened(_ events: [BackendEvent]) { ready.append(contentsOf: events) }

    /// Whether the next `wait` has something to report.
    var isReady: Bool { !ready.isEmpty }

    // MARK: - EventLoopBackend

    func add(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError) {
        tokens[Int(descriptor)] = token
        // What came before it was watched is reported as well.
        if descriptor > 0, stream(descriptor).isReadable { becameReadable(descriptor) }
    }

    func modify(_ descriptor: Int32, interest: Readiness, token: UInt64) throws(IOError) {
        tokens[Int(descriptor)] = token
        let stream = stream(descriptor)
        if interest.contains(.readable), stream.isReadable { becameReadable(descriptor) }
    }

    func remove(_ descriptor: Int32) {}

    func wait(
        until deadline: MonotonicInstant?, into events: inout [BackendEvent]
    ) -> MonotonicInstant {
        events.removeAll(keepingCapacity: true)
        swap(&events, &ready)
        return now
    }

    /// Whoever runs the turns looks for itself whether there is something to do.
    private struct NoWaker: BackendWaker {
        func wake() {}
    }
}

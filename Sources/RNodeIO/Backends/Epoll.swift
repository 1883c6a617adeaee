#if os(Linux)
    import CLinux
    import Glibc

    /// The default backend on Linux: epoll(7), level-triggered.
    ///
    /// - Deadlines: epoll waits in milliseconds; a wait is rounded up, so it never ends before its
    ///   deadline and at most 1 ms (and the kernel's slack) after it. The longest wait is 24 days.
    /// - Tokens: any but `UInt64.max`, which is the waker's.
    /// - A descriptor that failed is reported with what else it is ready for: read first, then close.
    ///
    /// Made and used by the loop's thread only; ``waker`` may be used by any.
    @safe
    public final class Epoll: EventLoopBackend {
        /// The most events a wait reports.
        public static let eventsPerWaitMax = 1024

        private let epoll: FileDescriptor
        private let wakeSource: DescriptorWaker
        // SAFETY: eventsPerWaitMax events, allocated by `init`, freed by `deinit`, written by epoll_wait
        // and read by `wait` only.
        private let ready: UnsafeMutablePointer<epoll_event>

        private static let wakeToken = UInt64.max

        /// An epoll instance with a waker of its own.
        ///
        /// - Throws: `IOError` when no descriptor is left.
        public init() throws(IOError) {
            epoll = FileDescriptor(
                owning: try SystemCalls.check(clinux_epoll_create(), "epoll_create1"))
            wakeSource = try DescriptorWaker()
            unsafe ready = .allocate(capacity: Epoll.eventsPerWaitMax)
            unsafe ready.initialize(repeating: epoll_event(), count: Epoll.eventsPerWaitMax)
            // Edge-triggered: each wake is an edge, and its counter needs no reading.
            let result = clinux_epoll_add(
                epoll.rawValue, wakeSource.descriptor, CLINUX_EPOLLIN | CLINUX_EPOLLET,
                Epoll.wakeToken)
            _ = try SystemCalls.check(result, "epoll_ctl")
        }

        deinit {
            unsafe ready.deallocate()
        }

        /// Starts watching; a descriptor that is watched already is `EEXIST`.
        public func add(
            _ descriptor: Int32, interest: Readiness, token: UInt64
        ) throws(IOError) {
            guard token != Epoll.wakeToken else { throw IOError("epoll_ctl", code: EINVAL) }
            let result = clinux_epoll_add(
                epoll.rawValue, descriptor, Epoll.mask(of: interest), token)
            _ = try SystemCalls.check(result, "epoll_ctl")
        }

        /// Changes what is wanted; a descriptor that is not watched is `ENOENT`.
        public func modify(
            _ descriptor: Int32, interest: Readiness, token: UInt64
        ) throws(IOError) {
            guard token != Epoll.wakeToken else { throw IOError("epoll_ctl", code: EINVAL) }
            let result = clinux_epoll_modify(
                epoll.rawValue, descriptor, Epoll.mask(of: interest), token)
            _ = try SystemCalls.check(result, "epoll_ctl")
        }

        /// Stops watching; one that is not watched is left alone.
        public func remove(_ descriptor: Int32) {
            let result = clinux_epoll_remove(epoll.rawValue, descriptor)
            assert(result == 0 || errno == ENOENT || errno == EBADF)
        }

        /// Waits with one call of `epoll_wait`. An interrupted wait returns early, without events.
        public func wait(
            until deadline: MonotonicInstant?, into events: inout [BackendEvent]
        ) -> MonotonicInstant {
            events.removeAll(keepingCapacity: true)
            let timeout = SystemCalls.timeoutMilliseconds(until: deadline)
            // SAFETY: writes at most eventsPerWaitMax events into memory of that size.
            let count = unsafe epoll_wait(
                epoll.rawValue, ready, Int32(Epoll.eventsPerWaitMax), timeout)
            let reported = max(0, Int(count))
            events.append(addingCapacity: reported) { events in
                for index in 0..<reported {
                    // SAFETY: epoll_wait has just written so many.
                    let token = unsafe ready[index].data.u64
                    let readiness = unsafe Epoll.readiness(of: ready[index].events)
                    if token == Epoll.wakeToken {
                        wakeSource.acknowledge(draining: false)
                    } else {
                        events.append(BackendEvent(token: token, readiness: readiness))
                    }
                }
            }
            return SystemCalls.monotonicNow()
        }

        /// The present moment of CLOCK_MONOTONIC.
        public var now: MonotonicInstant { SystemCalls.monotonicNow() }

        /// The present moment of CLOCK_REALTIME.
        public var wallClockMilliseconds: Int64 { SystemCalls.wallClockMilliseconds() }

        /// Wakes this backend by an eventfd.
        public var waker: any BackendWaker { wakeSource }

        private static func mask(of interest: Readiness) -> UInt32 {
            var mask: UInt32 = 0
            if interest.contains(.readable) { mask |= CLINUX_EPOLLIN }
            if interest.contains(.writable) { mask |= CLINUX_EPOLLOUT }
            return mask
        }

        /// What a mask of epoll's says: a half-close (RDHUP) is readable with or without it, for reading finds the end.
        static func readiness(of mask: UInt32) -> Readiness {
            // As nearly all are.
            if mask == CLINUX_EPOLLIN { return .readable }
            var readiness: Readiness = []
            if mask & CLINUX_EPOLLIN != 0 { readiness.insert(.readable) }
            if mask & CLINUX_EPOLLOUT != 0 { readiness.insert(.writable) }
            if mask & (CLINUX_EPOLLERR | CLINUX_EPOLLHUP) != 0 { readiness.insert(.failed) }
            return readiness
        }
    }
#endif

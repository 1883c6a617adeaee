#if os(Linux) && IOURing
    import CUring
    import Glibc
    import RNodeBytes

    /// The kernel's ring, through liburing.
    //
    @safe
    final class KernelRing: CompletionRing {
        // SAFETY: `ring` is made by `init` and given back by `deinit`; used on one thread at a time. Buffers are the ring's own
        // memory and live as long as it; a number is checked before it is used, and no more than a buffer's length is lent. `taken`
        // is an allocation of takenMax, written by curing_take and read below the count that it returns.
        static let operationsMax: UInt32 = 1024
        static let takenMax = 1024

        let bufferCount = 512
        let bufferBytes = 16_384
        private let ring: OpaquePointer
        private let taken: UnsafeMutablePointer<curing_completion>
        private let wakeSource: DescriptorWaker

        /// - Throws: `IOError` when the kernel has no io_uring, or none that is new enough (`ENOSYS`), or does not allow it
        ///   (`EPERM`).
        init() throws(IOError) {
            wakeSource = try DescriptorWaker()
            var made: OpaquePointer?
            let result = unsafe curing_create(
                &made, Self.operationsMax, UInt32(bufferCount), UInt32(bufferBytes))
            guard result == 0, let made = unsafe made else {
                throw IOError("io_uring_setup", code: 0 &- result)
            }
            unsafe ring = made
            unsafe taken = .allocate(capacity: Self.takenMax)
            unsafe taken.initialize(repeating: curing_completion(), count: Self.takenMax)
        }

        deinit {
            unsafe curing_destroy(ring)
            unsafe taken.deallocate()
        }

        func serves(_ transport: any Transport) -> Bool { transport is SocketTransport }

        func isOpen(_ descriptor: Int32) -> Bool { SystemCalls.isOpen(descriptor) }

        func receive(_ descriptor: Int32, as operation: UInt64) -> Bool {
            unsafe curing_receive(ring, descriptor, operation)
        }

        func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, as operation: UInt64)
            -> Bool
        {
            unsafe curing_send(
                ring, descriptor, bytes.baseAddress, UInt32(clamping: bytes.count), operation)
        }

        func poll(
            _ descriptor: Int32, for interest: Readiness, repeats: Bool, as operation: UInt64
        ) -> Bool {
            var events: Int32 = 0
            if interest.contains(.readable) { events |= Int32(POLLIN) }
            if interest.contains(.writable) { events |= Int32(POLLOUT) }
            return unsafe curing_poll(
                ring, descriptor, UInt32(truncatingIfNeeded: events), repeats, operation)
        }

        func accept(_ descriptor: Int32, as operation: UInt64) -> Bool {
            unsafe curing_accept(ring, descriptor, operation)
        }

        func cancel(_ operation: UInt64, as cancelling: UInt64) -> Bool {
            unsafe curing_cancel(ring, operation, cancelling)
        }

        func cancelAll(of descriptor: Int32, as cancelling: UInt64) -> Bool {
            unsafe curing_cancel_all(ring, descriptor, cancelling)
        }

        func submit() {
            // Busy or out of memory for now: what was not begun stays in the ring, and is begun next time.
            _ = unsafe curing_submit(ring)
        }

        func wait(nanoseconds: Int64?) -> Bool {
            unsafe curing_wait(ring, nanoseconds ?? -1) == 0
        }

        func takeCompletions(into completions: inout [RingCompletion]) -> Bool {
            let count = Int(unsafe curing_take(ring, taken, UInt32(Self.takenMax)))
            for position in 0..<count { completions.append(unsafe completion(taken[position])) }
            return count > 0
        }

        private func completion(_ entry: curing_completion) -> RingCompletion {
            var completion = RingCompletion(
                operation: entry.user_data, result: entry.result,
                continues: entry.flags & CURING_MORE != 0)
            if entry.flags & CURING_HAS_BUFFER != 0 {
                completion.buffer = UInt16(truncatingIfNeeded: entry.flags >> 16)
            }
            if RingOperation(rawValue: entry.user_data)?.kind == .poll, entry.result > 0 {
                completion.result = Self.readiness(of: entry.result)
            }
            return completion
        }

        /// What a mask of poll's says, as `Readiness`.
        private static func readiness(of mask: Int32) -> Int32 {
            var readiness: Readiness = []
            if mask & Int32(POLLIN) != 0 { readiness.insert(.readable) }
            if mask & Int32(POLLOUT) != 0 { readiness.insert(.writable) }
            if mask & Int32(POLLERR | POLLHUP | POLLNVAL) != 0 { readiness.insert(.failed) }
            return Int32(readiness.rawValue)
        }

        func withBuffer<Result>(
            _ number: UInt16, count: Int, _ body: (Span<UInt8>) -> Result
        ) -> Result {
            guard Int(number) < bufferCount, let start = unsafe curing_buffer(ring, number) else {
                return body(Span())
            }
            let bytes = unsafe UnsafeBufferPointer(
                start: start, count: min(max(count, 0), bufferBytes))
            return body(unsafe bytes.span)
        }

        func offer(_ number: UInt16) {
            guard Int(number) < bufferCount else { return }
            unsafe curing_give(ring, number)
        }

        var waker: any BackendWaker { wakeSource }

        func watchWaker(as operation: UInt64) -> Bool {
            poll(wakeSource.descriptor, for: .readable, repeats: true, as: operation)
        }

        func acknowledgeWake(isWatched: Bool) {
            // Each write is told of; only one that ended the watch is to be read, or it would be told of again at once.
            wakeSource.acknowledge(draining: !isWatched)
        }

        var now: MonotonicInstant { SystemCalls.monotonicNow() }

        var wallClockMilliseconds: Int64 { SystemCalls.wallClockMilliseconds() }
    }
#endif

extension IOUring {
    /// A ring of the kernel's.
    ///
    /// - Throws: `IOError`: `ENOSYS` when the package was built without the trait `IOURing`, or the kernel is older than 6.0;
    ///   `EPERM` when io_uring is not allowed here; `ENOMEM` or `EMFILE` when there is no room for it.
    public convenience init() throws(IOError) {
        #if os(Linux) && IOURing
            try self.init(ring: KernelRing())
        #else
            throw IOError("io_uring_setup", code: IOUring.unsupported)
        #endif
    }
}

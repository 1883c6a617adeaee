#if os(Linux)
    import CLinux
#endif
#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// Descriptors that wake a backend.

extension SystemCalls {
    /// A counter to be signalled; `ENOSYS` where the system has none.
    static func makeEventDescriptor() throws(IOError) -> FileDescriptor {
        #if os(Linux)
            return FileDescriptor(owning: try check(clinux_eventfd(), "eventfd"))
        #else
            throw IOError("eventfd", code: ENOSYS)
        #endif
    }

    /// The two ends of a pipe.
    struct Pipe: ~Copyable {
        var readEnd: FileDescriptor
        var writeEnd: FileDescriptor
    }

    /// A non-blocking pipe that is closed by exec.
    static func makePipe() throws(IOError) -> Pipe {
        var ends: (Int32, Int32) = (-1, -1)
        // SAFETY: writes two Int32 into this frame's tuple of two.
        let result = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
            let start = unsafe bytes.assumingMemoryBound(to: Int32.self).baseAddress
            return unsafe systemPipe(start)
        }
        _ = try check(result, "pipe")
        let made = Pipe(
            readEnd: FileDescriptor(owning: ends.0), writeEnd: FileDescriptor(owning: ends.1))
        try prepare(made.readEnd)
        try prepare(made.writeEnd)
        return made
    }

    /// Makes a waker's descriptor readable. One that is full is readable already.
    static func signal(_ descriptor: Int32) {
        var one: UInt64 = 1
        var result: Int
        repeat {
            // SAFETY: reads the eight bytes of a local value.
            result = unsafe write(descriptor, &one, 8)
        } while result < 0 && errno == EINTR
        assert(result == 8 || errno == EAGAIN)
    }

    /// Reads all there is of a waker's descriptor, at most 4 KiB.
    static func drain(_ descriptor: Int32) {
        // SAFETY: reads at most the capacity into this frame's bytes.
        unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { room in
            var result: Int
            repeat {
                result = unsafe read(descriptor, room.baseAddress, room.count)
            } while result < 0 && errno == EINTR
        }
    }
}

private func systemPipe(_ ends: UnsafeMutablePointer<Int32>?) -> Int32 {
    guard let ends = unsafe ends else { return -1 }
    // SAFETY: the caller lends room for two Int32.
    #if os(Linux)
        return unsafe clinux_pipe(ends)
    #else
        return unsafe pipe(ends)
    #endif
}

extension SystemCalls {
    /// How long to wait for a deadline: milliseconds, rounded up; -1 for ever; 0 when it has passed.
    static func timeoutMilliseconds(until deadline: MonotonicInstant?) -> Int32 {
        guard let deadline, deadline != .distantFuture else { return -1 }
        let left = monotonicNow().nanoseconds(until: deadline)
        guard left > 0 else { return 0 }
        let milliseconds = (left &- 1) / 1_000_000 &+ 1
        return Int32(clamping: milliseconds)
    }
}

extension SystemCalls {
    /// Waits until one of `entries` is ready, and says how many are; 0 when interrupted.
    static func wait(for entries: inout [pollfd], timeoutMilliseconds: Int32) -> Int {
        // SAFETY: reads and writes `count` entries of an array that is lent for the call.
        let result = unsafe entries.withUnsafeMutableBufferPointer {
            unsafe poll($0.baseAddress, nfds_t($0.count), timeoutMilliseconds)
        }
        return max(0, Int(result))
    }
}

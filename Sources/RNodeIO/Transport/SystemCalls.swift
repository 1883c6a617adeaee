#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The only place that calls the kernel for sockets.
///
/// Each call is one system call: interrupted ones are made again, every return code is checked, and a
/// failure is an ``IOError`` with the call's name. No call raises SIGPIPE. Every socket made here is
/// non-blocking and closed by exec.
package enum SystemCalls {
    // MARK: - Making sockets

    /// A socket of `family` (`AF_INET`, `AF_INET6`, `AF_UNIX`), a stream unless told otherwise.
    static func makeSocket(
        family: Int32, type: Int32 = streamType
    ) throws(IOError) -> FileDescriptor {
        let descriptor = FileDescriptor(owning: try check(socket(family, type, 0), "socket"))
        try prepare(descriptor)
        return descriptor
    }

    /// Two connected stream sockets of the Unix family.
    static func makeSocketPair() throws(IOError) -> SocketPair {
        var pair: (Int32, Int32) = (-1, -1)
        // SAFETY: socketpair writes two Int32 into this frame's tuple of two.
        let result = unsafe withUnsafeMutableBytes(of: &pair) {
            unsafe socketpair(
                AF_UNIX, streamType, 0, $0.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        _ = try check(result, "socketpair")
        let both = SocketPair(
            first: FileDescriptor(owning: pair.0), second: FileDescriptor(owning: pair.1))
        try prepare(both.first)
        try prepare(both.second)
        return both
    }

    /// Two ends of one stream.
    struct SocketPair: ~Copyable {
        var first: FileDescriptor
        var second: FileDescriptor
    }

    // MARK: - Listening and connecting

    static func bind(
        _ descriptor: borrowing FileDescriptor, to address: SystemAddress
    ) throws(IOError) {
        let raw = descriptor.rawValue
        // SAFETY: the address is lent for the call; `bind` reads `length` bytes of it.
        let result = unsafe address.withPointer { unsafe systemBind(raw, $0, $1) }
        _ = try check(result, "bind")
    }

    static func listen(
        _ descriptor: borrowing FileDescriptor, backlog: Int32
    ) throws(IOError) {
        _ = try check(systemListen(descriptor.rawValue, backlog), "listen")
    }

    /// Takes the next waiting connection and writes its address to `peer`.
    static func accept(
        _ listener: Int32, peer: inout SystemAddress
    ) throws(IOError) -> FileDescriptor {
        // SAFETY: the storage is lent for the call, and the length says how much of it there is.
        let accepted = unsafe peer.withMutablePointer { unsafe systemAccept(listener, $0, $1) }
        let descriptor = FileDescriptor(owning: try check(accepted, "accept"))
        #if !os(Linux)
            try prepare(descriptor)
        #endif
        return descriptor
    }

    /// Starts a connection; false when it is under way and the socket becomes writable at its end.
    static func connect(
        _ descriptor: borrowing FileDescriptor, to address: SystemAddress
    ) throws(IOError) -> Bool {
        let raw = descriptor.rawValue
        // SAFETY: the address is lent for the call; `connect` reads `length` bytes of it.
        if unsafe address.withPointer({ unsafe systemConnect(raw, $0, $1) }) == 0 { return true }
        let code = errno
        // An interrupted connect goes on by itself, as one under way does.
        guard code == EINPROGRESS || code == EINTR else { throw IOError("connect", code: code) }
        return false
    }

    /// The address a socket is bound to.
    static func localAddress(_ descriptor: borrowing FileDescriptor) throws(IOError)
        -> SystemAddress
    {
        var address = SystemAddress()
        let raw = descriptor.rawValue
        // SAFETY: the storage is lent for the call, and the length says how much of it there is.
        let result = unsafe address.withMutablePointer { unsafe getsockname(raw, $0, $1) }
        _ = try check(result, "getsockname")
        return address
    }

    /// The address of a socket's peer.
    static func peerAddress(_ descriptor: borrowing FileDescriptor) throws(IOError) -> SystemAddress
    {
        var address = SystemAddress()
        let raw = descriptor.rawValue
        // SAFETY: the storage is lent for the call, and the length says how much of it there is.
        let result = unsafe address.withMutablePointer { unsafe getpeername(raw, $0, $1) }
        _ = try check(result, "getpeername")
        return address
    }

    // MARK: - Options

    static func setOption(
        _ descriptor: borrowing FileDescriptor, level: Int32, name: Int32, to value: Int32
    ) throws(IOError) {
        var value = value
        // SAFETY: reads one Int32 of this frame.
        let result = unsafe setsockopt(
            descriptor.rawValue, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        _ = try check(result, "setsockopt")
    }

    static func option(
        _ descriptor: borrowing FileDescriptor, level: Int32, name: Int32
    ) throws(IOError) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        // SAFETY: writes at most one Int32 into this frame.
        let result = unsafe getsockopt(descriptor.rawValue, level, name, &value, &length)
        _ = try check(result, "getsockopt")
        return value
    }

    /// Makes `close` throw away what the kernel holds, and reset the peer.
    static func setAbortOnClose(_ descriptor: borrowing FileDescriptor) {
        var value = linger(l_onoff: 1, l_linger: 0)
        // SAFETY: reads one linger of this frame.
        let result = unsafe setsockopt(
            descriptor.rawValue, SOL_SOCKET, lingerOption, &value,
            socklen_t(MemoryLayout<linger>.size))
        // A socket that takes no such option is closed in the ordinary way.
        assert(result == 0 || errno != EBADF)
    }

    // MARK: - Bytes

    /// Reads at most `bytes.count` bytes into the front of `bytes`. No room finds nothing.
    @inline(__always)
    static func receive(
        _ descriptor: Int32, into bytes: inout MutableSpan<UInt8>
    ) -> ReceiveResult {
        guard !bytes.isEmpty else { return .wouldBlock }
        // SAFETY: recv writes at most `count` bytes into the span, lent for this call.
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe systemReceive(descriptor, $0.baseAddress, $0.count)
        }
        if count > 0 { return .bytes(count) }
        return receivedNothing(count)
    }

    /// What it means that a read brought no byte. Out of the way, and of few arguments: the read saves nothing for it.
    @inline(never)
    private static func receivedNothing(_ result: Int) -> ReceiveResult {
        guard result < 0 else { return .finished }
        let code = Int32(truncatingIfNeeded: 0 &- result)
        return code == EAGAIN || code == EWOULDBLOCK
            ? .wouldBlock : .failed(IOError("recv", code: code))
    }

    /// Writes as many of the first of `bytes` as the kernel takes.
    @inline(__always)
    static func send(_ descriptor: Int32, _ bytes: Span<UInt8>) -> SendResult {
        // SAFETY: send reads at most `count` bytes of the span, lent for this call.
        let count = unsafe bytes.withUnsafeBytes {
            unsafe systemSend(descriptor, $0.baseAddress, $0.count, sendFlags)
        }
        if count > 0 { return .bytes(count) }
        return sentNothing(count)
    }

    /// What it means that a write took no byte.
    @inline(never)
    private static func sentNothing(_ result: Int) -> SendResult {
        let code = Int32(truncatingIfNeeded: 0 &- result)
        return code == 0 || code == EAGAIN || code == EWOULDBLOCK
            ? .wouldBlock : .failed(IOError("send", code: code))
    }

    /// Bytes in the send queue that the peer has not acknowledged; nil where that can't be told.
    static func untakenCount(_ descriptor: Int32) -> Int? {
        #if os(Linux)
            var count: Int32 = 0
            // SAFETY: writes one Int32 of this frame. SIOCOUTQ is TIOCOUTQ.
            guard unsafe ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 else { return nil }
            return Int(count)
        #else
            return nil
        #endif
    }

    /// Tells the peer that no more bytes follow. A peer that left already needs no telling.
    static func finishSending(_ descriptor: Int32) {
        let result = shutdown(descriptor, Int32(SHUT_WR))
        assert(result == 0 || errno != EBADF)
    }

    // MARK: - Descriptors, errors, time

    /// Closes a descriptor. Never made again when interrupted: the descriptor is gone all the same.
    static func close(_ descriptor: Int32) {
        let result = systemClose(descriptor)
        assert(result == 0 || errno != EBADF, "descriptor \(descriptor) closed twice")
    }

    static func check(_ result: Int32, _ call: IOError.StaticCall) throws(IOError) -> Int32 {
        guard result >= 0 else { throw IOError(call, code: errno) }
        return result
    }

    static func errorText(_ code: Int32) -> String {
        // SAFETY: the call writes at most 256 bytes, NUL included, into this frame's bytes.
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            unsafe text.initialize(repeating: 0)
            guard let start = text.baseAddress,
                unsafe systemErrorText(code, start, text.count) == 0
            else { return "error \(code)" }
            return unsafe String(cString: start)
        }
    }

    /// The monotonic clock. It cannot fail with a clock that every system has.
    static func monotonicNow() -> MonotonicInstant {
        MonotonicInstant(nanoseconds: nanoseconds(of: CLOCK_MONOTONIC))
    }

    /// Milliseconds since 1970.
    static func wallClockMilliseconds() -> Int64 {
        nanoseconds(of: CLOCK_REALTIME) / 1_000_000
    }

    private static func nanoseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        // SAFETY: writes one timespec of this frame.
        guard unsafe clock_gettime(clock, &time) == 0 else { return 0 }
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

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

// What differs between systems, and the C functions that share a name with a method of SystemCalls.

extension SystemCalls {
    /// What `SO_TYPE` says of a stream.
    #if canImport(Glibc)
        static let plainStreamType = Int32(SOCK_STREAM.rawValue)
    #else
        static let plainStreamType = SOCK_STREAM
    #endif

    #if canImport(Darwin)
        static let streamType = SOCK_STREAM
        static let datagramType = SOCK_DGRAM
        static let sendFlags: Int32 = 0
        static let lingerOption = SO_LINGER_SEC
    #elseif canImport(Musl)
        static let streamType = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK
        static let datagramType = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK
        static let sendFlags = Int32(MSG_NOSIGNAL)
        static let lingerOption = SO_LINGER
    #else
        static let streamType = Int32(
            SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        static let datagramType = Int32(
            SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        static let sendFlags = Int32(MSG_NOSIGNAL)
        static let lingerOption = SO_LINGER
    #endif

    /// Makes a new descriptor non-blocking and closed by exec where the call that made it could not.
    static func prepare(_ descriptor: borrowing FileDescriptor) throws(IOError) {
        #if canImport(Darwin)
            let raw = descriptor.rawValue
            _ = try check(fcntl(raw, F_SETFD, FD_CLOEXEC), "fcntl")
            let flags = try check(fcntl(raw, F_GETFL), "fcntl")
            _ = try check(fcntl(raw, F_SETFL, flags | O_NONBLOCK), "fcntl")
            // A pipe takes no such option, and needs none of us.
            try? setOption(descriptor, level: SOL_SOCKET, name: SO_NOSIGPIPE, to: 1)
        #endif
    }
}

// C functions that share their name with a method of `SystemCalls`, which would hide them there.

func systemBind(
    _ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t
) -> Int32 {
    // SAFETY: the caller lends `length` bytes of address for this call.
    unsafe bind(descriptor, address, length)
}

func systemConnect(
    _ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t
) -> Int32 {
    // SAFETY: the caller lends `length` bytes of address for this call.
    unsafe connect(descriptor, address, length)
}

func systemAccept(
    _ listener: Int32, _ address: UnsafeMutablePointer<sockaddr>,
    _ length: UnsafeMutablePointer<socklen_t>
) -> Int32 {
    // SAFETY: the caller lends `length` bytes of room for an address for this call.
    #if os(Linux)
        unsafe clinux_accept(listener, address, length)
    #else
        unsafe accept(listener, address, length)
    #endif
}

// The two that are made most: made again when interrupted, and an error number comes below 0. `errno` means nothing after
// them.

func systemSend(
    _ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ flags: Int32
) -> Int {
    // SAFETY: the caller lends `count` bytes for this call.
    #if os(Linux)
        unsafe clinux_send(descriptor, bytes, count, flags)
    #else
        while true {
            let sent = unsafe send(descriptor, bytes, count, flags)
            guard sent < 0 else { return sent }
            if errno != EINTR { return -Int(errno) }
        }
    #endif
}

func systemReceive(
    _ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int
) -> Int {
    // SAFETY: the caller lends room for `count` bytes for this call.
    #if os(Linux)
        unsafe clinux_receive(descriptor, bytes, count)
    #else
        while true {
            let received = unsafe recv(descriptor, bytes, count, 0)
            guard received < 0 else { return received }
            if errno != EINTR { return -Int(errno) }
        }
    #endif
}

func systemListen(_ descriptor: Int32, _ backlog: Int32) -> Int32 {
    listen(descriptor, backlog)
}

func systemClose(_ descriptor: Int32) -> Int32 {
    close(descriptor)
}

func systemErrorText(_ code: Int32, _ text: UnsafeMutablePointer<CChar>, _ capacity: Int) -> Int32 {
    // SAFETY: the caller lends `capacity` bytes for this call.
    #if os(Linux)
        unsafe clinux_error_text(code, text, capacity)
    #else
        unsafe strerror_r(code, text, capacity)
    #endif
}

extension SystemCalls {
    /// Sends small writes at once. Accepted sockets inherit it from their listener.
    static func setNoDelay(_ descriptor: borrowing FileDescriptor) throws(IOError) {
        try setOption(descriptor, level: Int32(IPPROTO_TCP), name: TCP_NODELAY, to: 1)
    }

    /// Whether an IPv6 socket refuses IPv4.
    static func setIPv6Only(
        _ descriptor: borrowing FileDescriptor, _ isOnly: Bool
    ) throws(IOError) {
        let value: Int32 = isOnly ? 1 : 0
        try setOption(descriptor, level: Int32(IPPROTO_IPV6), name: IPV6_V6ONLY, to: value)
    }
}

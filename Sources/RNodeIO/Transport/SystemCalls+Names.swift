#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// Looking up names, and the files behind Unix addresses. All of it may block: when listening only.

extension SystemCalls {
    /// The kernel's form of an address to listen at; a host that is not numeric is looked up, and the
    /// first answer of the resolver is taken.
    static func resolve(_ address: SocketAddress) throws(IOError) -> SystemAddress {
        guard case .ip(let host, let port) = address else { return try numeric(address) }
        if let numeric = SystemAddress(host: host, port: port) { return numeric }
        guard !host.isEmpty, !host.utf8.contains(0) else {
            throw IOError("getaddrinfo", code: EINVAL)
        }
        return try lookUp(host, port: port)
    }

    /// The kernel's form of an address that needs no look-up.
    static func numeric(_ address: SocketAddress) throws(IOError) -> SystemAddress {
        switch address {
        case .ip(let host, let port):
            guard let numeric = SystemAddress(host: host, port: port) else {
                throw IOError("inet_pton", code: EINVAL)
            }
            return numeric
        case .unix(let path):
            guard let numeric = SystemAddress(path: path) else {
                let isTooLong = path.utf8.count > SystemAddress.pathBytesMax
                throw IOError("bind", code: isTooLong ? ENAMETOOLONG : EINVAL)
            }
            return numeric
        }
    }

    private static func lookUp(_ host: String, port: UInt16) throws(IOError) -> SystemAddress {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            unsafe hints.ai_socktype = SOCK_STREAM
        #endif
        var answers: UnsafeMutablePointer<addrinfo>?
        // SAFETY: the strings live for the call; the answers are freed below, on this thread.
        let result = unsafe getaddrinfo(host, String(port), &hints, &answers)
        guard result == 0 else { throw IOError("getaddrinfo", code: code(ofResolver: result)) }
        defer { unsafe freeaddrinfo(answers) }
        guard let first = unsafe firstAddress(in: answers) else {
            throw IOError("getaddrinfo", code: EADDRNOTAVAIL)
        }
        return first
    }

    private static func firstAddress(
        in answers: UnsafeMutablePointer<addrinfo>?
    ) -> SystemAddress? {
        var next = unsafe answers
        // SAFETY: a list that getaddrinfo made, ended by nil; `ai_addr` has `ai_addrlen` bytes.
        while let answer = unsafe next {
            let bytes = unsafe UnsafeRawBufferPointer(
                start: answer.pointee.ai_addr, count: Int(answer.pointee.ai_addrlen))
            if let address = unsafe SystemAddress(copying: bytes), address.isIP { return address }
            unsafe next = answer.pointee.ai_next
        }
        return nil
    }

    /// The nearest `errno` of a resolver's error, so that there is one kind of error here.
    private static func code(ofResolver result: Int32) -> Int32 {
        switch result {
        case EAI_SYSTEM: errno
        case EAI_MEMORY: ENOMEM
        case EAI_AGAIN: EAGAIN
        default: EADDRNOTAVAIL
        }
    }

    // MARK: - Files of Unix addresses

    /// A file's identity: it is the same file as long as both numbers are.
    struct FileIdentity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    /// The identity of a socket's file; nil when nothing is there. A file of another kind is an error.
    static func socketFile(at path: String) throws(IOError) -> FileIdentity? {
        var status = stat()
        // SAFETY: reads a NUL-terminated path, and writes one stat of this frame.
        guard unsafe lstat(path, &status) == 0 else {
            let code = errno
            if code == ENOENT { return nil }
            throw IOError("lstat", code: code)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw IOError("bind", code: EADDRINUSE) }
        return FileIdentity(
            device: UInt64(truncatingIfNeeded: status.st_dev),
            inode: UInt64(truncatingIfNeeded: status.st_ino))
    }

    static func removeFile(at path: String) throws(IOError) {
        // SAFETY: reads a NUL-terminated path.
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw IOError("unlink", code: errno)
        }
    }

    /// The directory of `path`, locked against other listeners that look for dead sockets there until
    /// the descriptor is closed; owns nothing when the directory cannot be opened or locked in a second.
    static func lockDirectory(of path: String) -> FileDescriptor {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.utf8.startIndex
        let directory = end == path.utf8.startIndex ? "." : String(path[..<end])
        // SAFETY: reads a NUL-terminated path.
        let raw = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { return .none }
        let descriptor = FileDescriptor(owning: raw)
        for _ in 0..<100 {
            if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 { return descriptor }
            usleep(10_000)
        }
        return .none
    }
}

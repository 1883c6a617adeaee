#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// How many descriptors there are, one kept in reserve, inherited ones, and the signal of broken pipes.

extension SystemCalls {
    /// A descriptor of no use but to be there; owns nothing when none is left.
    static func openReserve() -> FileDescriptor {
        // SAFETY: reads a NUL-terminated literal.
        FileDescriptor(owning: unsafe open("/dev/null", O_RDONLY | O_CLOEXEC))
    }

    /// Another descriptor for what `inherited` is open for; both are closed by exec from now on.
    static func duplicate(_ inherited: Int32) throws(IOError) -> FileDescriptor {
        let raw = try check(fcntl(inherited, F_DUPFD_CLOEXEC, 3), "fcntl")
        let descriptor = FileDescriptor(owning: raw)
        _ = try check(fcntl(inherited, F_SETFD, FD_CLOEXEC), "fcntl")
        return descriptor
    }

    static func setNonBlocking(_ descriptor: borrowing FileDescriptor) throws(IOError) {
        let flags = try check(fcntl(descriptor.rawValue, F_GETFL), "fcntl")
        _ = try check(fcntl(descriptor.rawValue, F_SETFL, flags | O_NONBLOCK), "fcntl")
    }

    /// Whether a number is an open descriptor's.
    static func isOpen(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) >= 0 }

    /// How many descriptors this process may have open (the soft limit); 1,024 when the system does not say.
    static func descriptorsMax() -> Int {
        var limit = rlimit()
        // SAFETY: writes one rlimit of this frame.
        #if canImport(Glibc)
            let result = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let result = unsafe getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        guard result == 0 else { return 1_024 }
        // "No limit" is a very large number.
        return Int(clamping: min(limit.rlim_cur, 1 << 30))
    }

    /// Has writes to a pipe that nobody reads fail with EPIPE instead of ending the process.
    static func ignoreBrokenPipes() {
        // No handler of ours is run: the signal is ignored. A program may set another afterwards.
        systemIgnore(SIGPIPE)
    }
}

// Beside a method of `SystemCalls` that has its name.
private func systemIgnore(_ number: Int32) {
    _ = signal(number, SIG_IGN)
}

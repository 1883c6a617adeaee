#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension SocketListener {
    /// Listens at `address` with `count` sockets that share one port, one for each loop.
    ///
    /// - A name is looked up, which may block, and the resolver's first answer is taken.
    /// - Port 0 gives all of them one port that was free; ``address`` tells which.
    /// - `::` takes IPv4 peers as well (they are reported with their IPv4 address); any other IPv6
    ///   address takes IPv6 peers only.
    /// - `backlog` connections wait to be accepted from each; the system may cap it (`somaxconn`).
    /// - A Unix path has one listener whatever `count` is. The file of a server that died is replaced.
    ///
    /// - Throws: `IOError` with `EADDRINUSE` when anybody listens there already, another server that
    ///   shares its port by SO_REUSEPORT included; `ENAMETOOLONG` for a path that does not fit;
    ///   `EINVAL` for a `count` below 1 or a `backlog` not in 1…65,535; otherwise what the system said.
    public static func bind(
        to address: SocketAddress, count: Int = 1, backlog: Int = IOLimits().listenBacklog
    ) throws(IOError) -> [SocketListener] {
        guard count >= 1, IOLimits.listenBacklogRange.contains(backlog) else {
            throw IOError("bind", code: EINVAL)
        }
        let backlog = Int32(clamping: backlog)
        if case .unix(let path) = address { return [try bind(path: path, backlog: backlog)] }
        return try bind(ip: try SystemCalls.resolve(address), count: count, backlog: backlog)
    }

    /// The first socket binds and listens without SO_REUSEPORT, so it fails if anybody listens there, and
    /// of two servers that start at once one fails at least. Only then is its port opened to the others.
    private static func bind(
        ip wanted: SystemAddress, count: Int, backlog: Int32
    ) throws(IOError) -> [SocketListener] {
        let first = try makeSocket(for: wanted)
        try SystemCalls.bind(first, to: wanted)
        try SystemCalls.listen(first, backlog: backlog)
        let bound = try SystemCalls.localAddress(first)
        if count > 1 { try sharePort(first) }
        var listeners = [SocketListener(first, address: bound.socketAddress)]
        while listeners.count < count {
            let next = try makeSocket(for: bound)
            try sharePort(next)
            try SystemCalls.bind(next, to: bound)
            try SystemCalls.listen(next, backlog: backlog)
            listeners.append(SocketListener(next, address: bound.socketAddress))
        }
        return listeners
    }

    private static func makeSocket(for address: SystemAddress) throws(IOError) -> FileDescriptor {
        let descriptor = try SystemCalls.makeSocket(family: address.family)
        try SystemCalls.setOption(descriptor, level: SOL_SOCKET, name: SO_REUSEADDR, to: 1)
        try SystemCalls.setNoDelay(descriptor)
        if address.family == AF_INET6 {
            try SystemCalls.setIPv6Only(descriptor, !address.isIPv6Wildcard)
        }
        return descriptor
    }

    private static func sharePort(_ descriptor: borrowing FileDescriptor) throws(IOError) {
        try SystemCalls.setOption(descriptor, level: SOL_SOCKET, name: SO_REUSEPORT, to: 1)
    }

    /// The directory is locked meanwhile: of two servers that find the same dead file, one replaces it.
    private static func bind(
        path: String, backlog: Int32
    ) throws(IOError) -> SocketListener {
        let address = try SystemCalls.numeric(.unix(path: path))
        let lock = SystemCalls.lockDirectory(of: path)
        if try SystemCalls.socketFile(at: path) != nil {
            guard try isDead(address) else { throw IOError("bind", code: EADDRINUSE) }
            try SystemCalls.removeFile(at: path)
        }
        let descriptor = try SystemCalls.makeSocket(family: AF_UNIX)
        try SystemCalls.bind(descriptor, to: address)
        try SystemCalls.listen(descriptor, backlog: backlog)
        let file = try SystemCalls.socketFile(at: path)
        lock.close()
        return SocketListener(descriptor, address: .unix(path: path), file: file)
    }

    /// Whether no socket is behind a socket's file any more.
    ///
    /// Asked with a datagram socket, which a live stream socket refuses by its type: a stream would be a
    /// connection that the live server has to accept.
    private static func isDead(_ address: SystemAddress) throws(IOError) -> Bool {
        let probe = try SystemCalls.makeSocket(family: AF_UNIX, type: SystemCalls.datagramType)
        do throws(IOError) {
            _ = try SystemCalls.connect(probe, to: address)
            return false
        } catch {
            return error.code == ECONNREFUSED
        }
    }
}

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension SocketListener {
    /// Listens on sockets that were opened for this process: systemd's socket activation, sd_listen_fds(3).
    ///
    /// `environment` is the process's; from it `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES` are read. Returns one
    /// listener for each socket, in their order, or those with a `name` (`FileDescriptorName=` of the socket unit). None
    /// when the variables are not set, or `LISTEN_PID` is another process.
    ///
    /// Each socket has one listener, also for many loops: let it hand off to them (`EventLoop.listen(on:handsOffTo:)`).
    /// The descriptors that were inherited stay open for as long as the process lives, and are closed by exec. So a closed
    /// listener leaves peers that come later in the socket's queue, where the next process finds them. The backlog is
    /// whoever's who opened the socket, and so is the file of a Unix path.
    ///
    /// - Throws: ``InheritedSocketError`` for a variable of another form, a descriptor that is no listening stream socket of
    ///   IPv4, IPv6 or a Unix path, and for a `name` that none of the sockets has.
    public static func inherited(
        by environment: [String: String], named name: String? = nil
    ) throws(InheritedSocketError) -> [SocketListener] {
        try inherited(by: environment, named: name, from: InheritedSockets.firstDescriptor)
    }

    /// The same, with descriptors from `first` on.
    package static func inherited(
        by environment: [String: String], named name: String?, from first: Int32
    ) throws(InheritedSocketError) -> [SocketListener] {
        let sockets = try InheritedSockets(
            environment: environment, processID: getpid(), first: first)
        let wanted = sockets.entries.filter { name == nil || $0.name == name }
        if let name, wanted.isEmpty, !sockets.entries.isEmpty { throw .name(name) }
        var listeners: [SocketListener] = []
        for entry in wanted { listeners.append(try take(entry)) }
        return listeners
    }

    private static func take(
        _ entry: InheritedSockets.Entry
    ) throws(InheritedSocketError) -> SocketListener {
        do throws(IOError) {
            let descriptor = try SystemCalls.duplicate(entry.descriptor)
            if let bound = try prepare(descriptor) {
                return SocketListener(descriptor, address: bound.socketAddress)
            }
        } catch {
            guard error.code == ENOTSOCK else { throw .descriptor(entry, "fails: \(error)") }
        }
        throw .descriptor(entry, "is no listening stream socket")
    }

    /// Makes a socket like those that `bind` makes; nil, and nothing changed, for one of another kind.
    private static func prepare(
        _ descriptor: borrowing FileDescriptor
    ) throws(IOError) -> SystemAddress? {
        let address = try SystemCalls.localAddress(descriptor)
        let type = try SystemCalls.option(descriptor, level: SOL_SOCKET, name: SO_TYPE)
        let listens = try SystemCalls.option(descriptor, level: SOL_SOCKET, name: SO_ACCEPTCONN)
        guard address.isIP || address.family == AF_UNIX, type == SystemCalls.plainStreamType,
            listens != 0
        else { return nil }
        try SystemCalls.setNonBlocking(descriptor)
        if address.isIP { try SystemCalls.setNoDelay(descriptor) }
        return address
    }
}

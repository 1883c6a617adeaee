internal import FoundationEssentials
internal import Logging

/// The loops of a listening app.
struct RunningApp: Sendable {
    let group: EventLoopGroup
    /// Finishes when every loop has ended.
    let ended: AsyncStream<Void>
    fileprivate let continuation: AsyncStream<Void>.Continuation

    /// Ends the waiting for loops that don't end.
    func giveUp() {
        continuation.finish()
    }
}

extension App {
    /// Starts to listen on a TCP port. Port 0 takes a free one.
    ///
    /// Returns the address with the real port. Throws when the configuration, a route or the address is wrong, or
    /// the port is in use. The first call starts the loops and fixes the routes; further ones add addresses.
    @discardableResult
    public func listen(host: String = "127.0.0.1", port: Int) async throws -> SocketAddress {
        guard let number = UInt16(exactly: port) else {
            throw AppError.configuration(field: "port", "is \(port); it must be in 0...65535")
        }
        return try await listen(on: .ip(host: host, port: number))
    }

    /// Starts to listen on an address: IPv4, IPv6, or a Unix path.
    @discardableResult
    public func listen(on address: SocketAddress) async throws -> SocketAddress {
        try configuration.validate()
        try state.withLock { try $0.routes.validate() }
        var count = configuration.loops
        // A path has one listener, which hands off.
        if case .unix = address { count = 1 }
        let listeners = try SocketListener.bind(
            to: address, count: count, backlog: configuration.io.listenBacklog)
        let bound = listeners.first?.address ?? address
        state.withLock { $0.addresses.append(bound) }
        try await listen(on: listeners.map { $0 as any Listener })
        return bound
    }

    /// Starts to listen on the sockets that were opened for this process: systemd's socket activation, sd_listen_fds(3).
    ///
    /// So a restart loses no connection: who comes between two processes waits in the socket's queue. Takes all sockets, or
    /// those that the socket unit gave this `name` (`FileDescriptorName=`). Returns where they listen; nothing when the process
    /// was handed none, so that it may listen elsewhere:
    ///
    /// ```swift
    /// if try await app.listenOnInheritedSockets().isEmpty { try await app.listen(port: 4547) }
    /// ```
    ///
    /// Throws ``/RNodeIO/InheritedSocketError`` for what is no listening stream socket, and else as
    /// ``listen(on:)-(SocketAddress)`` does. All loops share each socket: one of them accepts, and hands off to all in turn.
    @discardableResult
    public func listenOnInheritedSockets(
        named name: String? = nil
    ) async throws -> [SocketAddress] {
        try await listenOnInheritedSockets(ProcessInfo.processInfo.environment, named: name)
    }

    /// The same, with another environment, and descriptors from `first` on.
    func listenOnInheritedSockets(
        _ environment: [String: String], named name: String? = nil, from first: Int32 = 3
    ) async throws -> [SocketAddress] {
        try configuration.validate()
        try state.withLock { try $0.routes.validate() }
        let listeners = try SocketListener.inherited(by: environment, named: name, from: first)
        guard !listeners.isEmpty else { return [] }
        let addresses = listeners.map(\.address)
        state.withLock { $0.addresses += addresses }
        try await start().listen(on: listeners.map { $0 as any Listener }, sharingEach: true)
        return addresses
    }

    /// Starts to listen on listeners of your own making: one for each loop; a single one hands off to all loops.
    public func listen(on listeners: sending [any Listener]) async throws {
        try await start().listen(on: listeners)
    }

    /// Fixes the routes and starts the loops, once, however many ask at the same time.
    private func start() async throws -> AppCore {
        let starting = try state.withLock { state in
            guard !state.isStopped else { throw AppError.stopped }
            if let starting = state.starting { return starting }
            if let core = state.core { return Task { core } }
            guard !state.isServed else { throw AppError.stopped }
            let starting = Task { try await self.startFirst() }
            state.starting = starting
            return starting
        }
        return try await starting.value
    }

    private func startFirst() async throws -> AppCore {
        do {
            let core = try await startOnce()
            state.withLock { $0.starting = nil }
            return core
        } catch {
            // What was wrong may be mended: the next call tries again, unless the loops run already.
            state.withLock { state in
                if !state.isServed { state.starting = nil }
            }
            throw error
        }
    }

    private func startOnce() async throws -> AppCore {
        try configuration.validate()
        for warning in StartupWarnings.warnings() { logger.warning("\(warning)") }
        try await registry.restore()
        let core = try state.withLock { try startLoops(&$0) }
        try await configuration.broker.start(delivering: RoomBridge(core: core))
        try await startAdminListener()
        return core
    }

    private func startLoops(_ state: inout State) throws -> AppCore {
        guard !state.isStopped else { throw AppError.stopped }
        let core = try makeCore(&state, loops: configuration.loops)
        let logger = state.logger
        let backends = try configuration.backend.make(configuration.loops) { error in
            logger.notice(
                "io_uring can't be had; epoll takes its place", metadata: ["reason": "\(error)"])
        }
        let group = try EventLoopGroup(backends: backends, limits: configuration.io)
        core.start(on: group.loops) { _ in SystemRandomNumberGenerator() }
        let (ended, continuation) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        try group.start { continuation.finish() }
        state.running = RunningApp(
            group: group, ended: ended, continuation: continuation)
        state.serve(by: core)
        return core
    }

    private func makeCore(_ state: inout State, loops: Int) throws -> AppCore {
        if configuration.health.adminListener == nil { addMetricsRoute(&state.routes) }
        addHealthRoutes(&state.routes)
        try state.routes.validate()
        return AppCore(
            configuration, routes: state.routes, registry: registry,
            metrics: ServerMetrics(
                routes: state.routes.webSockets.map(\.path), loopCount: loops),
            logger: state.logger)
    }

    /// Serves on loops that somebody else runs: a test over a scripted backend, or a host with threads of its own.
    ///
    /// Give each loop its listener with `EventLoop.listen(on:)`, and call this before their first turn, or from a task on
    /// one of them while one thread runs them all: it must not meet a turn of theirs. `randomness` makes the ids of loop n;
    /// nil is the system's.
    public func serve(
        on loops: [EventLoop],
        randomness: @Sendable (Int) -> any RandomNumberGenerator = { _ in
            SystemRandomNumberGenerator()
        }
    ) async throws {
        try configuration.validate()
        try await registry.restore()
        let core = try state.withLock { state in
            guard !state.isServed else { throw AppError.alreadyListening }
            let core = try makeCore(&state, loops: loops.count)
            core.start(on: loops, random: randomness)
            state.serve(by: core)
            return core
        }
        try await configuration.broker.start(delivering: RoomBridge(core: core))
    }
}

extension AppCore {
    /// Gives every loop its listener; a single one hands off to all, and so does each when they are to be shared.
    func listen(
        on listeners: sending [any Listener], sharingEach: Bool = false
    ) async throws(IOError) {
        let moved = MovedListeners(listeners: listeners)
        let loops = loops
        guard !loops.isEmpty else { return }
        let handsOff = loops.count > 1 && (sharingEach || listeners.count == 1)
        let eventLoops = handsOff ? loops.map(\.eventLoop) : []
        for position in 0..<(sharingEach ? listeners.count : min(listeners.count, loops.count)) {
            let result = await loops[position % loops.count].run { loop in
                Result { () throws(IOError) in
                    try loop.eventLoop.listen(
                        on: moved.listeners[position], handsOffTo: eventLoops)
                }
            }
            try result.get()
        }
    }
}

// @unchecked: each is used by its own loop only from here on.
/// Listeners on their way to their loops.
private struct MovedListeners: @unchecked Sendable {
    let listeners: [any Listener]
}

internal import Logging

/// What `run` waits for.
enum RunEvent: Sendable {
    case signal(ProcessSignal)
    case drained(ShutdownResult)
}

extension App {
    /// Serves until SIGTERM or SIGINT, then shuts down; a second one of these ends the waiting at once.
    ///
    /// Give the result's ``ShutdownResult/exitCode`` to `exit`. SIGHUP ends nothing: `onReload` is called, to read again
    /// what may have changed, such as the log level.
    ///
    /// `onStart` is called when the signals are listened to. An app that listens there, and not before `run`, can be ended in
    /// good order from the moment that its port is open. What it throws, `run` throws.
    ///
    /// Under systemd, as a unit of `Type=notify`, the process is reported ready when `onStart` has returned, and stopping when the
    /// drain begins: sd_notify(3), to the socket named by `NOTIFY_SOCKET`.
    @discardableResult
    public func run(
        onStart: @Sendable () async throws -> Void = {},
        onReload: @escaping @Sendable (App) -> Void = { _ in }
    ) async throws -> ShutdownResult {
        let (events, continuation) = AsyncStream<RunEvent>.makeStream(
            bufferingPolicy: .bufferingOldest(64))
        let (registrations, registration) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingOldest(8))
        let signals = ProcessSignals {
            continuation.yield(.signal($0))
        } registered: {
            registration.yield()
        }
        defer { withExtendedLifetime(signals) {} }
        for await _ in registrations.prefix(ProcessSignal.allCases.count) {}
        try await onStart()
        guard core != nil else { throw AppError(description: "call listen before run") }
        reportReady(to: Supervisor())
        return await run(until: events, continuation, onReload: onReload)
    }

    /// The same, over any source of signals.
    func run(
        until events: AsyncStream<RunEvent>, _ continuation: AsyncStream<RunEvent>.Continuation,
        onReload: @Sendable (App) -> Void = { _ in }
    ) async -> ShutdownResult {
        var isDraining = false
        for await event in events {
            switch event {
            case .drained(let result): return result
            case .signal(.hangUp): onReload(self)
            case .signal(let signal) where isDraining:
                logger.warning("stopped waiting", metadata: ["signal": "\(signal.rawValue)"])
                return ShutdownResult(
                    cutConnections: core?.metrics.openConnections ?? 0, secondSignal: signal)
            case .signal(let signal):
                isDraining = true
                logger.info("shutting down", metadata: ["signal": "\(signal.rawValue)"])
                Task { continuation.yield(.drained(await self.shutdown())) }
            }
        }
        return ShutdownResult(cutConnections: 0)
    }

    /// Tells the supervisor that the app serves; it will hear of the drain, too.
    func reportReady(to supervisor: Supervisor?) {
        state.withLock { $0.supervisor = supervisor }
        supervisor?.tell(.ready, logger)
    }

    /// Withdraws readiness, stops accepting, lets HTTP requests and callbacks finish, closes WebSocket connections with
    /// 1001, and ends the loops.
    ///
    /// How long each step may take stands in ``AppConfiguration/drain``; what has not closed by its deadline is cut. Called
    /// again, it waits for the same end.
    @discardableResult
    public func shutdown() async -> ShutdownResult {
        let stopping = state.withLock { state in
            state.isStopped = true
            if let stopping = state.stopping { return stopping }
            // Detached: a cancelled caller must not cut the waiting short. On loops of somebody else's, on one of them.
            let hosted = state.running == nil ? state.core?.loops.first?.eventLoop : nil
            let stopping = Task.detached(executorPreference: hosted) {
                await self.drain(on: hosted)
            }
            state.stopping = stopping
            return stopping
        }
        return await stopping.value
    }

    /// Whether a drain has begun: `/readyz` says 503.
    public var isDraining: Bool {
        state.withLock { state in state.core.map(\.isDraining) ?? state.isStopped }
    }

    private func drain(on executor: (any TaskExecutor)?) async -> ShutdownResult {
        let (core, running, supervisor) = state.withLock { ($0.core, $0.running, $0.supervisor) }
        supervisor?.tell(.stopping, logger)
        guard let core else { return ShutdownResult(cutConnections: 0) }
        let steps = DrainSteps(core: core, executor: executor)
        // Loops that callbacks block can't say that the time is up: then the real clock does.
        let guardian = running.map { running in
            Task.detached {
                let drain = self.configuration.drain
                try? await Task.sleep(for: drain.connectionsTimeout + .seconds(1))
                guard !Task.isCancelled else { return }
                steps.giveUpLoops()
                try? await Task.sleep(for: drain.brokerTime)
                guard !Task.isCancelled else { return }
                steps.giveUp()
                running.giveUp()
            }
        }
        let left = await steps.run()
        running?.group.stop()
        if let running { for await _ in running.ended {} }
        // Waited for, too: it holds what has ended.
        guardian?.cancel()
        await guardian?.value
        if let admin = state.withLock({ $0.admin.take() }) { await admin.shutdown() }
        return ShutdownResult(cutConnections: left)
    }
}

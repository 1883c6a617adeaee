extension App {
    /// Serves `GET /livez` and `GET /readyz`, unless they are off, elsewhere, or the user's own.
    func addHealthRoutes(_ routes: inout AppRoutes) {
        guard configuration.health.isServed, configuration.health.adminListener == nil else {
            return
        }
        let endpoints = HealthEndpoints(subject: AppReference(self), server: AppReference(self))
        endpoints.add(to: &routes)
    }
}

/// The handlers of `/livez` and `/readyz`: what they say of one app, on a listener of that or another one.
struct HealthEndpoints: Sendable {
    /// The app they speak of.
    let subject: AppReference
    /// The app they are served by.
    let server: AppReference

    func add(to routes: inout AppRoutes) {
        if !routes.hasGet("/livez") { routes.add(.get, "/livez", .sync(respondLive)) }
        if !routes.hasGet("/readyz") { routes.add(.get, "/readyz", .sync(respondReady)) }
    }

    @Sendable private func respondLive(_ request: Request, _ response: Response) {
        guard let core = subject.app?.core, let now = server.app?.core?.currentTime else {
            return answer(503, "stopped", response)
        }
        let blocked = core.blockedLoops(at: now)
        guard blocked.isEmpty else {
            let numbers = blocked.map(String.init).joined(separator: ", ")
            return answer(503, "blocked: loop \(numbers)", response)
        }
        answer(200, "live", response)
    }

    @Sendable private func respondReady(_ request: Request, _ response: Response) {
        guard let core = subject.app?.core else { return answer(503, "stopped", response) }
        let readiness = core.readiness
        answer(readiness == .ready ? 200 : 503, readiness.rawValue, response)
    }

    private func answer(_ status: Int, _ word: String, _ response: Response) {
        response.status(status).header("Cache-Control", "no-store").text(word + "\n")
    }
}

/// Whether new connections are welcome, in a word.
enum Readiness: String {
    case ready, draining
    case full = "at the connection limit"
    case refused = "not ready"
}

extension AppCore {
    var readiness: Readiness {
        if isDraining { return .draining }
        if loops.contains(where: { $0.eventLoop.budget.isSpent }) { return .full }
        return configuration.health.isReady() ? .ready : .refused
    }

    /// The loops whose turn has taken too long by `now`.
    func blockedLoops(at now: MonotonicInstant) -> [Int] {
        let limit = configuration.health.stallTimeout.nanosecondsClamped
        return loops.map(\.eventLoop).filter { loop in
            loop.turnBeganAt.map { $0.nanoseconds(until: now) >= limit } ?? false
        }.map(\.index)
    }

    /// The time on the loop that the calling code runs on.
    var currentTime: MonotonicInstant? {
        loops.map(\.eventLoop).filter(\.isOnLoop).map(\.now).max()
    }
}

extension App {
    /// Serves `GET /metrics` when metrics are on, unless the user has a route of its own there.
    func addMetricsRoute(_ routes: inout AppRoutes) {
        guard configuration.metrics, !routes.hasGet("/metrics") else { return }
        let reference = AppReference(self)
        routes.add(
            .get, "/metrics",
            .async(
                ClosureHandler { request, response in
                    guard let core = reference.app?.core else { throw HTTPError(503, "Stopping") }
                    core.respondMetrics(request, response)
                }))
    }
}

extension AppCore {
    func respondMetrics(_ request: Request, _ response: Response) {}
}

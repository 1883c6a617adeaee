extension App {
    /// Starts the listener for `/livez`, `/readyz` and `/metrics`, when there is to be one of its own.
    ///
    /// It is a small app beside this one, so it has a loop that no callback of this one can block.
    func startAdminListener() async throws {
        guard let address = configuration.health.adminListener else { return }
        var small = AppConfiguration()
        small.loops = 1
        small.backend = configuration.backend
        small.logger = configuration.logger
        small.health.isServed = false
        small.isAdministrative = true
        // Whoever looks after a server, and few more.
        small.io.connectionsMax = 256
        let admin = App(small)
        let endpoints = HealthEndpoints(subject: AppReference(self), server: AppReference(admin))
        admin.register { endpoints.add(to: &$0) }
        if configuration.metrics { admin.register { addMetricsRoute(&$0) } }
        try await admin.listen(on: address)
        state.withLock { $0.admin = admin }
    }

    /// Where `/livez`, `/readyz` and `/metrics` are served, when they have a listener of their own and it listens.
    public var adminAddress: SocketAddress? {
        state.withLock { $0.admin }?.state.withLock { $0.addresses.first }
    }
}

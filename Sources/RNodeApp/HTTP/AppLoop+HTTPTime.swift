// What a connection that speaks HTTP is closed for when its time is up.
extension AppLoop {
    func timedOut(
        _ http: borrowing Owned<HTTPConnection>, _ connection: inout ConnectionContext
    ) {
        setResponseTime()
        if case .opening(let opening) = http.borrow({ $0.current }) {
            opening.isAbandoned = true
            return refuse(.tooLate, opening.client, on: &connection)
        }
        // Accepted right before the end, and silent since.
        if core.isClosing, http.borrow({ $0.session.isIdle }) { return connection.close() }
        let limits = core.configuration.http
        let wasIdle = http.borrow { $0.session.isIdle }
        let step = http.update { $0.session.timedOut(now: connection.now, limits: limits) }
        switch step {
        case .failed(let error): fail(error, &connection)
        case .some:
            let isOverdue = http.borrow {
                $0.session.isOverdue(now: connection.now, limits: limits)
            }
            counters.breached(
                wasIdle ? .keepAliveTimeout : isOverdue ? .requestTimeout : .bodyBytesPerSecondMin)
            connection.close()
        case .none: setDeadline(http, &connection)
        }
    }
}

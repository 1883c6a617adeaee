// Requests that ask for an upgrade: which route they are for, and what onConnect says.
extension AppLoop {
    func upgrade(
        _ http: borrowing Owned<HTTPConnection>, _ connection: inout ConnectionContext
    ) -> Next {
        let remote = http.borrow { $0.remote }
        let told = core.configuration.proxies.client(behind: remote, head)
        let client = told?.description ?? remote.description
        do throws(OpeningRefusal) {
            let (route, params) = try webSocketRoute()
            guard connection.now < handshakeEnd(http) else { throw .tooLate }
            if let told { try admitClient(told, on: connection.id) }
            let opening = try opening(route, params, from: client, on: connection.id)
            return decide(opening, http, &connection)
        } catch {
            refuse(error, client, on: &connection)
            return .wait
        }
    }

    private func webSocketRoute() throws(OpeningRefusal) -> (WebSocketRoute, RouteParameters) {
        guard isForThisHost else {
            throw OpeningRefusal(status: 421, reason: "Misdirected request")
        }
        switch head.withPath({ core.router.match(head.method, path: $0) }) {
        case .found(.webSocket(let route), let params) where head.method == .get:
            return (route, params)
        case .methodNotAllowed(let allow):
            var refusal = OpeningRefusal(status: 405, reason: "Method not allowed")
            refusal.fields[.allow] = allow.map(\.httpMethod.rawValue).joined(separator: ", ")
            throw refusal
        case .malformed: throw OpeningRefusal(status: 400, reason: "Malformed path")
        case .found, .notFound: throw OpeningRefusal(status: 404, reason: "Not found")
        }
    }

    /// Runs onConnect: at once when it is synchronous, else the connection waits for it.
    private func decide(
        _ opening: Opening, _ http: borrowing Owned<HTTPConnection>,
        _ connection: inout ConnectionContext
    ) -> Next {
        guard let peer = opening.peer, peer.admits(.onConnect) else {
            return .open(opening)
        }
        if let outcome = peer.connectAtOnce() {
            guard let refusal = refusal(outcome, peer) else { return .open(opening) }
            refuse(refusal, opening.client, on: &connection)
            return .wait
        }
        http.update { $0.current = .opening(opening) }
        connection.deadline = handshakeEnd(http)
        decide(opening, peer, connection.id)
        return .goOn
    }

    /// When the handshake must have ended, onConnect included: counted from the head's begin.
    func handshakeEnd(_ http: borrowing Owned<HTTPConnection>) -> MonotonicInstant {
        http.borrow { $0.session.requestBegan }
            .advanced(by: core.configuration.handshakeTimeout)
    }
}

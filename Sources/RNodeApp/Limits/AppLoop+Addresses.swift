// How many connections one address may have.
extension AppLoop {
    /// Whether a new connection's address may have one more; else it is answered 429, and closed.
    ///
    /// A trusted proxy may have any number: it is its clients that are counted, as soon as they are known.
    func admitsAddress(
        _ remote: SocketAddress, _ connection: inout ConnectionContext
    ) -> Bool {
        guard let perAddress = core.perAddress, !core.configuration.proxies.isTrusted(remote),
            let address = ConnectionsPerAddress.address(of: remote)
        else { return true }
        guard perAddress.admit(address) else {
            refuseAddress(remote, &connection)
            return false
        }
        addresses[connection.id.slot] = address
        return true
    }

    /// Throws the refusal of a WebSocket that would be one too many of a client that a trusted proxy tells of.
    func admitClient(
        _ client: IPAddress, on connection: ConnectionID
    ) throws(OpeningRefusal) {
        guard let perAddress = core.perAddress else { return }
        let address = ConnectionsPerAddress.address(ofHost: client.description)
        guard perAddress.admit(address) else { throw .tooManyOfAddress }
        addresses[connection.slot] = address
    }

    /// Answers one connection too many of an address, and closes it; a crowd of them is closed at once, like one beyond the
    /// limit of all connections.
    private func refuseAddress(_ remote: SocketAddress, _ connection: inout ConnectionContext) {
        guard addressRefusals < eventLoop.limits.refusalsMax else {
            counters.breached(.connectionsPerAddressMax)
            return connection.abort()
        }
        addressRefusals &+= 1
        refuse(.tooManyOfAddress, "\(remote)", on: &connection)
        // So long it may stay: until its peer has taken the answer, and closed its side.
        let id = connection.id
        let end = connection.now.advanced(by: eventLoop.limits.lingerTimeout)
        eventLoop.schedule(at: end) { [self] in
            addressRefusals &-= 1
            _ = eventLoop.withConnection(id) { $0.abort() }
        }
    }

    /// A connection is gone: its address has one less.
    func releaseAddress(_ connection: ConnectionID) {
        guard let perAddress = core.perAddress,
            let address = addresses.removeValue(forKey: connection.slot)
        else { return }
        perAddress.release(address)
    }
}

extension OpeningRefusal {
    fileprivate static var tooManyOfAddress: OpeningRefusal {
        var refusal = OpeningRefusal(
            status: 429, reason: "Too many connections from this address",
            limit: .connectionsPerAddressMax)
        refusal.fields[.retryAfter] = "10"
        return refusal
    }
}

// How many connections one address may have.
extension AppLoop {
    /// Whether a new connection's address may have one more; else it is answered 429, and closed.
    func admitsAddress(
        _ remote: SocketAddress, _ connection: inout ConnectionContext
    ) -> Bool {
        guard let perAddress = core.perAddress,
            let address = ConnectionsPerAddress.address(of: remote)
        else { return true }
        guard perAddress.admit(address) else {
            var refusal = OpeningRefusal(
                status: 429, reason: "Too many connections from this address")
            refusal.fields[.retryAfter] = "10"
            counters.failed(.rateLimited)
            refuse(refusal, "\(remote)", on: &connection)
            return false
        }
        addresses[connection.id.slot] = address
        return true
    }

    /// A connection is gone: its address has one less.
    func releaseAddress(_ connection: ConnectionID) {
        guard let perAddress = core.perAddress,
            let address = addresses.removeValue(forKey: connection.slot)
        else { return }
        perAddress.release(address)
    }
}

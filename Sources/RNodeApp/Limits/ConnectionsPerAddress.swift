internal import Synchronization

// One of the few types that own a lock: asked once for each connection, and only where the limit is on.
/// How many connections each remote address has open. As big as the number of open connections at most.
final class ConnectionsPerAddress: Sendable {
    private let limit: Int
    private let counts = Guarded<[String: Int]>([:])

    init(max limit: Int) {
        self.limit = limit
    }

    /// How many addresses have a connection.
    var addressCount: Int { counts.withLock { $0.count } }

    /// Counts a connection of an address; false, and not counted, when it has enough.
    func admit(_ address: String) -> Bool {
        counts.withLock { counts in
            let count = counts[address] ?? 0
            guard count < limit else { return false }
            counts[address] = count + 1
            return true
        }
    }

    /// A connection that was admitted is gone.
    func release(_ address: String) {
        counts.withLock { counts in
            let count = counts[address] ?? 0
            counts[address] = count > 1 ? count - 1 : nil
        }
    }

    /// What counts as one address: an IPv4 address, or the /64 of an IPv6 one, which one subscriber has to itself. Nil for a
    /// Unix path, whose peers are all alike.
    static func address(of remote: SocketAddress) -> String? {
        guard case .ip(let host, _) = remote else { return nil }
        return address(ofHost: host)
    }

    /// The same for an address as text, without a port.
    static func address(ofHost host: String) -> String {
        guard host.utf8.contains(UInt8(ascii: ":")) else { return host }
        let text = host.prefix { $0 != "%" }
        let gap = text.firstRange(of: "::")
        let before = text[..<(gap?.lowerBound ?? text.endIndex)].split(separator: ":")
        let after = gap.map { text[$0.upperBound...].split(separator: ":") } ?? []
        let zeros = repeatElement(Substring("0"), count: max(8 - before.count - after.count, 0))
        return (before + zeros + after).prefix(4).joined(separator: ":") + "::/64"
    }
}

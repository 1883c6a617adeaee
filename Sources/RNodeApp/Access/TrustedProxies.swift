/// The proxies whose word on a client's address is taken.
///
/// Anybody can send `X-Forwarded-For`. It is read only when the connection comes from one of these networks, and then
/// from its right end: each proxy appends who it was asked by. The right-most address that is no trusted proxy's is the
/// client's; what stands before it was sent by the client and is ignored. An entry that is no address ends the search at
/// the proxy that wrote it.
public struct TrustedProxies: Sendable, Hashable {
    /// The header field in which the proxies say who asked them. They must set or append to this one: a field that a
    /// proxy passes on as it came says what the client wants it to say.
    public struct Field: Sendable, Hashable {
        let isForwarded: Bool

        /// `X-Forwarded-For`.
        public static let xForwardedFor = Field(isForwarded: false)
        /// `Forwarded` (RFC 7239), its `for` parameters.
        public static let forwarded = Field(isForwarded: true)
    }

    private let networks: [IPNetwork]
    private let trustsLocal: Bool
    private let field: Field
    /// The first network that is none: thrown when the app starts to listen.
    private let wrongNetwork: String?

    /// Nobody's word is taken. The default.
    public static let none = TrustedProxies([])

    /// The proxies in these networks (`10.0.0.0/8`, `2001:db8::/32`, `192.0.2.1`), and with `unix` those that connect to
    /// a Unix path.
    public init(_ networks: [String], field: Field = .xForwardedFor) {
        let addresses = networks.filter { $0 != "unix" }
        self.networks = addresses.compactMap { IPNetwork($0) }
        self.field = field
        trustsLocal = networks.contains("unix")
        wrongNetwork = addresses.first { IPNetwork($0) == nil }
    }

    func validate() throws(AppError) {
        guard let wrongNetwork else { return }
        throw AppError.configuration(
            field: "proxies", "trusts \(wrongNetwork); a network is like 10.0.0.0/8 or ::1")
    }

    /// The address of the client behind a connection, as text: without a port when a proxy told it.
    func client(of remote: SocketAddress, _ head: borrowing RequestHead) -> String {
        client(behind: remote, head)?.description ?? remote.description
    }

    /// The client that a trusted proxy tells of; nil when it tells of none, or is not trusted.
    func client(behind remote: SocketAddress, _ head: borrowing RequestHead) -> IPAddress? {
        guard isTrusted(remote) else { return nil }
        var lines: [String] = []
        if field.isForwarded {
            head.forEachField(named: "forwarded") { lines.append(String(decoding: $0)) }
        } else {
            head.forEachField(named: "x-forwarded-for") { lines.append(String(decoding: $0)) }
        }
        return client(lines)
    }

    /// Whether a connection comes from a trusted proxy.
    func isTrusted(_ remote: SocketAddress) -> Bool {
        switch remote {
        case .unix: return trustsLocal
        case .ip(let host, _):
            guard !networks.isEmpty, let address = IPAddress(host) else { return false }
            return isTrusted(address)
        }
    }

    private func isTrusted(_ address: IPAddress) -> Bool {
        networks.contains { $0.contains(address) }
    }

    /// The right-most address that is not trusted, or the left-most there is; nil without any.
    func client(_ lines: [String]) -> IPAddress? {
        var client: IPAddress?
        for line in lines.reversed() {
            for entry in ForwardedEntries(line) {
                guard let address = address(entry) else { return client }
                client = address
                if !isTrusted(address) { return client }
            }
        }
        return client
    }

    private func address(_ entry: Substring) -> IPAddress? {
        field.isForwarded ? ForwardedEntries.forParameter(entry) : IPAddress(entry: entry)
    }
}

/// The hosts that requests may be for, against pages that point a name of their own at this server (DNS rebinding).
struct AllowedHosts: Sendable {
    private let hosts: Set<String>

    /// Whether any host will do.
    var admitsAny: Bool { hosts.isEmpty }

    init(_ hosts: [String]) {
        self.hosts = Set(hosts.map { $0.lowercased() })
    }

    /// The first that is no host.
    static func wrongHost(_ hosts: [String]) -> String? {
        hosts.first { host in
            host.isEmpty
                || !host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@\\,".utf8.contains($0) }
        }
    }

    /// Whether a request for this authority is admitted. A host that is listed without a port is for every port.
    func admits(_ authority: String) -> Bool {
        let asked = authority.lowercased()
        return admitsAny || hosts.contains(asked) || hosts.contains(Self.withoutPort(asked))
    }

    private static func withoutPort(_ authority: String) -> String {
        guard let colon = authority.lastIndex(of: ":"), authority.last != "]",
            !authority[..<colon].contains(":") || authority[..<colon].last == "]"
        else { return authority }
        return String(authority[..<colon])
    }
}

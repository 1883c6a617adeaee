/// What the framework's own log lines say, and how often.
///
/// Whatever is set here: no line holds a payload, a query string, or a field's value of a request, and what a client
/// made is escaped.
public struct LogConfiguration: Sendable {
    /// How a peer's address is shown; by default its network only.
    public var peerAddress = PeerAddressForm.truncated
    /// Lines of one kind a loop's events may make in a second, 1…1,000; default 1. What was left out is counted in
    /// the next one. Lines below `info` are not limited.
    public var linesPerSecondMax = 1

    /// The defaults.
    public init() {}

    func validate() throws(AppError) {
        try AppError.check("logs.linesPerSecondMax", linesPerSecondMax, 1...1_000)
    }
}

/// How a peer's address is shown in logs.
public struct PeerAddressForm: Sendable, Hashable {
    private enum Form: Hashable {
        case full, truncated, hidden
        case hashed(UInt64, UInt64)
    }

    private let form: Form

    /// As it is.
    public static let full = PeerAddressForm(form: .full)
    /// The network alone: the first 24 bits of IPv4, 48 of IPv6.
    public static let truncated = PeerAddressForm(form: .truncated)
    /// Not at all.
    public static let hidden = PeerAddressForm(form: .hidden)

    /// Sixteen hexadecimal digits that tell addresses apart, and that only who has the key can tell from which they
    /// came: SipHash-2-4. The same key gives the same digits on every node and after every start.
    public static func hashed(key: (UInt64, UInt64)) -> PeerAddressForm {
        PeerAddressForm(form: .hashed(key.0, key.1))
    }

    /// An address in this form. What is no IP address is a local peer.
    func text(of remote: String) -> String {
        guard form != .hidden else { return "hidden" }
        guard let address = IPAddress(entry: remote) else { return "local" }
        switch form {
        case .full: return address.description
        case .truncated: return "\(address.network(v4: 24, v6: 48))"
        case .hashed(let first, let second):
            let digits = String(SipHash.hash(address.bytes, key: (first, second)), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        case .hidden: return "hidden"
        }
    }
}

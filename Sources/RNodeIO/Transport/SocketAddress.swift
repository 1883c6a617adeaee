/// Where a socket is bound or connected.
public enum SocketAddress: Hashable, Sendable {
    /// An IPv4 or IPv6 address in text form, and a port; `host` may be a name only when listening is asked for.
    case ip(host: String, port: UInt16)
    /// A path of the file system.
    case unix(path: String)
}

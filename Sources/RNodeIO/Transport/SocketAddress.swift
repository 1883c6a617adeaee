/// Where a socket is bound or connected.
public enum SocketAddress: Hashable, Sendable {
    /// An IPv4 or IPv6 address in text form, and a port; `host` may be a name only when listening is
    /// asked for. An IPv6 address has no brackets here.
    case ip(host: String, port: UInt16)
    /// A path of the file system, at most 107 bytes on Linux and 103 on macOS.
    case unix(path: String)

    /// Reads `127.0.0.1:80`, `[::1]:80`, `localhost:80` or `/path`; nil for anything else.
    ///
    /// An IPv6 address needs its brackets. A name is not looked up here.
    public init?(parsing text: String) {
        if text.utf8.first == UInt8(ascii: "/") {
            guard SystemAddress(path: text) != nil else { return nil }
            self = .unix(path: text)
        } else if text.utf8.first == UInt8(ascii: "[") {
            self.init(bracketed: text)
        } else {
            self.init(plain: text)
        }
    }

    private init?(bracketed text: String) {
        guard let end = text.utf8.firstIndex(of: UInt8(ascii: "]")),
            let host = String(text.utf8[..<end].dropFirst()), host.utf8.contains(0x3A),
            SystemAddress(host: host, port: 0) != nil,
            let port = SocketAddress.port(in: text.utf8[end...].dropFirst())
        else { return nil }
        self = .ip(host: host, port: port)
    }

    private init?(plain text: String) {
        guard let colon = text.utf8.firstIndex(of: 0x3A), colon != text.utf8.startIndex,
            let host = String(text.utf8[..<colon]),
            host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
            let port = SocketAddress.port(in: text.utf8[colon...])
        else { return nil }
        self = .ip(host: host, port: port)
    }

    /// `:` and one to five digits, at most 65535.
    private static func port(in text: Substring.UTF8View) -> UInt16? {
        guard text.first == 0x3A else { return nil }
        let digits = text.dropFirst()
        guard (1...5).contains(digits.count) else { return nil }
        var value: UInt32 = 0
        for digit in digits {
            guard digit &- 0x30 < 10 else { return nil }
            value = value &* 10 &+ UInt32(digit &- 0x30)
        }
        return UInt16(exactly: value)
    }

    /// The port, or nil for a path.
    public var port: UInt16? {
        if case .ip(_, let port) = self { port } else { nil }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// The form that ``init(parsing:)`` reads.
    public var description: String {
        switch self {
        case .ip(let host, let port):
            host.utf8.contains(0x3A) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

import Glibc
import RNodeTesting
import Testing

@testable import RNodeIO

/// Real sockets for tests.
enum Sockets {
    static let loopback = SocketAddress.ip(host: "127.0.0.1", port: 0)

    static func listener(_ address: SocketAddress = loopback) throws -> SocketListener {
        try #require(try SocketListener.bind(to: address).first)
    }

    /// A connected TCP stream: the client's end, and the server's.
    static func connected() throws -> (client: SocketTransport, server: any Transport) {
        let listener = try listener()
        defer { listener.close() }
        let client = try SocketTransport.connecting(to: listener.address)
        return (client, try accept(from: listener).transport)
    }

    /// The next peer, for which it waits a few seconds at most.
    static func accept(
        from listener: any Listener
    ) throws -> (transport: any Transport, remote: SocketAddress) {
        for _ in 0..<3000 {
            switch listener.accept() {
            case .accepted(let transport, let remote): return (transport, remote)
            case .wouldBlock, .retry: usleep(1000)
            case .exhausted(let error), .failed(let error): throw error
            }
        }
        throw ConformanceFailure("nobody came")
    }

    /// A path in the temporary directory that nobody else uses.
    static func path() -> String {
        "/tmp/rnode-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
    }

    static var hasIPv6: Bool {
        (try? listener(.ip(host: "::1", port: 0))) != nil
    }

    /// Whether this process may have that many descriptors; raises its soft limit for it, up to the hard one.
    static func mayOpen(_ count: Int) -> Bool {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return false }
        guard limit.rlim_cur < count else { return true }
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        return unsafe setrlimit(resource, &limit) == 0 && limit.rlim_cur >= count
    }

    static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    /// The error of `body`, which must fail.
    static func code<Result>(_ body: () throws -> Result) -> Int32? {
        do {
            _ = try body()
            return nil
        } catch let error as IOError {
            return error.code
        } catch {
            return nil
        }
    }
}

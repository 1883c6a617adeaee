import Glibc
import Synchronization
import Testing

@testable import RNodeIO

@Suite("Listening") struct SocketListenerTests {
    // MARK: - IP

    @Test("Listeners that share a port all accept", .timeLimit(.minutes(1)))
    func sharing() throws {
        let listeners = try SocketListener.bind(to: Sockets.loopback, count: 4)
        let address = listeners[0].address
        #expect(address.port != 0 && listeners.allSatisfy { $0.address == address })
        let clients = try (0..<200).map { _ in try SocketTransport.connecting(to: address) }
        var accepted = [0, 0, 0, 0]
        while accepted.reduce(0, +) < clients.count {
            for (index, listener) in listeners.enumerated() {
                while case .accepted(let transport, _) = listener.accept() {
                    accepted[index] += 1
                    transport.close(abort: true)
                }
            }
        }
        #expect(accepted.allSatisfy { $0 > 0 }, "\(accepted)")
        for client in clients { client.close(abort: true) }
        for listener in listeners { listener.close() }
    }

    @Test("A port in use is an error, however it is shared", arguments: [1, 2, 8])
    func inUse(count: Int) throws {
        let first = try SocketListener.bind(to: Sockets.loopback, count: count)
        for second in [1, 2, 8] {
            let code = Sockets.code {
                try SocketListener.bind(to: first[0].address, count: second)
            }
            #expect(code == EADDRINUSE)
        }
        for listener in first { listener.close() }
        let again = try SocketListener.bind(to: first[0].address, count: count)
        #expect(again.count == count)
    }

    @Test("A port that somebody else shares by SO_REUSEPORT is in use")
    func foreign() throws {
        let foreign = try SystemCalls.makeSocket(family: AF_INET)
        try SystemCalls.setOption(foreign, level: SOL_SOCKET, name: SO_REUSEPORT, to: 1)
        try SystemCalls.bind(foreign, to: SystemCalls.resolve(Sockets.loopback))
        try SystemCalls.listen(foreign, backlog: 5)
        let address = try SystemCalls.localAddress(foreign).socketAddress
        for count in [1, 2] {
            #expect(
                Sockets.code { try SocketListener.bind(to: address, count: count) } == EADDRINUSE)
        }
        foreign.close()
        #expect(try SocketListener.bind(to: address, count: 2).count == 2)
    }

    @Test("Of many that bind one port at once, one at most gets it", .timeLimit(.minutes(1)))
    func race() throws {
        for _ in 0..<25 {
            let free = try Sockets.listener()
            let address = free.address
            free.close()
            let bound = Bound()
            let threads = (0..<4).map { _ in
                TestThread { bound.add((try? SocketListener.bind(to: address, count: 2)) ?? []) }
            }
            for thread in threads { thread.start() }
            for thread in threads { thread.join() }
            #expect([0, 2].contains(bound.listeners.count), "\(bound.listeners.count) listeners")
            for listener in bound.listeners { listener.close() }
            for listener in try SocketListener.bind(to: address, count: 2) { listener.close() }
        }
    }

    @Test(
        "Bad requests are errors",
        arguments: [
            (SocketAddress.ip(host: "", port: 1), EINVAL),
            (.ip(host: "a\0b", port: 1), EINVAL),
            (.ip(host: "203.0.113.1", port: 0), EADDRNOTAVAIL),
            (.unix(path: ""), EINVAL),
            (.unix(path: "/tmp/a\0b"), EINVAL),
            (.unix(path: "/tmp/" + String(repeating: "x", count: 103)), ENAMETOOLONG),
            (.unix(path: "/nowhere/at/all.sock"), ENOENT),
        ])
    func bad(address: SocketAddress, code: Int32) {
        #expect(Sockets.code { try SocketListener.bind(to: address) } == code)
    }

    @Test("No listeners at all is an error")
    func none() {
        #expect(Sockets.code { try SocketListener.bind(to: Sockets.loopback, count: 0) } == EINVAL)
    }

    @Test("localhost is looked up")
    func names() throws {
        let listener = try Sockets.listener(.ip(host: "localhost", port: 0))
        #expect(listener.address.port != 0)
    }

    @Test("Peers of a TCP listener send small writes at once")
    func noDelay() throws {
        let listener = try Sockets.listener()
        let client = try SocketTransport.connecting(to: listener.address)
        guard let server = try Sockets.accept(from: listener).transport as? SocketTransport else {
            Issue.record("not a socket")
            return
        }
        for transport in [client, server] {
            let taken = transport.takeDescriptor()
            #expect(
                try SystemCalls.option(taken, level: Int32(IPPROTO_TCP), name: TCP_NODELAY) == 1)
            #expect(fcntl(taken.rawValue, F_GETFD) & FD_CLOEXEC != 0)
            #expect(fcntl(taken.rawValue, F_GETFL) & O_NONBLOCK != 0)
        }
    }

    @Test(
        "The IPv6 wildcard takes IPv4 peers, and tells their IPv4 address",
        .enabled(if: Sockets.hasIPv6))
    func dualStack() throws {
        let listener = try Sockets.listener(.ip(host: "::", port: 0))
        let port = try #require(listener.address.port)
        for host in ["127.0.0.1", "::1"] {
            _ = try SocketTransport.connecting(to: .ip(host: host, port: port))
            guard case .ip(let remote, _) = try Sockets.accept(from: listener).remote else {
                Issue.record("not an IP peer")
                return
            }
            #expect(remote == host)
        }
    }

    // MARK: - Unix

    @Test("A Unix path has one listener, whose file goes with it")
    func unix() throws {
        let address = SocketAddress.unix(path: Sockets.path())
        let listeners = try SocketListener.bind(to: address, count: 4)
        #expect(listeners.count == 1)
        #expect(listeners[0].address == address)
        #expect(Sockets.exists(address.description))
        #expect(Sockets.code { try SocketListener.bind(to: address) } == EADDRINUSE)
        let client = try SocketTransport.connecting(to: address)
        let (server, remote) = try Sockets.accept(from: listeners[0])
        #expect(remote == .unix(path: ""))
        #expect(client.send([7].span) == .bytes(1))
        #expect(server.receive(1).bytes == [7])
        listeners[0].close()
        listeners[0].close()
        #expect(!Sockets.exists(address.description))
    }

    @Test("The file of a dead server is replaced; any other file is left alone")
    func stale() throws {
        let path = Sockets.path()
        let dead = try SystemCalls.makeSocket(family: AF_UNIX)
        try SystemCalls.bind(dead, to: SystemCalls.numeric(.unix(path: path)))
        try SystemCalls.listen(dead, backlog: 1)
        dead.close()
        #expect(Sockets.exists(path))
        try Sockets.listener(.unix(path: path)).close()
        #expect(!Sockets.exists(path))
        let file = FileDescriptor(owning: unsafe open(path, O_CREAT | O_WRONLY, 0o600))
        file.close()
        #expect(Sockets.code { try SocketListener.bind(to: .unix(path: path)) } == EADDRINUSE)
        #expect(Sockets.exists(path))
        #expect(unsafe unlink(path) == 0)
    }

    @Test("A listener removes no file that is another's by now")
    func foreignFile() throws {
        let path = Sockets.path()
        let old = try Sockets.listener(.unix(path: path))
        #expect(unsafe unlink(path) == 0)
        let new = try Sockets.listener(.unix(path: path))
        old.close()
        #expect(Sockets.exists(path))
        new.close()
        #expect(!Sockets.exists(path))
    }

    @Test("A path as long as the system allows works, with one byte more it is refused")
    func longest() throws {
        let base = Sockets.path()
        let fill = SystemAddress.pathBytesMax - base.utf8.count
        try Sockets.listener(.unix(path: base + String(repeating: "x", count: fill))).close()
        let longer = base + String(repeating: "x", count: fill + 1)
        #expect(Sockets.code { try SocketListener.bind(to: .unix(path: longer)) } == ENAMETOOLONG)
    }

    // MARK: - Accept

    @Test(
        "Every errno of accept has its meaning (C1, C2)", arguments: 1...133 as ClosedRange<Int32>)
    func acceptErrors(code: Int32) {
        let result = SocketListener.result(of: IOError("accept", code: code))
        let retried = [
            EINTR, ECONNABORTED, ECONNRESET, EPROTO, EPERM, ETIMEDOUT, ENETDOWN, ENETUNREACH,
            EHOSTDOWN, EHOSTUNREACH, ENOPROTOOPT, EOPNOTSUPP, ENONET,
        ]
        switch result {
        case .wouldBlock: #expect(code == EAGAIN)
        case .exhausted: #expect([EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code))
        case .retry: #expect(retried.contains(code))
        case .failed: #expect(!retried.contains(code) && code != EAGAIN && code != EMFILE)
        case .accepted: Issue.record("an error is no peer")
        }
    }

    @Test("A closed listener fails, and does not take another descriptor's peers")
    func closed() throws {
        let listener = try Sockets.listener()
        listener.close()
        #expect(listener.descriptor == -1)
        guard case .failed(let error) = listener.accept() else {
            Issue.record("not failed")
            return
        }
        #expect(error.code == EBADF)
    }
}

/// Listeners of several threads, kept open until all of them have tried.
// @unchecked: the mutex guards the array, and its listeners are used after the threads have ended.
private final class Bound: @unchecked Sendable {
    private let lock = Guarded(())
    private(set) var listeners: [SocketListener] = []

    func add(_ more: [SocketListener]) {
        lock.withLock { _ in listeners += more }
    }
}

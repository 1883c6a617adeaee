import Glibc
import RNodeTesting
import Testing

@testable import RNodeIO

@Suite("Seam conformance") struct ConformanceTests {
    typealias BackendCheck = ConformanceCheck<BackendConformance>
    typealias TransportCheck = ConformanceCheck<TransportConformance>
    typealias ListenerCheck = ConformanceCheck<ListenerConformance>

    static let pause: @Sendable () -> Void = { _ = usleep(1000) }

    // MARK: - Backends

    /// More pairs than a wait may report, where the process may have that many descriptors.
    static var pairCount: Int { Sockets.mayOpen(8192) ? 1200 : 64 }

    @Test("Epoll", arguments: BackendConformance.checks) func epoll(check: BackendCheck) throws {
        try check.run(
            on: BackendConformance(
                pairCount: Self.pairCount, backend: { try Epoll() },
                pair: { _ in try SocketTransport.pair() }))
    }

    @Test("Poll", arguments: BackendConformance.checks) func poll(check: BackendCheck) throws {
        try check.run(
            on: BackendConformance(
                pairCount: Self.pairCount, backend: { try Poll() },
                pair: { _ in try SocketTransport.pair() }))
    }

    @Test("Poll woken by a pipe", arguments: BackendConformance.checks)
    func pipe(check: BackendCheck) throws {
        try check.run(
            on: BackendConformance(
                backend: { try Poll(usingPipe: true) }, pair: { _ in try SocketTransport.pair() }))
    }

    #if IOURing
        @Test("io_uring that polls", arguments: BackendConformance.checks)
        func ioUringPolls(check: BackendCheck) throws {
            try check.run(
                on: BackendConformance(
                    pairCount: Self.pairCount, backend: { try IOUring() },
                    pair: { _ in try SocketTransport.pair() }))
        }

        @Test("io_uring that receives and sends", arguments: BackendConformance.checks)
        func ioUringServes(check: BackendCheck) throws {
            try check.run(
                on: BackendConformance(
                    pairCount: Self.pairCount, backend: { try IOUring() },
                    pair: { backend in
                        let (here, there) = try SocketTransport.pair()
                        return (backend.adopt(here), there)
                    }))
        }
    #endif

    @Test("Scripted backend", arguments: BackendConformance.checks)
    func scripted(check: BackendCheck) throws {
        let orders: [EventOrder] = [.added, .reversed, .shuffled(seed: 7)]
        for order in orders {
            let backend = ScriptedBackend(order: order)
            try check.run(
                on: BackendConformance(
                    pairCount: 1500, backend: { backend },
                    pair: { _ in InMemoryTransport.pair(descriptors: backend.descriptors) },
                    passTime: { _, duration in backend.clock.advance(by: duration) }))
            #expect(backend.closedWhileWatchedCount >= 0)
        }
    }

    // MARK: - Transports

    @Test("A Unix socket", arguments: TransportConformance.checks)
    func unixSocket(check: TransportCheck) throws {
        try check.run(
            on: TransportConformance(pause: Self.pause) { try SocketTransport.pair() })
    }

    @Test("A TCP socket", arguments: TransportConformance.checks, [false, true])
    func tcpSocket(check: TransportCheck, isServer: Bool) throws {
        try check.run(
            on: TransportConformance(pause: Self.pause) {
                let (client, server) = try Sockets.connected()
                return isServer ? (server, client) : (client, server)
            })
    }

    @Test("An in-memory transport", arguments: TransportConformance.checks)
    func inMemory(check: TransportCheck) throws {
        let shapes = [
            StreamShape(), .byteByByte, StreamShape(windowBytes: 1),
            StreamShape(receiveMaxBytes: 7, sendMaxBytes: 5, windowBytes: 11, wouldBlockEvery: 4),
        ]
        for shape in shapes {
            try check.run(
                on: TransportConformance {
                    InMemoryTransport.pair(descriptors: VirtualDescriptors(), shape: shape)
                })
        }
    }

    #if IOURing
        /// The ring has a turn wherever a check lets time pass; the other end is a socket, or the ring's as well.
        @Test(
            "A ring's stream", arguments: TransportConformance.checks,
            [RingEnds.here, .there, .both, .tcp])
        func ring(check: TransportCheck, ends: RingEnds) throws {
            let turns = try RingTurns()
            try check.run(
                on: TransportConformance(pause: turns.take) {
                    var (here, there): (any Transport, any Transport) =
                        ends == .tcp ? try Sockets.connected() : try SocketTransport.pair()
                    if ends != .there { here = try turns.serve(here) }
                    if ends != .here { there = try turns.serve(there) }
                    return (here, there)
                })
            turns.expectNothingLeft()
        }

        enum RingEnds { case here, there, both, tcp }
    #endif

    // MARK: - Listeners

    @Test("A TCP listener", arguments: ListenerConformance.checks)
    func tcpListener(check: ListenerCheck) throws {
        try check.run(
            on: ListenerConformance(
                pause: Self.pause, listener: { try Sockets.listener() },
                connect: { try SocketTransport.connecting(to: $0.address) }))
    }

    @Test("A Unix listener", arguments: ListenerConformance.checks)
    func unixListener(check: ListenerCheck) throws {
        let path = Sockets.path()
        try check.run(
            on: ListenerConformance(
                pause: Self.pause, listener: { try Sockets.listener(.unix(path: path)) },
                connect: { try SocketTransport.connecting(to: $0.address) }))
    }

    #if IOURing
        @Test("A ring's listener", arguments: ListenerConformance.checks, [false, true])
        func ringListener(check: ListenerCheck, isUnix: Bool) throws {
            let turns = try RingTurns()
            let address = isUnix ? .unix(path: Sockets.path()) : Sockets.loopback
            try check.run(
                on: ListenerConformance(
                    pause: turns.take, listener: { try turns.serve(Sockets.listener(address)) },
                    connect: { try SocketTransport.connecting(to: $0.address) }))
            turns.expectNothingLeft()
        }
    #endif

    @Test("An in-memory listener", arguments: ListenerConformance.checks)
    func inMemoryListener(check: ListenerCheck) throws {
        let listener = InMemoryListener(descriptors: VirtualDescriptors())
        try check.run(
            on: ListenerConformance(
                listener: { listener }, connect: { _ in listener.connectTransport() }))
    }

    @Test("A suite finds what is wrong with a broken transport")
    func findsFaults() {
        #expect(throws: ConformanceFailure.self) {
            try TransportConformance { (Broken(), Broken()) }.run()
        }
    }

    /// Says that it read what it did not.
    private final class Broken: Transport {
        let descriptor: Int32 = 3

        func receive(into bytes: inout MutableSpan<UInt8>) -> ReceiveResult { .bytes(1) }
        func send(_ bytes: Span<UInt8>) -> SendResult { .bytes(bytes.count) }
        func finishSending() {}
        func close(abort: Bool) {}
    }
}

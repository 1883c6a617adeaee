import Glibc
import RNodeBytes
import RNodeTesting
import Testing

@testable import RNodeIO

@Suite("The kernel's bad days, over sockets")
struct KernelThreatTests {
    @Test(
        "C1 with no descriptor left a real listener turns a peer away, rests, and accepts again",
        .timeLimit(.minutes(10)))
    func realExhaustion() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 64, rlim_max: 64)
            guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
                exit(2)
            }
            let loop = try EventLoop(backend: Epoll())
            let handler = EchoHandler()
            loop.setHandler(handler)
            let listener = try Sockets.listener()
            try loop.listen(on: listener)
            let clients = try (0..<6).map { _ in
                try SocketTransport.connecting(to: listener.address)
            }
            // All that are left are taken by others.
            var others: [Int32] = []
            while true {
                let other = SystemCalls.openReserve().release()
                guard other >= 0 else { break }
                others.append(other)
            }
            for _ in 0..<8 { loop.turn(waits: false) }
            // One try: one peer turned away, none accepted.
            guard handler.accepted == 0, handler.notices.first?.error.code == EMFILE,
                loop.tally.acceptErrors[AcceptErrorCause.processDescriptors.rawValue].count == 1
            else { exit(3) }
            for other in others { close(other) }
            // It looks every 100 ms: a turn or two for the look, and one to accept.
            for _ in 0..<6 where handler.accepted < 5 { loop.turn() }
            guard handler.accepted == 5 else { exit(4) }
            for client in clients { client.close(abort: false) }
            // Not `exit`: the loop is in use here, and would be called a leak.
            _exit(0)
        }
    }

    @Test(
        "C3 a thousand peers reset at every state end as values: no signal, nothing left",
        .timeLimit(.minutes(10)), arguments: BackendTests.Kind.allCases)
    func resetStorm(backend: BackendTests.Kind) throws {
        let loop = try EventLoop(backend: backend.make())
        let handler = EchoHandler()
        loop.setHandler(handler)
        let listener = try Sockets.listener()
        try loop.listen(on: listener)
        let block = [UInt8](repeating: 1, count: 60_000)
        for round in 0..<1_000 {
            let client = try SocketTransport.connecting(to: listener.address)
            // Before it is accepted; after; with bytes unread; with an answer unread; within its own end.
            if round % 5 > 0 { loop.turn(waits: false) }
            if round % 5 > 1 { _ = client.send(block.span) }
            if round % 5 > 2 { for _ in 0..<3 { loop.turn(waits: false) } }
            if round % 5 == 4 { client.finishSending() }
            client.close(abort: true)
            loop.turn(waits: false)
        }
        // Each turn waits for an event or a deadline: the last are through with lingering after a few.
        for _ in 0..<10_000 where loop.connectionCount > 0 { loop.turn() }
        #expect(loop.connectionCount == 0)
        #expect(handler.closed == handler.accepted && handler.accepted >= 800)
        #expect(loop.budget.openCount == 0)
    }

    @Test(
        "C3 the process ignores SIGPIPE once loops run: a write to a pipe that nobody reads is an error",
        .timeLimit(.minutes(10)))
    func brokenPipes() async {
        await #expect(processExitsWith: .success) {
            // Whether it is ignored is inherited from whoever ran this.
            _ = signal(SIGPIPE, SIG_DFL)
            let group = try EventLoopGroup(backends: [Poll()])
            try group.start {}
            var pipe = try SystemCalls.makePipe()
            pipe.readEnd = .none
            var byte: UInt8 = 1
            guard unsafe write(pipe.writeEnd.rawValue, &byte, 1) == -1, errno == EPIPE else {
                exit(2)
            }
            // Not `exit`: as above.
            _exit(0)
        }
    }

    @Test(
        "C11 the kernel spreads a thousand connections over listeners that share a port, 3 to 1 at most",
        .timeLimit(.minutes(10)), arguments: [2, 4, 8])
    func spread(count: Int) throws {
        let listeners = try SocketListener.bind(to: Sockets.loopback, count: count)
        var histogram = [Int](repeating: 0, count: count)
        var total = 0
        for _ in 0..<10 {
            let clients = try (0..<100).map { _ in
                try SocketTransport.connecting(to: listeners[0].address)
            }
            let wanted = total + clients.count
            while total < wanted {
                for (place, listener) in listeners.enumerated() {
                    while case .accepted(let transport, _) = listener.accept() {
                        histogram[place] += 1
                        total += 1
                        transport.close(abort: true)
                    }
                }
            }
            for client in clients { client.close(abort: true) }
        }
        let (least, most) = (histogram.min() ?? 0, histogram.max() ?? 0)
        #expect(total == 1_000)
        #expect(most <= 3 * least, "\(histogram)")
    }

    @Test("C4 each of epoll's 64 masks has its meaning: whatever can be read is read first")
    func masks() {
        let bits: [(UInt32, String)] = [
            (0x001, "IN"), (0x004, "OUT"), (0x2000, "RDHUP"), (0x010, "HUP"), (0x008, "ERR"),
            (0x002, "PRI"),
        ]
        for combination in 0..<64 {
            var mask: UInt32 = 0
            for (place, bit) in bits.enumerated() where combination >> place & 1 == 1 {
                mask |= bit.0
            }
            let readiness = Epoll.readiness(of: mask)
            #expect(readiness.contains(.readable) == (mask & 0x001 != 0))
            #expect(readiness.contains(.writable) == (mask & 0x004 != 0))
            #expect(readiness.contains(.failed) == (mask & 0x018 != 0))
        }
    }
}

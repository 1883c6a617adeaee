import Glibc
import Synchronization
import Testing

@testable import RNodeIO

@Suite("Kernel backends") struct BackendTests {
    enum Kind: CaseIterable, Sendable {
        case epoll, poll, pollWithPipe
        #if IOURing
            case ioUring
        #endif

        func make() throws -> any EventLoopBackend {
            switch self {
            case .epoll: try Epoll()
            case .poll: try Poll()
            case .pollWithPipe: try Poll(usingPipe: true)
            #if IOURing
                case .ioUring: try IOUring()
            #endif
            }
        }
    }

    @Test(
        "A wake from another thread ends a wait", .timeLimit(.minutes(1)), arguments: Kind.allCases)
    func wakes(kind: Kind) throws {
        let backend = try kind.make()
        let waker = backend.waker
        for _ in 0..<20 {
            let thread = TestThread {
                usleep(500)
                waker.wake()
            }
            thread.start()
            var events: [BackendEvent] = []
            _ = backend.wait(until: nil, into: &events)
            #expect(events.isEmpty)
            thread.join()
        }
    }

    @Test(
        "No wake is lost, whoever wakes whenever", .timeLimit(.minutes(1)), arguments: Kind.allCases
    )
    func manyWakes(kind: Kind) throws {
        let backend = try kind.make()
        let waker = backend.waker
        let posted = Posted()
        let thread = TestThread {
            for _ in 0..<20_000 {
                posted.count.add(1, ordering: .sequentiallyConsistent)
                waker.wake()
            }
        }
        thread.start()
        var events: [BackendEvent] = []
        while posted.count.load(ordering: .sequentiallyConsistent) < 20_000 {
            // A lost wake would leave this waiting for ever.
            _ = backend.wait(until: nil, into: &events)
        }
        thread.join()
    }

    @Test("Bytes and the end in one event: all bits are told (C4)", arguments: Kind.allCases)
    func bytesAndEnd(kind: Kind) throws {
        let backend = try kind.make()
        let (here, there) = try SocketTransport.pair()
        try backend.add(here.descriptor, interest: [.readable, .writable], token: 1)
        _ = there.send([1, 2].span)
        there.close(abort: false)
        var events: [BackendEvent] = []
        _ = backend.wait(until: backend.now.advanced(by: .seconds(1)), into: &events)
        #expect(events.first?.readiness.isSuperset(of: [.readable, .failed]) == true)
        #expect(here.receive(9).bytes == [1, 2])
        #expect(here.receive(9).result == .finished)
    }

    #if IOURing
        @Test("C8 more is ready at once than a ring has completions for: the rest is told of later")
        func overflow() throws {
            // The ring has 4,096 completions.
            let count = 4_300
            try #require(Sockets.mayOpen(2 * count), "the hard limit of descriptors is too low")
            let backend = try IOUring()
            let event = try SystemCalls.makeEventDescriptor()
            SystemCalls.signal(event.rawValue)
            let copies = (0..<count).map { _ in
                FileDescriptorBox(fcntl(event.rawValue, F_DUPFD_CLOEXEC, 0))
            }
            for (place, copy) in copies.enumerated() {
                try backend.add(copy.number, interest: .readable, token: UInt64(place))
            }
            var told: Set<UInt64> = []
            var events: [BackendEvent] = []
            for _ in 0..<40 where told.count < count {
                _ = backend.wait(until: backend.now.advanced(by: .seconds(1)), into: &events)
                told.formUnion(events.map(\.token))
                // Told of: somebody else's turn.
                for event in events {
                    try backend.modify(
                        copies[Int(event.token)].number, interest: [], token: event.token)
                }
            }
            #expect(told.count == count)
            for copy in copies { backend.remove(copy.number) }
            backend.end()
            #expect(backend.streamCount == 0)
        }

        /// Closes its descriptor with its last reference.
        private final class FileDescriptorBox {
            let number: Int32

            init(_ number: Int32) { self.number = number }

            deinit { _ = close(number) }
        }
    #endif

    @Test("The waker's token, and descriptors that are none, are refused", arguments: Kind.allCases)
    func refused(kind: Kind) throws {
        let backend = try kind.make()
        let (here, _) = try SocketTransport.pair()
        let descriptor = here.descriptor
        #expect(Sockets.code { try backend.add(descriptor, interest: [], token: .max) } == EINVAL)
        try backend.add(descriptor, interest: [], token: 1)
        #expect(
            Sockets.code { try backend.modify(descriptor, interest: [], token: .max) } == EINVAL)
        #expect(Sockets.code { try backend.add(-1, interest: [], token: 1) } == EBADF)
    }

    @Test(
        "Timeouts are rounded up, and clamped",
        arguments: [
            (1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (Int64.max, Int64(Int32.max)),
        ])
    func timeouts(nanoseconds: Int64, milliseconds: Int64) {
        let deadline = SystemCalls.monotonicNow().advanced(byNanoseconds: nanoseconds)
        let timeout = SystemCalls.timeoutMilliseconds(until: deadline)
        if deadline == .distantFuture {
            #expect(timeout == -1)
        } else {
            // A little of it has passed already.
            #expect((0...milliseconds).contains(Int64(timeout)))
        }
        #expect(SystemCalls.timeoutMilliseconds(until: nil) == -1)
        #expect(SystemCalls.timeoutMilliseconds(until: .init(nanoseconds: .min)) == 0)
        #expect(SystemCalls.timeoutMilliseconds(until: .init(nanoseconds: .max - 1)) == Int32.max)
    }

    @Test("Poll keeps its entries dense, whatever is removed")
    func dense() throws {
        let backend = try Poll()
        var pairs: [Int: (here: SocketTransport, there: SocketTransport)] = [:]
        var random = SplitMix(state: 5)
        for step in 0..<2000 {
            let key = Int(random.next() % 40)
            if let pair = pairs.removeValue(forKey: key) {
                backend.remove(pair.here.descriptor)
                pair.here.close(abort: false)
                pair.there.close(abort: false)
            } else {
                let pair = try SocketTransport.pair()
                try backend.add(pair.0.descriptor, interest: .readable, token: UInt64(key))
                _ = pair.1.send([1].span)
                pairs[key] = pair
            }
            guard step % 20 == 0 else { continue }
            var events: [BackendEvent] = []
            _ = backend.wait(until: .init(nanoseconds: .min), into: &events)
            #expect(Set(events.map { Int($0.token) }) == Set(pairs.keys))
        }
    }
}

/// A number that two threads share.
final class Posted: Sendable {
    let count = Atomic(0)
}

import Glibc
import RNodeBytes
import Testing

@testable import RNodeIO

/// Signals that come while a call blocks. Sockets of loops never do; these are made to.
@Suite("Calls that a signal interrupts", .serialized)
struct InterruptedCallTests {
    /// What came of a call; nil while it is under way.
    private final class Outcome: Sendable {
        let value = Guarded<String?>(nil)
        var isThere: Bool { value.withLock { $0 != nil } }
    }

    init() {
        // No SA_RESTART: the kernel makes no call again by itself.
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in }
        let code = unsafe sigaction(SIGUSR2, &action, nil)
        #expect(code == 0)
    }

    @Test("A recv of the system's ends with EINTR: the signals do come through")
    func control() throws {
        let pair = try pair()
        let (thread, outcome) = Self.call(pair.first.rawValue) { descriptor in
            var byte: UInt8 = 0
            let count = unsafe recv(descriptor, &byte, 1, 0)
            let code = errno
            return count < 0 ? "error \(code)" : "\(count)"
        }
        interrupt(thread, times: 10_000, until: outcome)
        // Ends one that no signal has.
        SystemCalls.finishSending(pair.second.rawValue)
        thread.join()
        #expect(outcome.value.withLock { $0 } == "error \(EINTR)")
    }

    @Test("An interrupted recv is made again, until something comes")
    func receiving() throws {
        let pair = try pair()
        let (thread, outcome) = Self.call(pair.first.rawValue) { descriptor in
            var bytes: [UInt8] = [0, 0, 0, 0]
            var span = bytes.mutableSpan
            return "\(SystemCalls.receive(descriptor, into: &span))"
        }
        interrupt(thread, times: 100, until: outcome)
        #expect(!outcome.isThere)
        let byte: [UInt8] = [7]
        #expect(SystemCalls.send(pair.second.rawValue, byte.span) == .bytes(1))
        thread.join()
        #expect(outcome.value.withLock { $0 } == "\(ReceiveResult.bytes(1))")
    }

    @Test("An interrupted send is made again, until there is room")
    func sending() throws {
        let pair = try pair()
        let byte: [UInt8] = [7]
        while case .bytes = SystemCalls.send(pair.first.rawValue, byte.span) {}
        let (thread, outcome) = Self.call(pair.first.rawValue) { descriptor in
            "\(SystemCalls.send(descriptor, [7].span))"
        }
        interrupt(thread, times: 100, until: outcome)
        #expect(!outcome.isThere)
        var room = [UInt8](repeating: 0, count: 65_536)
        var span = room.mutableSpan
        while case .bytes = SystemCalls.receive(pair.second.rawValue, into: &span) {}
        thread.join()
        #expect(outcome.value.withLock { $0 } == "\(SendResult.bytes(1))")
    }

    /// Makes a call that blocks, on a thread of its own.
    private static func call(
        _ descriptor: Int32, _ body: @escaping @Sendable (Int32) -> String
    ) -> (thread: TestThread, outcome: Outcome) {
        block(descriptor)
        let outcome = Outcome()
        let thread = TestThread {
            admitSignal()
            let result = body(descriptor)
            outcome.value.withLock { $0 = result }
        }
        thread.start()
        return (thread, outcome)
    }

    private func pair() throws -> SystemCalls.SocketPair { try SystemCalls.makeSocketPair() }

    /// Threads inherit what their maker blocks, and those of Swift's pool block every signal.
    private static func admitSignal() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGUSR2)
        let code = unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        #expect(code == 0)
    }

    private static func block(_ descriptor: Int32) {
        let flags = fcntl(descriptor, F_GETFL)
        let code = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK)
        #expect(flags >= 0 && code == 0)
    }

    /// So many signals, a while apart, for as long as the call is under way.
    private func interrupt(_ thread: TestThread, times: Int, until outcome: Outcome) {
        for _ in 0..<times where !outcome.isThere {
            thread.interrupt()
            usleep(500)
        }
    }
}

import RNodeIO
import Synchronization

/// Has every call that receives or sends move 1 to 7 bytes, so that no two bytes of a frame can be relied on to come or go
/// together; and counts those calls.
final class ChoppedListener: Listener {
    private let inner: SocketListener
    private let counter: CallCounter

    init(_ inner: SocketListener, counter: CallCounter) {
        self.inner = inner
        self.counter = counter
    }

    var descriptor: Int32 { inner.descriptor }
    var address: SocketAddress { inner.address }

    func hasRoom() -> Bool { inner.hasRoom() }

    func accept() -> AcceptResult {
        let result = inner.accept()
        guard case .accepted(let transport, let remote) = result else { return result }
        return .accepted(ChoppedTransport(transport, counter: counter), remote: remote)
    }

    func close() { inner.close() }
}

/// How many calls were chopped, on all loops.
final class CallCounter: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .relaxed) }
    func raise() { number.wrappingAdd(1, ordering: .relaxed) }
}

/// Deterministic: the lengths go round in a fixed order on each connection.
private final class ChoppedTransport: Transport {
    private static let lengths: InlineArray<13, Int> = [1, 7, 2, 5, 3, 6, 4, 1, 1, 7, 4, 2, 2]

    private let inner: any Transport
    private let counter: CallCounter
    private var turn = 0

    init(_ inner: any Transport, counter: CallCounter) {
        self.inner = inner
        self.counter = counter
    }

    private func nextLength() -> Int {
        counter.raise()
        turn = (turn + 1) % Self.lengths.count
        return Self.lengths[turn]
    }

    var descriptor: Int32 { inner.descriptor }

    func receive(into bytes: inout MutableSpan<UInt8>) -> ReceiveResult {
        var first = bytes._mutatingExtracting(first: nextLength())
        return inner.receive(into: &first)
    }

    func send(_ bytes: Span<UInt8>) -> SendResult {
        inner.send(bytes.extracting(first: nextLength()))
    }

    var untakenCount: Int? { inner.untakenCount }
    func finishSending() { inner.finishSending() }
    func close(abort: Bool) { inner.close(abort: abort) }
}

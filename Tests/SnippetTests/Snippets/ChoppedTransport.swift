import RNodeIO

/// A bad network on top of a good one: takes and gives a few bytes at a time, and counts them.
final class ChoppedTransport: Transport {
    private let inner: any Transport
    private let piece: Int
    private(set) var receivedCount = 0
    private(set) var sentCount = 0

    init(_ inner: any Transport, piece: Int) {
        self.inner = inner
        self.piece = max(piece, 1)
    }

    var descriptor: Int32 { inner.descriptor }

    func receive(into bytes: inout MutableSpan<UInt8>) -> ReceiveResult {
        var first = bytes._mutatingExtracting(first: piece)
        let result = inner.receive(into: &first)
        if case .bytes(let count) = result { receivedCount += count }
        return result
    }

    func send(_ bytes: Span<UInt8>) -> SendResult {
        let result = inner.send(bytes.extracting(first: piece))
        if case .bytes(let count) = result { sentCount += count }
        return result
    }

    var untakenCount: Int? { inner.untakenCount }
    func finishSending() { inner.finishSending() }
    func close(abort: Bool) { inner.close(abort: abort) }
}

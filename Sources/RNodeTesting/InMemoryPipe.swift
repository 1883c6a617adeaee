import RNodeBytes

/// One direction of an in-memory stream: what was sent and not yet read, and how it ended.
final class InMemoryPipe {
    private var bytes = ByteBuffer()
    /// The sender will send no more.
    private(set) var isFinished = false
    /// The stream was torn down: nothing arrives any more, and both ends find out.
    private(set) var isReset = false
    /// Nobody reads any more: sending fails.
    private(set) var isAbandoned = false

    var count: Int { bytes.count }

    /// Whether a reader would not be told to wait.
    var isReadable: Bool { !bytes.isEmpty || isFinished || isReset }

    /// Whether a sender with this window would not be told to wait.
    func isWritable(window: Int) -> Bool {
        bytes.count < max(window, 1) || isReset || isAbandoned
    }

    func finish() { isFinished = true }

    func abandon() {
        isAbandoned = true
        bytes.removeAll(keepingCapacity: false)
    }

    func reset() {
        isReset = true
        bytes.removeAll(keepingCapacity: false)
    }

    /// Takes what it may of `source`, and says how much.
    func append(_ source: Span<UInt8>, atMost limit: Int) -> Int {
        let count = min(source.count, max(limit, 0))
        bytes.append(source.extracting(first: count))
        return count
    }

    /// Moves at most `limit` bytes to the front of `target`, and says how many.
    func move(into target: inout MutableSpan<UInt8>, atMost limit: Int) -> Int {
        let count = min(target.count, bytes.count, max(limit, 0))
        bytes.withSpan { source in
            for index in 0..<count { target[index] = source[index] }
        }
        bytes.removeFirst(count)
        return count
    }

    /// Takes all there is.
    func takeAll() -> [UInt8] {
        let all = bytes.copied()
        bytes.removeAll()
        return all
    }
}

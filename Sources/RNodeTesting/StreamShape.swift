/// How an in-memory stream makes a connection's life hard.
///
/// Every limit is a level a real network reaches now and then: run a test with several shapes, the
/// smallest included.
public struct StreamShape: Sendable, Hashable {
    /// The most bytes one `receive` gives; at least 1.
    public var receiveMaxBytes: Int
    /// The most bytes one `send` takes; at least 1.
    public var sendMaxBytes: Int
    /// How many bytes the peer leaves unread before `send` says `wouldBlock`: a slow reader's window.
    public var windowBytes: Int
    /// Each so many calls, one says `wouldBlock` although the stream was reported ready; 0 for never.
    public var wouldBlockEvery: Int

    /// A stream as smooth as a local socket, unless told otherwise: a window of 256 KiB and no other limit.
    public init(
        receiveMaxBytes: Int = .max, sendMaxBytes: Int = .max, windowBytes: Int = 262_144,
        wouldBlockEvery: Int = 0
    ) {
        self.receiveMaxBytes = receiveMaxBytes
        self.sendMaxBytes = sendMaxBytes
        self.windowBytes = windowBytes
        self.wouldBlockEvery = wouldBlockEvery
    }

    /// One byte in each call, and every third call in vain.
    public static let byteByByte = StreamShape(
        receiveMaxBytes: 1, sendMaxBytes: 1, wouldBlockEvery: 3)
}

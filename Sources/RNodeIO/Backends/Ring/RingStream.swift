import RNodeBytes

/// Names a stream of a ring: a slot, and which of its streams.
struct RingStreamID: Equatable {
    let slot: UInt32
    let generation: UInt16
}

/// What a ring knows of one descriptor: a stream it receives and sends for, a listener it accepts from, or one that it only polls.
///
/// Lives in a slot of ``IOUring``'s table until the last of its operations has completed: until then the kernel may read
/// `sending`, and the slot is not used again.
struct RingStream: ~Copyable {
    enum Service {
        /// Somebody else's descriptor.
        case polled
        case stream(any Transport)
        case listener(AcceptQueue)
    }

    let descriptor: Int32
    let id: RingStreamID
    let service: Service
    var token: UInt64 = 0
    var interest: Readiness = []
    var state: RingStreamState = []
    /// Operations that have not completed for the last time.
    var operationCount: UInt16 = 0
    /// The number of the poll that counts; those before it were cancelled.
    var pollSequence: UInt8 = 0
    /// What the last poll found, until the next.
    var polled: Readiness = []
    /// How often receiving or accepting has ended in a row without bringing anything.
    var vainCount: UInt8 = 0
    /// The error's number when the stream broke, else 0.
    var failureCode: Int32 = 0
    var received = RingBuffers.Queue()
    /// What was received and can't stay in the ring's buffers; before that in `received`.
    var kept: Owned<ByteBuffer>?
    /// What the kernel sends right now: not touched until it has completed.
    var sending = ByteBuffer()
    /// What is sent after that.
    var unsent = ByteBuffer()

    init(_ descriptor: Int32, _ id: RingStreamID, _ service: consuming Service) {
        self.descriptor = descriptor
        self.id = id
        self.service = service
    }

    /// Bytes that nobody has taken yet.
    var receivedBytes: Int { received.byteCount &+ (kept?.borrow { $0.count } ?? 0) }

    /// Bytes that the kernel has not taken yet.
    var unsentBytes: Int { sending.count &+ unsent.count }

    /// Whether the descriptor is that of a transport or listener of the ring's.
    var isOwned: Bool {
        if case .polled = service { return false }
        return true
    }

    /// Whether the kernel receives or accepts for it, and is not only asked when it is ready.
    var isServed: Bool { isOwned && !state.contains(.usesCalls) }

    /// Whether something is there to be read, or an end.
    var isReadable: Bool {
        if case .listener(let queue) = service, !queue.isEmpty { return true }
        return polled.contains(.readable) || receivedBytes > 0 || failureCode != 0
            || state.contains(.finished)
    }
}

/// What is under way on a stream, and what it is listed for.
struct RingStreamState: OptionSet {
    let rawValue: UInt16

    /// The loop wants to be told of it.
    static let watched = RingStreamState(rawValue: 1)
    /// Receives, or accepts.
    static let receiving = RingStreamState(rawValue: 2)
    /// That was cancelled, and has not ended yet.
    static let cancelling = RingStreamState(rawValue: 4)
    /// The peer sends no more.
    static let finished = RingStreamState(rawValue: 8)
    /// A poll is under way.
    static let polling = RingStreamState(rawValue: 16)
    /// A send is under way.
    static let sending = RingStreamState(rawValue: 32)
    /// To be looked at when operations are begun next.
    static let listed = RingStreamState(rawValue: 64)
    /// In the list of what may be ready.
    static let ready = RingStreamState(rawValue: 128)
    /// Closed by its owner: freed with its last operation.
    static let closed = RingStreamState(rawValue: 256)
    /// Closed by a reset: what is unsent is thrown away.
    static let aborted = RingStreamState(rawValue: 512)
    /// To be told that no more bytes follow, once everything is sent.
    static let finishing = RingStreamState(rawValue: 1024)
    /// All its operations were cancelled.
    static let cancelled = RingStreamState(rawValue: 2048)
    /// Polled, and served by calls of the system: its operations behaved as they should not.
    static let usesCalls = RingStreamState(rawValue: 4096)
    /// A poll ended with nothing that was wanted: the next one goes on until something is.
    static let pollsInVain = RingStreamState(rawValue: 16384)
    /// The loop has ended: what is unsent is thrown away, and the peer finds the end after what was sent.
    static let givenUp = RingStreamState(rawValue: 32768)
    /// What is unsent is thrown away.
    static let unsendable: RingStreamState = [.aborted, .givenUp]
    /// Its peer has hung up, or the stream broke, while it was not read.
    static let hungUp = RingStreamState(rawValue: 8192)
}

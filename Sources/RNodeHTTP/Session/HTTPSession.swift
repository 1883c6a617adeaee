/// One connection's HTTP/1.1, as a value: bytes and the time go in, steps come out (RFC 9112 section 9).
///
/// | phase      | a byte            | a whole head     | the body's end    | responseFinished          | deadline passed          |
/// |------------|-------------------|------------------|-------------------|---------------------------|--------------------------|
/// | fresh      | head              | body or upgrade  | –                 | closed: close             | closed: 408              |
/// | idle       | head              | body or upgrade  | –                 | closed: close             | closed: close            |
/// | head       | head              | body or upgrade  | –                 | closed: close             | closed: 408              |
/// | body       | body: body(range) | –                | responding: ended | draining, or closed       | closed: 408              |
/// | responding | awaitingResponse  | awaitingResponse | –                 | idle: next, or closed     | never due                |
/// | draining   | draining          | –                | idle              | closed: close             | closed: close            |
/// | upgrade    | awaitingResponse  | awaitingResponse | –                 | closed: close             | never due                |
/// | closed     | close             | close            | –                 | close                     | never due                |
///
/// Malformed bytes: `failed` and closed, except in `draining`, where an answer has been written
/// already: `close`. A request without a body passes through `body` too, and ends there at once.
///
/// Empty lines in front of a request are no byte of it: what is fresh or idle stays so, and its clock
/// goes on (RFC 9112 section 2.2).
///
/// An idle connection is this value alone. A head that came in pieces is kept behind one pointer
/// until it is whole, and so are empty lines, which are counted.
public struct HTTPSession: ~Copyable {
    enum Phase: UInt8, CaseIterable {
        case fresh, idle, head, body, responding, draining, upgrade, closed
    }

    var phase = Phase.fresh
    var version = HTTPVersion.http11
    var isHead = false
    var keepsAlive = true
    var isContinueDue = false
    var requestsServed: UInt32 = 0
    /// When this phase's clock began: at accept, at a head's first byte, or when it became idle.
    var since: MonotonicInstant
    var windowStart: MonotonicInstant
    var windowBytes = 0
    var drainedBytes = 0
    var decoder = BodyDecoder(.none)
    private var partialHead: Owned<RequestHead>?

    /// The session of a connection accepted `now`.
    public init(acceptedAt now: MonotonicInstant) {
        since = now
        windowStart = now
    }

    /// Whether no byte of a request has arrived that was not answered: nothing is lost by closing.
    public var isIdle: Bool { phase == .fresh || phase == .idle }

    /// Whether no byte of a request has arrived since the connection was accepted.
    public var isFresh: Bool { phase == .fresh }

    /// The memory of a head that has not arrived as a whole, its table of fields included.
    package var partialHeadBytes: Int { partialHead?.borrow { $0.keptBytes } ?? 0 }

    // MARK: - Reading

    /// Goes on in `bytes` at `offset`, which moves behind what was taken, and says what was found.
    ///
    /// Call again until it answers `needMore` (everything was taken), `awaitingResponse`, `upgrade`,
    /// `failed` or `close`. It may wait between two calls as long as it likes, if the bytes from the
    /// offset on are given again.
    /// `head` is filled in when the step is `request` or `upgrade`; its limits hold.
    public mutating func next(
        _ bytes: Span<UInt8>, from offset: inout Int, head: inout RequestHead,
        now: MonotonicInstant
    ) -> HTTPStep {
        switch phase {
        case .fresh, .idle, .head: return readHead(bytes, &offset, &head, now)
        case .body: return readBody(bytes, &offset, &head, now)
        case .responding, .upgrade: return .awaitingResponse
        case .draining:
            if let step = drain(bytes, &offset, head.limits, now) { return step }
            return readHead(bytes, &offset, &head, now)
        case .closed: return .close
        }
    }

    private mutating func readHead(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ head: inout RequestHead,
        _ now: MonotonicInstant
    ) -> HTTPStep {
        guard offset >= 0, offset < bytes.count else { return .needMore }
        if partialHead != nil { return readMoreOfHead(bytes, &offset, &head, now) }
        let input = bytes.extracting(droppingFirst: offset)
        let (outcome, hasBegun) = head.parse(input)
        if hasBegun { headBegan(now) }
        switch outcome {
        case .complete(let length):
            head.keep(input.extracting(first: max(0, length)))
            offset &+= length
            return began(&head, now)
        case .failed(let error): return fail(error)
        case .needMore:
            partialHead = Owned(RequestHead(partial: input, of: head))
            offset = bytes.count
            return .needMore
        }
    }

    @inline(never)
    private mutating func readMoreOfHead(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ head: inout RequestHead,
        _ now: MonotonicInstant
    ) -> HTTPStep {
        guard let partial = partialHead.take() else { return fail(HTTPParseError(.headTooLarge)) }
        let input = bytes.extracting(offset..<bytes.count)
        let (taken, outcome) = partial.update { $0.resume(input) }
        if partial.borrow({ $0.layout.borrow { $0.hasBegun } }) { headBegan(now) }
        offset &+= taken
        switch outcome {
        case .needMore:
            partialHead = consume partial
            return .needMore
        case .failed(let error): return fail(error)
        case .complete:
            partial.borrow { head.copy($0) }
            return began(&head, now)
        }
    }

    private mutating func began(
        _ head: inout RequestHead, _ now: MonotonicInstant
    ) -> HTTPStep {
        version = head.version
        isHead = head.method == .head
        keepsAlive = head.keepsAlive
        isContinueDue = head.expectsContinue
        requestsServed &+= 1
        if head.isWebSocketUpgrade {
            phase = .upgrade
            keepsAlive = false
            return .upgrade
        }
        phase = .body
        decoder = BodyDecoder(head)
        windowStart = now
        windowBytes = 0
        return .request(head.body)
    }

    private mutating func readBody(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ head: inout RequestHead,
        _ now: MonotonicInstant
    ) -> HTTPStep {
        if isContinueDue {
            isContinueDue = false
            // A body that has begun needs no invitation (RFC 9110 section 10.1.1).
            if offset >= bytes.count {
                windowStart = now
                return .writeContinue
            }
        }
        if decoder.isEnded {
            phase = .responding
            return .requestEnded
        }
        let start = offset
        let step = decoder.next(bytes, from: &offset, limits: head.limits)
        windowBytes &+= offset &- start
        switch step {
        case .needMore: return .needMore
        case .bytes(let range): return .body(range)
        case .failed(let error): return fail(error)
        case .ended:
            phase = .responding
            return .requestEnded
        }
    }

    /// Skips what is left of a body; nil when its end was reached.
    @inline(never)
    private mutating func drain(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ limits: HTTPLimits, _ now: MonotonicInstant
    ) -> HTTPStep? {
        while true {
            let start = offset
            let step = decoder.next(bytes, from: &offset, limits: limits)
            windowBytes &+= offset &- start
            drainedBytes &+= offset &- start
            switch step {
            case .needMore where drainedBytes <= limits.unreadBodyBytesMax: return .needMore
            case .bytes where drainedBytes <= limits.unreadBodyBytesMax: continue
            case .ended where drainedBytes <= limits.unreadBodyBytesMax:
                becomeIdle(now)
                return nil
            case .needMore, .bytes, .ended, .failed: return close()
            }
        }
    }

    // MARK: - Transitions

    /// A head's first byte is there; its clock began when the connection was accepted, or begins now.
    private mutating func headBegan(_ now: MonotonicInstant) {
        if phase == .idle { since = now }
        phase = .head
    }

    mutating func becomeIdle(_ now: MonotonicInstant) {
        phase = .idle
        since = now
    }

    mutating func fail(_ error: HTTPParseError) -> HTTPStep {
        close()
        return .failed(error)
    }

    @discardableResult
    mutating func close() -> HTTPStep {
        phase = .closed
        keepsAlive = false
        partialHead = nil
        return .close
    }
}

extension WebSocketSession {
    /// Finds the next message or control frame in `bytes`, from `offset` on.
    ///
    /// Moves `offset` past what was used; parts of frames are kept, so that at `.needMore` all
    /// bytes are used, as they are after `.close` and `.failed`. Payloads are unmasked in place.
    /// Stop when `offset` reaches the end. An `offset` outside `bytes` finds nothing.
    @inlinable
    @inline(always)
    public mutating func next(
        _ bytes: inout MutableSpan<UInt8>, from offset: inout Int, now: MonotonicInstant
    ) -> WebSocketStep {
        keepAlive.received(at: now)
        // The offset first, where it takes a comparison: beside another one it takes five instructions more.
        if offset >= 0, isBetweenMessages,
            let step = nextWholeMessage(&bytes, from: &offset, now: now)
        {
            return step
        }
        return nextOther(&bytes, from: &offset, now: now)
    }

    /// The fast path: a message in one masked frame, all of it in the input; nil for anything else.
    @inlinable
    @inline(always)
    mutating func nextWholeMessage(
        _ bytes: inout MutableSpan<UInt8>, from offset: inout Int, now: MonotonicInstant
    ) -> WebSocketStep? {
        let head = FrameHead(bytes, at: offset)
        guard let kind = head.kind, let rest = head.rest,
            rest.payloadCount <= frameBytesMax
        else { return nil }
        // Neither sum overflows: there is a head, so offset + 8 <= bytes.count, and it tells of at most 65,535 bytes.
        let start = offset &+ rest.headerCount
        let count = Int(rest.payloadCount)
        guard count <= bytes.count &- start else { return nil }
        // SAFETY: count >= 0, so that the bounds are in order.
        let range = unsafe Range(uncheckedBounds: (start, start &+ count))
        // SAFETY: 0 <= start, and start + count <= bytes.count was just checked.
        let isASCII = unsafe Mask.apply(
            rest.maskingKey, to: &bytes, uncheckedFrom: start, count: count)
        offset = range.upperBound
        if kind == .text, !isASCII, !UTF8Validator.isValid(bytes.span, in: range) {
            return failText(bytes.count, &offset, now)
        }
        return .message(kind, .input(range))
    }

    @inline(never)
    @usableFromInline
    mutating func failText(
        _ count: Int, _ offset: inout Int, _ now: MonotonicInstant
    ) -> WebSocketStep {
        settle(.failed(.invalidUTF8), count, &offset, now)
    }

    /// Everything else: control frames, fragments, parts of frames, big frames, a client's input,
    /// errors, and bytes that no longer matter.
    @inline(never)
    @usableFromInline
    mutating func nextOther(
        _ bytes: inout MutableSpan<UInt8>, from offset: inout Int, now: MonotonicInstant
    ) -> WebSocketStep {
        releasePayload()
        guard phase == .open || phase == .closeSent, offset >= 0 else {
            offset = bytes.count
            return .needMore
        }
        var step: WebSocketStep?
        while step == nil, offset < bytes.count {
            step = nextFrame(&bytes, from: &offset)
        }
        return settle(step ?? .needMore, bytes.count, &offset, now)
    }

    /// Takes one frame, or what there is of it; nil when that completes nothing.
    private mutating func nextFrame(
        _ bytes: inout MutableSpan<UInt8>, from offset: inout Int
    ) -> WebSocketStep? {
        let rules = ReceiveRules(role: role, share: share, extension: `extension`)
        if unfinished == nil {
            if let step = nextWholeFrame(&bytes, from: &offset, by: rules) { return step }
            unfinished = share.takeInput()
        }
        return unfinished?.update { $0.advance(&bytes, from: &offset, by: rules) } ?? nil
    }

    /// A control frame or a whole message that lies in the input; nil when anything must be kept.
    private func nextWholeFrame(
        _ bytes: inout MutableSpan<UInt8>, from offset: inout Int, by rules: ReceiveRules
    ) -> WebSocketStep? {
        let header: FrameHeader
        switch rules.decoder.decode(bytes.span, from: offset) {
        case .needMore: return nil
        case .failed(let error): return .failed(error)
        case .header(let decoded): header = decoded
        }
        let start = offset &+ header.byteCount
        guard header.payloadCount <= bytes.count &- start, header.isFinal, !header.isExtended,
            header.opcode != .continuation, header.payloadCount <= frameBytesMax
        else { return nil }
        let range = start..<(start &+ header.payloadCount)
        var isASCII = false
        if let key = header.maskingKey { isASCII = Mask.apply(key, to: &bytes, in: range) }
        offset = range.upperBound
        return Self.step(of: header.opcode, bytes.span, range, isASCII)
    }

    private static func step(
        of opcode: Opcode, _ bytes: Span<UInt8>, _ range: Range<Int>, _ isASCII: Bool
    ) -> WebSocketStep {
        guard let kind = opcode.messageKind else {
            do throws(WebSocketError) {
                return try .control(opcode, bytes, .input(range))
            } catch {
                return .failed(error)
            }
        }
        guard kind == .binary || isASCII || UTF8Validator.isValid(bytes, in: range) else {
            return .failed(.invalidUTF8)
        }
        return .message(kind, .input(range))
    }

    // MARK: - After a step

    /// Draws the consequences of `step` for the phase, the memory and the deadline.
    private mutating func settle(
        _ step: WebSocketStep, _ count: Int, _ offset: inout Int, _ now: MonotonicInstant
    ) -> WebSocketStep {
        switch step {
        case .close(let code, _):
            peerCode = code ?? .noStatus
            unfinished?.update { $0.dropMessage() }
            `extension`?.dropIncoming()
            stopReceiving(.closeReceived, now)
            offset = count
        case .failed:
            unfinished = nil
            `extension`?.dropIncoming()
            stopReceiving(.failed, now)
            offset = count
        default: break
        }
        keepOrFree(now)
        return step
    }

    /// Goes to `phase`, or to `closed` when our close frame went out before.
    mutating func stopReceiving(_ next: Phase, _ now: MonotonicInstant) {
        startCloseTimeout(now)
        phase = phase == .closeSent ? .closed : next
        isBetweenMessages = false
    }

    /// Frees what is kept when nothing is left in it, and times a message that is unfinished.
    private mutating func keepOrFree(_ now: MonotonicInstant) {
        let isIdle = unfinished?.borrow { $0.isIdle } ?? true
        let isPending = unfinished?.borrow { $0.isPending } ?? false
        if isIdle { giveBackUnfinished() }
        let isReading = phase == .open || phase == .closeSent
        isBetweenMessages = isIdle && isReading && role == .server
        guard phase == .open else { return }
        if !isPending {
            patienceEnd = .max
        } else if patienceEnd == .max {
            patienceEnd = now.advanced(byNanoseconds: share.unfinishedNanoseconds).nanoseconds
        }
    }

    // MARK: - The payload of the last step

    /// Lends the payload of the last step, when that was `.assembled`; else no bytes.
    public borrowing func withPayload<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch unfinished {
        case .none: try body(Span())
        case .some(let kept):
            try kept.borrow { input throws(Failure) in try input.withPayload(body) }
        }
    }

    /// Moves out the payload of the last step, when that was `.assembled`; else an empty buffer.
    ///
    /// The session keeps no memory for it, and stays free for `send` while it is used. Give it back to `share`
    /// when it is dealt with, and the next such message costs no allocation.
    public mutating func takePayload() -> ByteBuffer {
        let payload = unfinished?.update { $0.takePayload() } ?? ByteBuffer()
        releasePayload()
        return payload
    }

    private mutating func giveBackUnfinished() {
        guard let idle = unfinished.take() else { return }
        share.giveBack(consume idle)
    }

    private mutating func releasePayload() {
        guard unfinished != nil else { return }
        _ = unfinished?.update { $0.takePayload() }
        let isReading = phase == .open || phase == .closeSent
        let isIdle = unfinished?.borrow { $0.isIdle } ?? true
        guard isIdle || !isReading else { return }
        if isIdle { giveBackUnfinished() }
        unfinished = nil
        isBetweenMessages = isReading && role == .server
    }

    /// Frees what is kept of an unfinished message, which will never be finished: for a connection that is to end.
    public mutating func dropUnfinished() {
        unfinished = nil
        `extension`?.dropIncoming()
        // Else it is the close timeout that runs.
        if phase == .open { patienceEnd = .max }
    }

    /// Bytes of memory held for what is unfinished or lent; 0 between messages.
    public var unfinishedByteCount: Int {
        (unfinished?.borrow { $0.byteCount } ?? 0) &+ (`extension`?.heldByteCount ?? 0)
    }
}

/// What a session keeps while something is unfinished: the first bytes of a header, a frame whose
/// payload is still coming, a message in fragments; and then the payload it lends.
///
/// Taken from the session's share when first needed, and given back when nothing is left in it.
struct UnfinishedInput: ~Copyable {
    /// Which bytes `withPayload` lends.
    private enum Lent {
        case nothing, message, control
    }

    private var head = InlineArray<14, UInt8>(repeating: 0)
    private var headCount = 0
    private var frame: FrameHeader?
    /// How many bytes of the frame's payload were taken.
    private var received = 0
    private var message = MessageAssembler()
    private var control = ByteBuffer()
    private var lent = Lent.nothing

    init() {}

    /// Whether a header, a frame or a message is unfinished.
    var isPending: Bool {
        headCount > 0 || frame != nil || message.kind != nil
    }

    /// Whether nothing is kept, and the memory can go.
    var isIdle: Bool { !isPending && lent == .nothing }

    /// Bytes of memory held.
    var byteCount: Int { message.bytes.capacity &+ control.capacity }

    // MARK: - Lending

    /// Lends the payload of the last step.
    borrowing func withPayload<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch lent {
        case .nothing: try body(Span())
        case .message: try message.bytes.withSpan(body)
        case .control: try control.withSpan(body)
        }
    }

    /// Moves out the payload of the last step.
    mutating func takePayload() -> ByteBuffer {
        var payload = ByteBuffer()
        switch lent {
        case .nothing: break
        case .message: swap(&payload, &message.bytes)
        case .control: swap(&payload, &control)
        }
        lent = .nothing
        return payload
    }

    /// Frees the message that will never be finished.
    mutating func dropMessage() {
        message = MessageAssembler()
    }

    // MARK: - Receiving

    /// Goes on with the frame at hand, or begins the next one; nil when no step is complete.
    mutating func advance(
        _ bytes: inout MutableSpan<UInt8>, from offset: inout Int, by rules: ReceiveRules
    ) -> WebSocketStep? {
        do throws(WebSocketError) {
            if frame == nil, try !takeHeader(bytes.span, &offset, rules) { return nil }
            return try takePayload(&bytes, &offset, rules)
        } catch {
            return .failed(error)
        }
    }

    /// Takes a header, as far as it is there; true when it is complete.
    private mutating func takeHeader(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ rules: ReceiveRules
    ) throws(WebSocketError) -> Bool {
        while offset < bytes.count, headCount < 14 {
            head[headCount] = bytes[offset]
            headCount &+= 1
            offset &+= 1
            switch rules.decoder.decode(head.span.extracting(0..<headCount)) {
            case .needMore: continue
            case .failed(let error): throw error
            case .header(let header):
                try begin(header, bytes.count &- offset, rules)
                return true
            }
        }
        return false
    }

    private mutating func begin(
        _ header: FrameHeader, _ bytesLeft: Int, _ rules: ReceiveRules
    ) throws(WebSocketError) {
        if !header.opcode.isControl {
            let count = min(bytesLeft, header.payloadCount)
            try rules.admit(header, bytesHere: count, to: &message)
        }
        headCount = 0
        frame = header
        received = 0
    }

    /// Takes the payload, as far as it is there; a step when that completes something.
    private mutating func takePayload(
        _ bytes: inout MutableSpan<UInt8>, _ offset: inout Int, _ rules: ReceiveRules
    ) throws(WebSocketError) -> WebSocketStep? {
        guard let frame else { throw .internalInvariant }
        let count = min(frame.payloadCount &- received, bytes.count &- offset)
        let range = offset..<(offset &+ count)
        var isASCII = false
        if let key = frame.maskingKey {
            isASCII = Mask.apply(key, phase: received, to: &bytes, in: range)
        }
        offset &+= count
        received &+= count
        if frame.opcode.isControl { return try takeControl(frame, bytes.span, range) }
        return try takeData(frame, bytes.span.extracting(range), isASCII, rules)
    }

    private mutating func takeControl(
        _ frame: FrameHeader, _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(WebSocketError) -> WebSocketStep? {
        if range.count == frame.payloadCount {
            self.frame = nil
            return try .control(frame.opcode, bytes, .input(range))
        }
        control.append(bytes.extracting(range))
        guard received == frame.payloadCount else { return nil }
        self.frame = nil
        lent = .control
        let step = try control.withSpan { span throws(WebSocketError) in
            try WebSocketStep.control(frame.opcode, span, .assembled)
        }
        if frame.opcode == .close { control.removeFirst(2) }
        return step
    }

    private mutating func takeData(
        _ frame: FrameHeader, _ piece: Span<UInt8>, _ isASCII: Bool, _ rules: ReceiveRules
    ) throws(WebSocketError) -> WebSocketStep? {
        let missing = frame.payloadCount &- received
        let isEnd = missing == 0 && frame.isFinal
        if message.isExtended, let decoder = rules.extension {
            try message.append(
                piece, endOfMessage: isEnd, bytesMax: rules.messageBytesMax, decodedBy: decoder)
        } else {
            // The last frame says how long the message will be.
            let end = message.bytes.count &+ piece.count &+ missing
            try message.append(
                piece, isASCII: isASCII, bytesMax: frame.isFinal ? end : rules.messageBytesMax,
                rules.share)
        }
        if missing == 0 { self.frame = nil }
        guard isEnd else { return nil }
        lent = .message
        return .message(try message.finish(), .assembled)
    }
}

extension WebSocketStep {
    /// The step that a complete control frame is; `payload` is its place.
    static func control(
        _ opcode: Opcode, _ bytes: Span<UInt8>, _ payload: WebSocketPayload
    ) throws(WebSocketError) -> WebSocketStep {
        switch opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        default: return try close(bytes, payload)
        }
    }

    private static func close(
        _ bytes: Span<UInt8>, _ payload: WebSocketPayload
    ) throws(WebSocketError) -> WebSocketStep {
        guard case .input(let range) = payload else {
            let code = try CloseFrame.code(bytes, in: 0..<bytes.count)
            return .close(code, reason: .assembled)
        }
        let code = try CloseFrame.code(bytes, in: range)
        let reason = min(range.lowerBound &+ 2, range.upperBound)..<range.upperBound
        return .close(code, reason: .input(reason))
    }
}

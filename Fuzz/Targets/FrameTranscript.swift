@testable import RNodeWS

/// What a session made of a stream of frames.
struct FrameTranscript: Equatable {
    enum Event: Equatable {
        case message(MessageKind, [UInt8])
        case ping([UInt8])
        case pong([UInt8])
        case close(CloseCode?, [UInt8])
        case failed(WebSocketError)
    }

    private(set) var events: [Event] = []
    /// How many bytes had arrived, with the piece it came in, when the session failed.
    private(set) var failedBy: Int?
    private let now = MonotonicInstant(nanoseconds: 1)

    init(
        _ bytes: Span<UInt8>, _ arrivals: [Range<Int>], _ session: consuming WebSocketSession
    ) throws(Finding) {
        var output = ByteBuffer()
        for piece in arrivals {
            // A buffer of just this size: the sanitizer sees the first byte outside.
            var input = ByteBuffer(copying: bytes.extracting(piece))
            try take(&input, &session, &output)
            if failedBy == nil, case .failed = events.last { failedBy = piece.upperBound }
        }
        try checkOutput(&output, session.role)
    }

    static func == (one: Self, other: Self) -> Bool { one.events == other.events }

    private mutating func take(
        _ input: inout ByteBuffer, _ session: inout WebSocketSession, _ output: inout ByteBuffer
    ) throws(Finding) {
        try input.withMutableSpan { bytes throws(Finding) in
            var offset = 0
            while offset < bytes.count {
                let before = offset
                let step = session.next(&bytes, from: &offset, now: now)
                try require(offset > before && offset <= bytes.count, "offset \(offset)")
                try note(step, bytes.span, &session, &output)
            }
        }
    }

    private mutating func note(
        _ step: WebSocketStep, _ bytes: Span<UInt8>, _ session: inout WebSocketSession,
        _ output: inout ByteBuffer
    ) throws(Finding) {
        switch step {
        case .needMore: break
        case .message(let kind, let payload):
            events.append(.message(kind, try content(payload, bytes, session)))
        case .ping(let payload):
            let ping = try content(payload, bytes, session)
            events.append(.ping(ping))
            session.sendPong(ping.span, maskingKey: 0x0102_0304, into: &output)
        case .pong(let payload): events.append(.pong(try content(payload, bytes, session)))
        case .close(let code, let reason):
            events.append(.close(code, try content(reason, bytes, session)))
            session.answerClose(now: now, maskingKey: 0x0102_0304, into: &output)
        case .failed(let error):
            events.append(.failed(error))
            session.sendClose(error, now: now, maskingKey: 0x0102_0304, into: &output)
        }
    }

    private func content(
        _ payload: WebSocketPayload, _ bytes: Span<UInt8>, _ session: borrowing WebSocketSession
    ) throws(Finding) -> [UInt8] {
        guard case .input(let range) = payload else { return session.withPayload { $0.copied() } }
        try require(range.upperBound <= bytes.count, "payload at \(range) of \(bytes.count)")
        return bytes.extracting(range).copied()
    }

    /// What a session sends, its peer takes; and nothing follows a close frame.
    private func checkOutput(
        _ output: inout ByteBuffer, _ role: WebSocketSession.Role
    ) throws(Finding) {
        let closes = events.count { event in
            switch event {
            case .close, .failed: true
            default: false
            }
        }
        try require(closes <= 1, "\(closes) ends")
        var peer = WebSocketSession(role: role == .server ? .client : .server, now: now)
        let now = now
        try output.withMutableSpan { bytes throws(Finding) in
            var offset = 0
            while offset < bytes.count {
                let step = peer.next(&bytes, from: &offset, now: now)
                if case .failed(let error) = step {
                    throw Finding(description: "the peer refuses what was sent: \(error)")
                }
                if case .close = step {
                    try require(offset == bytes.count, "bytes behind a close frame")
                }
            }
        }
    }
}

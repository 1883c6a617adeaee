import RNodeWS

/// What was found in a stream of frames, by the session or by the reference.
enum Finding: Equatable {
    case message(isText: Bool, [UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16?, [UInt8])
    /// The code that the connection is failed with.
    case failed(UInt16)
}

extension WebSocketSession {
    /// What the session finds in one piece.
    mutating func findings(in piece: [UInt8], now: MonotonicInstant = .zero) -> [Finding] {
        var piece = piece
        var findings: [Finding] = []
        var bytes = piece.mutableSpan
        var offset = 0
        while offset < bytes.count {
            let step = next(&bytes, from: &offset, now: now)
            if let finding = finding(step, bytes.span) { findings.append(finding) }
        }
        return findings
    }

    private func finding(_ step: WebSocketStep, _ bytes: Span<UInt8>) -> Finding? {
        switch step {
        case .needMore: nil
        case .message(let kind, let payload):
            .message(isText: kind == .text, copied(payload, bytes))
        case .ping(let payload): .ping(copied(payload, bytes))
        case .pong(let payload): .pong(copied(payload, bytes))
        case .close(let code, let reason): .close(code?.rawValue, copied(reason, bytes))
        case .failed(let error): .failed(error.closeCode.rawValue)
        }
    }

    private func copied(_ payload: WebSocketPayload, _ bytes: Span<UInt8>) -> [UInt8] {
        switch payload {
        case .input(let range): bytes.extracting(range).copied()
        case .assembled: withPayload { $0.copied() }
        }
    }
}

extension MonotonicInstant {
    static let zero = MonotonicInstant(nanoseconds: 0)
}

/// A small generator with a seed, so that every failure can be had again.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

import RNodeWS
import Testing

/// A step with its bytes, wherever they were.
enum Report: Equatable {
    case message(MessageKind, [UInt8])
    case ping([UInt8])
    case pong([UInt8])
    case close(UInt16?, [UInt8])
    case failed(WebSocketError)

    /// The close code of a failure, or nil.
    var failure: UInt16? {
        guard case .failed(let error) = self else { return nil }
        return error.closeCode.rawValue
    }
}

/// What a test sets up a session with.
struct Setup {
    var role = WebSocketSession.Role.server
    var limits = WebSocketLimits()
    var `extension`: (any WebSocketExtension)?
    /// Makes an extension for each session, for one that keeps something between messages.
    var makeExtension: (() -> (any WebSocketExtension)?)?

    func session() -> WebSocketSession {
        WebSocketSession(
            role: role, limits: limits, extension: makeExtension?() ?? `extension`, now: .zero)
    }
}

extension MonotonicInstant {
    static let zero = MonotonicInstant(nanoseconds: 0)

    static func seconds(_ seconds: Double) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: Int64(seconds * 1_000_000_000))
    }
}

extension WebSocketSession {
    /// Gives one piece, pulls until it is used up, and copies the payload of every step.
    mutating func receive(_ piece: [UInt8], now: MonotonicInstant = .zero) -> [Report] {
        var piece = piece
        var reports: [Report] = []
        var bytes = piece.mutableSpan
        var offset = 0
        while offset < bytes.count {
            let before = offset
            let step = next(&bytes, from: &offset, now: now)
            #expect(offset > before, "every call makes progress")
            if step == .needMore { #expect(offset == bytes.count) }
            if let report = report(step, bytes.span) { reports.append(report) }
        }
        return reports
    }

    private func report(_ step: WebSocketStep, _ bytes: Span<UInt8>) -> Report? {
        switch step {
        case .needMore: nil
        case .message(let kind, let payload): .message(kind, copied(payload, bytes))
        case .ping(let payload): .ping(copied(payload, bytes))
        case .pong(let payload): .pong(copied(payload, bytes))
        case .close(let code, let reason): .close(code?.rawValue, copied(reason, bytes))
        case .failed(let error): .failed(error)
        }
    }

    private func copied(_ payload: WebSocketPayload, _ bytes: Span<UInt8>) -> [UInt8] {
        switch payload {
        case .input(let range): bytes.extracting(range).copied()
        case .assembled: withPayload { $0.copied() }
        }
    }
}

/// What a fresh session reports for `input` in the given pieces.
func reports(_ pieces: [[UInt8]], _ setup: Setup = Setup()) -> [Report] {
    var session = setup.session()
    return pieces.flatMap { session.receive($0) }
}

/// What a fresh session reports for `input` whole; in every two-way split and byte by byte it must
/// report the same.
func everyway(
    _ input: [UInt8], _ setup: Setup = Setup(),
    _ location: SourceLocation = #_sourceLocation
) -> [Report] {
    let whole = reports([input], setup)
    for place in 1..<max(input.count, 1) {
        let halves = reports([Array(input[..<place]), Array(input[place...])], setup)
        #expect(halves == whole, "split at \(place)", sourceLocation: location)
        if halves != whole { break }
    }
    let single = reports(input.map { [$0] }, setup)
    #expect(single == whole, "byte by byte", sourceLocation: location)
    return whole
}

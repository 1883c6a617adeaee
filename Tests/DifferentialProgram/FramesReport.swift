import RNodeWS

/// What a server's session finds in a stream of frames.
///
/// An input is one byte that says how the stream is split, and the stream: 0 whole, 1 byte by byte, any other value
/// the seed of pieces of 1 to that many bytes. A report is a list of entries: a letter (`T`ext, `B`inary, `P`ing,
/// p`O`ng, `C`lose, `F`ailure), the length in four bytes, the lowest first, and the payload. That of a close is the
/// code in two bytes, the highest first, and the reason, or nothing; that of a failure the code.
enum FramesReport {
    @Sendable static func report(of input: [UInt8]) -> [UInt8] {
        guard let split = input.first else { return [] }
        var session = WebSocketSession(role: .server, now: MonotonicInstant(nanoseconds: 0))
        var report: [UInt8] = []
        var rest = input.dropFirst()
        var turn = UInt64(split)
        while !rest.isEmpty {
            let count = pieceCount(split, &turn, rest.count)
            receive(Array(rest.prefix(count)), &session, &report)
            rest = rest.dropFirst(count)
        }
        return report
    }

    private static func pieceCount(_ split: UInt8, _ turn: inout UInt64, _ available: Int) -> Int {
        guard split > 1 else { return split == 0 ? available : 1 }
        turn = turn &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return min(available, 1 + Int(turn >> 33) % Int(split))
    }

    private static func receive(
        _ piece: [UInt8], _ session: inout WebSocketSession, _ report: inout [UInt8]
    ) {
        var piece = piece
        var bytes = piece.mutableSpan
        var offset = 0
        let now = MonotonicInstant(nanoseconds: 0)
        while offset < bytes.count {
            switch session.next(&bytes, from: &offset, now: now) {
            case .needMore: break
            case .message(let kind, let payload):
                let letter = UInt8(ascii: kind == .text ? "T" : "B")
                append(letter, copied(payload, bytes.span, session), to: &report)
            case .ping(let payload):
                append(UInt8(ascii: "P"), copied(payload, bytes.span, session), to: &report)
            case .pong(let payload):
                append(UInt8(ascii: "O"), copied(payload, bytes.span, session), to: &report)
            case .close(let code, let reason):
                let bytes = copied(reason, bytes.span, session)
                append(UInt8(ascii: "C"), code.map { written($0) + bytes } ?? [], to: &report)
            case .failed(let error):
                append(UInt8(ascii: "F"), written(error.closeCode), to: &report)
            }
        }
    }

    private static func copied(
        _ payload: WebSocketPayload, _ bytes: Span<UInt8>, _ session: borrowing WebSocketSession
    ) -> [UInt8] {
        switch payload {
        case .input(let range): bytes.extracting(range).copied()
        case .assembled: session.withPayload { $0.copied() }
        }
    }

    private static func written(_ code: CloseCode) -> [UInt8] {
        [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
    }

    private static func append(_ letter: UInt8, _ payload: [UInt8], to report: inout [UInt8]) {
        report.append(letter)
        for place in 0..<4 {
            report.append(UInt8(truncatingIfNeeded: payload.count >> (8 * place)))
        }
        report += payload
    }
}

import RNodeWS

/// B1, B2: each of the 65,536 two-byte heads in each state that a head can meet, with what may follow it, whole and
/// byte by byte.
enum FrameHeads {
    /// What came before the head, and what was agreed on.
    enum State: CaseIterable {
        case fresh, insideText, insideBinary, insidePartOfHeader, insidePayload
        case closeSent, closeReceived, extended, client
    }

    /// What follows a head: nothing; lengths and keys of every kind, and some payload.
    private static let tails: [[UInt8]] = [
        [], [UInt8](repeating: 0, count: 12), [0, 126] + [UInt8](repeating: 0x61, count: 12),
        [0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4, 0x60, 0x60], [UInt8](repeating: 0xFF, count: 12),
        [0x11, 0x22, 0x33, 0x44] + (0..<10).map { 0x61 ^ [0x11, 0x22, 0x33, 0x44][$0 % 4] },
    ]

    static func run() -> Tally {
        var tally = Tally()
        for state in State.allCases {
            let (prelude, reference) = begin(state)
            for head in UInt16.min...UInt16.max {
                for tail in tails {
                    let input = [UInt8(head >> 8), UInt8(head & 0xFF)] + tail
                    let expected = reference.findings(in: prelude + input)
                    let isRight =
                        found(state, prelude, [input]) == expected
                        && (tail.isEmpty || found(state, prelude, input.map { [$0] }) == expected)
                    tally.note(isRight, "\(state) \(input): not \(expected)")
                }
            }
        }
        return tally
    }

    /// What comes before the head, and the reference that is to judge both.
    private static func begin(_ state: State) -> (prelude: [UInt8], reference: ReferenceReceiver) {
        var reference = ReferenceReceiver()
        switch state {
        case .fresh, .closeSent: return ([], reference)
        case .insideText: return ([0x01, 0x81, 0, 0, 0, 0, 0x61], reference)
        case .insideBinary: return ([0x02, 0x81, 0, 0, 0, 0, 0xFF], reference)
        // The head is then a 16-bit length, of which the first 128 are not minimal.
        case .insidePartOfHeader: return ([0x82, 0xFE], reference)
        // The head is then text, of which two bytes are missing.
        case .insidePayload: return ([0x81, 0x83, 0, 0, 0, 0, 0x61], reference)
        case .closeReceived:
            reference.isDeaf = true
            return ([0x88, 0x80, 0, 0, 0, 0], reference)
        case .extended:
            reference.hasExtension = true
            return ([], reference)
        case .client:
            reference.isServer = false
            return ([], reference)
        }
    }

    private static func found(
        _ state: State, _ prelude: [UInt8], _ pieces: [[UInt8]]
    ) -> [Finding] {
        var session = WebSocketSession(
            role: state == .client ? .client : .server,
            extension: state == .extended ? Unchanging() : nil, now: .zero)
        if state == .closeSent {
            var output = ByteBuffer()
            session.sendClose(.normal, now: .zero, into: &output)
        }
        var findings = session.findings(in: prelude)
        if state == .closeReceived { findings = [] }
        for piece in pieces { findings += session.findings(in: piece) }
        return findings
    }
}

/// An extension that leaves every payload as it is.
private final class Unchanging: WebSocketExtension {
    let answer = ExtensionOffer("x-unchanging")

    func decode(
        _ payload: Span<UInt8>, endOfMessage: Bool, bytesMax: Int, into message: inout ByteBuffer
    ) throws(WebSocketError) {
        guard payload.count <= bytesMax - message.count else { throw .messageTooBig }
        message.append(payload)
    }

    func encode(
        _ kind: MessageKind, _ message: Span<UInt8>, into payload: inout ByteBuffer
    ) -> Bool {
        false
    }
}

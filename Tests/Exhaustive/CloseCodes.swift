import RNodeWS

/// B7: each of the 65,536 close codes, with reasons of every interesting length, alone and inside a message.
enum CloseCodes {
    /// Whether a close frame may carry the code: RFC 6455 §7.4.1 with what IANA registered since, and §7.4.2.
    static func isDefined(_ code: UInt16) -> Bool {
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].contains(code)
            || (code >= 3000 && code < 5000)
    }

    static func run() -> Tally {
        var tally = Tally()
        let reasons: [[UInt8]] = [
            [], [0x78], Array("Grüße 🎉".utf8), [UInt8](repeating: 0x61, count: 123), [0xC3],
            [0xED, 0xA0, 0x80],
        ]
        for code in UInt16.min...UInt16.max {
            for (reason, isInside) in reasons.flatMap({ [($0, false), ($0, true)] }) {
                let payload = [UInt8(code >> 8), UInt8(code & 0xFF)] + reason
                let frame = [0x88, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
                let begin: [UInt8] = isInside ? [0x01, 0x81, 0, 0, 0, 0, 0x61] : []
                var session = WebSocketSession(role: .server, now: .zero)
                let found = session.findings(in: begin + frame)
                let expected = ReferenceReceiver().findings(in: begin + frame)
                let isRight = found == expected && isAnswered(&session, expected)
                tally.note(isRight, "code \(code), reason \(reason): \(found), not \(expected)")
            }
        }
        return tally
    }

    /// What our close frame must be: the peer's code, or that of the fault; and after it the session is closed.
    private static func isAnswered(
        _ session: inout WebSocketSession, _ expected: [Finding]
    ) -> Bool {
        var output = ByteBuffer()
        var code: UInt16?
        switch expected.last {
        case .close(let peers, _):
            session.answerClose(now: .zero, into: &output)
            code = peers
        case .failed(let failed):
            session.sendClose(CloseCode(rawValue: failed), now: .zero, into: &output)
            code = failed
        default: return false
        }
        let bytes = output.copied()
        let expectedBytes: [UInt8] =
            code.map { [0x88, 2, UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? [0x88, 0]
        return bytes == expectedBytes && session.phase == .closed
            && session.closeCodeSent?.rawValue == code
    }
}

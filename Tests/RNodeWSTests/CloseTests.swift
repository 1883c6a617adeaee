import RNodeWS
import Testing

@Suite("RFC 6455 §7.4: close codes")
struct CloseCodeTests {
    @Test("B7 each of the 65,536 codes is accepted or refused as the RFC says")
    func codes() {
        var wrong: [UInt16] = []
        for code in UInt16.min...UInt16.max {
            let isRight =
                (1000...1003).contains(code) || (1007...1014).contains(code)
                || (3000...4999).contains(code)
            let expected: Report = isRight ? .close(code, [0x78]) : .failed(.closeCodeInvalid)
            if reports([close(code, "x")]) != [expected] { wrong.append(code) }
            if CloseCode(rawValue: code).isValidOnWire != isRight { wrong.append(code) }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
        #expect(WebSocketError.closeCodeInvalid.closeCode == .protocolError)
    }

    @Test("B7 a close of one byte is 1002, an empty one has no code")
    func short() {
        #expect(everyway(control(8, [3])) == [.failed(.closePayloadTooShort)])
        #expect(everyway(control(8)) == [.close(nil, [])])
        #expect(everyway(close(1000)) == [.close(1000, [])])
        #expect(everyway(close(4999, "Grüße")) == [.close(4999, Array("Grüße".utf8))])
    }

    @Test("A reason is cut to 123 bytes between two characters")
    func longReason() {
        for (reason, expected) in [
            (String(repeating: "a", count: 200), 123), (String(repeating: "é", count: 100), 122),
            (String(repeating: "你", count: 41), 123),
            ("a" + String(repeating: "🎉", count: 31), 121),
            ("aaa" + String(repeating: "🎉", count: 31), 123),
            (String(repeating: "a", count: 123), 123),
        ] {
            var session = WebSocketSession(role: .server, now: .zero)
            var output = ByteBuffer()
            session.sendClose(.goingAway, reason: reason, now: .zero, into: &output)
            let received = reports([output.copied()], Setup(role: .client))
            let kept = Array(Array(reason.utf8)[..<expected])
            #expect(received == [.close(1001, kept)])
        }
    }

    @Test(
        "A code that may not be on the wire is never sent",
        arguments: [
            0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535,
        ] as [UInt16])
    func localCodes(code: UInt16) {
        var session = WebSocketSession(role: .server, now: .zero)
        var output = ByteBuffer()
        session.sendClose(CloseCode(rawValue: code), reason: "no", now: .zero, into: &output)
        #expect(output.copied() == [0x88, 0])
        #expect(session.closeCodeSent == nil)
    }

    @Test("Every error's code and reason make a close frame that its receiver accepts")
    func errors() {
        let errors: [WebSocketError] = [
            .reservedBits, .reservedOpcode, .maskMissing, .maskUnexpected, .lengthNotMinimal,
            .lengthOutOfRange, .controlFragmented, .controlTooLong, .continuationUnexpected,
            .continuationExpected, .closePayloadTooShort, .closeCodeInvalid, .invalidUTF8,
            .extensionPayloadInvalid, .frameTooBig, .messageTooBig, .tooManyFragments,
            .unfinishedMessage, .pongTimeout, .closeTimeout, .outOfMemory, .internalInvariant,
        ]
        for error in errors {
            var session = WebSocketSession(role: .server, now: .zero)
            var output = ByteBuffer()
            session.sendClose(error, now: .zero, into: &output)
            let isLocal = error.closeCode == .abnormal
            let expected: Report =
                isLocal
                ? .close(nil, []) : .close(error.closeCode.rawValue, Array("\(error.reason)".utf8))
            #expect(reports([output.copied()], Setup(role: .client)) == [expected])
            let isOurs = [.outOfMemory, .internalInvariant].contains(error)
            #expect(error.fault == (isOurs ? .local : .peer))
        }
    }
}

@Suite("RFC 6455 §7: closing")
struct CloseTests {
    typealias Phase = WebSocketSession.Phase

    /// What can happen to a session.
    enum Event: CaseIterable {
        case message, ping, pong, close, broken
        case send, sendPing, sendPong, sendClose, sendError
    }

    /// A cell of the table: the phase after, and whether the event was reported or sent.
    struct Cell: Equatable {
        var phase: Phase
        var counts: Bool
    }

    /// The table at the top of WebSocketSession.swift.
    static func cell(_ phase: Phase, _ event: Event) -> Cell {
        switch (phase, event) {
        case (.open, .close): Cell(phase: .closeReceived, counts: true)
        case (.open, .broken): Cell(phase: .failed, counts: true)
        case (.open, .sendClose), (.open, .sendError): Cell(phase: .closeSent, counts: true)
        case (.open, _): Cell(phase: .open, counts: true)
        case (.closeSent, .close), (.closeSent, .broken): Cell(phase: .closed, counts: true)
        case (.closeSent, .message), (.closeSent, .ping), (.closeSent, .pong):
            Cell(phase: .closeSent, counts: true)
        case (.closeReceived, .sendClose), (.closeReceived, .sendError),
            (.failed, .sendClose), (.failed, .sendError):
            Cell(phase: .closed, counts: true)
        default: Cell(phase: phase, counts: false)
        }
    }

    private func session(in phase: Phase) -> WebSocketSession {
        var session = WebSocketSession(role: .server, now: .zero)
        var output = ByteBuffer()
        switch phase {
        case .open: break
        case .closeSent: session.sendClose(.normal, now: .zero, into: &output)
        case .closeReceived: _ = session.receive(close(1000))
        case .failed: _ = session.receive([0xFF])
        case .closed:
            _ = session.receive(close(1000))
            session.answerClose(now: .zero, into: &output)
        }
        return session
    }

    /// Applies `event`; whether it was reported, or put bytes into `output`.
    private func apply(
        _ event: Event, to session: inout WebSocketSession, _ output: inout ByteBuffer
    ) -> Bool {
        switch event {
        case .message: !session.receive(text("a")).isEmpty
        case .ping: !session.receive(control(9)).isEmpty
        case .pong: !session.receive(control(10)).isEmpty
        case .close: !session.receive(close(1001)).isEmpty
        case .broken: !session.receive([0xFF, 0xFF]).isEmpty
        case .send: session.send(.text, [0x61].span, into: &output)
        case .sendPing: session.sendPing(now: .zero, into: &output)
        case .sendPong: session.sendPong(into: &output)
        case .sendClose: session.sendClose(.goingAway, now: .zero, into: &output)
        case .sendError: session.sendClose(.invalidUTF8, now: .zero, into: &output)
        }
    }

    @Test(
        "B14 the table of phases holds, cell by cell",
        arguments: [
            Phase.open, .closeSent, .closeReceived, .failed, .closed,
        ])
    func table(phase: Phase) {
        for event in Event.allCases {
            var session = session(in: phase)
            #expect(session.phase == phase)
            var output = ByteBuffer()
            let counts = apply(event, to: &session, &output)
            let found = Cell(phase: session.phase, counts: counts)
            #expect(found == Self.cell(phase, event), "\(phase) \(event)")
            let isSending = Event.allCases.firstIndex(of: event)! >= 5
            #expect(output.isEmpty == !(isSending && counts), "\(phase) \(event)")
        }
    }

    @Test("B14 any interleaving follows the table, and sends one close frame at most")
    func interleavings() {
        var random = Seeded(state: 14)
        for _ in 0..<10_000 {
            var session = WebSocketSession(role: .server, now: .zero)
            var phase = Phase.open
            var sent = ByteBuffer()
            for _ in 0..<8 {
                let event = Event.allCases.randomElement(using: &random) ?? .message
                let expected = Self.cell(phase, event)
                let counts = apply(event, to: &session, &sent)
                if counts != expected.counts || session.phase != expected.phase {
                    Issue.record("\(phase) \(event)")
                }
                phase = session.phase
            }
            let closes = reports([sent.copied()], Setup(role: .client)).filter {
                if case .close = $0 { true } else { false }
            }
            if closes.count > 1 { Issue.record("\(closes)") }
        }
    }

    @Test("The answer to a close echoes its code", arguments: [nil, 1000, 1001, 3000, 4999])
    func echo(code: UInt16?) {
        var session = WebSocketSession(role: .server, now: .zero)
        #expect(session.closeCode == .abnormal)
        _ = session.receive(code.map { close($0, "why") } ?? control(8))
        #expect(session.closeCode.rawValue == code ?? 1005)
        var output = ByteBuffer()
        let answered = session.answerClose(now: .zero, into: &output)
        #expect(answered)
        let received = reports([output.copied()], Setup(role: .client))
        #expect(received == [.close(code, [])])
        #expect(session.closeCodeSent?.rawValue == code)
        #expect(session.phase == .closed)
        let again = session.answerClose(now: .zero, into: &output)
        #expect(!again)
    }

    @Test("B14 data after a close is ignored, in the same read and later")
    func dataAfterClose() {
        #expect(everyway(close(1000) + text("a") + [0xFF, 0xFF]) == [.close(1000, [])])
    }

    @Test("B14 a close in the middle of a fragmented message drops the message")
    func closeDuringFragments() {
        let input = text("never finished", fin: false) + close(1001, "bye") + more([1], fin: true)
        #expect(everyway(input) == [.close(1001, Array("bye".utf8))])
        var session = WebSocketSession(role: .server, now: .zero)
        _ = session.receive(input)
        _ = session.receive([1])
        #expect(session.unfinishedByteCount == 0)
    }

    @Test("B14 both sides close at once, and both end closed")
    func crossing() {
        var server = WebSocketSession(role: .server, now: .zero)
        var client = WebSocketSession(role: .client, now: .zero)
        var fromServer = ByteBuffer()
        var fromClient = ByteBuffer()
        server.sendClose(.goingAway, now: .zero, into: &fromServer)
        client.send(.text, [0x61].span, into: &fromClient)
        client.sendClose(.normal, now: .zero, into: &fromClient)
        let atServer = server.receive(fromClient.copied())
        let atClient = client.receive(fromServer.copied())
        #expect(atServer == [.message(.text, [0x61]), .close(1000, [])])
        #expect(atClient == [.close(1001, [])])
        #expect(server.phase == .closed)
        #expect(client.phase == .closed)
        let answered = server.answerClose(now: .zero, into: &fromServer)
        #expect(!answered)
    }

    @Test("After a broken rule all is ignored, and nothing is kept")
    func failed() {
        var session = WebSocketSession(role: .server, now: .zero)
        _ = session.receive(text("abc", fin: false))
        #expect(session.receive([0xFF]) == [.failed(.reservedOpcode)])
        #expect(session.unfinishedByteCount == 0)
        #expect(session.receive(text("x")) == [])
        #expect(session.closeCode == .abnormal)
        var output = ByteBuffer()
        session.sendClose(.reservedOpcode, now: .zero, into: &output)
        #expect(session.closeCodeSent == .protocolError)
    }
}

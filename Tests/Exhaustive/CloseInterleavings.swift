import RNodeWS

/// B14: a million random courses of two sessions that talk, fail and close at each other, with every delivery cut
/// anywhere, held against a model that knows only two things of a side: what it sent last, and what it heard last.
enum CloseInterleavings {
    static let courses = 1_000_000

    static func run() -> Tally {
        var tally = Tally()
        for seed in 0..<UInt64(courses) {
            var course = Course(seed: seed &* 0xD129_8A5F_0C2B)
            let fault = course.run()
            tally.note(fault == nil, "seed \(seed): \(fault ?? "")")
        }
        return tally
    }
}

/// What the model knows of one side, and what that side should have reported.
private struct Side {
    enum End { case none, close, fault }

    var hasSentClose = false
    var heard = End.none
    var codeHeard: UInt16?
    var codeSent: UInt16?
    /// The messages sent and not yet arrived, and the bytes on the way to the other side.
    var sent: [[UInt8]] = []
    var wire: [UInt8] = []
    /// The message that was begun in fragments, and not ended.
    var unfinished: [UInt8]?
    /// Whether something was put on the wire that no peer may send.
    var isBroken = false

    var isOpen: Bool { !hasSentClose && heard == .none }

    /// The phase that follows: RFC 6455 §7.1.
    var phase: WebSocketSession.Phase {
        switch (hasSentClose, heard) {
        case (false, .none): .open
        case (true, .none): .closeSent
        case (false, .close): .closeReceived
        case (false, .fault): .failed
        case (true, _): .closed
        }
    }
}

/// One course: a client and a server, and what happens to them.
private struct Course: ~Copyable {
    private var random: Seeded
    private var server = WebSocketSession(role: .server, now: .zero)
    private var client = WebSocketSession(role: .client, now: .zero)
    private var serverSide = Side()
    private var clientSide = Side()
    private var fault: String?

    init(seed: UInt64) {
        random = Seeded(state: seed)
    }

    /// Runs the course to its end; what went wrong, or nil.
    mutating func run() -> String? {
        for _ in 0..<(6 + random.next() % 16) where fault == nil {
            if random.next() & 1 == 0 {
                Self.step(&server, &serverSide, &clientSide, &random, &fault)
            } else {
                Self.step(&client, &clientSide, &serverSide, &random, &fault)
            }
        }
        finish()
        return fault
    }

    /// Delivers all that is on the way and answers all that is to be answered: both must end alike.
    private mutating func finish() {
        for _ in 0..<3 {
            Self.answer(&server, &serverSide, &fault)
            Self.answer(&client, &clientSide, &fault)
            Self.deliver(&server, &clientSide, &serverSide, clientSide.wire.count, &fault)
            Self.deliver(&client, &serverSide, &clientSide, serverSide.wire.count, &fault)
        }
        Self.judgeEnd(&server, serverSide, clientSide, &fault)
        Self.judgeEnd(&client, clientSide, serverSide, &fault)
    }

    /// `me` does something, or hears something of what `you` sent.
    private static func step(
        _ me: inout WebSocketSession, _ mine: inout Side, _ yours: inout Side,
        _ random: inout Seeded, _ fault: inout String?
    ) {
        let key = UInt32(truncatingIfNeeded: random.next())
        switch random.next() % 14 {
        case 0, 1: send(&me, &mine, key)
        case 2: sendControl(&me, &mine, key, &fault)
        case 3: close(&me, &mine, key, random.next(), &fault)
        case 4: answer(&me, &mine, &fault)
        case 5: breakRule(&mine, random.next())
        case 6: judgeTime(&me, mine, &fault)
        case 7, 8: sendFragment(me.role, &mine, key)
        default:
            let count = yours.wire.isEmpty ? 0 : Int(random.next() % UInt64(yours.wire.count + 1))
            deliver(&me, &yours, &mine, count, &fault)
        }
        if me.phase != mine.phase { fault = fault ?? "phase \(me.phase), not \(mine.phase)" }
    }

    // MARK: - What a side does

    private static func send(
        _ me: inout WebSocketSession, _ mine: inout Side, _ key: UInt32
    ) {
        // A whole message inside another would be a fault.
        guard mine.unfinished == nil else { return }
        let payload = (0..<(key % 9)).map { 0x61 &+ UInt8($0) }
        let wasSent = emit(&mine) { output in
            me.send(key & 1 == 0 ? .text : .binary, payload.span, maskingKey: key, into: &output)
        }
        if wasSent { mine.sent.append(payload) }
    }

    /// Begins a message in fragments, goes on with it, or ends it; the session itself sends whole ones only.
    private static func sendFragment(
        _ role: WebSocketSession.Role, _ mine: inout Side, _ key: UInt32
    ) {
        guard mine.isOpen else { return }
        let piece = (0..<(key % 5)).map { 0x30 &+ UInt8($0) }
        let isFinal = mine.unfinished != nil && key & 16 == 0
        let opcode = mine.unfinished == nil ? Opcode.binary : .continuation
        _ = emit(&mine) { output in
            FrameEncoder.encode(
                opcode, piece.span, isFinal: isFinal, maskingKey: role == .client ? key : nil,
                into: &output)
            return true
        }
        let message = (mine.unfinished ?? []) + piece
        mine.unfinished = isFinal ? nil : message
        if isFinal { mine.sent.append(message) }
    }

    private static func sendControl(
        _ me: inout WebSocketSession, _ mine: inout Side, _ key: UInt32, _ fault: inout String?
    ) {
        let isOpen = mine.isOpen
        let wasSent = emit(&mine) { output in
            key & 1 == 0
                ? me.sendPing([7].span, now: .zero, maskingKey: key, into: &output)
                : me.sendPong([8].span, maskingKey: key, into: &output)
        }
        if wasSent != isOpen { fault = fault ?? "a control frame after a close" }
    }

    private static func close(
        _ me: inout WebSocketSession, _ mine: inout Side, _ key: UInt32, _ choice: UInt64,
        _ fault: inout String?
    ) {
        let codes: [CloseCode?] = [nil, .normal, .goingAway, CloseCode(rawValue: 4999)]
        let code = codes[Int(choice % 4)]
        let wasSent = emit(&mine) { output in
            me.sendClose(code, reason: "bye", now: .zero, maskingKey: key, into: &output)
        }
        noteClose(wasSent, code?.rawValue, &mine, &fault)
    }

    /// Answers a close or a fault, when there is one to answer.
    private static func answer(
        _ me: inout WebSocketSession, _ mine: inout Side, _ fault: inout String?
    ) {
        guard !mine.hasSentClose, mine.heard != .none else { return }
        let isFault = mine.heard == .fault
        let wasSent = emit(&mine) { output in
            isFault
                ? me.sendClose(.reservedOpcode, now: .zero, maskingKey: 5, into: &output)
                : me.answerClose(now: .zero, maskingKey: 5, into: &output)
        }
        noteClose(wasSent, isFault ? 1002 : mine.codeHeard, &mine, &fault)
    }

    private static func noteClose(
        _ wasSent: Bool, _ code: UInt16?, _ mine: inout Side, _ fault: inout String?
    ) {
        if wasSent == mine.hasSentClose { fault = fault ?? "a second close frame, or none" }
        if wasSent {
            mine.hasSentClose = true
            mine.codeSent = code
        }
    }

    /// Puts on the wire what the peer must fail the connection for: but only where a frame begins.
    private static func breakRule(_ mine: inout Side, _ choice: UInt64) {
        guard mine.isOpen, choice % 4 == 0 else { return }
        mine.wire += [0xF3, 0xFF]
        mine.isBroken = true
    }

    private static func emit(
        _ mine: inout Side, _ body: (inout ByteBuffer) -> Bool
    ) -> Bool {
        var output = ByteBuffer()
        let wasSent = body(&output)
        mine.wire += output.copied()
        return wasSent
    }

    // MARK: - What a side hears

    /// `me` is given the first `count` bytes of what `yours` has on the wire.
    private static func deliver(
        _ me: inout WebSocketSession, _ yours: inout Side, _ mine: inout Side, _ count: Int,
        _ fault: inout String?
    ) {
        let piece = Array(yours.wire.prefix(count))
        yours.wire.removeFirst(count)
        for finding in me.findings(in: piece) {
            if mine.heard != .none { fault = fault ?? "\(finding) after the end" }
            switch finding {
            case .message(_, let payload):
                let expected = yours.sent.isEmpty ? nil : yours.sent.removeFirst()
                if payload != expected {
                    fault = fault ?? "\(payload), not \(String(describing: expected))"
                }
            case .ping(let payload): if payload != [7] { fault = fault ?? "ping \(payload)" }
            case .pong(let payload): if payload != [8] { fault = fault ?? "pong \(payload)" }
            case .close(let code, _):
                mine.heard = .close
                mine.codeHeard = code
            case .failed(let code):
                mine.heard = .fault
                if code != 1002 || !yours.isBroken { fault = fault ?? "failed with \(code)" }
            }
        }
    }

    // MARK: - What must hold

    /// Long after everything, a closing side gives up, and an open one pings.
    private static func judgeTime(
        _ me: inout WebSocketSession, _ mine: Side, _ fault: inout String?
    ) {
        guard mine.phase != .open else { return }
        let late = MonotonicInstant(nanoseconds: 3_600_000_000_000)
        if me.due(at: late) != .abort(.closeTimeout) { fault = fault ?? "no end of waiting" }
        if me.due(at: .zero) != .nothing { fault = fault ?? "an end before its time" }
    }

    private static func judgeEnd(
        _ me: inout WebSocketSession, _ mine: Side, _ yours: Side, _ fault: inout String?
    ) {
        // The reason of a close that came in pieces is lent until it is taken.
        _ = me.takePayload()
        let code = mine.heard == .close ? mine.codeHeard ?? 1005 : 1006
        let isRight =
            me.phase == mine.phase && mine.phase == yours.phase
            && (mine.phase == .open || mine.phase == .closed)
            && (mine.heard != .none || yours.sent.isEmpty)
            && (mine.heard != .close || mine.codeHeard == yours.codeSent)
            && me.closeCode.rawValue == code && me.closeCodeSent?.rawValue == mine.codeSent
            && (mine.phase == .open || me.unfinishedByteCount == 0)
        if !isRight { fault = fault ?? "at the end \(me.phase), \(mine), \(yours)" }
    }
}

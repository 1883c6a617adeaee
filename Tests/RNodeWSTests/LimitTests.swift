import RNodeWS
import Testing

/// The limits of HARDENING §1 that are no message's: those are in `MessageLimitTests`, offers in `HandshakeTests`.
@Suite("HARDENING §1: limits of control frames, time and configuration")
struct LimitTests {
    @Test("B2 a control payload: limit−1 and limit pass, limit+1 and ten times are 1002")
    func controlPayload() {
        for count in [124, 125, 126, 1250] {
            let payload = [UInt8](repeating: 0x61, count: count)
            for opcode: UInt8 in [9, 10] {
                let found = everyway(control(opcode, payload))
                let expected: Report = opcode == 9 ? .ping(payload) : .pong(payload)
                #expect(found == [count <= 125 ? expected : .failed(.controlTooLong)])
            }
            // The code takes two of the bytes.
            let reason = String(repeating: "a", count: count - 2)
            let expected: Report =
                count <= 125 ? .close(1000, Array(reason.utf8)) : .failed(.controlTooLong)
            #expect(everyway(close(1000, reason)) == [expected])
        }
    }

    @Test("Fragments: empty ones alone reach the limit, in one read and in many")
    func emptyFragments() {
        for count in [1023, 1024, 1025, 10_240] {
            var input = WireFrame(opcode: 1, fin: false).bytes
            for index in 2...count { input += more([], fin: index == count) }
            let expected: Report = count <= 1024 ? .message(.text, []) : .failed(.tooManyFragments)
            #expect(reports([input]) == [expected])
            #expect(reports(input.map { [$0] }) == [expected])
        }
    }

    // MARK: - Time

    /// A limit of 100 ms, what it is a limit of, and what is due from then on.
    struct Wait: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let set: @Sendable (inout WebSocketLimits) -> Void
        let begin: @Sendable (inout WebSocketSession) -> Void
        let due: WebSocketDue
    }

    static let waits = [
        Wait(
            testDescription: "pingInterval", set: { $0.pingInterval = .milliseconds(100) },
            begin: { _ in }, due: .sendPing),
        Wait(
            testDescription: "pongTimeout", set: { $0.pongTimeout = .milliseconds(100) },
            begin: { session in
                var output = ByteBuffer()
                session.sendPing(now: .zero, into: &output)
            }, due: .abort(.pongTimeout)),
        Wait(
            testDescription: "unfinishedMessageTimeout",
            set: { $0.unfinishedMessageTimeout = .milliseconds(100) },
            begin: { _ = $0.receive([0x81]) }, due: .failed(.unfinishedMessage)),
        Wait(
            testDescription: "closeTimeout", set: { $0.closeTimeout = .milliseconds(100) },
            begin: { session in
                var output = ByteBuffer()
                session.sendClose(.normal, now: .zero, into: &output)
            }, due: .abort(.closeTimeout)),
    ]

    @Test(
        "A time: nothing is due at limit−1, and at limit, limit+1 and ten times it is",
        arguments: waits)
    func times(wait: Wait) {
        for (milliseconds, isDue) in [(99, false), (100, true), (101, true), (1000, true)] {
            var limits = WebSocketLimits()
            limits.pingInterval = nil
            wait.set(&limits)
            // A ping at the moment of the last sign of life would not be waiting for an answer.
            let before = MonotonicInstant(nanoseconds: -1)
            var session = WebSocketSession(role: .server, limits: limits, now: before)
            wait.begin(&session)
            let due = session.due(at: .seconds(Double(milliseconds) / 1000))
            #expect(due == (isDue ? wait.due : .nothing), "\(milliseconds) ms")
        }
    }

    @Test(
        "Jitter: limit−1 and limit spread the interval by so much, and above the limit it is the limit's"
    )
    func jitter() {
        for (percent, earliest) in [(0, 100.0), (49, 51.0), (50, 50.0), (51, 50.0), (500, 50.0)] {
            var limits = WebSocketLimits()
            limits.pingInterval = .seconds(100)
            limits.pingJitterPercentMax = percent
            let deadline = KeepAlive(limits: limits, now: .zero, jitter: 0).deadline
            #expect(deadline == .seconds(earliest))
        }
    }

    // MARK: - Ranges

    /// A field, and how to set it to a number of bytes, frames, offers, percent or milliseconds.
    struct Field: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let range: ClosedRange<Int>
        let set: @Sendable (inout WebSocketLimits, Int) -> Void

        init(
            _ name: String, _ range: ClosedRange<Int>,
            _ set: @escaping @Sendable (inout WebSocketLimits, Int) -> Void
        ) {
            (testDescription, self.range, self.set) = (name, range, set)
        }
    }

    static let fields = [
        Field("messageBytesMax", 1...(64 << 20)) { $0.messageBytesMax = $1 },
        Field("frameBytesMax", 1...(64 << 20)) { $0.frameBytesMax = $1 },
        Field("fragmentsMax", 1...1_000_000) { $0.fragmentsMax = $1 },
        Field("offersMax", 1...64) { $0.offersMax = $1 },
        Field("pingJitterPercentMax", 0...50) { $0.pingJitterPercentMax = $1 },
        Field("pingInterval", 10...86_400_000) { $0.pingInterval = .milliseconds($1) },
        Field("pongTimeout", 10...3_600_000) { $0.pongTimeout = .milliseconds($1) },
        Field("unfinishedMessageTimeout", 10...3_600_000) {
            $0.unfinishedMessageTimeout = .milliseconds($1)
        },
        Field("closeTimeout", 10...600_000) { $0.closeTimeout = .milliseconds($1) },
    ]

    @Test(
        "A field is taken at both ends of its range, and refused by its name one beyond",
        arguments: fields)
    func ranges(field: Field) {
        let (low, high) = (field.range.lowerBound, field.range.upperBound)
        for value in [low, low + 1, high - 1, high] {
            #expect(refusal(of: field, at: value) == nil, "\(value)")
        }
        for value in [.min, -1, low - 1, high + 1, high * 10, .max / 1_000_000] {
            #expect(refusal(of: field, at: value) == field.testDescription, "\(value)")
        }
    }

    @Test("The defaults are in range, and pings may be off")
    func defaults() throws {
        try WebSocketLimits.default.validate()
        var off = WebSocketLimits()
        off.pingInterval = nil
        off.frameBytesMax = nil
        try off.validate()
    }

    private func refusal(of field: Field, at value: Int) -> String? {
        var limits = WebSocketLimits()
        field.set(&limits, value)
        do {
            try limits.validate()
            return nil
        } catch {
            return error.field
        }
    }
}

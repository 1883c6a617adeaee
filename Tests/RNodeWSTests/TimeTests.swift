import RNodeWS
import Testing

@Suite("RFC 6455 §5.5.2: pings, pongs and deadlines")
struct TimeTests {
    private func session(_ change: (inout WebSocketLimits) -> Void = { _ in }) -> WebSocketSession {
        var limits = WebSocketLimits()
        change(&limits)
        return WebSocketSession(role: .server, limits: limits, now: .zero)
    }

    @Test("An idle connection is pinged after 25 s, and cut 10 s later")
    func idle() {
        var session = session()
        var output = ByteBuffer()
        #expect(session.deadline == .seconds(25))
        #expect(session.due(at: .seconds(24.999)) == .nothing)
        #expect(session.due(at: .seconds(25)) == .sendPing)
        session.sendPing(now: .seconds(25), into: &output)
        #expect(output.copied() == [0x89, 0])
        #expect(session.isWaitingForPong == true)
        #expect(session.deadline == .seconds(35))
        #expect(session.due(at: .seconds(34.9)) == .nothing)
        #expect(session.due(at: .seconds(35)) == .abort(.pongTimeout))
    }

    @Test("Who is not listened to can't be blamed for silence, but has to end its close handshake")
    func withheld() {
        var session = session()
        var output = ByteBuffer()
        session.sendPing(now: .seconds(25), into: &output)
        session.inputWithheld(since: .seconds(30), at: .seconds(35))
        #expect(session.due(at: .seconds(35)) == .nothing)
        #expect(session.due(at: .seconds(60)) == .sendPing)
        session.sendClose(.normal, reason: "", now: .seconds(60), into: &output)
        session.inputWithheld(since: nil, at: .seconds(65))
        #expect(session.due(at: .seconds(65)) == .abort(.closeTimeout))
    }

    @Test(
        "An unfinished message has longer by the time in which nothing was read of it, and no more")
    func withheldFragments() {
        let begin: [UInt8] = [0x01, 0x81, 0, 0, 0, 0, 0x61]
        let late = WebSocketDue.failed(.unfinishedMessage)
        var known = session { $0.pingInterval = nil }
        _ = known.receive(begin, now: .zero)
        known.inputWithheld(since: .seconds(5), at: .seconds(45))
        #expect(known.due(at: .seconds(69.9)) == .nothing)
        #expect(known.due(at: .seconds(70)) == late)
        var unknown = session { $0.pingInterval = nil }
        _ = unknown.receive(begin, now: .zero)
        unknown.inputWithheld(since: nil, at: .seconds(29))
        #expect(unknown.due(at: .seconds(58.9)) == .nothing)
        #expect(unknown.due(at: .seconds(59)) == late)
        var never = session { $0.pingInterval = nil }
        _ = never.receive(begin, now: .zero)
        never.inputWithheld(since: .seconds(10), at: .seconds(10))
        #expect(never.due(at: .seconds(30)) == late)
    }

    @Test("Any traffic is a sign of life")
    func traffic() {
        var output = ByteBuffer()
        for sign in [control(10), text("a"), binary([1]), control(9), [0x81]] {
            var session = session()
            session.sendPing(now: .seconds(25), into: &output)
            _ = session.receive(sign, now: .seconds(30))
            #expect(session.isWaitingForPong == false)
            #expect(session.pingSentAt == .seconds(25))
            #expect(session.due(at: .seconds(35)) == .nothing)
            #expect(session.deadline == .seconds(55))
        }
    }

    @Test("Pings can be off")
    func off() {
        var session = session { $0.pingInterval = nil }
        #expect(session.deadline == .distantFuture)
        #expect(session.due(at: .distantFuture) == .nothing)
        #expect(session.pingSentAt == nil)
    }

    @Test("Jitter spreads the interval over ten percent either way")
    func jitter() {
        let limits = WebSocketLimits()
        let deadlines = (UInt8.min...UInt8.max).map {
            KeepAlive(limits: limits, now: .zero, jitter: $0).deadline
        }
        #expect(deadlines.first == .seconds(22.5))
        #expect(deadlines[128] == .seconds(25))
        #expect(deadlines[255] > .seconds(27.4))
        #expect(deadlines[255] <= .seconds(27.5))
        #expect(deadlines == deadlines.sorted())
    }

    @Test("A message that stays unfinished for 30 s is 1008, however busy it trickles")
    func unfinished() {
        for start in [text("abc", fin: false), [0x81], Array(text("abc").dropLast())] {
            var session = session { $0.pingInterval = nil }
            _ = session.receive(start, now: .seconds(5))
            _ = session.receive(start.count == 1 ? [0x83] : [], now: .seconds(34))
            #expect(session.deadline == .seconds(35))
            #expect(session.due(at: .seconds(34.99)) == .nothing)
            #expect(session.due(at: .seconds(35)) == .failed(.unfinishedMessage))
            #expect(session.phase == .failed)
            #expect(session.unfinishedByteCount == 0)
            var output = ByteBuffer()
            session.sendClose(.unfinishedMessage, now: .seconds(35), into: &output)
            #expect(session.closeCodeSent == .policyViolation)
        }
    }

    @Test("Each message has its own 30 s, and control frames give no more")
    func eachMessage() {
        var session = session { $0.pingInterval = nil }
        _ = session.receive(text("a", fin: false), now: .seconds(0))
        _ = session.receive(control(9), now: .seconds(20))
        #expect(session.deadline == .seconds(30))
        _ = session.receive(more([0x62], fin: true) + [0x81], now: .seconds(29))
        #expect(session.deadline == .seconds(59))
        _ = session.receive([0x80, 0, 0, 0, 0], now: .seconds(50))
        #expect(session.deadline == .distantFuture)
    }

    @Test("A close that is not answered within 5 s cuts the connection")
    func closeTimeout() {
        var output = ByteBuffer()
        var session = session()
        session.sendClose(.goingAway, now: .seconds(1), into: &output)
        #expect(session.deadline == .seconds(6))
        _ = session.receive(text("late"), now: .seconds(3))
        #expect(session.due(at: .seconds(5.9)) == .nothing)
        #expect(session.due(at: .seconds(6)) == .abort(.closeTimeout))
    }

    @Test("A transport that is not ended within 5 s of the last close frame is to be cut")
    func lingering() {
        var output = ByteBuffer()
        var session = session()
        _ = session.receive(close(1000), now: .seconds(2))
        #expect(session.deadline == .seconds(7))
        session.answerClose(now: .seconds(3), into: &output)
        #expect(session.due(at: .seconds(7)) == .abort(.closeTimeout))
        var broken = WebSocketSession(role: .server, now: .zero)
        _ = broken.receive([0xFF], now: .seconds(2))
        #expect(broken.due(at: .seconds(7)) == .abort(.closeTimeout))
    }

    @Test("A far or wild clock saturates")
    func saturates() {
        let late = MonotonicInstant(nanoseconds: .max - 1)
        var session = WebSocketSession(role: .server, now: late)
        var output = ByteBuffer()
        #expect(session.deadline == .distantFuture)
        session.sendPing(now: late, into: &output)
        _ = session.receive([0x81], now: late)
        session.sendClose(.normal, now: late, into: &output)
        #expect(session.due(at: late) == .nothing)
        let early = MonotonicInstant(nanoseconds: .min)
        #expect(session.due(at: early) == .nothing)
        _ = session.receive([0x80], now: early)
    }
}

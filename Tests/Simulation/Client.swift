import RNodeIO
import RNodeTesting

/// What becomes of a client, decided when it is made.
enum Fate {
    /// Reads and writes to its good end; nothing of it may be lost.
    case healthy
    /// Ends its stream after so many bytes sent, at whatever place of a message that is.
    case cut(after: Int, Ending)
    /// Reads no more after so many bytes.
    case deaf(after: Int)
    /// Sends no more after so many bytes.
    case silent(after: Int)

    enum Ending { case reset, finish, close }

    static func roll(_ dice: inout Dice) -> Fate {
        switch dice.below(8) {
        case 0...3: return .healthy
        case 4: return .cut(after: dice.size(atMost: 3_000), dice.pick([.reset, .finish, .close]))
        case 5: return .cut(after: 150 + dice.below(600), dice.pick([.reset, .finish, .close]))
        case 6: return .deaf(after: dice.size(atMost: 5_000))
        default: return .silent(after: dice.size(atMost: 3_000))
        }
    }
}

/// One client: a script of bytes to send, and an eye on what comes back.
class Client {
    let number: Int
    let peer: InMemoryPeer
    let fate: Fate
    let log: RunLog
    var dice: Dice
    /// What is still to be sent.
    private var script: [UInt8] = []
    private var scriptStart = 0
    private(set) var sentCount = 0
    private(set) var receivedCount = 0
    /// The client is through with its stream.
    private(set) var isGone = false
    /// The server has ended the stream.
    private(set) var isEnded = false
    /// It says nothing new any more: the run comes to its end.
    var isWindingUp = false
    /// It neither sends nor reads any more, and leaves its stream open: the server's timeouts are to see to it.
    var isMute = false
    /// Something that is nobody's fault may have ended it: a clock that jumped, descriptors that ran out.
    var isExcused = false

    init(_ number: Int, _ peer: InMemoryPeer, _ fate: Fate, _ dice: Dice, _ log: RunLog) {
        self.number = number
        self.peer = peer
        self.fate = fate
        self.dice = dice
        self.log = log
    }

    var isHealthy: Bool { if case .healthy = fate { true } else { false } }
    /// Nothing is left to send.
    var isScriptEmpty: Bool { scriptStart == script.count }

    // MARK: - For subclasses

    /// Says something new, or nothing.
    func speak() {}
    /// Takes what came.
    func received(_ bytes: [UInt8]) {}
    /// The stream has ended.
    func ended() {}
    /// Begins a good end; called again until it is over.
    func windUp() {}
    /// What is missing, once everything has come to rest.
    func missing() -> String? { nil }

    // MARK: - Sending

    func write(_ bytes: [UInt8]) { script += bytes }
    func write(_ text: String) { script += Array(text.utf8) }

    /// Does something or other: sends a piece, reads a piece, or thinks of something to say.
    func act() {
        guard !isGone else { return }
        if isMute { return noticeEnd() }
        if isScriptEmpty, !isWindingUp, !isEnded { speak() }
        sendPiece()
        read()
    }

    private func sendPiece() {
        guard !isGone, scriptStart < script.count else { return }
        var count = isWindingUp ? script.count : 1 + dice.size(atMost: 2_000)
        count = min(count, script.count - scriptStart)
        switch fate {
        case .cut(let limit, _): count = min(count, limit - sentCount)
        case .silent(let limit): count = min(count, limit - sentCount)
        case .healthy, .deaf: break
        }
        if count > 0 {
            let piece = Array(script[scriptStart..<(scriptStart + count)])
            log.note(piece)
            log.note(2, number, count, line: "client \(number): sends \(count) bytes")
            peer.send(piece)
            scriptStart += count
            sentCount += count
        }
        if scriptStart > 65_536 || isScriptEmpty {
            script.removeFirst(scriptStart)
            scriptStart = 0
        }
        if case .cut(let limit, let ending) = fate, sentCount >= limit { end(ending) }
    }

    func end(_ ending: Fate.Ending) {
        guard !isGone, !(ending == .finish && hasFinished) else { return }
        log.note(3, number, sentCount, line: "client \(number): \(ending) after \(sentCount) bytes")
        switch ending {
        case .reset: peer.reset()
        case .close: peer.close()
        case .finish: return finishOnce()
        }
        isGone = true
    }

    private var hasFinished = false

    /// Ends its own direction; it goes on reading.
    private func finishOnce() {
        guard !hasFinished else { return }
        hasFinished = true
        peer.finish()
    }

    // MARK: - Receiving

    private func read() {
        guard !isGone else { return }
        var limit = isWindingUp ? Int.max : 1 + dice.size(atMost: 4_000)
        if case .deaf(let most) = fate { limit = min(limit, most - receivedCount) }
        if limit > 0, peer.availableCount > 0 {
            let bytes = peer.takeBytes(atMost: limit)
            receivedCount += bytes.count
            log.note(bytes)
            log.note(4, number, bytes.count, line: "client \(number): gets \(bytes.count) bytes")
            received(bytes)
        }
        noticeEnd()
    }

    private func noticeEnd() {
        guard peer.isFinished, isMute || peer.availableCount == 0, !isEnded else { return }
        isEnded = true
        log.note(
            5, number, line: "client \(number): finds the end\(peer.isReset ? " (reset)" : "")")
        ended()
        // Its own end follows, as a good client's does.
        finishOnce()
        isGone = true
    }

    func complain(_ text: String) { log.violation("client \(number): \(text)") }
}

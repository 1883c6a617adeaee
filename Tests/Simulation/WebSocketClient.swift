import RNodeTesting

/// A client that opens a WebSocket connection and reads its frames.
class WebSocketClient: Client {
    let path: String
    let circumstances: Circumstances
    private var compression: ClientCompression?
    private var bytes: [UInt8] = []
    private var start = 0
    private(set) var isOpen = false
    /// What refused the opening, if anything did.
    private(set) var refusal: Int?
    private(set) var hasSentClose = false
    private(set) var closeCode: Int?
    private var pings: [UInt8] = []
    private var hasFailed = false

    init(
        _ number: Int, _ path: String, _ circumstances: Circumstances, _ peer: InMemoryPeer,
        _ fate: Fate, _ dice: Dice, _ log: RunLog
    ) {
        self.path = path
        self.circumstances = circumstances
        super.init(number, peer, fate, dice, log)
        write("GET \(path) HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        write("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")
        if let offer = ClientCompression.offer(&self.dice) {
            write("Sec-WebSocket-Extensions: \(offer)\r\n")
        }
        write("\r\n")
    }

    // MARK: - For subclasses

    func opened() {}
    func message(_ payload: ArraySlice<UInt8>, isText: Bool) {}
    func say() {}
    /// Whether an opening may be refused with this status.
    func accepts(refusal: Int) -> Bool {
        circumstances.drains && (refusal == 503 || refusal == 408)
    }

    // MARK: - Speaking

    override func speak() {
        guard isOpen, !hasSentClose, dice.isLucky(oneIn: 3) else { return }
        if dice.isLucky(oneIn: 12) { return sendPing() }
        say()
    }

    /// Sends a message, now and then in fragments, and compressed, if that was agreed on, mostly.
    func send(_ opcode: UInt8, _ message: [UInt8]) {
        var payload = message
        var isCompressed = false
        if !dice.isLucky(oneIn: 3), let deflated = compression?.deflate(message) {
            payload = deflated
            isCompressed = true
        }
        log.note(
            16, number, message.count, payload.count,
            line: "client \(number): says \(String(decoding: message.prefix(120), as: UTF8.self))")
        guard payload.count > 1, dice.isLucky(oneIn: 6) else {
            return write(
                Frames.masked(opcode, payload, key: key(), isCompressed: isCompressed))
        }
        // In fragments, a ping in between.
        let cut = 1 + dice.below(payload.count - 1)
        write(
            Frames.masked(
                opcode, Array(payload[..<cut]), key: key(), isFinal: false,
                isCompressed: isCompressed))
        if dice.isLucky(oneIn: 2) { sendPing() }
        if dice.isLucky(oneIn: 4) { write(Frames.masked(0, [], key: key(), isFinal: false)) }
        write(Frames.masked(0, Array(payload[cut...]), key: key()))
    }

    private func key() -> UInt32 { UInt32(truncatingIfNeeded: dice.next()) }

    private func sendPing() {
        let word = UInt8(truncatingIfNeeded: pings.count)
        pings.append(word)
        write(Frames.masked(9, [word], key: key()))
    }

    func sendClose(_ code: UInt16 = 1000) {
        guard isOpen, !hasSentClose else { return }
        hasSentClose = true
        let payload = [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)]
        write(Frames.masked(8, payload, key: key()))
    }

    // MARK: - Receiving

    override func received(_ more: [UInt8]) {
        bytes += more
        if !isOpen, refusal == nil {
            guard let answer = HTTPAnswer.take(from: &bytes, toHead: false) else { return }
            begin(answer)
        }
        while isOpen, !hasFailed, takeFrame() {}
        if start > 32_768 || start == bytes.count {
            bytes.removeFirst(start)
            start = 0
        }
    }

    private func begin(_ answer: HTTPAnswer) {
        log.note(6, number, answer.status, line: "client \(number): \(path) is \(answer.status)")
        if answer.status == 101 {
            isOpen = true
            if let agreed = answer.field("sec-websocket-extensions") {
                log.note(15, number, line: "client \(number): \(agreed)")
                compression = ClientCompression(agreed)
                if compression == nil { complain("was answered the extension \(agreed)") }
            }
            return opened()
        }
        refusal = answer.status
        guard isHealthy, !isExcused, !accepts(refusal: answer.status) else { return }
        complain("opening \(path) was answered \(answer.status)")
    }

    private func takeFrame() -> Bool {
        switch Frames.read(bytes, at: start, mayBeCompressed: compression != nil) {
        case .needMore: return false
        case .wrong(let text):
            hasFailed = true
            complain(text)
            return false
        case .frame(let frame):
            start = frame.end
            take(frame)
            return true
        }
    }

    private func take(_ frame: Frames.Frame) {
        guard closeCode == nil else {
            return complain("a frame \(frame.opcode) after the close frame")
        }
        switch frame.opcode {
        case 1, 2: takeMessage(frame)
        case 8:
            closeCode =
                frame.payload.count >= 2
                ? Int(frame.payload.first ?? 0) << 8 | Int(frame.payload.dropFirst().first ?? 0)
                : 1005
            log.note(7, number, closeCode ?? 0, line: "client \(number): close \(closeCode ?? 0)")
            judge(closeCode ?? 0)
            if isHealthy { sendClose() }
        case 9: if !hasSentClose { write(Frames.masked(10, Array(frame.payload), key: key())) }
        case 10:
            guard let word = frame.payload.first, let place = pings.firstIndex(of: word) else {
                return complain("a pong that answers no ping")
            }
            // Those before it may have been answered by this one.
            pings.removeFirst(place + 1)
        default: complain("a frame \(frame.opcode)")
        }
    }

    private func takeMessage(_ frame: Frames.Frame) {
        var payload = frame.payload
        if frame.isCompressed {
            guard let inflated = compression?.inflate(Array(payload)) else {
                return complain("a message that can't be inflated")
            }
            payload = inflated[...]
        }
        log.note(
            17, number, payload.count, frame.isCompressed ? 1 : 0,
            line: "client \(number): hears \(String(decoding: payload.suffix(150), as: UTF8.self))"
        )
        message(payload, isText: frame.opcode == 1)
    }

    // MARK: - The end

    /// Whoever does no wrong is closed with no code but those of this world.
    private func judge(_ code: Int) {
        guard isHealthy, !isExcused, !hasSentClose, !circumstances.lawfulCodes.contains(code) else {
            return
        }
        complain("was closed with \(code)")
    }

    override func ended() {
        guard isHealthy, !isExcused, !circumstances.isPoor, !circumstances.drains else { return }
        if refusal == nil, !isOpen { return complain("the stream ended before the 101") }
        guard isOpen, !hasSentClose || closeCode == nil else { return }
        complain("the stream ended without a close")
    }

    override func windUp() {
        guard isHealthy else { return }
        if refusal != nil { return end(.finish) }
        if missing() == nil { return isScriptEmpty ? sendClose() : () }
        // Nobody waits for what a jump of the clock has cut off.
        if isExcused { end(.close) }
    }

    override func missing() -> String? { isOpen || refusal != nil ? nil : "the 101" }
}

/// A client of the raw route: what it sends comes back, in order.
final class RawClient: WebSocketClient {
    private var expected: [[UInt8]] = []
    private var firstExpected = 0

    override func say() {
        let size = dice.isLucky(oneIn: 40) ? 30_000 + dice.below(40_000) : dice.size(atMost: 3_000)
        let isText = dice.isLucky(oneIn: 2)
        let letter = UInt8(0x61 + dice.below(26))
        let payload = [UInt8](repeating: letter, count: size)
        expected.append(payload)
        send(isText ? 1 : 2, payload)
    }

    override func message(_ payload: ArraySlice<UInt8>, isText: Bool) {
        let echo = Array(payload)
        // Those before it may have been dropped.
        while circumstances.mayDrop, firstExpected < expected.count, expected[firstExpected] != echo
        {
            firstExpected += 1
        }
        guard firstExpected < expected.count else { return complain("an echo of nothing") }
        if expected[firstExpected] != echo { complain("a wrong echo") }
        firstExpected += 1
        if firstExpected > 64 {
            expected.removeFirst(firstExpected)
            firstExpected = 0
        }
    }

    override func missing() -> String? {
        super.missing()
            ?? (firstExpected == expected.count || circumstances.mayDrop
                ? nil : "\(expected.count - firstExpected) echoes")
    }
}

@testable import RNodeHTTP
@testable import RNodeTesting
@testable import RNodeWS

/// One client of the server: sends anything, and looks whether what comes back is HTTP, then frames.
final class ServerClient {
    let peer: InMemoryPeer
    private var received: [UInt8] = []
    /// An answer to HEAD declares a body that does not follow: then responses can't be told apart from here.
    private var mayHaveAskedForHead: Bool {
        String(decoding: sent, as: UTF8.self).contains("HEAD")
    }
    private var sent: [UInt8] = []

    init(_ stage: ServerStage, shape: UInt8) throws(Finding) {
        var streams = StreamShape()
        if shape & 1 != 0 { streams.receiveMaxBytes = Int(shape >> 4) + 1 }
        if shape & 2 != 0 { streams.sendMaxBytes = Int(shape >> 4) + 1 }
        if shape & 4 != 0 { streams.wouldBlockEvery = 3 }
        if shape & 8 != 0 { streams.windowBytes = 64 }
        do {
            peer = try stage.host.connect(shape: streams)
        } catch {
            throw Finding(description: "\(error)")
        }
    }

    /// Does one thing; true when the stream is over.
    func act(_ act: UInt8, _ input: Span<UInt8>, _ choices: inout Choices, room: String) -> Bool {
        received += peer.takeBytes()
        switch act {
        case 0...3: sendAny(choices.bytes(Int(choices.byte(input)), input))
        case 4: peer.send(Self.upgrade("/chat?clientId=a\(choices.byte(input) & 3)"))
        case 5: peer.send(Self.upgrade("/raw"))
        case 6: peer.send(Self.upgrade("/slow/x"))
        case 7, 8: sendFrame(choices.byte(input), choices.bytes(Int(choices.byte(input)), input))
        case 9: sendText(#"{"type":"join_room","room_id":"\#(room)"}"#)
        case 10: sendText(#"{"type":"leave_room","room_id":"\#(room)","id":"7"}"#)
        case 11: sendText(#"{"type":"room_message","room_id":"\#(room)","message":"hi"}"#)
        case 12: sendText(#"{"type":"direct_message","target_client_id":"a1","data":[1]}"#)
        case 13: peer.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc")
        case 14: peer.finish()
        default:
            end(byReset: choices.byte(input) & 1 == 0)
            return true
        }
        return false
    }

    func end(byReset: Bool) {
        received += peer.takeBytes()
        if byReset { peer.reset() } else { peer.finish() }
    }

    private func sendAny(_ bytes: [UInt8]) {
        sent += bytes
        peer.send(bytes)
    }

    /// With an offer that a plain server's routes decline.
    private static func upgrade(_ target: String) -> String {
        "GET \(target) HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    }

    private func sendText(_ text: String) {
        sendFrame(0x81, Array(text.utf8))
    }

    private func sendFrame(_ first: UInt8, _ payload: [UInt8]) {
        var frame: [UInt8] = [first]
        if payload.count < 126 {
            frame.append(0x80 | UInt8(payload.count))
        } else {
            frame += [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        }
        let key: [UInt8] = [1, 2, 3, 4]
        frame += key
        for (index, byte) in payload.enumerated() { frame.append(byte ^ key[index % 4]) }
        peer.send(frame)
    }

    // MARK: - What came back

    /// Responses until a 101, then frames that a client takes.
    func check() throws(Finding) {
        received += peer.takeBytes()
        var rest = received[...]
        while !rest.isEmpty {
            guard let (head, after) = try takeHead(rest) else { return }
            if head.hasPrefix("HTTP/1.1 101 ") { return try checkFrames(Array(after), head) }
            let status = head.dropFirst(9).prefix(3)
            let length = head.split(separator: "\r\n").first {
                $0.lowercased().hasPrefix("content-length: ")
            }.flatMap { Int($0.dropFirst(16)) }
            let hasNone = status.first == "1" || status == "204" || status == "304"
            try require(hasNone || length != nil, "no length: \(head)")
            if mayHaveAskedForHead { return }
            rest = after.dropFirst(hasNone || head.isEmpty ? 0 : length ?? 0)
        }
    }

    /// A head, which must be one; nil when it was cut.
    private func takeHead(
        _ bytes: ArraySlice<UInt8>
    ) throws(Finding) -> (String, ArraySlice<UInt8>)? {
        let start = Array("HTTP/1.1 ".utf8)
        try require(
            bytes.prefix(9).elementsEqual(start.prefix(bytes.count)),
            "not a response: \(String(decoding: bytes.prefix(80), as: UTF8.self))")
        let places = bytes.indices.dropLast(3)
        guard let end = places.first(where: { bytes[$0..<($0 + 4)] == [13, 10, 13, 10] }) else {
            return nil
        }
        return (String(decoding: bytes[..<(end + 2)], as: UTF8.self), bytes[(end + 4)...])
    }

    private func checkFrames(_ bytes: [UInt8], _ head: String) throws(Finding) {
        let session = WebSocketSession(
            role: .client, extension: try agreed(head), now: MonotonicInstant(nanoseconds: 1))
        let found = try FrameTranscript(bytes.span, [0..<bytes.count], session)
        if case .failed(let error) = found.events.last {
            throw Finding(description: "the client refuses a frame: \(error)")
        }
    }

    /// What the answer brings into use.
    private func agreed(_ head: String) throws(Finding) -> PerMessageDeflate? {
        let field = "sec-websocket-extensions: "
        let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(field) }
        guard let line else { return nil }
        let value = Array(line.dropFirst(field.count).utf8)
        let offer = ExtensionOffer(PerMessageDeflate.name, [.init("client_max_window_bits")])
        guard let answer = FieldScanner.extensions(value, max: 2)?.first,
            let parameters = DeflateParameters(answer: answer, to: offer),
            let deflate = PerMessageDeflate(
                .client, parameters, DeflateOptions(), DeflateStreams())
        else { throw Finding(description: "not an answer to the offer: \(line)") }
        return deflate
    }
}

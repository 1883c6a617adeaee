import RNodeWS
import Testing

@Suite("RFC 6455 §5.2: frames")
struct FramingTests {
    @Test("Every kind of frame is reported alike however its bytes are split")
    func kinds() {
        let input =
            text("Hello") + binary([0, 255, 128]) + control(9, [1, 2]) + control(10)
            + text("Grüße, 你好 🎉") + text("")
        #expect(
            everyway(input) == [
                .message(.text, Array("Hello".utf8)), .message(.binary, [0, 255, 128]),
                .ping([1, 2]), .pong([]), .message(.text, Array("Grüße, 你好 🎉".utf8)),
                .message(.text, []),
            ])
    }

    @Test("The RFC's own examples are decoded", arguments: [true, false])
    func examples(masked: Bool) {
        let hello = Array("Hello".utf8)
        let input: [UInt8] =
            masked
            ? [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
            : [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]
        let setup = Setup(role: masked ? .server : .client)
        #expect(everyway(input, setup) == [.message(.text, hello)])
    }

    @Test(
        "Payloads around each form of length come through",
        arguments: [
            0, 1, 2, 7, 8, 124, 125, 126, 127, 128, 65_535, 65_536, 65_537,
        ])
    func sizes(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let input = binary(payload) + text("end")
        let expected: [Report] = [.message(.binary, payload), .message(.text, Array("end".utf8))]
        #expect(reports([input]) == expected)
        for place in [1, 2, 3, 6, 8, 10, 13, 14, 15, count / 2 + 14] where place < input.count {
            #expect(reports([Array(input[..<place]), Array(input[place...])]) == expected)
        }
    }

    @Test("B2 unmasked frames, reserved opcodes and long or split control frames are 1002")
    func rules() {
        let cases: [(WireFrame, WebSocketError)] = [
            (WireFrame(opcode: 1, payload: [65], key: nil), .maskMissing),
            (WireFrame(opcode: 3), .reservedOpcode), (WireFrame(opcode: 7), .reservedOpcode),
            (WireFrame(opcode: 11), .reservedOpcode), (WireFrame(opcode: 15), .reservedOpcode),
            (WireFrame(opcode: 9, payload: Array(repeating: 1, count: 126)), .controlTooLong),
            (WireFrame(opcode: 8, fin: false), .controlFragmented),
            (WireFrame(opcode: 9, fin: false), .controlFragmented),
            (WireFrame(opcode: 0, payload: [1]), .continuationUnexpected),
            (WireFrame(opcode: 0, payload: [1], fin: false), .continuationUnexpected),
        ]
        for (frame, error) in cases {
            #expect(everyway(frame.bytes + text("ignored")) == [.failed(error)])
            #expect(error.closeCode == .protocolError)
        }
        let masked = WireFrame(opcode: 1, payload: [65]).bytes
        #expect(everyway(masked, Setup(role: .client)) == [.failed(.maskUnexpected)])
    }

    @Test("B3 reserved bits without an extension are 1002", arguments: 1...7 as ClosedRange<UInt8>)
    func reserved(bits: UInt8) {
        for opcode: UInt8 in [0, 1, 2, 8, 9, 10] {
            let frame = WireFrame(opcode: opcode, payload: [65], reserved: bits)
            #expect(everyway(frame.bytes) == [.failed(.reservedBits)])
        }
    }

    @Test("B1 a length with its top bit set, or not minimal, is 1002 and over the limit 1009")
    func lengths() {
        let edges: [UInt64] = [
            0, 1, 125, 126, 127, 65_535, 65_536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1,
            (1 << 31) - 1, 1 << 31, (1 << 31) + 1, (1 << 32) - 1, 1 << 32, (1 << 32) + 1,
            (1 << 63) - 1, 1 << 63, (1 << 63) + 1, .max,
        ]
        for length in edges {
            for form in [WireFrame.Form.minimal, .sixteen, .sixtyFour] {
                if form == .sixteen, length > 65_535 { continue }
                let frame = WireFrame(opcode: 2, form: form, declared: length)
                #expect(everyway(frame.bytes) == expectedReport(length, form), "\(length) \(form)")
            }
        }
    }

    private func expectedReport(_ length: UInt64, _ form: WireFrame.Form) -> [Report] {
        if length >> 63 == 1 { return [.failed(.lengthOutOfRange)] }
        if form == .sixteen, length < 126 { return [.failed(.lengthNotMinimal)] }
        if form == .sixtyFour, length < 65_536 { return [.failed(.lengthNotMinimal)] }
        if length > 1 << 20 { return [.failed(.frameTooBig)] }
        return length == 0 ? [.message(.binary, [])] : []
    }

    @Test("The decoder never asks for more than 14 bytes")
    func decoderIsBounded() {
        var random = Seeded(state: 6455)
        for _ in 0..<20_000 {
            let head = (0..<14).map { _ in UInt8.random(in: 0...255, using: &random) }
            let outcome = FrameDecoder(role: .server, payloadBytesMax: .max).decode(head.span)
            #expect(outcome != .needMore)
        }
    }
}

@Suite("RFC 6455 §5.2: all heads")
struct HeadTests {
    /// The states a head can meet.
    enum State: CaseIterable {
        case fresh, insideText, insideBinary, extended, client, closeSent, closeReceived, failed
    }

    @Test(
        "B1 each of the 65,536 two-byte heads is judged as the RFC says", arguments: State.allCases)
    func heads(state: State) {
        var wrong: [String] = []
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let found = judged([first, second], in: state)
                let expected = expectedCode(first, second, in: state)
                if found != expected { wrong.append("\(first) \(second) \(found) \(expected)") }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    /// 0 when nothing is wrong with the head.
    private func judged(_ head: [UInt8], in state: State) -> UInt16 {
        let role: WebSocketSession.Role = state == .client ? .client : .server
        var session = WebSocketSession(
            role: role, extension: state == .extended ? Shifting() : nil, now: .zero)
        var output = ByteBuffer()
        switch state {
        case .insideText: _ = session.receive(text("a", fin: false))
        case .insideBinary: _ = session.receive(binary([1], fin: false))
        case .closeSent: session.sendClose(.normal, now: .zero, into: &output)
        case .closeReceived: _ = session.receive(close(1000))
        case .failed: _ = session.receive([0x7F])
        case .fresh, .extended, .client: break
        }
        return session.receive(head).compactMap(\.failure).first ?? 0
    }

    private func expectedCode(_ first: UInt8, _ second: UInt8, in state: State) -> UInt16 {
        if state == .closeReceived || state == .failed { return 0 }
        let opcode = first % 16
        let isControl = opcode > 7
        let extended = state == .extended && (opcode == 1 || opcode == 2)
        let reservedAllowed: Set<UInt8> = extended ? [0, 4] : [0]
        let isRight =
            [0, 1, 2, 8, 9, 10].contains(opcode) && reservedAllowed.contains(first / 16 % 8)
            && !(isControl && (first < 128 || second % 128 > 125))
            && (second > 127) == (state != .client)
        if !isRight { return 1002 }
        guard state == .client, second < 126 else { return 0 }
        // An unmasked header is complete after two bytes, and so is an empty frame.
        if opcode == 0 { return 1002 }
        return 0
    }
}

@Suite("RFC 6455 §5.2: encoding")
struct EncodingTests {
    @Test(
        "Frames of each length form are as the RFC draws them",
        arguments: [
            0, 1, 125, 126, 127, 65_535, 65_536, 70_000,
        ])
    func forms(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        var shared = ByteBuffer()
        FrameEncoder.encode(.binary, payload.span, into: &shared)
        #expect(shared.copied() == WireFrame(opcode: 2, payload: payload, key: nil).bytes)
        var masked = ByteBuffer()
        FrameEncoder.encode(
            .text, payload.span, isFinal: false, isExtended: true, maskingKey: 0xC433_A211,
            into: &masked)
        let expected = WireFrame(opcode: 1, payload: payload, fin: false, reserved: 4)
        #expect(masked.copied() == expected.bytes)
    }

    @Test("B12 only bytes that were written go out, whatever the memory held before")
    func canary() {
        var output = ByteBuffer(copying: [UInt8](repeating: 0xA5, count: 4096).span)
        output.removeAll()
        var session = WebSocketSession(role: .server, now: .zero)
        session.send(.text, Array("hi".utf8).span, into: &output)
        session.sendPing(now: .zero, into: &output)
        session.sendPong([1, 2].span, into: &output)
        session.sendClose(.goingAway, reason: "bye", now: .zero, into: &output)
        let expected: [UInt8] =
            [0x81, 2, 0x68, 0x69, 0x89, 0, 0x8A, 2, 1, 2, 0x88, 5, 0x03, 0xE9] + Array("bye".utf8)
        #expect(output.copied() == expected)
    }

    @Test("What a client sends, a server receives, and the other way round")
    func roundTrip() {
        var output = ByteBuffer()
        var client = WebSocketSession(role: .client, now: .zero)
        client.send(.text, Array("Grüße".utf8).span, maskingKey: 0xDEAD_BEEF, into: &output)
        client.sendPing([7].span, now: .zero, maskingKey: 5, into: &output)
        client.sendClose(.normal, reason: "done", now: .zero, maskingKey: 9, into: &output)
        #expect(
            everyway(output.copied()) == [
                .message(.text, Array("Grüße".utf8)), .ping([7]),
                .close(1000, Array("done".utf8)),
            ])
        output.removeAll()
        var server = WebSocketSession(role: .server, now: .zero)
        server.send(.binary, [1, 2, 3].span, into: &output)
        server.sendPong(into: &output)
        let expected: [Report] = [.message(.binary, [1, 2, 3]), .pong([])]
        #expect(everyway(output.copied(), Setup(role: .client)) == expected)
    }

    @Test("A control payload is cut to 125 bytes")
    func longControl() {
        var session = WebSocketSession(role: .server, now: .zero)
        var output = ByteBuffer()
        session.sendPong([UInt8](repeating: 1, count: 300).span, into: &output)
        #expect(output.count == 127)
        #expect(output.byte(at: 1) == 125)
    }
}

import RNodeWS
import Testing

@Suite("RFC 6455 §9: an extension's payloads")
struct ExtensionTests {
    private let setup = Setup(extension: Shifting())

    private func extended(
        _ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, reserved: UInt8 = 4
    ) -> [UInt8] {
        WireFrame(opcode: opcode, payload: payload, fin: fin, reserved: reserved).bytes
    }

    @Test("Messages with RSV1 are decoded, others left alone, in every split")
    func decoded() {
        let input =
            extended(1, Array("Ifmmp".utf8)) + text("plain") + extended(2, [2, 3], fin: false)
            + control(9) + more([4], fin: false) + more([], fin: true)
        #expect(
            everyway(input, setup) == [
                .message(.text, Array("Hello!".utf8)), .message(.text, Array("plain".utf8)),
                .ping([]), .message(.binary, [1, 2, 3, 0x21]),
            ])
    }

    @Test("B3 RSV1 on a continuation or a control frame is 1002, and so are RSV2 and RSV3")
    func reserved() {
        let start = extended(1, [0x62], fin: false)
        #expect(everyway(start + extended(0, [1]), setup) == [.failed(.reservedBits)])
        for opcode: UInt8 in [8, 9, 10] {
            #expect(everyway(extended(opcode, []), setup) == [.failed(.reservedBits)])
        }
        for bits: UInt8 in [1, 2, 3, 5, 6, 7] {
            let found = everyway(extended(1, [0x62], reserved: bits), setup)
            #expect(found == [.failed(.reservedBits)])
        }
    }

    @Test("What can't be decoded, or is no text, is 1007")
    func invalid() {
        #expect(everyway(extended(2, [5, 0]), setup) == [.failed(.extensionPayloadInvalid)])
        let bad = extended(1, [0x62, 0xC4, 0x29], fin: false)
        #expect(everyway(bad, setup) == [.failed(.invalidUTF8)])
    }

    @Test("The message's limit counts what was decoded: limit passes, limit+1 is 1009")
    func limit() {
        var setup = setup
        setup.limits.messageBytesMax = 100
        for count in [98, 99, 100] {
            let payload = [UInt8](repeating: 0x62, count: count)
            let found = everyway(extended(2, payload), setup)
            // The extension adds one byte at the end.
            let decoded = [UInt8](repeating: 0x61, count: count) + [0x21]
            let expected: Report =
                count < 100 ? .message(.binary, decoded) : .failed(.messageTooBig)
            #expect(found == [expected])
        }
    }

    @Test(
        "What is sent is encoded when it gains and when it may be",
        arguments: [
            WebSocketSession.Role.server, .client,
        ])
    func sending(role: WebSocketSession.Role) {
        var session = WebSocketSession(role: role, extension: Shifting(), now: .zero)
        var output = ByteBuffer()
        session.send(.text, Array("Hello".utf8).span, maskingKey: 1, into: &output)
        session.send(.text, Array("Hi".utf8).span, maskingKey: 2, into: &output)
        session.send(
            .text, Array("Hello".utf8).span, compress: false, maskingKey: 3, into: &output)
        func frame(_ text: String, _ reserved: UInt8, _ key: UInt8) -> [UInt8] {
            let key = role == .client ? [key, 0, 0, 0] : nil
            return WireFrame(
                opcode: 1, payload: Array(text.utf8), reserved: reserved, key: key
            ).bytes
        }
        #expect(output.copied() == frame("Ifmmp", 4, 1) + frame("Hi", 0, 2) + frame("Hello", 0, 3))
    }
}

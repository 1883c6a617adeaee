import RNodeWS

/// What clients send, as bytes.
enum ClientBytes {
    /// The opening request of a WebSocket connection.
    static func upgrade(_ target: String, offers: String? = nil) -> [UInt8] {
        var head = "GET \(target) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        head += "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        head += "Sec-WebSocket-Version: 13\r\n"
        if let offers { head += "Sec-WebSocket-Extensions: \(offers)\r\n" }
        return Array((head + "\r\n").utf8)
    }

    /// A masked frame, `count` times.
    static func frames(
        _ opcode: Opcode, _ payload: [UInt8], count: Int = 1, isFinal: Bool = true,
        isExtended: Bool = false
    ) -> [UInt8] {
        var bytes = ByteBuffer()
        for _ in 0..<count {
            FrameEncoder.encode(
                opcode, payload.span, isFinal: isFinal, isExtended: isExtended,
                maskingKey: 0x37FA_213D, into: &bytes)
        }
        return bytes.copied()
    }

    /// What a server sends for a text, `count` times: a frame without a mask.
    static func answers(_ payload: [UInt8], count: Int = 1) -> [UInt8] {
        var bytes = ByteBuffer()
        for _ in 0..<count { FrameEncoder.encode(.text, payload.span, into: &bytes) }
        return bytes.copied()
    }

    /// A text in a masked frame.
    static func text(_ text: String) -> [UInt8] { frames(.text, Array(text.utf8)) }

    /// A text of so many ASCII bytes.
    static func ascii(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    }

    /// JSON as a chat or a game sends it, at least this long.
    static func json(_ count: Int) -> [UInt8] {
        var text = "["
        var number = 0
        while text.utf8.count < count {
            if number > 0 { text += "," }
            text += #"{"player":"p\#(number * 7 % 101)","x":\#(number * 37 % 997),"#
            text += #""y":\#(number * 61 % 991),"state":"running"}"#
            number += 1
        }
        return Array((text + "]").utf8)
    }
}

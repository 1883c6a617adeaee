/// Base64 (RFC 4648 §4), as far as the handshake needs it.
enum Base64 {
    private static let alphabet: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// `bytes` in base64, with padding.
    static func encoded(_ bytes: Span<UInt8>) -> String {
        let letters = Array("\(alphabet)".unicodeScalars)
        var text = ""
        var index = 0
        while index < bytes.count {
            let group = min(3, bytes.count &- index)
            var bits: UInt32 = 0
            for place in 0..<3 {
                let byte = place < group ? bytes[index &+ place] : 0
                bits = bits << 8 | UInt32(byte)
            }
            for place in 0..<4 {
                let six =
                    Int(truncatingIfNeeded: bits >> UInt32(truncatingIfNeeded: 18 &- 6 &* place))
                    & 0x3F
                text.unicodeScalars.append(place <= group ? letters[six] : "=")
            }
            index &+= 3
        }
        return text
    }

    /// Whether `text` is 16 bytes in base64: 22 letters of the alphabet and `==`.
    static func isNonce(_ text: Span<UInt8>) -> Bool {
        guard text.count == 24, text.extracting(22..<24).isEqual(to: "==") else { return false }
        for index in 0..<22 where !isLetter(text[index]) { return false }
        return true
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}

/// The payload of a close frame (RFC 6455 §5.5.1): nothing, or a code and a reason.
enum CloseFrame {
    /// The longest reason: 125 bytes less the code.
    static let reasonBytesMax = 123

    /// Checks the payload in `range` of `bytes`; returns its code, or nil when it is empty.
    static func code(
        _ bytes: Span<UInt8>, in range: Range<Int>
    ) throws(WebSocketError) -> CloseCode? {
        if range.isEmpty { return nil }
        guard range.count >= 2, range.upperBound <= bytes.count else {
            throw .closePayloadTooShort
        }
        let first = UInt16(bytes[range.lowerBound])
        let second = UInt16(bytes[range.lowerBound &+ 1])
        let code = CloseCode(rawValue: first << 8 | second)
        guard code.isValidOnWire else { throw .closeCodeInvalid }
        let reason = (range.lowerBound &+ 2)..<range.upperBound
        guard UTF8Validator.isValid(bytes, in: reason) else { throw .invalidUTF8 }
        return code
    }

    /// Writes a code and as much of `reason` as fits, cut between two characters.
    static func payload(_ code: CloseCode, reason: Span<UInt8>) -> ByteBuffer {
        var payload = ByteBuffer(capacity: 125)
        payload.append(UInt8(truncatingIfNeeded: code.rawValue >> 8))
        payload.append(UInt8(truncatingIfNeeded: code.rawValue))
        var count = min(reason.count, reasonBytesMax)
        while count > 0, count < reason.count, reason[count] & 0xC0 == 0x80 { count &-= 1 }
        payload.append(reason.extracting(0..<count))
        return payload
    }
}

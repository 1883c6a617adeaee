/// The payload of a room or direct message: one JSON value, inside a received text or in bytes of its own.
struct MessagePayload: Sendable {
    /// Where the value's JSON text stands in the received text; ignored when ``replacement`` is there.
    var range: Range<Int> = 0..<0
    /// The JSON text that takes the place of the received one.
    var replacement: [UInt8]?
    var isString: Bool

    /// Lends the JSON text of the value.
    func withJSON<Result>(in text: Span<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result {
        if let replacement { return body(replacement.span) }
        return body(text.extracting(range.clamped(to: 0..<text.count)))
    }

    /// The value for people: a string's content, any other value's JSON text.
    func text(in received: Span<UInt8>) -> String {
        withJSON(in: received) { json in
            isString ? JSONString.text(of: json) : String(decoding: json)
        }
    }

    /// Puts what a callback changed in the value's place. False when it gave text that is not one JSON value.
    mutating func replace(by change: WebSocketEventChange, limits: JSONLimits) -> Bool {
        if let json = change.messageJSON {
            let bytes = [UInt8](json.utf8)
            guard let value = try? JSONScanner.check(body: bytes.span, limits: limits) else {
                return false
            }
            replacement = Array(bytes[value.range])
            isString = value.isString
        } else if let message = change.message {
            var quoted = ByteBuffer()
            ControlWriter.appendString(message, to: &quoted)
            replacement = quoted.copied()
            isString = true
        }
        return true
    }
}

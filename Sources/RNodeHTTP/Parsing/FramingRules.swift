/// What a complete head must satisfy as a whole (RFC 9112 sections 3.2 and 6; HARDENING A1–A8).
enum FramingRules {
    static func apply(to layout: inout HeadLayout) throws(HTTPParseError) {
        let isChunked = layout.marks.contains(.transferEncoding)
        if isChunked {
            guard layout.version == .http11 else { throw HTTPParseError(.badTransferEncoding) }
            guard !layout.marks.contains(.contentLength) else {
                throw HTTPParseError(.conflictingLengths)
            }
        }
        let hasBody = isChunked || layout.declaredLength > 0
        // What follows it is the tunnel's (RFC 9110 section 9.3.6); others read it as a request.
        if hasBody, layout.method == .connect { throw HTTPParseError(.bodyOnConnect) }
        if layout.version == .http11 {
            guard layout.marks.contains(.host) else { throw HTTPParseError(.missingHost) }
            // An HTTP/1.0 client's Expect is ignored (RFC 9110 section 10.1.1).
            guard !layout.marks.contains(.expectUnknown) else {
                throw HTTPParseError(.unknownExpectation)
            }
            if hasBody, layout.marks.contains(.upgradeWebSocket) {
                throw HTTPParseError(.bodyOnUpgrade)
            }
        }
        guard let length = WireLength(layout.declaredLength, limit: layout.limits.bodyBytesMax)
        else {
            throw HTTPParseError(.bodyTooLarge)
        }
        layout.body = isChunked ? .chunked : length.value > 0 ? .fixed(length.value) : .none
    }
}

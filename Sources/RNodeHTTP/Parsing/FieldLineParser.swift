/// Parses `name: value` (RFC 9112 section 5), and notes the fields that frame the request.
enum FieldLineParser {
    static func parse(
        _ line: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) throws(HTTPParseError) {
        let colon = line.lowerBound &+ FieldSyntax.tokenEnd(bytes.extracting(line))
        if colon == line.lowerBound, bytes[colon] == 0x20 || bytes[colon] == 0x09 {
            throw HTTPParseError(.foldedField)
        }
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":")
        else { throw HTTPParseError(.badFieldName) }
        let name = line.lowerBound..<colon
        let value = TokenList.trimmed(colon &+ 1..<line.upperBound, in: bytes)
        guard layout.fieldCount < layout.limits.headerFieldsMax else {
            throw HTTPParseError(.tooManyFields)
        }
        guard name.count <= layout.limits.fieldNameBytesMax else {
            throw HTTPParseError(.fieldNameTooLarge)
        }
        guard value.count <= layout.limits.fieldValueBytesMax else {
            throw HTTPParseError(.fieldTooLarge)
        }
        layout.append(
            HeadLayout.Field(name: HeadLayout.Run(name), value: HeadLayout.Run(value)))
        try note(bytes.extracting(name), value, of: bytes, &layout)
    }

    private static func note(
        _ name: Span<UInt8>, _ value: Range<Int>, of bytes: Span<UInt8>,
        _ layout: inout HeadLayout
    ) throws(HTTPParseError) {
        let text = bytes.extracting(value)
        switch name.count {
        case 4 where isHost(name): try noteHost(value, of: bytes, &layout)
        case 6 where name.isEqualIgnoringCase(to: "expect"):
            let isContinue = TokenList.consists(of: "100-continue", text)
            layout.marks.insert(isContinue ? .expectContinue : .expectUnknown)
        case 7 where name.isEqualIgnoringCase(to: "upgrade"):
            if TokenList.contains("websocket", in: text) {
                layout.marks.insert(.upgradeWebSocket)
            }
        case 10 where name.isEqualIgnoringCase(to: "connection"):
            if TokenList.contains("close", in: text) { layout.marks.insert(.connectionClose) }
            if TokenList.contains("keep-alive", in: text) {
                layout.marks.insert(.connectionKeepAlive)
            }
        case 14 where name.isEqualIgnoringCase(to: "content-length"):
            try noteContentLength(value, of: bytes, &layout)
        case 17 where name.isEqualIgnoringCase(to: "transfer-encoding"):
            guard layout.marks.insert(.transferEncoding).inserted,
                text.isEqualIgnoringCase(to: "chunked")
            else { throw HTTPParseError(.badTransferEncoding) }
        default: break
        }
    }

    /// Every request has this one: byte by byte is the fastest.
    private static func isHost(_ name: Span<UInt8>) -> Bool {
        name[0] | 0x20 == UInt8(ascii: "h") && name[1] | 0x20 == UInt8(ascii: "o")
            && name[2] | 0x20 == UInt8(ascii: "s") && name[3] | 0x20 == UInt8(ascii: "t")
    }

    private static func noteHost(
        _ value: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) throws(HTTPParseError) {
        guard layout.marks.insert(.host).inserted else { throw HTTPParseError(.badHost) }
        _ = try Authority.check(bytes.extracting(value))
        // An absolute target's authority wins over Host (RFC 9112 section 3.2.2).
        guard !layout.marks.contains(.absoluteTarget) else { return }
        layout.authority = HeadLayout.Run(value)
    }

    private static func noteContentLength(
        _ value: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) throws(HTTPParseError) {
        // Twice is refused even when both say the same (HARDENING A3).
        guard layout.marks.insert(.contentLength).inserted,
            let length = WireLength.decimal(bytes.extracting(value))
        else { throw HTTPParseError(.badContentLength) }
        layout.declaredLength = length
    }
}

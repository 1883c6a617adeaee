/// Parses `name: value` (RFC 9112 section 5), and notes the fields that frame the request.
enum FieldLineParser {
    @inline(__always)
    static func parse(
        _ line: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout,
        _ before: Span<UInt8>
    ) throws(HTTPParseError) {
        // No token goes beyond the end of its line.
        let colon = FieldSyntax.tokenEnd(bytes, from: line.lowerBound)
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":")
        else {
            let isFolded =
                colon == line.lowerBound && (bytes[colon] == 0x20 || bytes[colon] == 0x09)
            throw HTTPParseError(isFolded ? .foldedField : .badFieldName)
        }
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
        let start = layout.fieldsStart
        layout.append(
            HeadLayout.Field(
                name: HeadLayout.Run(name, from: start), value: HeadLayout.Run(value, from: start)))
        guard let field = FramingField(bytes, name) else { return }
        if field == .host {
            try noteHost(value, of: bytes, &layout, before)
        } else {
            try note(field, value, of: bytes, &layout)
        }
    }

    private static func note(
        _ field: FramingField, _ value: Range<Int>, of bytes: Span<UInt8>,
        _ layout: inout HeadLayout
    ) throws(HTTPParseError) {
        let text = bytes.extracting(value)
        switch field {
        // See `noteHost`.
        case .host: break
        case .expect:
            let isContinue = TokenList.consists(of: "100-continue", text)
            layout.marks.insert(isContinue ? .expectContinue : .expectUnknown)
        case .upgrade:
            if TokenList.contains("websocket", in: text) {
                layout.marks.insert(.upgradeWebSocket)
            }
        case .connection:
            if TokenList.contains("close", in: text) { layout.marks.insert(.connectionClose) }
            if TokenList.contains("keep-alive", in: text) {
                layout.marks.insert(.connectionKeepAlive)
            }
        case .contentLength: try noteContentLength(value, of: bytes, &layout)
        case .transferEncoding:
            guard layout.marks.insert(.transferEncoding).inserted,
                text.isEqualIgnoringCase(to: "chunked")
            else { throw HTTPParseError(.badTransferEncoding) }
        }
    }

    private static func noteHost(
        _ value: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout,
        _ before: Span<UInt8>
    ) throws(HTTPParseError) {
        guard layout.marks.insert(.host).inserted else { throw HTTPParseError(.badHost) }
        if !RepeatedHead.isHost(value, of: bytes, before, layout) {
            _ = try Authority.check(bytes, value)
        }
        // An absolute target's authority wins over it: `HeadLayout.authority`.
        layout.host = HeadLayout.Run(value, from: layout.fieldsStart)
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

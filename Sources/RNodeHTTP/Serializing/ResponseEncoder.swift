public import HTTPTypes

/// Writes answers (RFC 9112 sections 4 to 6).
///
/// One per loop: it caches the `Date` line. An answer is written as a whole or, when it throws, not at
/// all. Length, connection and transfer fields are the encoder's own; those a handler set are left
/// out, except that its `Connection: close` is for the consumer to honour
/// (`Response.closesConnection`).
public struct ResponseEncoder: ~Copyable {
    private var date = DateField()

    /// An encoder whose clock shows `unixSeconds`.
    public init(unixSeconds: Int64) {
        date.set(unixSeconds: unixSeconds)
    }

    /// Sets the wall clock, in seconds since 1970. Cheap when the second is the same; call every turn.
    public mutating func setTime(unixSeconds: Int64) {
        date.set(unixSeconds: unixSeconds)
    }

    /// Writes a whole answer, whose body is none or bytes.
    ///
    /// - Throws: `ResponseEncodingError`; the output is then as it was.
    public func encode(
        _ response: Response, terms: ResponseTerms, into output: inout ByteBuffer
    ) throws(ResponseEncodingError) {
        let length = try Self.knownLength(of: response)
        try encodeHead(response, length, terms, into: &output)
        guard !terms.omitsBody, !StatusLine.forbidsContent(response.statusCode),
            case .bytes(let bytes) = response.body
        else { return }
        output.append(bytes.span)
    }

    /// Writes the head of an answer whose body, `contentLength` bytes long, the caller writes after it.
    ///
    /// Where `isBodyless(_:terms:)` says so, no body may follow.
    /// - Throws: `ResponseEncodingError`; the output is then as it was.
    public func encodeHead(
        _ response: Response, contentLength: Int, terms: ResponseTerms,
        into output: inout ByteBuffer
    ) throws(ResponseEncodingError) {
        guard contentLength >= 0 else { throw .negativeLength }
        try encodeHead(response, contentLength, terms, into: &output)
    }

    /// Whether no body follows the head of this answer: HEAD, 204, 205, 304.
    public func isBodyless(_ response: Response, terms: ResponseTerms) -> Bool {
        terms.omitsBody || StatusLine.forbidsContent(response.statusCode)
    }

    /// Writes an answer that was prepared at start.
    public func encode(
        _ prepared: PreparedResponse, terms: ResponseTerms, into output: inout ByteBuffer
    ) {
        output.append(prepared.head.span)
        appendEnd(terms, prepared.marks, into: &output)
        if !terms.omitsBody { output.append(prepared.body.span) }
    }

    /// Writes `100 Continue` (RFC 9110 section 15.2.1).
    public func encodeContinue(into output: inout ByteBuffer) {
        output.append("HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// Writes `101 Switching Protocols` with these fields beside `Connection: Upgrade`.
    ///
    /// - Throws: `ResponseEncodingError`; the output is then as it was.
    public func encodeUpgrade(
        to token: String, fields: HTTPFields, into output: inout ByteBuffer
    ) throws(ResponseEncodingError) {
        let start = output.count
        do throws(ResponseEncodingError) {
            StatusLine.append(101, to: &output)
            try Self.appendField("Upgrade", token, into: &output)
            output.append("Connection: Upgrade\r\n")
            _ = try Self.append(fields, into: &output)
            output.append("\r\n")
        } catch {
            output.truncate(to: start)
            throw error
        }
    }

    // MARK: - Parts

    static func knownLength(of response: Response) throws(ResponseEncodingError) -> Int {
        switch response.body {
        case .none: 0
        case .bytes(let bytes): bytes.count
        case .file: throw .unknownLength
        }
    }

    private func encodeHead(
        _ response: Response, _ length: Int, _ terms: ResponseTerms,
        into output: inout ByteBuffer
    ) throws(ResponseEncodingError) {
        let start = output.count
        do throws(ResponseEncodingError) {
            let marks = try Self.appendHead(response, length, into: &output)
            appendEnd(terms, marks, into: &output)
        } catch {
            output.truncate(to: start)
            throw error
        }
    }

    /// The fields of an answer that its head's end depends on.
    struct Marks: OptionSet {
        let rawValue: UInt8
        static let date = Marks(rawValue: 1)
        static let upgrade = Marks(rawValue: 2)
    }

    /// The head as far as it is the same for every request.
    static func appendHead(
        _ response: Response, _ length: Int, into output: inout ByteBuffer
    ) throws(ResponseEncodingError) -> Marks {
        if let fault = response.fault { throw fault }
        StatusLine.append(response.statusCode, to: &output)
        let marks = try append(response.fields, into: &output)
        guard !StatusLine.isBodyless(response.statusCode) else { return marks }
        output.append("Content-Length: ")
        output.append(decimal: StatusLine.forbidsContent(response.statusCode) ? 0 : length)
        output.append("\r\n")
        return marks
    }

    private func appendEnd(
        _ terms: ResponseTerms, _ marks: Marks, into output: inout ByteBuffer
    ) {
        // Who sends Upgrade names it in Connection too (RFC 9110 section 7.8).
        let names = marks.contains(.upgrade)
        let saysNothing = terms.keepsAlive && terms.version == .http11 && !names
        if !marks.contains(.date) {
            if saysNothing { return output.append(date.lastLine.span) }
            output.append(date.line.span)
        }
        switch (terms.keepsAlive, terms.version) {
        case (true, .http11): output.append(names ? "Connection: Upgrade\r\n\r\n" : "\r\n")
        case (true, .http10):
            output.append(names ? "Connection: keep-alive, Upgrade" : "Connection: keep-alive")
            output.append("\r\n\r\n")
        case (false, _):
            output.append(names ? "Connection: close, Upgrade" : "Connection: close")
            output.append("\r\n\r\n")
        }
    }

    static func append(
        _ fields: HTTPFields, into output: inout ByteBuffer
    ) throws(ResponseEncodingError) -> Marks {
        var marks: Marks = []
        for field in fields {
            switch field.name.canonicalName {
            case "content-length", "transfer-encoding", "connection", "keep-alive",
                "proxy-connection", "trailer":
                continue
            case "date": marks.insert(.date)
            case "upgrade": marks.insert(.upgrade)
            default: break
            }
            try appendField(field.name.rawName, field.value, into: &output)
        }
        return marks
    }

    static func appendField(
        _ name: String, _ value: String, into output: inout ByteBuffer
    ) throws(ResponseEncodingError) {
        guard FieldSyntax.isToken(name.utf8.span) else { throw .fieldName }
        guard FieldSyntax.isValue(value.utf8.span) else { throw .fieldValue }
        output.append(utf8: name)
        output.append(": ")
        output.append(utf8: value)
        output.append("\r\n")
    }
}

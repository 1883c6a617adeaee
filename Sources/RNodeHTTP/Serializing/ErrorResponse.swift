public import HTTPTypes

extension ResponseEncoder {
    /// Writes `{"success":false,"error":"…"}` with this status. It cannot fail (HARDENING A17).
    ///
    /// A status outside 400–599 counts as 500; a field that cannot be sent is left out.
    public func encodeError(
        _ status: Int, reason: String, fields: HTTPFields = HTTPFields(), terms: ResponseTerms,
        into output: inout ByteBuffer
    ) {
        let response = Response()
        response.fields = HTTPFields(fields.filter(Self.canBeSent))
        response.status((400...599).contains(status) ? status : 500)
            .setBody(ErrorBody.json(reason), contentType: "application/json")
        do throws(ResponseEncodingError) {
            try encode(response, terms: terms, into: &output)
        } catch {
            // Every field was checked above; this answer holds nothing that could be refused.
            output.append("HTTP/1.1 500 Internal Server Error\r\n")
            output.append("Content-Length: 0\r\nConnection: close\r\n\r\n")
        }
    }

    /// Writes the answer to a request that was refused; it is the connection's last.
    public func encode(_ error: HTTPParseError, into output: inout ByteBuffer) {
        encodeError(error.status.code, reason: error.reason, terms: .closing, into: &output)
    }

    /// Writes 405 with `Allow` (RFC 9110 section 15.5.6).
    public func encodeMethodNotAllowed(
        allow: [RequestMethod], terms: ResponseTerms, into output: inout ByteBuffer
    ) {
        var fields = HTTPFields()
        fields[.allow] = allow.map(\.httpMethod.rawValue).joined(separator: ", ")
        encodeError(405, reason: "Method not allowed", fields: fields, terms: terms, into: &output)
    }

    private static func canBeSent(_ field: HTTPField) -> Bool {
        FieldSyntax.isToken(field.name.rawName.utf8.span)
            && FieldSyntax.isValue(field.value.utf8.span)
    }
}

/// The body of an error answer.
public enum ErrorBody {
    /// `{"success":false,"error":reason}`, the reason escaped as RFC 8259 section 7 asks.
    public static func json(_ reason: String) -> [UInt8] {
        var body = [UInt8]("{\"success\":false,\"error\":\"".utf8)
        for byte in reason.utf8 { appendEscaped(byte, to: &body) }
        body.append(contentsOf: "\"}".utf8)
        return body
    }

    private static func appendEscaped(_ byte: UInt8, to body: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            body.append(UInt8(ascii: "\\"))
            body.append(byte)
        case ..<0x20, 0x7F:
            body.append(contentsOf: "\\u00".utf8)
            body.append(ASCII.hexDigit(byte >> 4))
            body.append(ASCII.hexDigit(byte))
        default: body.append(byte)
        }
    }
}

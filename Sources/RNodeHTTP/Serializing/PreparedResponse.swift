public import HTTPTypes

/// An answer encoded once, at start, for a route that always answers the same.
///
/// Writing it copies two runs of bytes and the cached date: nothing is built, nothing allocated.
public struct PreparedResponse: Sendable {
    let head: [UInt8]
    let body: [UInt8]
    let marks: ResponseEncoder.Marks

    /// Encodes an answer with this body; the fields may add to `Content-Type`.
    ///
    /// - Throws: `ResponseEncodingError` for a status or field that cannot be sent.
    public init(
        status: Int = 200, contentType: String? = "text/plain; charset=utf-8",
        fields: HTTPFields = HTTPFields(), body: [UInt8]
    ) throws(ResponseEncodingError) {
        let response = Response().status(status).setBody(body, contentType: contentType)
        response.fields.append(contentsOf: fields)
        try self.init(response)
    }

    /// Encodes what `response` says now; a file cannot be prepared.
    ///
    /// - Throws: `ResponseEncodingError` for what cannot be sent.
    public init(_ response: Response) throws(ResponseEncodingError) {
        var output = ByteBuffer()
        let length = try ResponseEncoder.knownLength(of: response)
        marks = try ResponseEncoder.appendHead(response, length, into: &output)
        head = output.copied()
        let isBodyless = StatusLine.forbidsContent(response.statusCode)
        if case .bytes(let bytes) = response.body, !isBodyless { body = bytes } else { body = [] }
    }
}

public import HTTPTypes

/// The answer a handler fills in.
///
/// Each method returns the response, so calls chain:
/// `response.status(404).header("Cache-Control", "no-store").text("Not here")`. It starts as 200
/// without a body. What cannot be sent (a line break in a value, a name that is no token, a status
/// outside 200–599) is remembered in `fault`, and the encoder then throws it (HARDENING A10).
///
/// Not `Sendable`: it belongs to the task that answers.
public final class Response {
    /// What follows the head.
    public enum Body: Hashable, Sendable {
        /// Nothing.
        case none
        /// These bytes.
        case bytes([UInt8])
        /// A file, by its path beneath the directory `root`; opened by whoever writes the answer.
        case file(path: String, root: String)
    }

    /// The status code; 200 to begin with.
    public private(set) var statusCode = 200
    /// The header fields. Length, connection and transfer fields are the encoder's and ignored here.
    public var fields = HTTPFields()
    /// What follows the head.
    public private(set) var body = Body.none
    /// The first thing set that cannot be sent.
    public private(set) var fault: ResponseEncodingError?

    /// An empty 200.
    public init() {}

    /// Sets the status, 200–599.
    @discardableResult
    public func status(_ code: Int) -> Self {
        if (200...599).contains(code) { statusCode = code } else { note(.status) }
        return self
    }

    /// Sets the field `name`, in place of any it had.
    @discardableResult
    public func header(_ name: String, _ value: String) -> Self {
        guard let name = checked(name, value) else { return self }
        fields[name] = value
        return self
    }

    /// Adds a field `name` beside any it has, as `Set-Cookie` needs.
    @discardableResult
    public func addHeader(_ name: String, _ value: String) -> Self {
        guard let name = checked(name, value) else { return self }
        fields.append(HTTPField(name: name, value: value))
        return self
    }

    /// Answers with text, as UTF-8.
    @discardableResult
    public func text(_ text: String) -> Self {
        setBody([UInt8](text.utf8), contentType: "text/plain; charset=utf-8")
    }

    /// Answers with a page of HTML, as UTF-8.
    @discardableResult
    public func html(_ page: String) -> Self {
        setBody([UInt8](page.utf8), contentType: "text/html; charset=utf-8")
    }

    /// Answers with bytes.
    @discardableResult
    public func bytes(
        _ bytes: [UInt8], contentType: String = "application/octet-stream"
    ) -> Self {
        setBody(bytes, contentType: contentType)
    }

    /// Answers with a file beneath `root`.
    ///
    /// Nothing is opened here: whoever writes the answer opens the file, away from the loop, and
    /// encodes the head with `ResponseEncoder.encodeHead(_:contentLength:terms:into:)`.
    @discardableResult
    public func file(_ path: String, root: String, contentType: String? = nil) -> Self {
        body = .file(path: path, root: root)
        return contentType.map { header("Content-Type", $0) } ?? self
    }

    /// Sends the client elsewhere: 302, or the 3xx of your choice. `location` is a URI reference.
    @discardableResult
    public func redirect(_ location: String, status: Int = 302) -> Self {
        guard (300...399).contains(status) else {
            note(.status)
            return self
        }
        body = .none
        return self.status(status).header("Location", location)
    }

    /// Sets the body and, unless it is nil, its type.
    @discardableResult
    public func setBody(_ bytes: [UInt8], contentType: String?) -> Self {
        body = .bytes(bytes)
        return contentType.map { header("Content-Type", $0) } ?? self
    }

    /// Forgets everything set so far, as before an error answer.
    @discardableResult
    public func reset() -> Self {
        statusCode = 200
        fields = HTTPFields()
        body = .none
        fault = nil
        return self
    }

    /// Whether the handler asked for the connection to be closed, by `Connection: close`.
    public var closesConnection: Bool {
        guard let value = fields[.connection] else { return false }
        return TokenList.contains("close", in: value.utf8.span)
    }

    private func checked(_ name: String, _ value: String) -> HTTPField.Name? {
        guard let fieldName = HTTPField.Name(name), FieldSyntax.isToken(name.utf8.span) else {
            note(.fieldName)
            return nil
        }
        guard FieldSyntax.isValue(value.utf8.span) else {
            note(.fieldValue)
            return nil
        }
        return fieldName
    }

    private func note(_ fault: ResponseEncodingError) {
        if self.fault == nil { self.fault = fault }
    }
}

/// The first line of an answer (RFC 9112 section 4).
enum StatusLine {
    static func append(_ code: Int, to output: inout ByteBuffer) {
        output.append("HTTP/1.1 ")
        output.append(decimal: code)
        output.append(UInt8(ascii: " "))
        output.append(reasonPhrase(code))
        output.append("\r\n")
    }

    /// Whether an answer of this status has no body and no length (RFC 9110 section 6.4.1).
    static func isBodyless(_ code: Int) -> Bool {
        code < 200 || code == 204 || code == 304
    }

    /// Whether no content may follow: as above, and 205, whose length is zero (RFC 9110 section 15.3.6).
    static func forbidsContent(_ code: Int) -> Bool {
        isBodyless(code) || code == 205
    }

    /// The registered phrase (RFC 9110 section 15), or nothing: clients ignore it.
    static func reasonPhrase(_ code: Int) -> StaticString {
        switch code {
        case ..<400: successPhrase(code)
        default: failurePhrase(code)
        }
    }

    private static func successPhrase(_ code: Int) -> StaticString {
        switch code {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 203: "Non-Authoritative Information"
        case 204: "No Content"
        case 205: "Reset Content"
        case 206: "Partial Content"
        case 300: "Multiple Choices"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        default: ""
        }
    }

    private static func failurePhrase(_ code: Int) -> StaticString {
        switch code {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}

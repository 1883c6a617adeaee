/// What is behind a path: an HTTP handler or a WebSocket route.
enum AppRoute: Sendable {
    case http(HTTPRoute)
    case webSocket(WebSocketRoute)
}

/// An HTTP route of the app.
final class HTTPRoute: Sendable {
    enum Behaviour: Sendable {
        /// The same response to every request, encoded once.
        case fixed(FixedRoute)
        /// Run on the loop; never blocks.
        case sync(@Sendable (Request, Response) throws -> Void)
        case async(any HTTPHandler)
    }

    let pattern: String
    let behaviour: Behaviour
    /// What a fixed route answers; at hand, for it is asked for at each request.
    let fixed: FixedRoute?

    init(pattern: String, behaviour: Behaviour) {
        self.pattern = pattern
        self.behaviour = behaviour
        fixed = if case .fixed(let fixed) = behaviour { fixed } else { nil }
    }

    /// The route as a handler, for middleware to end in.
    var handler: any HTTPHandler {
        switch behaviour {
        case .async(let handler): handler
        case .sync(let body): ClosureHandler { try body($0, $1) }
        case .fixed(let fixed): fixed.handler
        }
    }
}

/// The route without parameters that heads with one request line lead to.
struct KnownRoute {
    /// `RequestHead.lineNumber` of those heads.
    let lineNumber: UInt64
    let route: HTTPRoute
}

/// A response that is the same for every request.
final class FixedRoute: Sendable {
    /// Encoded once.
    let prepared: PreparedResponse
    /// The same as a handler, for middleware to end in.
    let handler: FixedResponse

    init(_ prepared: PreparedResponse, _ handler: FixedResponse) {
        self.prepared = prepared
        self.handler = handler
    }

    /// Writes the answer.
    func write(
        by encoder: borrowing ResponseEncoder, terms: ResponseTerms, into output: inout ByteBuffer
    ) {
        encoder.encode(prepared, terms: terms, into: &output)
    }
}

/// A response made before any request: gives itself to each.
struct FixedResponse: HTTPHandler {
    private let status: Int
    private let fields: HTTPFields
    private let body: Response.Body
    private let fault: ResponseEncodingError?

    init(_ response: Response) {
        fault = response.fault
        status = response.statusCode
        fields = response.fields
        body = response.body
    }

    func respond(to request: Request, response: Response) async throws {
        if let fault { throw fault }
        response.status(status).fields = fields
        switch body {
        case .none: break
        case .bytes(let bytes): response.setBody(bytes, contentType: nil)
        case .file(let path, let root): response.file(path, root: root)
        }
    }
}

public import HTTPTypes

/// A request as a handler gets it: whole, owned, and free to travel between tasks.
///
/// Made from a `RequestHead` after the route was found and the body has arrived, so everything in it
/// has passed the limits.
public struct Request: Sendable {
    /// The method.
    public var method: HTTPRequest.Method
    /// The path, percent-decoded, without the query.
    public var path: String
    /// The pattern of the route that was found; safe as a metric's label, unlike the path.
    public var route: String?
    /// What the route's `{param}`s stood for.
    public var params: RouteParameters
    /// The query.
    public var query: QueryParameters
    /// The header fields, in the order received.
    public var fields: HTTPFields
    /// The body's bytes, decoded from chunks if it came in chunks.
    public var body: [UInt8]
    /// The peer's address as text, or nil where there is none.
    public var remoteAddress: String?
    /// What a body that is read as JSON may hold: the server's limits.
    public var jsonLimits = JSONLimits()

    /// A request put together by hand, as tests do.
    public init(
        method: HTTPRequest.Method = .get, path: String = "/", route: String? = nil,
        params: RouteParameters = RouteParameters(), query: QueryParameters = QueryParameters(),
        fields: HTTPFields = HTTPFields(), body: [UInt8] = [], remoteAddress: String? = nil
    ) {
        self.method = method
        self.path = path
        self.route = route
        self.params = params
        self.query = query
        self.fields = fields
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// A copy of what `head` lends, with what the router found and the body that followed.
    public init(
        _ head: borrowing RequestHead, route: String? = nil,
        params: RouteParameters = RouteParameters(), body: [UInt8] = [],
        remoteAddress: String? = nil
    ) {
        self.init(
            method: head.method.httpMethod, path: head.path, route: route, params: params,
            query: head.query, fields: head.fields, body: body, remoteAddress: remoteAddress)
    }

    /// The value of the field `name`, several of them joined by commas; nil when it is absent.
    ///
    /// Names are compared without case. A name that is no token is never there.
    public func field(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { fields[$0] }
    }
}

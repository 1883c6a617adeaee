/// The request that opened a WebSocket connection.
public struct OpeningRequest: Sendable {
    /// The path as the client sent it, percent-decoded, without the query.
    public let path: String
    /// The values of the route's `{param}`s.
    public let params: RouteParameters
    /// The query, decoded; `+` is a plus sign.
    public let query: QueryParameters
    private let lines: FieldLines
    /// The header fields, made anew each time they are asked for: they are kept as bytes.
    public var fields: HTTPFields { lines.fields }
    /// The peer's address.
    public let remoteAddress: String

    init(
        path: String, params: RouteParameters = RouteParameters(),
        query: QueryParameters = QueryParameters(), lines: FieldLines = FieldLines(),
        remoteAddress: String = ""
    ) {
        self.path = path
        self.params = params
        self.query = query
        self.lines = lines
        self.remoteAddress = remoteAddress
    }
}

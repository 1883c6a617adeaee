/// The request that opened a WebSocket connection.
public struct OpeningRequest: Sendable {
    /// The path as the client sent it, percent-decoded, without the query.
    public let path: String
    /// The values of the route's `{param}`s.
    public let params: RouteParameters
    /// The query, decoded; `+` is a plus sign.
    public let query: QueryParameters
    /// The header fields.
    public let fields: HTTPFields
    /// The peer's address.
    public let remoteAddress: String

    init(
        path: String, params: RouteParameters = RouteParameters(),
        query: QueryParameters = QueryParameters(), fields: HTTPFields = HTTPFields(),
        remoteAddress: String = ""
    ) {
        self.path = path
        self.params = params
        self.query = query
        self.fields = fields
        self.remoteAddress = remoteAddress
    }
}

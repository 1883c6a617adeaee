/// Who may use the room API. There is no default: an open one must be typed out.
public struct RoomAPIAuthorization: Sendable {
    let check: @Sendable (Request) async throws -> Void

    /// Everybody may do everything.
    public static let open = RoomAPIAuthorization { _ in }

    /// Runs `check` before each request: throw an ``HTTPError`` (401, 403) to refuse it.
    public static func custom(
        _ check: @escaping @Sendable (Request) async throws -> Void
    ) -> RoomAPIAuthorization {
        RoomAPIAuthorization(check: check)
    }
}

extension App {
    /// Serves the API document's eight endpoints beneath `prefix`.
    ///
    /// | endpoint | does |
    /// |---|---|
    /// | `GET /rooms` | all rooms |
    /// | `POST /rooms` | makes one: `name`, `description?`, `maxConnections?` |
    /// | `GET /rooms/{roomId}` | one room |
    /// | `POST /rooms/{roomId}/message` | sends `message` to its members |
    /// | `POST /rooms/{roomId}/join`, `…/leave` | has `connectionId` join or leave |
    /// | `GET /clients/{connectionId}` | one connection |
    /// | `GET /clients/{connectionId}/rooms` | its rooms |
    ///
    /// Success is 200 with `"success":true`, failure `{"success":false,"error":…}` with its status.
    public func mountRoomAPI(
        at prefix: String = "/websocket", authorize authorization: RoomAPIAuthorization
    ) {
        let api = RoomHTTPAPI(app: self, authorization: authorization)
        get(prefix + "/rooms", api.guarded(api.listRooms))
        post(prefix + "/rooms", api.guarded(api.createRoom))
        get(prefix + "/rooms/{roomId}", api.guarded(api.showRoom))
        post(prefix + "/rooms/{roomId}/message", api.guarded(api.sendMessage))
        post(prefix + "/rooms/{roomId}/join", api.guarded(api.join))
        post(prefix + "/rooms/{roomId}/leave", api.guarded(api.leave))
        get(prefix + "/clients/{connectionId}", api.guarded(api.showClient))
        get(prefix + "/clients/{connectionId}/rooms", api.guarded(api.listClientRooms))
    }
}

/// The handlers of the room API.
struct RoomHTTPAPI: Sendable {
    // The app owns the routes that own this.
    let app: AppReference
    let authorization: RoomAPIAuthorization

    init(app: App, authorization: RoomAPIAuthorization) {
        self.app = AppReference(app)
        self.authorization = authorization
    }

    typealias Endpoint = @Sendable (App, Request, Response) async throws -> Void

    func guarded(_ endpoint: @escaping Endpoint) -> AsyncHandler {
        { request, response in
            try await authorization.check(request)
            guard let app = app.app else { throw HTTPError(503, "Stopping") }
            try await endpoint(app, request, response)
        }
    }

    // MARK: - Rooms

    @Sendable func listRooms(_ app: App, _ request: Request, _ response: Response) async throws {
        let rooms = await app.getAllRooms()
        response.json(RoomsAnswer(rooms: rooms, count: rooms.count))
    }

    @Sendable func createRoom(_ app: App, _ request: Request, _ response: Response) async throws {
        let body = try request.getBodyAsJson(as: RoomBody.self, limits: app.configuration.json)
        let id = try await app.createRoom(
            body.name, description: body.description, maxConnections: body.maxConnections)
        response.json(CreatedAnswer(roomId: id))
    }

    @Sendable func showRoom(_ app: App, _ request: Request, _ response: Response) async throws {
        guard let room = await app.getRoomInfo(request.params["roomId"] ?? "") else {
            throw RoomError.roomNotFound
        }
        response.json(RoomAnswer(room: room))
    }

    @Sendable func sendMessage(_ app: App, _ request: Request, _ response: Response) async throws {
        let body = try request.getBodyAsJson(as: MessageBody.self, limits: app.configuration.json)
        guard await app.sendRoomMessage(request.params["roomId"] ?? "", body.message) else {
            throw RoomError.roomNotFound
        }
        response.json(SuccessAnswer())
    }

    @Sendable func join(_ app: App, _ request: Request, _ response: Response) async throws {
        let body = try request.getBodyAsJson(as: MemberBody.self, limits: app.configuration.json)
        let refusal = await app.refusalToJoin(body.connectionId, request.params["roomId"] ?? "")
        if let refusal { throw refusal }
        response.json(SuccessAnswer())
    }

    @Sendable func leave(_ app: App, _ request: Request, _ response: Response) async throws {
        let body = try request.getBodyAsJson(as: MemberBody.self, limits: app.configuration.json)
        let refusal = await app.refusalToLeave(body.connectionId, request.params["roomId"] ?? "")
        if let refusal { throw refusal }
        response.json(SuccessAnswer())
    }

    // MARK: - Clients

    @Sendable func showClient(_ app: App, _ request: Request, _ response: Response) async throws {
        guard let client = await app.getClientInfo(request.params["connectionId"] ?? "") else {
            throw RoomError.clientNotFound
        }
        response.json(ClientAnswer(client: client))
    }

    @Sendable func listClientRooms(
        _ app: App, _ request: Request, _ response: Response
    ) async throws {
        let id = request.params["connectionId"] ?? ""
        guard await app.getClientInfo(id) != nil else { throw RoomError.clientNotFound }
        let rooms = await app.getUserRooms(id)
        response.json(RoomsAnswer(rooms: rooms, count: rooms.count))
    }
}

/// The app without keeping it alive.
struct AppReference: Sendable {
    private(set) weak var app: App?

    init(_ app: App) {
        self.app = app
    }
}

private struct SuccessAnswer: Encodable {
    var success = true
}

private struct RoomsAnswer: Encodable {
    var success = true
    let rooms: [WebSocketRoom]
    let count: Int
}

private struct RoomAnswer: Encodable {
    var success = true
    let room: WebSocketRoom
}

private struct CreatedAnswer: Encodable {
    var success = true
    let roomId: String
}

private struct ClientAnswer: Encodable {
    var success = true
    let client: WebSocketSocket
}

private struct RoomBody: Decodable {
    let name: String
    let description: String?
    let maxConnections: Int?
}

private struct MessageBody: Decodable {
    let message: String
}

private struct MemberBody: Decodable {
    let connectionId: String
}

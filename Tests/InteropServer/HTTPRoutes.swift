import RNodeApp

/// The HTTP routes: the journal, calls of the app, and a few for the parser and the router to be shown by.
struct HTTPRoutes {
    let app: App
    let journal: Journal

    func register() {
        app.get("/health") { _, response in response.json(Success(true)) }
        registerEvents()
        registerCalls()
        registerRooms()
        registerPlain()
        app.mountRoomAPI(at: "/websocket", authorize: .open)
        app.mountRoomAPI(at: "/guarded", authorize: guardian)
    }

    private var guardian: RoomAPIAuthorization {
        .custom { request in
            guard let given = request.fields[.authorization] else {
                throw HTTPError(401, "Unauthorized")
            }
            guard given == "Bearer admit" else { throw HTTPError(403, "Forbidden") }
        }
    }

    private func registerEvents() {
        app.get("/events/{key}") { request, response in
            let key = request.params["key"] ?? ""
            response.json(Events(key: key, events: journal.entries(of: key)))
        }
        app.put("/enabled-events/{name}") { request, response in
            let names = try request.getBodyAsJson(as: EventNames.self).events
            let events = try names.map { name in
                guard let event = WebSocketEvent(name: name) else {
                    throw HTTPError(422, "\(name) is no callback")
                }
                return event
            }
            response.json(Success(app.setEnabledEvents(path(request), EventMask(events))))
        }
        app.get("/explain/{name}") { request, response in
            guard let explanation = app.explain(path(request)) else {
                throw HTTPError(404, "Not found")
            }
            response.json(Explanation(explanation))
        }
    }

    private func registerCalls() {
        app.post("/direct") { request, response in
            let body = try request.getBodyAsJson(as: Direct.self)
            response.json(Success(await app.sendDirectMessage(body.clientId, body.message)))
        }
        app.post("/broadcast") { request, response in
            let body = try request.getBodyAsJson(as: Broadcast.self)
            await app.broadcast(path: body.path, body.message)
            response.json(Success(true))
        }
        app.post("/disconnect") { request, response in
            let body = try request.getBodyAsJson(as: Connection.self)
            response.json(Success(await app.disconnect(body.connectionId)))
        }
    }

    private func registerRooms() {
        app.delete("/rooms/{roomId}") { request, response in
            response.json(Success(try await app.removeRoom(request.params["roomId"] ?? "")))
        }
        app.put("/rooms/{roomId}/metadata") { request, response in
            let metadata = try request.getBodyAsJson(as: [String: String].self)
            let room = request.params["roomId"] ?? ""
            response.json(Success(try await app.setRoomMetadata(room, metadata)))
        }
        app.get("/counts") { _, response in
            response.json(
                Counts(
                    connections: app.getWebSocketConnections(),
                    messages: app.getWebSocketMessageCount(),
                    rooms: await app.getAllRooms().count))
        }
    }

    private func registerPlain() {
        app.post("/body") { request, response in
            let text = String(decoding: request.body, as: UTF8.self)
            response.json(Body(bytes: request.body.count, text: text))
        }
        app.get("/parts/{name}/{rest*}") { request, response in
            let query = Dictionary(request.query.pairs.map { ($0.name, $0.value) }) { $1 }
            response.json(
                Parts(
                    name: request.params["name"] ?? "", rest: request.params["rest"] ?? "",
                    query: query))
        }
        app.get("/fail") { _, _ in throw RequestedFailure(callback: "the handler") }
    }
}

/// The WebSocket route that a request names.
@Sendable private func path(_ request: Request) -> String { "/" + (request.params["name"] ?? "") }

// MARK: - Bodies

private struct EventNames: Decodable {
    let events: [String]
}

private struct Direct: Decodable {
    let clientId: String
    let message: String
}

private struct Broadcast: Decodable {
    let path: String
    let message: String
}

private struct Connection: Decodable {
    let connectionId: String
}

private struct Success: Encodable {
    let success: Bool

    init(_ success: Bool) {
        self.success = success
    }
}

private struct Events: Encodable {
    let key: String
    let events: [JournalEntry]
}

private struct Explanation: Encodable {
    let enabled: [String]
    let run: [String: Int]
    let skipped: [String: Int]

    init(_ route: RouteExplanation) {
        enabled = route.events.filter(\.isEnabled).map(\.event.name)
        run = Dictionary(route.events.map { ($0.event.name, $0.ran) }) { $1 }
        skipped = Dictionary(route.events.map { ($0.event.name, $0.skipped) }) { $1 }
    }
}

private struct Counts: Encodable {
    let connections: Int
    let messages: Int
    let rooms: Int
}

private struct Body: Encodable {
    let bytes: Int
    let text: String
}

private struct Parts: Encodable {
    let name: String
    let rest: String
    let query: [String: String]
}

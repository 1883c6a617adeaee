import RNodeApp

func makeChat() -> App {
    let app = createApp(metrics: true)
    app.websocket("/chat") { chat in
        chat.onMessage { event in
            guard event.data?.contains("spam") == true else { return nil }
            return .cancel("Spam message blocked")
        }
        chat.onJoinRoom { event in
            event.connection.send("Welcome, \(event.clientId)!")
        }
    }
    app.get("/hello/{name}") { request, response in
        response.json(["hello": request.params["name"]])
    }
    app.mountRoomAPI(at: "/websocket", authorize: .open)
    return app
}

/// Serves until SIGTERM or SIGINT, then closes every connection in good order.
func serveChat(port: Int) async throws {
    let app = makeChat()
    try await app.createRoom("general", maxConnections: 50)
    try await app.listen(port: port)
    try await app.run()
}

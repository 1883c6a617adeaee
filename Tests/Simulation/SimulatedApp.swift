import Logging
import RNodeApp
import RNodeTesting

/// The server under simulation: synchronous, slow and raw routes, plain and slow HTTP, and callbacks that cancel and throw.
enum SimulatedApp {
    static func make(
        _ host: TestHost, _ backstage: Backstage, _ circumstances: Circumstances, _ dice: inout Dice
    ) -> App {
        let clock = host.clock
        let app = createApp { configuration in
            configuration.registryExecutor = host.loops[0]
            configuration.wallClock = { clock.wallClockMilliseconds }
            configuration.logger.logLevel = .critical
            configuration.store = FixedRooms()
            configuration.http.bodyBytesMax = 20_000
            configuration.webSocket.messageBytesMax = 100_000
            configuration.memory = circumstances.memory
            configuration.deflateContextBytesMax = circumstances.contextBytesMax
            configuration.metrics = true
        }
        let announces = dice.isLucky(oneIn: 3)
        let (compression, hardCap) = (
            circumstances.compression, circumstances.io.outputHardCapBytes
        )
        app.websocket("/chat") {
            $0.announceMembers = announces
            $0.limits = circumstances.limits
            $0.compression = compression[0]
            $0.slowConsumers = circumstances.slowConsumers
            if circumstances.isTight { $0.outputHardCapBytes = hardCap }
            chat(&$0, backstage)
        }
        app.websocket("/slow") {
            $0.limits = circumstances.limits
            $0.compression = compression[1]
            $0.slowConsumers = circumstances.slowConsumers
            if circumstances.isTight { $0.outputHardCapBytes = hardCap }
            slow(&$0, backstage)
        }
        app.websocket(raw: "/raw") {
            $0.compression = compression[2]
            $0.slowConsumers = circumstances.slowConsumers
            if circumstances.isTight { $0.outputHardCapBytes = hardCap }
            raw(&$0, backstage)
        }
        addHTTP(app, backstage)
        return app
    }

    /// What a text asks its callback for.
    private static func judge(_ text: String?) throws -> WebSocketEventResult? {
        guard let text else { return nil }
        if text.contains("spam") { return .cancel("no spam") }
        if text.contains("throw") { throw Thrown() }
        return nil
    }

    private static func chat(_ options: inout WebSocketOptions, _ backstage: Backstage) {
        options.onWelcome { backstage.opened($0.connectionId) }
        options.onClose { backstage.closed($0.connectionId) }
        options.onMessage { event in try judge(event.data) }
        options.onBinaryMessage { event in
            _ = event.withBytes { event.connection.send($0) }
        }
        options.onJoinRoom { event in
            event.clientId.hasSuffix("9") ? .cancel("not on the list") : nil
        }
        options.onServerError { _ in throw Thrown() }
    }

    private static func slow(_ options: inout WebSocketOptions, _ backstage: Backstage) {
        options.onConnect { event in
            await backstage.dawdle()
            if event.clientId.hasSuffix("8") { return WebSocketEventResult.cancel("not today") }
            return nil
        }
        options.onWelcome { event in
            backstage.opened(event.connectionId)
            await backstage.dawdle()
        }
        options.onMessage { event in
            await backstage.dawdle()
            return try judge(event.data)
        }
        options.onBinaryMessage { event in
            await backstage.dawdle()
            _ = event.withBytes { event.connection.send($0) }
        }
        options.onJoinRoom { _ in await backstage.dawdle() }
        options.onLeaveRoom { _ in await backstage.dawdle() }
        options.onRoomMessage { _ in await backstage.dawdle() }
        options.onClose { event in
            await backstage.dawdle()
            backstage.closed(event.connectionId)
        }
    }

    private static func raw(_ options: inout RawWebSocketOptions, _ backstage: Backstage) {
        options.onOpen { _ in backstage.rawOpened() }
        options.onClose { _, _ in backstage.rawClosed() }
        options.onMessage { bytes, kind, context in
            if bytes.count == 5, bytes[0] == 0x21 { throw Thrown() }
            context.send(bytes, kind)
        }
    }

    private static func addHTTP(_ app: App, _ backstage: Backstage) {
        app.get("/fixed", fixed: Response().text("fixed"))
        app.get("/hello/{name}") { request, response in
            response.text("hello \(request.params["name"] ?? "")")
        }
        app.post("/echo") { request, response in
            response.bytes(request.body, contentType: "application/octet-stream")
        }
        app.get("/slow/{name}") { request, response in
            await backstage.dawdle()
            response.text("slow \(request.params["name"] ?? "")")
        }
        app.post("/slow") { request, response in
            await backstage.dawdle()
            response.bytes(request.body, contentType: "application/octet-stream")
        }
        app.get("/throw") { _, _ in throw Thrown() }
        app.get("/big") { _, response in
            response.text(String(repeating: "0123456789", count: 2_000))
        }
    }
}

import Logging
import RNodeApp

/// What the chat server serves.
enum ChatRoutes {
    static func register(on app: App, jsonPingInterval: Duration? = nil) {
        registerPage(on: app)
        registerChat(on: app, jsonPingInterval)
        app.websocket("/minimal") { route in
            if let jsonPingInterval { route.jsonPingInterval = jsonPingInterval }
            route.onMessage { _ in }
        }
        registerEcho(on: app)
        // A playground: everybody may make rooms and see who is there.
        app.mountRoomAPI(at: "/websocket", authorize: .open)
    }

    private static func registerPage(on app: App) {
        app.get(
            "/",
            fixed: Response()
                .setBody(PackageResources.page_html, contentType: "text/html; charset=utf-8")
                .header("Cache-Control", "no-cache"))
    }

    private static func registerEcho(on app: App) {
        app.websocket(raw: "/echo") { route in
            var limits = app.configuration.webSocket
            limits.messageBytesMax = 16 << 20
            limits.fragmentsMax = 100_000
            route.limits = limits
            route.compression = DeflateOptions()
            route.onMessage { bytes, kind, context in context.send(bytes, kind) }
        }
    }

    /// All fourteen callbacks; most of them only say what they saw.
    private static func registerChat(on app: App, _ jsonPingInterval: Duration?) {
        let log = app.configuration.logger
        app.websocket("/chat") { route in
            route.announceMembers = true
            route.compression = DeflateOptions()
            if let jsonPingInterval { route.jsonPingInterval = jsonPingInterval }
            route.onConnect { event in
                event.connection.metadata["agent"] =
                    event.connection.request.fields[.userAgent] ?? ""
            }
            route.onMessage { event in
                guard event.data?.contains("spam") == true else { return nil }
                return .cancel("Spam message blocked")
            }
            route.onWelcome { event in
                log.debug("welcome", metadata: ["to": "\(event.connectionId)"])
            }
            route.onBinaryMessage { _ in .cancel("This chat speaks text") }
            route.onJoinRoom { event in say(log, "joins", event.connectionId) }
            route.onLeaveRoom { event in say(log, "leaves", event.connectionId) }
            route.onRoomMessage { event in say(log, "speaks", event.connectionId) }
            route.onDirectMessage { event in say(log, "whispers", event.connectionId) }
            route.onMessageAck { event in say(log, "acknowledges", event.connectionId) }
            route.onPing { event in say(log, "pings", event.connectionId) }
            route.onPong { event in say(log, "pongs", event.connectionId) }
            route.onError { event in say(log, "failed: \(event.error ?? "")", event.connectionId) }
            route.onServerError { event in
                log.error("the server failed", metadata: ["error": "\(event.error ?? "")"])
            }
            route.onClose { event in say(log, "is gone", event.connectionId) }
        }
    }

    @Sendable private static func say(_ log: Logger, _ what: String, _ connection: String) {
        log.debug("\(what)", metadata: ["connection": "\(connection)"])
    }
}

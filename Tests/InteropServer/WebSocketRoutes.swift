import RNodeApp

/// The recording routes, and the one without callbacks.
struct WebSocketRoutes {
    let app: App
    let journal: Journal
    /// The interval of JSON pings; nil for the framework's.
    let pings: Duration?

    func register() {
        for path in ["/sync", "/toggled", "/parameters/{name}"] {
            route(path) { callEverySynchronously(&$0) }
        }
        route("/async") { callEveryLater(&$0) }
        route("/minimal") { $0.onMessage(recorder.record) }
        route("/quiet") { _ in }
        route("/limited") { options in
            var limits = app.configuration.webSocket
            limits.messagesPerSecondMax = 10
            limits.messageBurstMax = 20
            options.limits = limits
        }
        route("/anyone") { options in
            callEverySynchronously(&options)
            options.roomSendPolicy = .anyone
        }
        route("/announced") { options in
            callEverySynchronously(&options)
            options.announceMembers = true
        }
    }

    private func route(_ path: String, _ configure: (inout WebSocketOptions) -> Void) {
        app.websocket(path) { options in
            if let pings { options.jsonPingInterval = pings }
            configure(&options)
        }
    }

    private func callEverySynchronously(_ options: inout WebSocketOptions) {
        for callback in Self.callbacks { options[keyPath: callback](recorder.record) }
    }

    private func callEveryLater(_ options: inout WebSocketOptions) {
        for callback in Self.callbacks { options[keyPath: callback](recorder.recordLater) }
    }

    private var recorder: Recorder { Recorder(app: app, journal: journal) }

    private static var callbacks: [WritableKeyPath<WebSocketOptions, WebSocketCallback>] {
        [
            \.onConnect, \.onWelcome, \.onMessage, \.onBinaryMessage, \.onJoinRoom, \.onLeaveRoom,
            \.onRoomMessage, \.onDirectMessage, \.onMessageAck, \.onPing, \.onPong, \.onError,
            \.onServerError, \.onClose,
        ]
    }
}

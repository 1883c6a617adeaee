import RNodeApp
import RNodeBytes

/// What the callbacks of a test saw, in order.
final class Journal: Sendable {
    private let lines = Guarded<[String]>([])

    func note(_ line: String) {
        lines.withLock { $0.append(line) }
    }

    var all: [String] { lines.withLock { $0 } }

    /// Sets all fourteen callbacks, each noting its event and answering what `decide` says.
    func record(
        on options: inout WebSocketOptions, asynchronously isAsync: Bool,
        _ decide: @escaping @Sendable (WebSocketEvent) throws -> WebSocketEventResult? = { _ in nil
        }
    ) {
        set(&options.onConnect, isAsync, decide)
        set(&options.onWelcome, isAsync, decide)
        set(&options.onMessage, isAsync, decide)
        set(&options.onBinaryMessage, isAsync, decide)
        set(&options.onJoinRoom, isAsync, decide)
        set(&options.onLeaveRoom, isAsync, decide)
        set(&options.onRoomMessage, isAsync, decide)
        set(&options.onDirectMessage, isAsync, decide)
        set(&options.onMessageAck, isAsync, decide)
        set(&options.onPing, isAsync, decide)
        set(&options.onPong, isAsync, decide)
        set(&options.onError, isAsync, decide)
        set(&options.onServerError, isAsync, decide)
        set(&options.onClose, isAsync, decide)
    }

    private func set(
        _ callback: inout WebSocketCallback, _ isAsync: Bool,
        _ decide: @escaping @Sendable (WebSocketEvent) throws -> WebSocketEventResult?
    ) {
        if isAsync {
            callback { event in
                await Task.yield()
                self.note(event.event.name)
                return try decide(event.event)
            }
        } else {
            callback { event in
                self.note(event.event.name)
                return try decide(event.event)
            }
        }
    }
}

struct Refused: Error {}

import RNodeApp

/// What a connection asks of its callbacks, in the query of its opening request.
struct Wishes {
    private let query: QueryParameters

    init(_ query: QueryParameters) {
        self.query = query
    }

    /// The key of its journal.
    var journal: String? { query["journal"] }

    /// The room to be joined inside the callback of `event`.
    func join(in event: borrowing WebSocketEventData) -> String? {
        switch event.event {
        case .onConnect: query["join"]
        case .onJoinRoom: query["then"].flatMap { $0 == event.roomId ? nil : $0 }
        default: nil
        }
    }

    /// Waits as long as it wishes; at least until others have had their turn.
    func wait() async {
        let milliseconds = query["delay"].flatMap { Int($0) } ?? 0
        guard milliseconds > 0 else { return await Task.yield() }
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }

    /// What the callback of `event` is to return, or to throw.
    func result(of event: borrowing WebSocketEventData) throws -> WebSocketEventResult? {
        let name = event.event.name
        if names("throw").contains(name) { throw RequestedFailure(callback: name) }
        if names("cancel").contains(name) { return .cancel("\(name) cancelled on request") }
        guard names("modify").contains(name) else { return nil }
        var change = WebSocketEventChange()
        modify(&change, event)
        return WebSocketEventResult(modifiedEvent: change)
    }

    private func names(_ field: String) -> [String] {
        (query[field] ?? "").split(separator: ",").map { String($0) }
    }

    private func modify(
        _ change: inout WebSocketEventChange, _ event: borrowing WebSocketEventData
    ) {
        switch event.event {
        case .onConnect:
            change.clientId = event.clientId + "-modified"
            change.metadata = marked(event)
        case .onWelcome: change.clientId = event.clientId + "-modified"
        case .onMessage: change.data = event.data?.replacing("before", with: "after")
        case .onBinaryMessage: change.bytes = event.withBytes { $0.copied().reversed() }
        case .onJoinRoom, .onLeaveRoom: change.metadata = marked(event)
        default: change.message = "modified by \(event.event.name)"
        }
    }

    private func marked(_ event: borrowing WebSocketEventData) -> [String: String] {
        var metadata = event.connection.metadata
        metadata["modified"] = event.event.name
        return metadata
    }
}

/// What a callback throws when it is asked to.
struct RequestedFailure: Error, CustomStringConvertible {
    let callback: String

    var description: String { "\(callback) failed on request" }
}

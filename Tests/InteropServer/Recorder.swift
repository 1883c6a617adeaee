import RNodeApp

/// The one callback behind all fourteen: keeps the event, obeys its text, and answers as the connection wishes.
struct Recorder: Sendable {
    let app: App
    let journal: Journal

    /// The synchronous callback.
    @Sendable func record(_ event: borrowing WebSocketEventData) throws -> WebSocketEventResult? {
        let wishes = Wishes(event.connection.request.query)
        keep(event, wishes)
        if let room = wishes.join(in: event) { event.connection.join(room) }
        Order(event)?.obey(on: event.connection, of: app)
        return try wishes.result(of: event)
    }

    /// The async callback.
    @Sendable func recordLater(
        _ event: borrowing WebSocketEventData
    ) async throws -> WebSocketEventResult? {
        let wishes = Wishes(event.connection.request.query)
        await wishes.wait()
        keep(event, wishes)
        if let room = wishes.join(in: event) { try? await event.connection.join(room) }
        await Order(event)?.obeyWaiting(on: event.connection, of: app)
        return try wishes.result(of: event)
    }

    private func keep(_ event: borrowing WebSocketEventData, _ wishes: Wishes) {
        guard let key = wishes.journal else { return }
        journal.append(JournalEntry(event), to: key)
    }
}

/// A callback as the user wrote it: absent, synchronous, or async.
enum EventCallback: Sendable {
    case none
    case sync(@Sendable (borrowing WebSocketEventData) throws -> WebSocketEventResult?)
    case async(
        @Sendable (borrowing WebSocketEventData) async throws ->
            WebSocketEventResult?)

    var isDefined: Bool {
        if case .none = self { false } else { true }
    }

    var isAsync: Bool {
        if case .async = self { true } else { false }
    }
}

/// The place of one callback in ``WebSocketOptions``, called with the callback to set:
///
/// ```swift
/// app.websocket("/chat") {
///     $0.onMessage { event in print(event.clientId, event.data ?? "") }
/// }
/// ```
///
/// The callback may be synchronous (run on the loop, seeing its bytes without a copy: never block in it) or
/// async (run on the loop too, one at a time per connection, with an owned copy), may throw, and returns nothing or a
/// ``WebSocketEventResult``. Setting it again replaces it.
public struct WebSocketCallback: Sendable {
    var callback = EventCallback.none

    /// Sets a synchronous callback that lets its event go on as it is.
    public mutating func callAsFunction(
        _ body: @escaping @Sendable (borrowing WebSocketEventData) throws -> Void
    ) {
        callback = .sync {
            try body($0)
            return nil
        }
    }

    // Disfavoured, so that a closure of several statements without a result is never ambiguous.
    /// Sets a synchronous callback that may cancel or modify its event.
    @_disfavoredOverload
    public mutating func callAsFunction(
        _ body: @escaping @Sendable (borrowing WebSocketEventData) throws -> WebSocketEventResult?
    ) {
        callback = .sync(body)
    }

    /// Sets an async callback that lets its event go on as it is.
    public mutating func callAsFunction(
        _ body:
            nonisolated(nonsending) @escaping @Sendable (borrowing WebSocketEventData) async throws
            -> Void
    ) {
        callback = .async {
            try await body($0)
            return nil
        }
    }

    /// Sets an async callback that may cancel or modify its event.
    @_disfavoredOverload
    public mutating func callAsFunction(
        _ body:
            nonisolated(nonsending) @escaping @Sendable (borrowing WebSocketEventData) async throws
            -> WebSocketEventResult?
    ) {
        callback = .async(body)
    }
}

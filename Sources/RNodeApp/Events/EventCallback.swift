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

    // Three overloads each for sync and async, of which exactly one takes any closure:
    // - nothing: also for several statements without a `return`, where the compiler would try an optional too;
    // - `Answer`: whatever has a type of its own, so that `{ judge($0) }` is never taken for the first;
    // - `WebSocketEventResult?`, disfavoured: what has its type from here only, such as `.cancel("no")` or `nil`.

    /// Sets a synchronous callback that lets its event go on as it is.
    public mutating func callAsFunction(
        _ body: @escaping @Sendable (borrowing WebSocketEventData) throws -> Void
    ) {
        callback = .sync {
            try body($0)
            return nil
        }
    }

    /// Sets a synchronous callback that may cancel or modify its event.
    public mutating func callAsFunction<Answer: WebSocketEventAnswer>(
        _ body: @escaping @Sendable (borrowing WebSocketEventData) throws -> Answer
    ) {
        callback = .sync { try body($0).eventResult }
    }

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
    public mutating func callAsFunction<Answer: WebSocketEventAnswer>(
        _ body:
            nonisolated(nonsending) @escaping @Sendable (borrowing WebSocketEventData) async throws
            -> Answer
    ) {
        callback = .async { try await body($0).eventResult }
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

/// What a callback may return to say something of its event: a result, or an optional one.
public protocol WebSocketEventAnswer: SendableMetatype {
    /// What is said of the event; nil lets it go on as it is.
    var eventResult: WebSocketEventResult? { get }
}

extension WebSocketEventResult: WebSocketEventAnswer {
    /// Itself.
    public var eventResult: WebSocketEventResult? { self }
}

extension Optional: WebSocketEventAnswer where Wrapped == WebSocketEventResult {
    /// Itself.
    public var eventResult: WebSocketEventResult? { self }
}

/// What a raw WebSocket route does: just frames, without welcome, acks or control messages.
///
/// The closures run on the connection's loop, synchronously: never block in one. A throw is logged and counted; the
/// connection stays.
public struct RawWebSocketOptions: Sendable {
    private var open: RawWebSocketCallbacks.Open?
    private var message: RawWebSocketCallbacks.Message?
    private var close: RawWebSocketCallbacks.Close?
    /// Sizes and timeouts of this route's connections; nil for the app's.
    public var limits: WebSocketLimits?
    /// Subprotocols this route speaks, the preferred first.
    public var subprotocols: [String] = []
    /// Whose pages may connect; nil for the app's policy.
    public var origins: OriginPolicy?
    /// permessage-deflate with clients that offer it; nil, the default, agrees on it with none.
    public var compression: DeflateOptions?
    /// What becomes of messages to clients that do not read as fast as they are sent to; they are closed unless changed.
    public var slowConsumers = SlowConsumerPolicy.close
    /// Unsent bytes of a connection above which ``slowConsumers`` applies. 1 KiB…1 GiB; nil for the larger of
    /// ``/RNodeIO/IOLimits/outputHardCapBytes`` and twice ``/RNodeWS/WebSocketLimits/messageBytesMax``.
    public var outputHardCapBytes: Int?

    /// A route that ignores what it gets.
    public init() {}

    /// A connection has opened.
    public mutating func onOpen(
        _ body: @escaping @Sendable (inout RawWebSocketContext) throws -> Void
    ) {
        open = body
    }

    /// A message arrived: its bytes, valid for the length of the call, and whether they are a text.
    public mutating func onMessage(
        _ body:
            @escaping @Sendable (Span<UInt8>, MessageKind, inout RawWebSocketContext) throws -> Void
    ) {
        message = body
    }

    /// A connection has closed, with this code; nothing can be sent to it any more.
    public mutating func onClose(
        _ body: @escaping @Sendable (CloseCode, inout RawWebSocketContext) throws -> Void
    ) {
        close = body
    }

    /// The closures, in one place that is never copied.
    var callbacks: RawWebSocketCallbacks {
        RawWebSocketCallbacks(open: open, message: message, close: close)
    }
}

/// What a raw route calls.
final class RawWebSocketCallbacks: Sendable {
    typealias Open = @Sendable (inout RawWebSocketContext) throws -> Void
    typealias Message =
        @Sendable (Span<UInt8>, MessageKind, inout RawWebSocketContext) throws -> Void
    typealias Close = @Sendable (CloseCode, inout RawWebSocketContext) throws -> Void

    let open: Open?
    let message: Message
    let close: Close?

    /// What takes messages that nobody asked for.
    static let ignored: Message = { _, _, _ in }

    init(open: Open?, message: Message?, close: Close?) {
        self.open = open
        // Not by `??`, which would wrap the closure, and again at each read.
        if let message { self.message = message } else { self.message = Self.ignored }
        self.close = close
    }
}

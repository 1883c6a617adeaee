/// Reaches the members of a room that are on this node.
///
/// A broker calls it with what other nodes published; a test calls it with anything. It may be
/// called from any thread, must not wait, and keeps the order of calls made from one thread.
///
/// A delivery that notes what came, as a test would have it:
///
/// ```swift
/// import RNodeRooms
/// import Synchronization
///
/// final class NotedDelivery: RoomDelivery {
///     private let notes = Mutex<[(RoomID, [UInt8])]>([])
///
///     var all: [(RoomID, [UInt8])] { notes.withLock { $0 } }
///
///     func deliver(_ payload: Span<UInt8>, to room: RoomID) {
///         var bytes: [UInt8] = []
///         for index in payload.indices { bytes.append(payload[index]) }
///         notes.withLock { $0.append((room, bytes)) }
///     }
/// }
/// ```
public protocol RoomDelivery: Sendable {
    /// Delivers `payload` to every member of `room` on this node; an unknown room gets nothing.
    ///
    /// `payload` is lent for the call.
    func deliver(_ payload: Span<UInt8>, to room: RoomID)
}

/// Reaches the members of a room that are on other nodes.
///
/// A payload is bytes that only the application reads; a broker carries them as they are. It
/// delivers what other nodes published, in the order of each publishing node, and never what this
/// node published itself. `publish` is called by loops for each room message: it must not wait.
///
/// A broker for several apps in one process:
///
/// ```swift
/// import RNodeRooms
/// import Synchronization
///
/// final class Crossing: Sendable {
///     fileprivate let nodes = Mutex<[ObjectIdentifier: any RoomDelivery]>([:])
/// }
///
/// final class CrossingBroker: RoomBroker {
///     private let crossing: Crossing
///
///     init(_ crossing: Crossing) { self.crossing = crossing }
///
///     var reachesOtherNodes: Bool { true }
///
///     func start(delivering delivery: any RoomDelivery) async throws {
///         crossing.nodes.withLock { $0[ObjectIdentifier(self)] = delivery }
///     }
///
///     func publish(_ payload: Span<UInt8>, to room: RoomID) -> Bool {
///         var others = crossing.nodes.withLock { $0 }
///         guard others.removeValue(forKey: ObjectIdentifier(self)) != nil else { return false }
///         for delivery in others.values { delivery.deliver(payload, to: room) }
///         return true
///     }
///
///     func stop() async {
///         crossing.nodes.withLock { $0[ObjectIdentifier(self)] = nil }
///     }
/// }
/// ```
///
/// `RoomBrokerConformance` checks any implementation.
public protocol RoomBroker: Sendable {
    /// Whether `publish` can reach anybody; when not, the caller builds no payload for it.
    var reachesOtherNodes: Bool { get }

    /// Begins to hand what other nodes publish to `delivery`. Called once, before any `publish`.
    func start(delivering delivery: any RoomDelivery) async throws

    /// Takes `payload` for the other nodes' members of `room`, without waiting.
    ///
    /// - Returns: false when it could not be taken (not started, stopped, or the outbox is full);
    ///   the caller counts it. True promises no arrival.
    func publish(_ payload: Span<UInt8>, to room: RoomID) -> Bool

    /// Sends what was taken, within a bounded time, and delivers nothing more once it returns.
    func stop() async
}

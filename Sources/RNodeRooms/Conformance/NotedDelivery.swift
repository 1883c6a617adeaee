/// A delivery that notes what came, for tests of brokers.
public final class NotedDelivery: RoomDelivery {
    /// One delivery.
    public struct Note: Hashable, Sendable {
        /// The room it was for.
        public let room: RoomID
        /// Its bytes.
        public let payload: [UInt8]
    }

    private let list = Guarded<[Note]>([])

    /// Nothing has come yet.
    public init() {}

    /// Everything that came, in order.
    public var notes: [Note] { list.withLock { $0 } }

    /// Notes a delivery.
    public func deliver(_ payload: Span<UInt8>, to room: RoomID) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count)
        for index in payload.indices { bytes.append(payload[index]) }
        list.withLock { $0.append(Note(room: room, payload: bytes)) }
    }
}

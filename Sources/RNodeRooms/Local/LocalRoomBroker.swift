/// A broker for a node that is alone: nothing goes out, nothing comes in. The default.
public struct LocalRoomBroker: RoomBroker {
    /// A broker without a network.
    public init() {}

    /// Nobody else is there.
    public var reachesOtherNodes: Bool { false }

    /// Nothing will ever be delivered.
    public func start(delivering delivery: any RoomDelivery) async throws {}

    /// There is nobody to reach, so nothing is lost: always true.
    public func publish(_ payload: Span<UInt8>, to room: RoomID) -> Bool { true }

    /// Nothing to send.
    public func stop() async {}
}

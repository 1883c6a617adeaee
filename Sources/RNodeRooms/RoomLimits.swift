/// What the rooms of a process may grow to.
///
/// Change a field, then let `validate()` or `RoomRegistry.restore()` check it at start.
public struct RoomLimits: Hashable, Sendable {
    /// In how many rooms one connection may be, seats still being decided included; 128.
    public var roomsPerConnectionMax = 128
    /// How many rooms there may be; 1,000,000.
    public var roomsPerProcessMax = 1_000_000
    /// How many bytes of UTF-8 a room's name may have; 255.
    public var roomNameBytesMax = 255
    /// How many bytes of UTF-8 a room's description may have; 4,096.
    public var roomDescriptionBytesMax = 4_096
    /// How many bytes the keys and values of a room's metadata may have together; 16,384.
    public var roomMetadataBytesMax = 16_384
    /// Up to how many members a join may list them all, and members are told of one another; 100.
    public var announcedMembersMax = 100
    /// How long a room that nobody is in and nobody speaks in is kept; nil, the default, keeps it
    /// until it is removed. More than zero, up to 3,650 days.
    public var emptyRoomTimeToLive: Duration?

    /// The limits of the handbook.
    public init() {}

    /// Checks every field.
    ///
    /// - Throws: `RoomError.validation` with the name of the first field that is out of range.
    public func validate() throws(RoomError) {
        try check(roomsPerConnectionMax, 1...1_000_000, "roomsPerConnectionMax")
        try check(roomsPerProcessMax, 1...100_000_000, "roomsPerProcessMax")
        try check(roomNameBytesMax, 1...65_536, "roomNameBytesMax")
        try check(roomDescriptionBytesMax, 1...1_048_576, "roomDescriptionBytesMax")
        try check(roomMetadataBytesMax, 1...1_048_576, "roomMetadataBytesMax")
        try check(announcedMembersMax, 1...10_000, "announcedMembersMax")
        if let life = emptyRoomTimeToLive, life <= .zero || life > .seconds(3_650 * 86_400) {
            throw .validation(
                field: "emptyRoomTimeToLive",
                reason: "must be more than zero, up to 3650 days, or nil")
        }
    }

    private func check(
        _ value: Int, _ range: ClosedRange<Int>, _ field: String
    ) throws(RoomError) {
        guard range.contains(value) else {
            throw .validation(
                field: field, reason: "must be \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

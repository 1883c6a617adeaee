/// A place in a room that is counted, and not yet taken.
///
/// `RoomRegistry.reserve` gives one; then somebody (onJoinRoom) decides; then `confirm` makes the
/// member a member or `release` gives the place back. The first of the two counts, the other one
/// and any repetition change nothing.
public struct Seat: Sendable {
    /// The room the place is in.
    public let room: Room
    /// Who it is kept for.
    public let member: Member
    /// The number of the reservation: no two seats of a registry share one.
    public let number: UInt64
}

/// What came of a join.
public struct Admission: Sendable {
    /// The room that was joined.
    public let room: Room
    /// How many members it has now, the new one included.
    public let membersCount: Int
    /// The client ids of all members in the order they came, if asked for and if there are not more
    /// than `RoomLimits.announcedMembersMax`.
    public let clientIDs: [String]?
}

/// What came of a leave.
public struct Departure: Sendable {
    /// The room that was left.
    public let room: Room
    /// How many members are still in it.
    public let membersCount: Int
}

/// A room that was removed, and those who were in it.
public struct RoomRemoval: Sendable {
    /// The room; nobody can join it any more.
    public let room: Room
    /// Its members until now, in the order they came, who may be told.
    public let members: [Member]
}

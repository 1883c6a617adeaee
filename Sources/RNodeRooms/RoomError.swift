/// Why the registry refused something: whose fault it is, and what to answer.
///
/// Compare with the static members, or ask `errorType` and `status` for the answer itself. A struct,
/// so that a later release can add a reason without breaking a `switch`.
public struct RoomError: Error, Hashable, Sendable {
    /// The word that answers on a WebSocket, as `error_type`: `room_not_found` and so on.
    public let errorType: String
    /// The HTTP status that answers the same.
    public let status: Int
    /// One sentence for the client, without internals.
    public let message: String
    /// The field that is wrong, for a validation error.
    public let field: String?
    /// What happened inside, for a log and never for a client.
    public let cause: String?

    private init(
        _ errorType: String, _ status: Int, _ message: String, field: String? = nil,
        cause: String? = nil
    ) {
        self.errorType = errorType
        self.status = status
        self.message = message
        self.field = field
        self.cause = cause
    }
}

extension RoomError {
    /// No room has this id (any more).
    public static let roomNotFound = RoomError("room_not_found", 404, "Room not found")
    /// Every seat of the room is taken or reserved.
    public static let roomFull = RoomError("room_full", 409, "Room is full")
    /// The member is in the room, or about to be.
    public static let alreadyInRoom = RoomError("already_in_room", 409, "Already in this room")
    /// The member is not in the room, or the seat was given back.
    public static let notAMember = RoomError("not_a_member", 409, "Not a member of this room")
    /// No connection has this id (any more).
    public static let clientNotFound = RoomError("client_not_found", 404, "Client not found")
    /// The connection is in as many rooms as `RoomLimits.roomsPerConnectionMax` allows.
    public static let tooManyRooms = RoomError(
        "too_many_rooms", 409, "This connection is in too many rooms")
    /// There are as many rooms as `RoomLimits.roomsPerProcessMax` allows.
    public static let tooManyRoomsInProcess = RoomError(
        "too_many_rooms", 503, "The server has too many rooms")

    /// onJoinRoom said no, for `reason`.
    public static func roomJoinBlocked(_ reason: String? = nil) -> RoomError {
        RoomError("room_join_blocked", 403, reason ?? "Join was blocked")
    }

    /// onLeaveRoom said no, for `reason`.
    public static func roomLeaveBlocked(_ reason: String? = nil) -> RoomError {
        RoomError("room_leave_blocked", 403, reason ?? "Leave was blocked")
    }

    /// The value of `field` is wrong, for `reason`.
    public static func validation(field: String, reason: String) -> RoomError {
        RoomError("validation_error", 422, "\(field) \(reason)", field: field)
    }

    /// The server failed; `cause` is for the log.
    public static func serverError(cause: String) -> RoomError {
        RoomError("server_error", 500, "The server failed", cause: cause)
    }
}

extension RoomError: CustomStringConvertible {
    /// The word, the sentence and the cause.
    public var description: String {
        guard let cause else { return "\(errorType): \(message)" }
        return "\(errorType): \(message) (\(cause))"
    }
}

import RNodeRooms
import Testing

@Suite("Room limits")
struct RoomLimitsTests {
    @Test("The defaults are the handbook's, and valid")
    func defaults() {
        let limits = RoomLimits()
        #expect(limits.roomsPerConnectionMax == 128)
        #expect(limits.roomsPerProcessMax == 1_000_000)
        #expect(limits.roomNameBytesMax == 255)
        #expect(limits.emptyRoomTimeToLive == nil)
        #expect(roomError { () throws(RoomError) in try limits.validate() } == nil)
    }

    private static let fields: [(String, @Sendable (inout RoomLimits, Int) -> Void, Int)] = [
        ("roomsPerConnectionMax", { $0.roomsPerConnectionMax = $1 }, 1_000_000),
        ("roomsPerProcessMax", { $0.roomsPerProcessMax = $1 }, 100_000_000),
        ("roomNameBytesMax", { $0.roomNameBytesMax = $1 }, 65_536),
        ("roomDescriptionBytesMax", { $0.roomDescriptionBytesMax = $1 }, 1_048_576),
        ("roomMetadataBytesMax", { $0.roomMetadataBytesMax = $1 }, 1_048_576),
        ("announcedMembersMax", { $0.announcedMembersMax = $1 }, 10_000),
    ]

    @Test("Each field is refused outside its range, by name", arguments: 0..<fields.count)
    func ranges(number: Int) {
        let (name, set, most) = Self.fields[number]
        for (value, isRight) in [
            (Int.min, false), (-1, false), (0, false), (1, true), (most, true), (most + 1, false),
            (.max, false),
        ] {
            var limits = RoomLimits()
            set(&limits, value)
            let error = roomError { () throws(RoomError) in try limits.validate() }
            #expect(error?.field == (isRight ? nil : name))
            #expect(error?.errorType == (isRight ? nil : "validation_error"))
        }
    }

    @Test("A time to live of nothing or less is refused")
    func timeToLive() {
        var limits = RoomLimits()
        for (life, isRight) in [
            (Duration.zero, false), (.seconds(-1), false), (.nanoseconds(1), true),
            (.seconds(3_650 * 86_400), true), (.seconds(3_650 * 86_400 + 1), false),
        ] {
            limits.emptyRoomTimeToLive = life
            let error = roomError { () throws(RoomError) in try limits.validate() }
            #expect(error?.field == (isRight ? nil : "emptyRoomTimeToLive"))
        }
    }

    @Test("The registry refuses wrong limits at start")
    func atStart() async {
        var limits = RoomLimits()
        limits.roomNameBytesMax = 0
        let registry = RoomRegistry.sample(limits: limits)
        let error = await asyncRoomError { () throws(RoomError) in try await registry.restore() }
        #expect(error?.field == "roomNameBytesMax")
    }

    @Test("Every reason has its word and its status")
    func words() {
        let table: [(RoomError, String, Int)] = [
            (.roomNotFound, "room_not_found", 404), (.roomFull, "room_full", 409),
            (.alreadyInRoom, "already_in_room", 409), (.notAMember, "not_a_member", 409),
            (.clientNotFound, "client_not_found", 404), (.tooManyRooms, "too_many_rooms", 409),
            (.tooManyRoomsInProcess, "too_many_rooms", 503),
            (.roomJoinBlocked(), "room_join_blocked", 403),
            (.roomLeaveBlocked("no"), "room_leave_blocked", 403),
            (.validation(field: "name", reason: "is wrong"), "validation_error", 422),
            (.serverError(cause: "secret"), "server_error", 500),
        ]
        for (error, word, status) in table {
            #expect(error.errorType == word)
            #expect(error.status == status)
            #expect(!error.message.contains("secret"))
        }
        #expect(RoomError.roomNotFound.message == "Room not found")
        #expect(RoomError.clientNotFound.message == "Client not found")
        #expect(RoomError.roomLeaveBlocked("no").message == "no")
        #expect(RoomError.serverError(cause: "secret").description.contains("secret"))
    }
}

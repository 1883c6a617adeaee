import RNodeRooms
import Testing

@Suite("Identities")
struct IdentityTests {
    @Test("A room id's text is room_ and 32 lower-case digits")
    func roomText() {
        let id = RoomID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
        #expect(id.description == "room_0123456789abcdeffedcba9876543210")
        #expect(RoomID(id.description) == id)
        #expect(RoomID(high: 0, low: 0).description == "room_" + String(repeating: "0", count: 32))
        #expect(id.withText { $0.count } == RoomID.textByteCount)
    }

    @Test("A member id's text is a UUID of version 4 and variant 1")
    func memberText() {
        let all = MemberID(random: .max, .max)
        #expect(all.description == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        let none = MemberID(random: 0, 0)
        #expect(none.description == "00000000-0000-4000-8000-000000000000")
        #expect(MemberID(all.description) == all)
        #expect(MemberID(none.description) == none)
    }

    @Test("Any id survives its text")
    func roundTrips() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let room = RoomID(high: random.next(), low: random.next())
            #expect(RoomID(room.description) == room)
            let member = MemberID(random: random.next(), random.next())
            #expect(MemberID(member.description) == member)
        }
    }

    @Test(
        "Other texts are no room id",
        arguments: [
            "", "room_", "room_0123456789abcdeffedcba987654321",
            "room_0123456789abcdeffedcba98765432100", "Room_0123456789abcdeffedcba9876543210",
            "room_0123456789ABCDEFfedcba9876543210", "room_0123456789abcdeffedcba987654321g",
            "room-0123456789abcdeffedcba9876543210", " oom_0123456789abcdeffedcba9876543210",
            "room_0123456789abcdeffedcba98765432é",
        ])
    func notARoom(text: String) {
        #expect(RoomID(text) == nil)
    }

    @Test(
        "Other texts are no member id",
        arguments: [
            "", "00000000-0000-4000-8000-00000000000", "00000000-0000-4000-8000-0000000000000",
            "00000000-0000-1000-8000-000000000000", "00000000-0000-4000-c000-000000000000",
            "00000000-0000-4000-0000-000000000000", "00000000x0000-4000-8000-000000000000",
            "00000000-0000-4000-8000-00000000000A", "000000000000-4000-8000-00000000-0000",
            "{0000000-0000-4000-8000-000000000000",
        ])
    func notAMember(text: String) {
        #expect(MemberID(text) == nil)
    }

    @Test("A text with any one byte changed to a byte of no digit is refused")
    func everyByteCounts() {
        let room = Array(RoomID(high: 1, low: 2).description.utf8)
        for index in room.indices {
            for byte in [UInt8(0), 0x20, 0x2F, 0x3A, 0x60, 0x67, 0x7F, 0xFF] {
                var changed = room
                changed[index] = byte
                #expect(RoomID(changed.span) == nil)
            }
        }
    }
}

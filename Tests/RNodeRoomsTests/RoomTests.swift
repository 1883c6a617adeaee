import RNodeRooms
import Testing

@Suite("A room's shared record")
struct RoomTests {
    private let room = Room(id: RoomID(high: 0, low: 1), name: "r", createdAt: 5)

    @Test("Each of the first 64 loops has a bit of its own")
    func bits() {
        for loop in 0..<64 { room.loopEntered(loop) }
        #expect(room.loopMask == .max)
        room.loopLeft(3)
        #expect(room.loopMask == UInt64.max ^ 8)
        for loop in 0..<64 { room.loopLeft(loop) }
        #expect(room.loopMask == 0)
    }

    @Test("A loop that shares its bit with another keeps it set: nobody is missed")
    func sharedBits() {
        room.loopEntered(0)
        room.loopEntered(64)
        room.loopLeft(0)
        #expect(room.loopMask == 1)
        room.loopLeft(64)
        #expect(room.loopMask == 1)
        room.loopEntered(-1)
        #expect(room.loopMask == 0x8000_0000_0000_0001 as UInt64)
    }

    @Test("Messages are counted, and the latest activity stays")
    func activity() {
        #expect(room.messagesCount == 0)
        #expect(room.lastActivity == 5)
        room.published(at: 9)
        room.published(3, at: 7)
        #expect(room.messagesCount == 4)
        #expect(room.lastActivity == 9)
    }

    @Test("Counts of many threads add up")
    func manyThreads() async {
        await withTaskGroup(of: Void.self) { group in
            for loop in 0..<8 {
                group.addTask { [room] in
                    for step in 0..<1_000 { room.published(at: Int64(step)) }
                    room.loopEntered(loop)
                }
            }
        }
        #expect(room.messagesCount == 8_000)
        #expect(room.loopMask == 0xFF)
    }
}

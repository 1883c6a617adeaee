import RNodeRooms
import Synchronization
import Testing

/// Identifiers 1, 2, 3, …
final class Counting: Sendable {
    private let last = Atomic<UInt64>(0)

    func next() -> (UInt64, UInt64) {
        (0, last.wrappingAdd(1, ordering: .relaxed).newValue)
    }
}

extension Member {
    /// The member number `number`.
    static func sample(_ number: UInt64, loop: Int = 0) -> Member {
        Member(
            id: MemberID(random: 0, number), clientID: "client_\(number)", loop: loop,
            location: number)
    }
}

extension RoomRegistry {
    /// A registry whose clock stands at 1000 ms.
    static func sample(
        limits: RoomLimits = RoomLimits(), store: any RoomStore = InMemoryRoomStore()
    ) -> RoomRegistry {
        RoomRegistry(limits: limits, store: store, now: { 1000 })
    }
}

/// Runs `body` and gives the room error it threw.
func roomError<Result: ~Copyable>(
    _ body: () throws(RoomError) -> Result
) -> RoomError? {
    do throws(RoomError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

/// Runs `body` and gives the room error it threw.
func asyncRoomError(_ body: () async throws(RoomError) -> Void) async -> RoomError? {
    do throws(RoomError) {
        try await body()
        return nil
    } catch {
        return error
    }
}

/// As `#expect`, for a value that a mutating call gives.
func expectTrue(_ value: Bool, at place: SourceLocation = #_sourceLocation) {
    #expect(value, sourceLocation: place)
}

@testable import RNodeRooms
import Synchronization

/// A store that takes several turns for each call, fails when told to, and knows if two calls for
/// one room overlap.
final class ScriptedStore: RoomStore {
    struct Failure: Error {}

    private struct State {
        var rooms: [RoomID: RoomRecord] = [:]
        var busy: Set<RoomID> = []
        var overlaps = 0
        var calls = 0
    }

    private let state = Guarded(State())
    private let fails: @Sendable (_ call: Int) -> Bool
    private let turns: Int

    init(turns: Int = 1, fails: @escaping @Sendable (_ call: Int) -> Bool = { _ in false }) {
        self.turns = turns
        self.fails = fails
    }

    var rooms: [RoomID: RoomRecord] { state.withLock { $0.rooms } }
    var overlaps: Int { state.withLock { $0.overlaps } }

    func save(_ room: RoomRecord) async throws {
        try await call(room.id) { $0[room.id] = room }
    }

    func remove(_ room: RoomID) async throws {
        try await call(room) { $0[room] = nil }
    }

    func loadAll() async throws -> [RoomRecord] {
        let rooms = state.withLock { Array($0.rooms.values) }
        // Slow enough for anything else to begin and end meanwhile.
        for _ in 0..<(turns * 6) { await Task.yield() }
        return rooms
    }

    private func call(
        _ room: RoomID, _ change: (inout [RoomID: RoomRecord]) -> Void
    ) async throws {
        let number = begin(room)
        for _ in 0..<turns { await Task.yield() }
        _ = state.withLock { $0.busy.remove(room) }
        guard !fails(number) else { throw Failure() }
        state.withLock { change(&$0.rooms) }
    }

    private func begin(_ room: RoomID) -> Int {
        state.withLock {
            if !$0.busy.insert(room).inserted { $0.overlaps += 1 }
            $0.calls += 1
            return $0.calls
        }
    }
}

import RNodeBytes
import RNodeRooms
import RNodeTesting

// @unchecked: a run, its loops and its tasks take place on one thread.
/// What the server's callbacks share in a run: chance, time to waste, and who opened and closed.
final class Backstage: @unchecked Sendable {
    let sleepers = Sleepers()
    let clock: VirtualClock
    private var dice: Dice
    private(set) var opens: [String: Int] = [:]
    private(set) var closes: [String: Int] = [:]
    private(set) var rawOpens = 0
    private(set) var rawCloses = 0
    var isHurried = false

    init(_ dice: Dice, clock: VirtualClock) {
        self.dice = dice
        self.clock = clock
    }

    /// Takes the time of a slow handler, sometimes none.
    func dawdle() async {
        switch dice.below(4) {
        case 0: return
        case 1: await Task.yield()
        default:
            let milliseconds = isHurried ? 1 : dice.below(200)
            await sleepers.sleep(until: clock.now.advanced(by: .milliseconds(milliseconds)))
        }
    }

    func opened(_ id: String) { opens[id, default: 0] += 1 }
    func closed(_ id: String) { closes[id, default: 0] += 1 }
    func rawOpened() { rawOpens += 1 }
    func rawClosed() { rawCloses += 1 }

    /// What is wrong about the ends of connections, once there is none left.
    var faults: [String] {
        var faults: [String] = []
        for (id, count) in opens.sorted(by: { $0.key < $1.key }) where count != 1 {
            faults.append("\(id) was welcomed \(count) times")
        }
        for (id, _) in opens.sorted(by: { $0.key < $1.key }) where closes[id] != 1 {
            faults.append("\(id) had \(closes[id] ?? 0) onClose")
        }
        for (id, count) in closes.sorted(by: { $0.key < $1.key }) where opens[id] == nil {
            faults.append("\(id) had \(count) onClose and never opened")
        }
        if rawOpens != rawCloses {
            faults.append("raw routes: \(rawOpens) opened, \(rawCloses) closed")
        }
        return faults
    }
}

/// What a callback throws when it was told to.
struct Thrown: Error {}

/// Rooms whose ids are the same in every run.
final class FixedRooms: RoomStore {
    static let ids = (1...4).map { RoomID(high: 0, low: UInt64($0)) }

    func save(_ room: RoomRecord) async throws {}
    func remove(_ room: RoomID) async throws {}

    func loadAll() async throws -> [RoomRecord] {
        Self.ids.enumerated().map { number, id in
            RoomRecord(
                id: id, name: "room \(number)", maxConnections: number == 3 ? 3 : nil, createdAt: 0)
        }
    }
}

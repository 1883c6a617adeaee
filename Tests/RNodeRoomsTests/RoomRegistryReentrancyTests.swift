@testable import RNodeRooms
import Synchronization
import Testing

/// D2: the registry waits for its store in the middle of things; a seed decides what happens then.
///
/// Registry, store and callers all run on one virtual loop, which picks at random among all jobs
/// that could go on. After each run everything that was promised must hold.
@Suite("D2 every order of suspensions")
struct RoomRegistryReentrancyTests {
    @Test("600 seeded interleavings keep every promise", arguments: 0..<6)
    func interleavings(part: Int) async {
        for seed in 0..<100 {
            let run = Interleaving(seed: UInt64(part * 100 + seed))
            await run.turn()
            await run.verify()
        }
    }

    @Test("A reservation under way when its connection closes leaves nothing behind")
    func reserveRacingClose() async {
        for seed in 0..<200 {
            await withLoop(seed: UInt64(seed)) { scene in
                let room = try await scene.registry.createRoom("r")
                let member = Member.sample(1)
                await scene.start {
                    guard let seat = try? await scene.registry.reserve(member, in: room.id) else {
                        return
                    }
                    await Task.yield()
                    _ = try? await scene.registry.confirm(seat)
                }
                await scene.start { _ = await scene.registry.leaveAll(member) }
                scene.atEnd {
                    #expect(await scene.registry.members(of: room.id).isEmpty)
                    #expect(await scene.registry.roomIDs(of: member.id).isEmpty)
                }
            }
        }
    }

    @Test("A reservation under way when its room is removed ends with the room")
    func reserveRacingRemoval() async {
        for seed in 0..<200 {
            await withLoop(seed: UInt64(seed)) { scene in
                let room = try await scene.registry.createRoom("r")
                let member = Member.sample(1)
                let confirmed = Atomic<Bool>(false)
                let told = Atomic<Int>(0)
                await scene.start {
                    guard let seat = try? await scene.registry.reserve(member, in: room.id),
                        (try? await scene.registry.confirm(seat)) != nil
                    else { return }
                    confirmed.store(true, ordering: .relaxed)
                }
                await scene.start {
                    let removal = try? await scene.registry.removeRoom(room.id)
                    told.store(removal?.members.count ?? -1, ordering: .relaxed)
                }
                scene.atEnd {
                    // Whoever was told "joined" is told of the removal, and nobody else.
                    let count = told.load(ordering: .relaxed)
                    #expect(count == (confirmed.load(ordering: .relaxed) ? 1 : 0))
                    #expect(await scene.registry.roomIDs(of: member.id).isEmpty)
                }
            }
        }
    }

    @Test("Metadata under way when its room is removed does not bring it back")
    func metadataRacingRemoval() async {
        for seed in 0..<200 {
            await withLoop(seed: UInt64(seed)) { scene in
                let room = try await scene.registry.createRoom("r")
                for value in ["a", "b"] {
                    await scene.start {
                        try? await scene.registry.setRoomMetadata(room.id, ["k": value])
                    }
                }
                await scene.start { _ = try? await scene.registry.removeRoom(room.id) }
                scene.atEnd {
                    #expect(scene.store.rooms.isEmpty)
                    #expect(scene.store.overlaps == 0)
                    #expect(scene.registry.roomsCount == 0)
                }
            }
        }
    }

    @Test("A removal that the store refused is over for whoever waited for its turn")
    func metadataRacingFailedRemoval() async {
        let refusals = Atomic<Int>(0)
        for seed in 0..<200 {
            // The second call to the store is the removal's, or the change's.
            await withLoop(seed: UInt64(seed), fails: { $0 == 2 }) { scene in
                let room = try await scene.registry.createRoom("r")
                let removal = Guarded<RoomError?>(nil)
                let change = Guarded<RoomError?>(nil)
                await scene.start {
                    do throws(RoomError) {
                        try await scene.registry.removeRoom(room.id)
                    } catch {
                        removal.withLock { $0 = error }
                    }
                }
                await scene.start {
                    do throws(RoomError) {
                        try await scene.registry.setRoomMetadata(room.id, ["k": "v"])
                    } catch {
                        change.withLock { $0 = error }
                    }
                }
                scene.atEnd {
                    guard removal.withLock({ $0 }) != nil else { return }
                    refusals.add(1, ordering: .relaxed)
                    #expect(change.withLock { $0 } == nil, "seed \(seed)")
                    let metadata = await scene.registry.snapshot(of: room.id)?.metadata
                    #expect(metadata == ["k": "v"], "seed \(seed)")
                }
            }
        }
        #expect(refusals.load(ordering: .relaxed) > 20)
    }

    @Test("A room that somebody comes into before its turn to expire stays")
    func joinRacingExpiry() async {
        var limits = RoomLimits()
        limits.emptyRoomTimeToLive = .seconds(1)
        for seed in 0..<200 {
            await withLoop(seed: UInt64(seed), limits: limits) { scene in
                let room = try await scene.registry.createRoom("r")
                let isIn = Atomic<Bool>(false)
                // Has the store's turn first, or waits for it.
                await scene.start {
                    try? await scene.registry.setRoomMetadata(room.id, ["k": "v"])
                }
                await scene.start { await scene.registry.expireEmptyRooms(now: 10_000) }
                await scene.start {
                    await Task.yield()
                    guard let seat = try? await scene.registry.reserve(.sample(1), in: room.id),
                        (try? await scene.registry.confirm(seat)) != nil
                    else { return }
                    isIn.store(true, ordering: .relaxed)
                }
                scene.atEnd {
                    let members = await scene.registry.members(of: room.id).count
                    #expect(members == (isIn.load(ordering: .relaxed) ? 1 : 0), "seed \(seed)")
                    #expect(scene.registry.roomsCount == members, "seed \(seed)")
                }
            }
        }
    }

    @Test("A room removed while rooms are restored stays removed")
    func restoreRacingRemoval() async {
        for seed in 0..<200 {
            await withLoop(seed: UInt64(seed)) { scene in
                let room = try await scene.registry.createRoom("r")
                await scene.start { try? await scene.registry.restore() }
                await scene.start { _ = try? await scene.registry.removeRoom(room.id) }
                scene.atEnd { #expect(await scene.registry.allRooms().isEmpty) }
            }
        }
    }

    private func withLoop(
        seed: UInt64, limits: RoomLimits = RoomLimits(),
        fails: @escaping @Sendable (Int) -> Bool = { _ in false },
        _ body: @escaping @Sendable (Scene) async throws -> Void
    ) async {
        let scene = Scene(seed: seed, limits: limits, fails: fails)
        await scene.run {
            do { try await body(scene) } catch { Issue.record(error) }
        }
        await scene.runEnd()
    }
}

/// A registry with a slow store on a virtual loop, and tasks that start there.
private final class Scene: Sendable {
    let loop = VirtualLoop()
    let store: ScriptedStore
    let registry: RoomRegistry
    private let stage: Stage
    private let random: Guarded<SeededGenerator>
    private let endings = Guarded<[@Sendable () async -> Void]>([])

    /// An actor on the loop: tasks made by it start there, so that the seed decides all.
    private actor Stage {
        let running = Atomic<Int>(0)
        private let loop: VirtualLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe loop.asUnownedSerialExecutor()
        }

        init(_ loop: VirtualLoop) { self.loop = loop }

        func start(_ body: @escaping @Sendable () async -> Void) {
            running.add(1, ordering: .sequentiallyConsistent)
            Task {
                await body()
                running.subtract(1, ordering: .sequentiallyConsistent)
            }
        }
    }

    init(
        seed: UInt64, limits: RoomLimits = RoomLimits(),
        fails: @escaping @Sendable (Int) -> Bool = { _ in false }
    ) {
        let counting = Counting()
        store = ScriptedStore(turns: 2, fails: fails)
        registry = RoomRegistry(
            limits: limits, store: store, executor: loop,
            identifiers: { counting.next() }, now: { 1 })
        stage = Stage(loop)
        random = Guarded(SeededGenerator(seed: seed))
    }

    /// Begins another task; it goes on when the loop picks it.
    func start(_ body: @escaping @Sendable () async -> Void) async {
        await stage.start(body)
    }

    func atEnd(_ body: @escaping @Sendable () async -> Void) {
        endings.withLock { $0.append(body) }
    }

    /// Runs `body`, and turns the loop until every task that was started has ended.
    ///
    /// The caller's own thread is given up between turns: others need it to get in.
    func run(_ body: @escaping @Sendable () async -> Void) async {
        let entered = Entrance()
        Task {
            await stage.start(body)
            entered.isPassed.store(true, ordering: .sequentiallyConsistent)
        }
        while !entered.isPassed.load(ordering: .sequentiallyConsistent) || isRunning {
            random.withLock { _ = loop.run(&$0) }
            await Task.yield()
        }
    }

    /// Runs what is to be checked at the end.
    func runEnd() async {
        // Taken out: they hold the scene that holds them.
        let taken = endings.withLock { endings in
            defer { endings = [] }
            return endings
        }
        for ending in taken { await run(ending) }
    }

    private final class Entrance: Sendable {
        let isPassed = Atomic<Bool>(false)
    }

    private var isRunning: Bool {
        stage.running.load(ordering: .sequentiallyConsistent) > 0
    }
}

/// Callers that create, join, leave, close, change and remove, all at once.
private final class Interleaving: Sendable {
    private let scene: Scene
    private let seed: UInt64
    private let rooms = Guarded<[RoomID]>([])
    private let members = (1...6).map { Member.sample(UInt64($0)) }
    private let closed = Guarded<Set<UInt64>>([])

    init(seed: UInt64) {
        self.seed = seed
        var limits = RoomLimits()
        limits.roomsPerProcessMax = 4
        limits.roomsPerConnectionMax = 2
        scene = Scene(seed: seed, limits: limits) { $0 % 5 == 0 }
    }

    func turn() async {
        await scene.run { [self] in
            for caller in 0..<8 { await scene.start { [self] in await call(UInt64(caller)) } }
        }
    }

    private func call(_ caller: UInt64) async {
        var random = SeededGenerator(seed: seed &* 31 &+ caller)
        for _ in 0..<12 {
            let known = rooms.withLock { $0 }
            let room = known.isEmpty ? RoomID(high: 0, low: 0) : known[random.below(known.count)]
            let member = members[random.below(members.count)]
            await act(random.below(10), room, member)
            if random.below(2) == 0 { await Task.yield() }
        }
    }

    private func act(_ choice: Int, _ room: RoomID, _ member: Member) async {
        let registry = scene.registry
        switch choice {
        case 0, 1:
            guard let made = try? await registry.createRoom("r", maxConnections: 2) else { return }
            rooms.withLock { $0.append(made.id) }
        case 2: _ = try? await registry.removeRoom(room)
        case 3: try? await registry.setRoomMetadata(room, ["k": "\(member.location)"])
        case 4: _ = try? await registry.leave(member.id, room: room)
        case 5 where member.location == 6:
            closed.withLock { _ = $0.insert(member.location) }
            await registry.leaveAll(member)
        default:
            guard let seat = try? await registry.reserve(member, in: room) else { return }
            await Task.yield()
            if choice == 9 { await registry.release(seat) }
            _ = try? await registry.confirm(seat)
        }
    }

    func verify() async {
        scene.atEnd { [self] in await verifyOnLoop() }
        await scene.runEnd()
    }

    private func verifyOnLoop() async {
        let registry = scene.registry
        let all = await registry.allRooms()
        #expect(all.count <= 4)
        #expect(registry.roomsCount == all.count)
        #expect(scene.store.overlaps == 0, "seed \(seed)")
        // Memory and store say the same.
        #expect(Set(all.map(\.id)) == Set(scene.store.rooms.keys), "seed \(seed)")
        for room in all {
            #expect(room.metadata == scene.store.rooms[room.id]?.metadata, "seed \(seed)")
            #expect(room.connectionsCount <= 2)
            #expect(Set(room.connections).count == room.connectionsCount)
        }
        for member in members {
            let there = await registry.roomIDs(of: member.id)
            #expect(there.count <= 2)
            if closed.withLock({ $0.contains(member.location) }) { #expect(there.isEmpty) }
            let listed = all.filter { $0.connections.contains(member.id.description) }
            #expect(Set(listed.map(\.id)) == Set(there))
        }
    }
}

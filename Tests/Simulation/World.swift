import RNodeApp
import RNodeIO
import RNodeTesting

/// One simulated run: a server, its clients, their streams and the time, all from one seed and on one thread.
final class World {
    let seed: UInt64
    let log: RunLog
    var dice: Dice
    let host: TestHost
    let app: App
    let backstage: Backstage
    let faults: Faults
    let circumstances: Circumstances
    let rooms = RoomsOracle()
    /// One for each loop, and one more that hands off to all of them.
    let listeners: [InMemoryListener]
    /// Whether the clock jumps over timeouts in this run, so that nobody can count on being waited for.
    let isJumpy: Bool
    /// What an idle server holds.
    let baseline: Baseline
    var clients: [Client] = []
    var clientCount = 0
    private(set) var streams: [WeakStream] = []

    struct Baseline: Equatable {
        var descriptors: Int
        var watches: [Int]
        var timers: [Int]
    }

    /// A stream that must be gone in the end.
    struct WeakStream {
        weak var transport: InMemoryTransport?
    }

    init(seed: UInt64, overRings: Bool, printsLog: Bool) async throws {
        self.seed = seed
        let log = RunLog(isPrinted: printsLog)
        var dice = Dice(seed: seed)
        isJumpy = dice.isLucky(oneIn: 3)
        let faults = Faults(dice.split(), log: log)
        let circumstances = Circumstances(&dice)
        let host = try TestHost(
            loops: 1 + dice.below(3), limits: circumstances.io, overRings: overRings)
        log.note(13, line: "a world: \(circumstances)")
        backstage = Backstage(dice.split(), clock: host.clock)
        let app = SimulatedApp.make(host, backstage, circumstances, &dice)
        let shared = InMemoryListener(descriptors: host.backends[0].descriptors)
        try host.loops[0].listen(on: shared, handsOffTo: host.loops)
        listeners = host.listeners + [shared]
        var seeds: [UInt64] = []
        for _ in host.loops { seeds.append(dice.next()) }
        let fixed = seeds
        try await host.run {
            try await app.serve(on: host.loops, randomness: { Dice(seed: fixed[$0]) })
        }
        for (number, backend) in host.backends.enumerated() {
            backend.order = .shuffled(seed: dice.next())
            if dice.isLucky(oneIn: 4) { backend.eventsPerWait = 1 + dice.below(8) }
            backend.script = { faults.distort(&$0, loop: number, isBelowRing: overRings) }
        }
        for (number, ring) in host.rings.enumerated() { faults.disturb(ring, number: number) }
        self.log = log
        self.dice = dice
        self.faults = faults
        self.circumstances = circumstances
        self.host = host
        self.app = app
        baseline = World.holdings(of: host)
    }

    static func holdings(of host: TestHost) -> Baseline {
        Baseline(
            descriptors: host.backends[0].descriptors.openCount,
            watches: host.backends.map(\.watchedCount), timers: host.loops.map(\.timerCount))
    }

    // MARK: - Clients

    func connect() {
        clientCount += 1
        let place = dice.below(listeners.count)
        let fate = Fate.roll(&dice)
        let mayBeRefused =
            host.loops[0].budget.limit < 32 || listeners.contains(where: \.isExhausted)
        let peer = listeners[place].connect(shape: faults.shape())
        streams.append(WeakStream(transport: peer.transport))
        let client = makeClient(clientCount, peer, fate)
        client.isExcused = isJumpy || mayBeRefused
        clients.append(client)
        log.note(
            8, clientCount, place,
            line: "client \(clientCount): \(client) at listener \(place), \(fate)")
    }

    private func makeClient(_ number: Int, _ peer: InMemoryPeer, _ fate: Fate) -> Client {
        let own = dice.split()
        switch dice.below(8) {
        case 0, 1: return HTTPClient(number, circumstances, peer, fate, own, log)
        case 2: return RawClient(number, "/raw", circumstances, peer, fate, own, log)
        case 3...6:
            let path = dice.isLucky(oneIn: 2) ? "/chat" : "/slow"
            return ChatClient(
                number, path: path, rooms, circumstances, peer, fate, own, log)
        default:
            // Whoever breaks rules can't complain about being cut.
            let rude = RudeClient(number, peer, fate, own, log)
            rude.isExcused = true
            rude.begin()
            return rude
        }
    }

    // MARK: - A step

    /// One step of the first phase: something happens, and one loop takes a turn.
    func step(_ number: Int) {
        log.stepNumber = number
        if clients.count < 24, dice.isLucky(oneIn: clients.count < 6 ? 2 : 12) { connect() }
        for _ in 0...dice.below(4) where !clients.isEmpty {
            clients[dice.below(clients.count)].act()
        }
        if dice.isLucky(oneIn: 30) { disturb() }
        if dice.isLucky(oneIn: 40) { askServer() }
        passTime()
        turn(dice.below(host.loops.count))
        if number % 64 == 0 { clients.removeAll { $0.isGone && !$0.isHealthy } }
    }

    func turn(_ loop: Int) {
        host.loops[loop].turn(waits: false)
    }

    private func passTime() {
        switch dice.below(isJumpy ? 200 : 400) {
        case 0 where isJumpy: pass(.milliseconds(dice.below(120_000)))
        case 1 where isJumpy: pass(.seconds(3_600 * (1 + dice.below(100))))
        case 2: host.clock.setWallClock(milliseconds: Int64(dice.below(2_000_000_000)) * 1_000)
        default: if dice.isLucky(oneIn: 2) { pass(.microseconds(dice.below(6_000))) }
        }
    }

    func pass(_ duration: Duration) {
        host.clock.advance(by: duration)
        let woken = backstage.sleepers.wake(at: host.clock.now)
        if woken > 0 { log.note(9, woken, line: "\(woken) handlers wake") }
    }

    /// Something goes wrong with a stream or a listener.
    private func disturb() {
        if dice.isLucky(oneIn: 3) {
            let listener = dice.pick(listeners)
            let error = IOError("accept", code: dice.pick([4, 12, 23, 24, 71, 103, 105]))
            if dice.isLucky(oneIn: 3) {
                listener.isExhausted.toggle()
                // Whoever waits to be accepted may be turned away.
                for client in clients where client.receivedCount == 0 { client.isExcused = true }
                log.note(
                    12, listener.isExhausted ? 1 : 0, line: "descriptors run out, or come back")
            }
            listener.failNextAccept(
                with: dice.isLucky(oneIn: 2) ? .retry(error) : .exhausted(error))
            log.note(10, Int(error.code), line: "accept fails: \(error)")
        } else if !clients.isEmpty {
            clients[dice.below(clients.count)].peer.shape = faults.shape()
        }
    }

    /// The application does something by itself.
    private func askServer() {
        let app = app
        let loop = dice.pick(host.loops)
        let room = dice.pick(FixedRooms.ids).description
        let victim = clients.isEmpty ? nil : "c\(dice.pick(clients).number)"
        let choice = dice.below(4)
        log.note(11, choice, line: "the application does \(choice)")
        Task(executorPreference: loop) {
            switch choice {
            case 0: _ = await app.sendRoomMessage(room, "from the server")
            case 1: _ = await app.getAllRooms()
            case 2: if let victim { _ = await app.sendDirectMessage(victim, "0") }
            default: _ = await app.getRoomInfo(room)
            }
        }
    }
}

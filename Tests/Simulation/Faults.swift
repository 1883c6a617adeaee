import RNodeBytes
import RNodeIO
import RNodeTesting

/// What goes wrong below the loops: how streams behave, and what backends report, late, twice, or for others.
final class Faults {
    var isActive = true
    private var dice: Dice
    let log: RunLog
    /// Each loop's reports of the past, to be told to it again when their connections are long gone.
    private var pasts: [Int: [BackendEvent]] = [:]

    init(_ dice: Dice, log: RunLog) {
        self.dice = dice
        self.log = log
    }

    func isLucky(oneIn times: Int) -> Bool { dice.isLucky(oneIn: times) }

    func shuffled<Element>(_ elements: [Element]) -> [Element] { elements.shuffled(using: &dice) }

    /// How a new stream behaves, or an old one from now on.
    func shape() -> StreamShape {
        guard isActive else { return StreamShape() }
        switch dice.below(8) {
        case 0: return .byteByByte
        case 1: return StreamShape(receiveMaxBytes: 1)
        case 2: return StreamShape(sendMaxBytes: 1 + dice.below(7), wouldBlockEvery: 2)
        case 3:
            return StreamShape(
                receiveMaxBytes: 1 + dice.below(100), sendMaxBytes: 1 + dice.below(100),
                windowBytes: 1 + dice.below(2_000), wouldBlockEvery: dice.below(4) * 2)
        // All or nothing: the second send of a turn may take what the first did not.
        case 4: return StreamShape(wouldBlockEvery: 2)
        case 5: return StreamShape(windowBytes: 1 + dice.below(8_000), wouldBlockEvery: 3)
        default: return StreamShape()
        }
    }

    /// Puts a fault into what a backend is about to report. Beneath a ring there are no tokens of old: a kernel knows which of
    /// its operations a descriptor's readiness is for.
    func distort(_ events: inout [BackendEvent], loop: Int, isBelowRing: Bool) {
        defer { for event in events { note(event, loop: loop) } }
        guard isActive else { return }
        remember(events, loop: loop)
        switch dice.below(24) {
        // A signal interrupted the wait.
        case 0: events.removeAll(keepingCapacity: true)
        // Late: told by a later wait.
        case 1: if !events.isEmpty { events.remove(at: dice.below(events.count)) }
        case 2: if !events.isEmpty { events.append(events[dice.below(events.count)]) }
        case _ where isBelowRing: break
        // Stale: what was true once.
        case 3, 4:
            guard let past = pasts[loop], !past.isEmpty else { break }
            events.insert(past[dice.below(past.count)], at: 0)
        // Nobody's, or the next tenant's.
        case 5: events.append(BackendEvent(token: dice.next() >> 16, readiness: .readable))
        case 6:
            guard let event = events.first, event.token & 0xFFFF_0000 != 0xFFFF_0000 else { break }
            let token = event.token &- (1 << 32)
            events.append(BackendEvent(token: token, readiness: [.readable, .failed]))
        default: break
        }
    }

    private func remember(_ events: [BackendEvent], loop: Int) {
        guard let event = events.last else { return }
        if pasts[loop, default: []].count < 64 {
            pasts[loop, default: []].append(event)
        } else {
            pasts[loop]?[dice.below(64)] = event
        }
    }

    private func note(_ event: BackendEvent, loop: Int) {
        let token = Int(truncatingIfNeeded: event.token)
        log.note(
            1, loop, token, Int(event.readiness.rawValue),
            line: "loop \(loop): event \(event.readiness.rawValue) for \(hex(event.token))")
    }

    private func hex(_ token: UInt64) -> String { String(token, radix: 16) }
}

import RNodeIO

/// The order in which a scripted backend reports what is ready at once.
///
/// A kernel promises none, so nothing may depend on it: run a test in several orders.
public struct EventOrder: Sendable {
    private enum Rule {
        case added
        case reversed
        case shuffled
    }

    private var rule: Rule
    private var state: UInt64

    /// As the descriptors were added.
    public static let added = EventOrder(rule: .added, state: 0)

    /// Against the order in which the descriptors were added.
    public static let reversed = EventOrder(rule: .reversed, state: 0)

    /// Another order at each wait; the same sequence of orders for the same `seed`, on every machine.
    public static func shuffled(seed: UInt64) -> EventOrder {
        EventOrder(rule: .shuffled, state: seed)
    }

    mutating func arrange(_ events: inout [BackendEvent]) {
        switch rule {
        case .added: break
        case .reversed: events.reverse()
        case .shuffled: shuffle(&events)
        }
    }

    private mutating func shuffle(_ events: inout [BackendEvent]) {
        guard events.count > 1 else { return }
        for last in stride(from: events.count - 1, to: 0, by: -1) {
            events.swapAt(last, Int(next() % UInt64(last + 1)))
        }
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

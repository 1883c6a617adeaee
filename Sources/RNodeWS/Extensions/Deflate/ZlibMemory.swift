internal import Synchronization

/// Where a test has zlib's streams take their memory: counted, and with allocations that fail at will.
///
/// A server has none of it: then zlib asks the C library itself. May be used from any thread.
package final class ZlibMemory: Sendable {
    /// Which allocations fail, counted from 1 in the order in which they come.
    package enum Failing: Hashable, Sendable {
        /// None of them.
        case none
        /// One.
        case only(Int)
        /// One, and all that follow.
        case from(Int)
    }

    private let failing: Failing
    private let asked = Atomic(0)
    private let refused = Atomic(0)
    private let releases = Atomic(0)

    /// Memory of which nothing is taken.
    package init(failing: Failing = .none) {
        self.failing = failing
    }

    /// How often memory was asked for.
    package var requestCount: Int { asked.load(ordering: .relaxed) }

    /// How often there was none.
    package var refusalCount: Int { refused.load(ordering: .relaxed) }

    /// Allocations that were not given back yet.
    package var liveCount: Int {
        requestCount &- refusalCount &- releases.load(ordering: .relaxed)
    }

    /// Counts a request; whether there is to be memory for it.
    func grants() -> Bool {
        let ordinal = asked.wrappingAdd(1, ordering: .relaxed).newValue
        let fails =
            switch failing {
            case .none: false
            case .only(let one): ordinal == one
            case .from(let first): ordinal >= first
            }
        if fails { refused.wrappingAdd(1, ordering: .relaxed) }
        return !fails
    }

    /// Counts that an allocation was given back.
    func noteRelease() {
        releases.wrappingAdd(1, ordering: .relaxed)
    }
}

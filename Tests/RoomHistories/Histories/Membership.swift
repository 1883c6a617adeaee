/// One join, leave or end of a client, with the steps between which it took effect.
struct MembershipOperation {
    enum Kind {
        case join, leave
        /// The connection's end. It takes effect at some time after it was asked for.
        case end
    }

    enum Outcome: Equatable {
        /// No answer came: it may or may not have taken effect.
        case none
        case joined(members: Int)
        case left
        case alreadyIn, full, notIn
    }

    let client: Int
    let kind: Kind
    let asked: Int
    var answered = Int.max
    var outcome = Outcome.none
}

/// Looks for an order of the operations, true to the time each was asked and answered, in which a room that does one
/// thing after another would have given the same answers: that is what linearisable means.
struct SequentialRoom {
    private let operations: [MembershipOperation]
    private let seats: Int
    private var seen: Set<UInt64> = []

    init(_ operations: [MembershipOperation], seats: Int) {
        self.operations = operations
        self.seats = seats
    }

    /// Whether there is such an order that ends with these members.
    mutating func explains(members: UInt64) -> Bool {
        search(done: 0, members: 0, ending: members)
    }

    private mutating func search(done: UInt64, members: UInt64, ending: UInt64) -> Bool {
        guard seen.insert(done << 8 | members).inserted else { return false }
        let open = operations.indices.filter { done & 1 << UInt64($0) == 0 }
        if members == ending, open.allSatisfy({ operations[$0].outcome == .none }) { return true }
        // Nothing that was asked after another was answered comes before it.
        let horizon = open.map { operations[$0].answered }.min() ?? .max
        for place in open where operations[place].asked <= horizon {
            guard let next = apply(operations[place], members) else { continue }
            if search(done: done | 1 << UInt64(place), members: next, ending: ending) {
                return true
            }
        }
        return false
    }

    /// The members after an operation; nil when it could not have been answered as it was.
    private func apply(_ operation: MembershipOperation, _ members: UInt64) -> UInt64? {
        let bit = UInt64(1) << UInt64(operation.client)
        let isMember = members & bit != 0
        switch (operation.kind, operation.outcome) {
        case (.end, _): return members & ~bit
        case (.join, .none): return isMember ? members : members | bit
        case (.leave, .none): return members & ~bit
        case (.join, .joined(let count)):
            guard !isMember, members.nonzeroBitCount < seats else { return nil }
            return (members | bit).nonzeroBitCount == count ? members | bit : nil
        case (.join, .alreadyIn): return isMember ? members : nil
        case (.join, .full): return isFull(operation, members) && !isMember ? members : nil
        case (.leave, .left): return isMember ? members & ~bit : nil
        case (.leave, .notIn): return isMember ? nil : members
        default: return nil
        }
    }

    /// All seats are taken, or one more is held by a join that was under way at the time.
    private func isFull(_ operation: MembershipOperation, _ members: UInt64) -> Bool {
        let racing = operations.count { other in
            other.client != operation.client && other.kind == .join
                && other.asked <= operation.answered && other.answered >= operation.asked
        }
        return members.nonzeroBitCount + racing >= seats
    }
}

/// Which slots were seen: forgotten at once, whatever their number.
struct SlotMarks {
    /// The round in which each slot was last seen; 0 for none.
    private var rounds: [UInt32] = []
    private var round: UInt32 = 0

    /// Forgets all marks.
    mutating func removeAll() {
        round &+= 1
        guard round == 0 else { return }
        // Once in four thousand million times.
        rounds.removeAll(keepingCapacity: true)
        round = 1
    }

    /// Marks a slot; returns whether it was marked before.
    mutating func mark(_ slot: UInt32) -> Bool {
        let place = Int(truncatingIfNeeded: slot)
        if place >= rounds.count {
            rounds.append(contentsOf: repeatElement(0, count: place &+ 1 &- rounds.count))
        }
        defer { rounds[place] = round }
        return rounds[place] == round
    }
}

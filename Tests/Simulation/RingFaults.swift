import RNodeIO
import RNodeTesting

// What goes wrong in an io_uring without a kernel: completions come late and in any order, operations end by themselves or
// find no room.
extension Faults {
    /// From here on `ring` does as it likes, as long as faults are active.
    func disturb(_ ring: ScriptedRing, number: Int) {
        ring.script = { [unowned self, unowned ring] in disorder(&$0, ring, number) }
        ring.endsReceiving = { [unowned self] in isActive && isLucky(oneIn: 5) }
    }

    /// Keeps some completions for later, and mixes the others; those of one operation keep their order.
    private func disorder(
        _ done: inout [RingCompletion], _ ring: ScriptedRing, _ number: Int
    ) {
        let all = ring.held + done
        ring.held = []
        done = all
        defer { for completion in done { note(completion, ring: number) } }
        ring.hasRoom = !isActive || !isLucky(oneIn: 12)
        guard isActive, !all.isEmpty else { return }
        let given = Dictionary(grouping: all, by: \.operation)
        done = []
        for operation in shuffled(given.keys.sorted()) {
            let completions = given[operation] ?? []
            if isLucky(oneIn: 4) { ring.held += completions } else { done += completions }
        }
    }

    private func note(_ completion: RingCompletion, ring: Int) {
        let operation = completion.operation
        log.note(
            15, ring, Int(truncatingIfNeeded: operation), Int(completion.result),
            line: "ring \(ring): \(completion.result) for \(String(operation, radix: 16))")
    }
}

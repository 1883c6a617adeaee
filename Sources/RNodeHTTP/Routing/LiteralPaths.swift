/// Paths without parameters, found whole: a hash table whose keys are fixed before the server listens.
///
/// A client chooses what is looked up and never what is in it, so the hash needs no secret. A path
/// that is escaped is not found here, and takes the way through the trie.
///
/// Copied by name only: to look something up copies nothing.
struct LiteralPaths: ~Copyable {
    private struct Entry: Sendable {
        let start: Int
        let end: Int
        let node: Int
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// Places in `entries`, or -1; twice as many as entries at least, and a power of two.
    private var slots: [Int32] = Array(repeating: -1, count: 16)

    init() {}

    init(copying other: borrowing LiteralPaths) {
        bytes = other.bytes
        entries = other.entries
        slots = other.slots
    }

    /// Notes the node of a path that is new.
    mutating func insert(_ path: [UInt8], node: Int) {
        let start = bytes.count
        bytes += path
        entries.append(Entry(start: start, end: bytes.count, node: node))
        if entries.count * 2 > slots.count {
            let count = slots.count * 2
            slots = Array(repeating: -1, count: count)
            for number in entries.indices { place(number) }
        } else {
            place(entries.count - 1)
        }
    }

    private mutating func place(_ number: Int) {
        let mask = slots.count - 1
        var slot = hash(of: entries[number]) & mask
        while slots[slot] >= 0 { slot = (slot + 1) & mask }
        slots[slot] = Int32(truncatingIfNeeded: number)
    }

    /// The node of `path`.
    func node(_ path: Span<UInt8>) -> Int? {
        let mask = slots.count &- 1
        var slot = Self.hash(path) & mask
        // Half of the slots are empty at least, so this ends.
        while slots[slot] >= 0 {
            let entry = entries[Int(slots[slot])]
            if bytes.span.extracting(entry.start..<entry.end).isEqual(to: path) {
                return entry.node
            }
            slot = (slot &+ 1) & mask
        }
        return nil
    }

    private func hash(of entry: Entry) -> Int {
        Self.hash(bytes.span.extracting(entry.start..<entry.end))
    }

    /// Eight bytes a step, each mixed into all that follows.
    private static func hash(_ path: Span<UInt8>) -> Int {
        var hash = UInt64(truncatingIfNeeded: path.count)
        var index = 0
        while index < path.count {
            let product = (hash ^ path.word(from: index)).multipliedFullWidth(
                by: 0x9E37_79B9_7F4A_7C15)
            hash = product.high ^ product.low
            index &+= 8
        }
        return Int(truncatingIfNeeded: hash & 0x7FFF_FFFF)
    }
}

import Synchronization

/// The events that callbacks saw, by the key that their connection gave.
final class Journal: Sendable {
    private static let entriesMax = 1_000
    private let entries = Mutex<[String: [JournalEntry]]>([:])

    /// Keeps an entry, and of older ones the last 999.
    func append(_ entry: JournalEntry, to key: String) {
        entries.withLock { entries in
            entries[key, default: []].append(entry)
            if entries[key, default: []].count > Self.entriesMax { entries[key]?.removeFirst() }
        }
    }

    /// The entries of a key in their order; of an unknown key none.
    func entries(of key: String) -> [JournalEntry] {
        entries.withLock { $0[key] ?? [] }
    }
}

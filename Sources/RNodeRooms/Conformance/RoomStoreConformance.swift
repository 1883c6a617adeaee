/// Checks that a `RoomStore` keeps its promises; needs no test framework.
///
/// ```swift
/// @Test func fileStoreConforms() async throws {
///     try await RoomStoreConformance.check { FileRoomStore(file: temporaryFile()) }
/// }
/// ```
public enum RoomStoreConformance {
    /// Runs every check, each on a new store.
    ///
    /// - Parameter makeStore: gives a store that remembers nothing yet.
    /// - Throws: `RoomConformanceFailure` for the first rule broken, or what the store throws.
    public static func check(
        _ makeStore: () async throws -> any RoomStore
    ) async throws {
        try await startsEmpty(makeStore())
        try await remembersEveryField(makeStore())
        try await replacesWhatWasSaved(makeStore())
        try await forgets(makeStore())
        try await takesTwoRoomsOfOneName(makeStore())
        try await takesManyAtOnce(makeStore())
    }

    /// Checks that rooms are still there for a store opened a second time.
    ///
    /// - Parameter openStore: opens the same storage each time; at first it is empty.
    /// - Throws: `RoomConformanceFailure`, or what the store throws.
    public static func checkReopening(
        _ openStore: () async throws -> any RoomStore
    ) async throws {
        let first = try await openStore()
        for record in samples { try await first.save(record) }
        try await first.remove(samples[0].id)
        let second = try await openStore()
        try await expect(Array(samples.dropFirst()), in: second, "rooms outlive the store")
    }

    // MARK: - Rules

    private static func startsEmpty(_ store: any RoomStore) async throws {
        try await expect([], in: store, "a new store remembers nothing")
    }

    private static func remembersEveryField(_ store: any RoomStore) async throws {
        for record in samples { try await store.save(record) }
        try await expect(samples, in: store, "every field of a room is remembered as it was")
    }

    private static func replacesWhatWasSaved(_ store: any RoomStore) async throws {
        for record in samples { try await store.save(record) }
        var changed = samples[1]
        changed.metadata = ["topic": "changed"]
        try await store.save(changed)
        var expected = samples
        expected[1] = changed
        try await expect(expected, in: store, "a room saved again replaces itself only")
    }

    private static func forgets(_ store: any RoomStore) async throws {
        for record in samples { try await store.save(record) }
        try await store.remove(samples[1].id)
        try await store.remove(samples[1].id)
        try await store.remove(RoomID(high: 0, low: 99))
        let rest = samples.filter { $0.id != samples[1].id }
        try await expect(rest, in: store, "a removed room is forgotten, and no other")
        try await store.save(samples[1])
        try await expect(samples, in: store, "a removed room can be saved again")
    }

    private static func takesTwoRoomsOfOneName(_ store: any RoomStore) async throws {
        let twins = (1...2).map {
            RoomRecord(id: RoomID(high: 7, low: $0), name: "twin", createdAt: 1)
        }
        for twin in twins { try await store.save(twin) }
        try await expect(twins, in: store, "two rooms may bear one name")
    }

    private static func takesManyAtOnce(_ store: any RoomStore) async throws {
        let many = (0..<100).map {
            RoomRecord(id: RoomID(high: 1, low: $0), name: "room \($0)", createdAt: Int64($0))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for record in many { group.addTask { try await store.save(record) } }
            try await group.waitForAll()
        }
        try await expect(many, in: store, "saves of different rooms at the same time all count")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for record in many.dropLast() { group.addTask { try await store.remove(record.id) } }
            try await group.waitForAll()
        }
        try await expect(
            many.suffix(1), in: store, "removals of different rooms at the same time all count")
    }

    // MARK: - Parts

    private static func expect(
        _ expected: [RoomRecord], in store: any RoomStore, _ rule: String
    ) async throws {
        let found = try await store.loadAll()
        try RoomConformanceFailure.require(
            Set(found).count == found.count, "RoomStore", rule, "loadAll gave a room twice")
        try RoomConformanceFailure.require(
            Set(found) == Set(expected), "RoomStore", rule,
            "\(Set(found).subtracting(expected)) is too much, "
                + "\(Set(expected).subtracting(found)) is missing")
    }

    private static let samples = [
        RoomRecord(id: RoomID(high: 0, low: 1), name: "plain", createdAt: 0),
        RoomRecord(
            id: RoomID(high: .max, low: .max), name: "Größe 📐 \"quoted\" \\ /", description: "",
            maxConnections: 1, metadata: ["": "", "ключ": "değer\n\u{0}\u{1F600}"],
            createdAt: 1_700_000_000_123),
        RoomRecord(
            id: RoomID(high: 1 << 63, low: 0), name: String(repeating: "n", count: 255),
            description: String(repeating: "é", count: 2_048), maxConnections: Int.max,
            metadata: ["e\u{301}": "composed apart", "other": "x"], createdAt: 253_402_300_799_999),
    ]
}

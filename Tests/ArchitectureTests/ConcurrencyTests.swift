import Testing

@Suite("Concurrency")
struct ConcurrencyTests {
    /// The types that own a lock. Everything else is confined to a loop, an actor, or atomic.
    private static let lockOwners: Set = [
        "RNodeApp: App",
        "RNodeApp: ClientDirectory.Shard",
        // Asked once for each connection, where addresses are counted.
        "RNodeApp: ConnectionsPerAddress",
        "RNodeBytes: Guarded",
        "RNodeIO: Mailbox",
        // What a conformance suite hands to a broker under test.
        "RNodeRooms: Guarded",
        "RNodeRooms: NotedDelivery",
        // Wakes come from any thread, in tests too.
        "RNodeTesting: ScriptedWaker",
    ]

    @Test("Only the listed types own a Mutex")
    func locksAreListed() {
        let owners = Repository.sources.flatMap { file in
            file.types(declaring: "Mutex").union(file.types(declaring: "Guarded")).map {
                file.target + ": " + $0
            }
        }
        expectList(Set(owners), Self.lockOwners)
    }

    @Test("Whatever is called Sendable without being checked says why, within four lines")
    func uncheckedIsExplained() {
        for file in Repository.sources {
            let lines = file.lines { line in
                line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)")
            }
            for line in lines {
                let last = min(line + 1, file.commentLines.count)
                #expect(file.isExplained(line: last, within: 5), "\(file.path):\(line)")
            }
        }
    }

    /// The files that may suspend on a continuation: each resumes it exactly once, and says how.
    private static let continuations: Set = [
        "RNodeApp/App+Rooms.swift",
        "RNodeApp/Flows/FlowTask.swift",
        "RNodeTesting/ScriptedWaker.swift",
    ]

    @Test("Continuations are made in the listed files only, so none is made for each message")
    func continuationsAreListed() {
        let makers = [
            "withCheckedContinuation", "withCheckedThrowingContinuation", "withUnsafeContinuation",
            "withUnsafeThrowingContinuation",
        ]
        let found = Repository.sources.filter { file in
            makers.contains { !file.lines(withWord: $0).isEmpty }
        }
        expectList(Set(found.map(\.shortPath)), Self.continuations)
    }

    @Test("No library starts a task that leaves its executor, or waits on a semaphore or a queue")
    func nothingLeavesItsLoop() {
        for file in Repository.sources {
            // Detached from task-locals, not from the loop; and the shutdown, which nobody's cancelling cuts short.
            let leaving = file.lines { line in
                line.contains("Task.detached") && !line.contains("executorPreference:")
            }
            #expect(
                leaving.isEmpty || file.shortPath == "RNodeApp/App+Running.swift", "\(file.path)")
            for word in ["DispatchQueue", "DispatchSemaphore", "NSLock"] {
                #expect(file.lines(withWord: word).isEmpty, "\(file.path): \(word)")
            }
        }
    }

    @Test(
        "A library sleeps only where it waits for the last connections, or for a broker under test")
    func sleepsAreListed() {
        let found = Repository.sources.filter { !$0.lines(withWord: "sleep").isEmpty }
        expectList(
            Set(found.map(\.shortPath)),
            ["RNodeApp/App+Running.swift", "RNodeRooms/Conformance/RoomBrokerConformance.swift"])
    }
}

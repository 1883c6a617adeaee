import Testing

@Suite("Concurrency")
struct ConcurrencyTests {
    /// The types that own a lock. Everything else is confined to a loop, an actor, or atomic.
    private static let lockOwners: Set = [
        "RNodeApp: App",
        // Asked for another loop, once for what crosses to it.
        "RNodeApp: AppCore.Place",
        "RNodeApp: ClientDirectory.Shard",
        // Asked once for each connection, where addresses are counted.
        "RNodeApp: ConnectionsPerAddress",
        // Asked once for each file, and a read costs more.
        "RNodeApp: FileReads",
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
        "RNodeApp/Files/FileReads.swift",
        "RNodeApp/Flows/FlowTask.swift",
        "RNodeTesting/ScriptedWaker.swift",
    ]

    @Test("D7 Continuations are made in the listed files only, so none is made for each message")
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
                leaving.isEmpty || file.shortPath == "RNodeApp/Draining/App+Draining.swift",
                "\(file.path)")
            for word in ["DispatchQueue", "DispatchSemaphore", "NSLock"] {
                #expect(file.lines(withWord: word).isEmpty, "\(file.path): \(word)")
            }
        }
    }

    @Test(
        "A library sleeps only where it guards a drain against blocked loops, or waits for a broker under test"
    )
    func sleepsAreListed() {
        let found = Repository.sources.filter { !$0.lines(withWord: "sleep").isEmpty }
        expectList(
            Set(found.map(\.shortPath)),
            [
                "RNodeApp/Draining/App+Draining.swift",
                "RNodeRooms/Conformance/RoomBrokerConformance.swift",
            ])
    }

    /// The files that start tasks, and for what: none for each message. A message's flow waits in the one task of its
    /// connection, made when it is first needed.
    private static let tasks: [String: String] = [
        "RNodeApp/App+Running.swift": "the start",
        "RNodeApp/Draining/App+Draining.swift": "the end, and its guard",
        "RNodeApp/Draining/DrainSteps.swift": "the broker's end",
        "RNodeApp/Flows/FlowTask.swift": "one for each connection with async callbacks",
        "RNodeApp/HTTP/AppLoop+HTTP.swift": "an async HTTP handler",
        "RNodeApp/Rooms/AppLoop+Rooms.swift": "the look-up of a room that is not on this loop",
        "RNodeApp/Rooms/RoomExpiry.swift": "four for each life of empty rooms",
        "RNodeApp/WebSocket/Opening.swift": "an async onConnect",
        "RNodeApp/WebSocket/WebSocketPeer+Flows.swift": "a flow that asks the registry",
        "RNodeRooms/Registry/RoomRegistry+Store.swift": "a turn of the store",
        "RNodeTesting/TestHost.swift": "a test's own call",
    ]

    @Test("D7 Tasks are started in the listed files only, none of them for each message")
    func tasksAreListed() {
        for file in Repository.sources where Self.tasks[file.shortPath] == nil {
            let lines = file.lines { line in
                SourceFile.words(in: line).contains("Task")
                    && ["Task {", "Task(", "Task.detached", "Task.immediate"].contains {
                        line.contains($0)
                    }
            }
            #expect(lines.isEmpty, "\(file.path): \(lines)")
        }
    }

    @Test("D7 Every stream of values has a bound")
    func streamsAreBounded() {
        var count = 0
        for file in Repository.sources {
            for line in file.lines(where: {
                $0.contains("makeStream(") || $0.contains("AsyncStream(")
            }) {
                count += 1
                let call = file.codeLines[(line - 1)..<min(line + 1, file.codeLines.count)].joined()
                #expect(call.contains("bufferingPolicy: .buffering"), "\(file.path):\(line)")
            }
            #expect(file.lines(withWord: "unbounded").isEmpty, "\(file.path)")
            #expect(file.lines(withWord: "AsyncThrowingStream").isEmpty, "\(file.path)")
        }
        #expect(count >= 3)
    }
}

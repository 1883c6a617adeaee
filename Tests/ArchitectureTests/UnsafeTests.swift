import Testing

@Suite("Memory safety")
struct UnsafeTests {
    /// The files that may say `unsafe`. A new one is a decision: put it here in the same change, and say in the
    /// file by a `SAFETY:` comment who owns the memory, for how long, and within which bounds.
    private static let files: Set = [
        "RNodeApp/AppLoop.swift",
        "RNodeApp/Events/EventBytes.swift",
        "RNodeApp/Events/WebSocketEventData.swift",
        "RNodeApp/Flows/FlowTask.swift",
        "RNodeApp/WebSocket/AppLoop+Receiving.swift",
        "RNodeApp/WebSocket/MessageReceiver.swift",
        "RNodeApp/WebSocket/RawWebSocketContext.swift",
        "RNodeBytes/ByteBuffer+Append.swift",
        "RNodeBytes/ByteBuffer.swift",
        "RNodeBytes/MutableSpan+Replacing.swift",
        "RNodeBytes/Owned.swift",
        "RNodeBytes/Span+ByteSearch.swift",
        "RNodeBytes/Span+Copied.swift",
        "RNodeBytes/Span+Equality.swift",
        "RNodeBytes/Span+MarkSearch.swift",
        "RNodeBytes/Span+Words.swift",
        "RNodeIO/Backends/Epoll.swift",
        "RNodeIO/Backends/Ring/IOUring+Owners.swift",
        "RNodeIO/Backends/Ring/IOUring.swift",
        "RNodeIO/Backends/Ring/KernelRing.swift",
        "RNodeIO/Backends/Ring/RingCore+Bytes.swift",
        "RNodeIO/Backends/Ring/RingCore+Completing.swift",
        "RNodeIO/Backends/Ring/RingCore.swift",
        "RNodeIO/Connection/ConnectionContext.swift",
        "RNodeIO/Connection/ReceiveBuffer.swift",
        "RNodeIO/Connection/SlotList.swift",
        "RNodeIO/Connection/SlotTable.swift",
        "RNodeIO/EventLoop/EventLoop+Accepting.swift",
        "RNodeIO/EventLoop/EventLoop+Serving.swift",
        "RNodeIO/EventLoop/EventLoop+Settling.swift",
        "RNodeIO/EventLoop/EventLoop+ShuttingDown.swift",
        "RNodeIO/EventLoop/EventLoop.swift",
        "RNodeIO/EventLoop/LoopCore.swift",
        "RNodeIO/EventLoop/LoopExecutor.swift",
        "RNodeIO/EventLoop/LoopThread.swift",
        "RNodeIO/Transport/SystemAddress.swift",
        "RNodeIO/Transport/SystemCalls+Descriptors.swift",
        "RNodeIO/Transport/SystemCalls+Names.swift",
        "RNodeIO/Transport/SystemCalls+Platform.swift",
        "RNodeIO/Transport/SystemCalls+Wake.swift",
        "RNodeIO/Transport/SystemCalls.swift",
        "RNodeIO/Transport/SystemFile.swift",
        "RNodeRooms/Registry/RoomRegistry.swift",
        "RNodeTesting/ScriptedRing.swift",
        "RNodeWS/Extensions/Deflate/ZlibStream.swift",
        "RNodeWS/Framing/FrameHead.swift",
        "RNodeWS/Framing/Mask.swift",
        "RNodeWS/Framing/UTF8Kernel.swift",
        "RNodeWS/Session/WebSocketSession+Receiving.swift",
    ]

    @Test("Only the listed files say unsafe")
    func unsafeIsListed() {
        let found = Repository.sources.filter { !$0.lines(withWord: "unsafe").isEmpty }
        expectList(Set(found.map(\.shortPath)), Self.files)
    }

    /// How often each module says it. An audit's sum: more needs a reason in the same change, less is to be kept.
    private static let counts = [
        "RNodeApp": 36, "RNodeBytes": 70, "RNodeIO": 488, "RNodeRooms": 1, "RNodeTesting": 4,
        "RNodeWS": 58,
    ]

    @Test("Each module says unsafe as often as is listed")
    func unsafeIsCounted() {
        var counts: [String: Int] = [:]
        for file in Repository.sources {
            let count = file.count(ofWord: "unsafe")
            if count > 0 { counts[file.target, default: 0] += count }
        }
        #expect(counts == Self.counts)
    }

    /// What is no module of ours and says it, and how often: an audit's list, as above.
    private static let others = [
        "Benchmarks/RNodeBenchmarks/Measuring/Callgrind.swift": 1,
        "Benchmarks/RNodeBenchmarks/Memory/MemoryRing.swift": 9,
        "Benchmarks/RNodeBenchmarks/Memory/MemoryStream.swift": 9,
        "Fuzz/Driver/Driver.swift": 4,
        "Fuzz/Replay/OwnThread.swift": 3,
        "Tests/DifferentialProgram/StandardStreams.swift": 7,
        "Tests/HTTPFraming/HTTPFraming.swift": 2,
        "Tests/RNodeAppTests/Draining/SupervisorTests.swift": 1,
        "Tests/RNodeAppTests/LifetimeTests.swift": 1,
        "Tests/RNodeAppTests/Support/HoldingExecutor.swift": 2,
        "Tests/RNodeAppTests/WebSocketThreatTests.swift": 4,
        "Tests/RNodeIOTests/BacklogTests.swift": 1,
        "Tests/RNodeIOTests/InheritedSocketTests.swift": 1,
        "Tests/RNodeIOTests/InterruptedCallTests.swift": 6,
        "Tests/RNodeIOTests/KernelThreatTests.swift": 2,
        "Tests/RNodeIOTests/MailboxTests.swift": 2,
        "Tests/RNodeIOTests/SocketAddressTests.swift": 2,
        "Tests/RNodeIOTests/SocketListenerTests.swift": 3,
        "Tests/RNodeIOTests/SocketTransportTests.swift": 1,
        "Tests/RNodeIOTests/Sockets.swift": 3,
        "Tests/RNodeIOTests/SystemFileTests.swift": 9,
        "Tests/RNodeIOTests/TestThread.swift": 4,
        "Tests/RNodeRoomsTests/RoomRegistryReentrancyTests.swift": 1,
        "Tests/RNodeRoomsTests/Support/VirtualLoop.swift": 1,
        "Tests/Simulation/Answer.swift": 1,
    ]

    @Test("Whatever is no module says unsafe where, and as often as, is listed")
    func otherUnsafeIsListed() {
        var counts: [String: Int] = [:]
        for folder in ["Benchmarks", "Examples", "Fuzz", "Tests"] {
            let files = Repository.swiftFiles(beneath: folder)
            #expect(!files.isEmpty, "\(folder)")
            for file in files {
                let count = file.count(ofWord: "unsafe")
                if count > 0 { counts[file.path] = count }
            }
        }
        expectList(Set(counts.keys), Set(Self.others.keys))
        #expect(counts == Self.others)
    }

    @Test("Whatever says unsafe stands under a SAFETY: comment, of its own or of its declaration's")
    func unsafeIsExplained() {
        for file in Repository.sources {
            let explained = SafetyComments(file).lines
            let found = file.lines(withWord: "unsafe").filter { !explained.contains($0) }
            #expect(found.isEmpty, "\(file.path)")
        }
    }

    @Test("A SAFETY: comment is for the function or type it stands before or in, and no further")
    func commentsReach() {
        let text = """
            struct A {
                // SAFETY: owned.
                let pointer: Int
                func f() {
                    pointer
                }
            }

            // SAFETY: of f only.
            func f() {
                pointer
            }

            func g() {
                pointer
                if a {
                    // SAFETY: in here.
                    pointer
                }
                pointer
            }
            """
        let lines = SafetyComments(SourceFile(path: "Sources/A/A.swift", text: text)).lines
        #expect(lines == Set(Array(1...7) + Array(10...12) + Array(16...19)))
    }

    @Test("No loop begins with `for unsafe`, which the formatter of 6.3 joins to one word")
    func loopsSurviveTheFormatter() {
        for file in Repository.sources {
            #expect(file.lines(with: "for unsafe").isEmpty, "\(file.path)")
        }
    }

    @Test("No build setting removes checks")
    func checksStayOn() throws {
        let manifest = try Manifest()
        // What the sanitizers' builds add: optimised libraries, with all their checks.
        let optimised = #"""
            Context.environment["RNODE_OPTIMISED"] == nil
                ? strict : strict + [.unsafeFlags(["-O", "-assert-config", "Debug"])]
            """#
        #expect(manifest.text.contains(optimised))
        let settings =
            manifest.text.replacing(optimised, with: "")
            + Repository.sources.map(\.path).joined()
        for forbidden in ["Ounchecked", "enforce-exclusivity", "disable-", "unsafeFlags"] {
            #expect(!settings.contains(forbidden), "\(forbidden)")
        }
        for script in Repository.paths(beneath: "scripts") + [".ci/run"] {
            let text = (try? Repository.text(of: script)) ?? ""
            #expect(!text.contains("Ounchecked"), "\(script)")
            #expect(!text.contains("enforce-exclusivity"), "\(script)")
        }
    }
}

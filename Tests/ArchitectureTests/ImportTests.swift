import Testing

@Suite("The import graph")
struct ImportTests {
    /// What each target may depend on, in Package.swift and in its imports. Siblings never meet.
    private static let graph: [String: Set<String>] = [
        "RNodeBytes": [],
        "RNodeIO": ["RNodeBytes", "CLinux", "CUring"],
        "RNodeHTTP": ["RNodeBytes", "httpTypes"],
        "RNodeWS": ["RNodeBytes", "CZlib"],
        "RNodeRooms": [],
        "RNodeApp": [
            "RNodeIO", "RNodeHTTP", "RNodeWS", "RNodeRooms", "httpTypes", "logging", "metrics",
        ],
        "RNodeTesting": ["RNodeIO", "RNodeHTTP", "RNodeWS", "httpTypes"],
    ]
    private static let siblings = ["RNodeIO", "RNodeHTTP", "RNodeWS", "RNodeRooms"]
    /// The modules of what Package.swift gives a short name.
    private static let products = [
        "httpTypes": ["HTTPTypes"], "logging": ["Logging"], "metrics": ["Metrics", "CoreMetrics"],
        "arguments": ["ArgumentParser"],
    ]
    private static let system: Set = ["Glibc", "Musl", "Darwin"]

    @Test("Package.swift gives each library exactly the dependencies of the design")
    func manifestFollowsGraph() throws {
        let manifest = try Manifest()
        for library in Repository.libraries {
            #expect(manifest.target(library)?.dependencies == Self.graph[library], "\(library)")
        }
    }

    @Test("Siblings never import one another", arguments: siblings)
    func siblingsDoNotMeet(_ sibling: String) {
        let others = Set(Self.siblings).subtracting([sibling])
        for file in Repository.sources where file.target == sibling {
            #expect(file.imports.isDisjoint(with: others), "\(file.path)")
        }
    }

    @Test("A library imports what it depends on, and of the toolchain only what is allowed")
    func importsFollowGraph() {
        for file in Repository.sources {
            let named = (Self.graph[file.target] ?? []).flatMap { Self.products[$0] ?? [$0] }
            // What a dependency re-exports may be imported by its name too.
            var allowed = Set(named).union(["RNodeBytes", "Synchronization"]).union(Self.system)
            if file.target == "RNodeRooms" { allowed.remove("RNodeBytes") }
            if file.target == "RNodeApp" {
                allowed.formUnion(["FoundationEssentials", "Dispatch"])
            }
            #expect(file.imports.isSubset(of: allowed), "\(file.path): \(file.imports)")
        }
    }

    @Test("Foundation is imported nowhere, FoundationEssentials in RNodeApp only")
    func foundationStaysOut() {
        for file in Repository.sources {
            #expect(!file.imports.contains("Foundation"), "\(file.path)")
            #expect(
                file.target == "RNodeApp" || !file.imports.contains("FoundationEssentials"),
                "\(file.path)")
        }
        for folder in ["Tests", "Examples", "Benchmarks"] {
            for file in Repository.swiftFiles(beneath: folder) {
                #expect(!file.imports.contains("Foundation"), "\(file.path)")
            }
        }
    }

    @Test(
        "The libraries depend on four packages: logging, metrics, HTTP types, and arguments for executables"
    )
    func packagesAreFew() throws {
        let manifest = try Manifest()
        let names = manifest.packages.map { $0.split(separator: "/").last.map(String.init) ?? "" }
        #expect(
            Set(names) == [
                "swift-log", "swift-metrics", "swift-http-types", "swift-argument-parser",
            ])
        for library in Repository.libraries {
            let dependencies = manifest.target(library)?.dependencies ?? []
            #expect(!dependencies.contains("arguments"), "\(library)")
        }
    }

    @Test("Every target of Swift is compiled with the strict settings")
    func everyTargetIsStrict() throws {
        let manifest = try Manifest()
        #expect(manifest.targets.count > 10)
        let ofC = ["CLinux", "CUring", "CZlib", "CHeap", "CMeasuring"]
        for target in manifest.targets where !ofC.contains(target.name) {
            #expect(target.isStrict, "\(target.name)")
        }
        // The libraries' settings are the strict ones, and for the sanitizers more.
        #expect(manifest.text.contains("? strict : strict + ["))
        for setting in [
            ".swiftLanguageMode(.v6)", ".strictMemorySafety()",
            ".treatAllWarnings(as: .error)", "\"ExistentialAny\"", "\"InternalImportsByDefault\"",
            "\"MemberImportVisibility\"", "\"NonisolatedNonsendingByDefault\"",
            "\"InferIsolatedConformances\"",
        ] {
            #expect(manifest.text.contains(setting), "\(setting)")
        }
    }

    /// The files that may call the system; everything else asks RNodeIO.
    private static let systemCallers: Set = [
        "RNodeApp/Draining/ProcessSignals.swift",
        "RNodeIO/Backends/Epoll.swift",
        "RNodeIO/Backends/Poll.swift",
        "RNodeIO/Backends/Ring/AcceptQueue.swift",
        "RNodeIO/Backends/Ring/IOUring+Owners.swift",
        "RNodeIO/Backends/Ring/IOUring.swift",
        "RNodeIO/Backends/Ring/KernelRing.swift",
        "RNodeIO/Backends/Ring/RingCore+Completing.swift",
        "RNodeIO/EventLoop/AcceptErrorCause.swift",
        "RNodeIO/EventLoop/LoopThread.swift",
        "RNodeIO/Transport/SocketListener+Bind.swift",
        "RNodeIO/Transport/SocketListener+Inherited.swift",
        "RNodeIO/Transport/SocketListener.swift",
        "RNodeIO/Transport/SocketTransport.swift",
        "RNodeIO/Transport/SystemAddress.swift",
        "RNodeIO/Transport/SystemCalls+Descriptors.swift",
        "RNodeIO/Transport/SystemCalls+Names.swift",
        "RNodeIO/Transport/SystemCalls+Platform.swift",
        "RNodeIO/Transport/SystemCalls+Wake.swift",
        "RNodeIO/Transport/SystemCalls.swift",
        "RNodeIO/Transport/SystemFile.swift",
        "RNodeIO/Transport/UnixDatagram.swift",
        "RNodeTesting/InMemoryListener.swift",
        "RNodeTesting/InMemoryTransport.swift",
        "RNodeTesting/ScriptedBackend.swift",
        "RNodeTesting/ScriptedRing.swift",
        "RNodeWS/Extensions/Deflate/ZlibStream.swift",
    ]

    @Test("Only the listed files import the C library, CLinux, CUring or CZlib")
    func systemIsCalledInOnePlace() {
        let found = Repository.sources.filter {
            !$0.imports.isDisjoint(with: Self.system.union(["CLinux", "CUring", "CZlib"]))
        }
        expectList(Set(found.map(\.shortPath)), Self.systemCallers)
    }
}

/// Compares a list that is kept here by hand with what the sources hold.
func expectList(
    _ found: Set<String>, _ listed: Set<String>,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let added = found.subtracting(listed).sorted()
    let gone = listed.subtracting(found).sorted()
    #expect(added.isEmpty, "not in the list of this test", sourceLocation: sourceLocation)
    #expect(gone.isEmpty, "to be taken out of the list", sourceLocation: sourceLocation)
}

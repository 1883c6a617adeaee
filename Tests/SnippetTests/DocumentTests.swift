import Testing

@Suite("Code in the documents")
struct DocumentTests {
    @Test(
        "A block that names its snippet is that snippet, letter for letter",
        arguments: Documents.pages)
    func blocksAreSnippets(_ page: String) throws {
        for (name, code) in try Documents.shownSnippets(in: page) {
            #expect(code == (try Documents.snippet(name)), "\(name)")
        }
    }

    @Test("Every snippet is shown in a document")
    func snippetsAreShown() throws {
        let shown = Set(
            try Documents.pages.flatMap { try Documents.shownSnippets(in: $0) }.map(\.name))
        #expect(Documents.snippets.count >= 15)
        for name in Documents.snippets {
            #expect(shown.contains(name), "\(name)")
        }
    }

    @Test(
        "The examples in the comments of the rooms' seams are snippets too",
        arguments: [
            ("Sources/RNodeRooms/Seams/RoomStore.swift", "FileRoomStore.swift"),
            ("Sources/RNodeRooms/Seams/RoomBroker.swift", "CrossingBroker.swift"),
            ("Sources/RNodeRooms/Seams/RoomDelivery.swift", "NotedDelivery.swift"),
        ])
    func commentsAreSnippets(_ source: String, _ name: String) throws {
        #expect(try Documents.documentedCode(in: source) == (try Documents.snippet(name)))
    }

    @Test(
        "A snippet of one module imports that module alone",
        arguments: [
            ("EchoLoop.swift", "RNodeIO"), ("Greeter.swift", "RNodeHTTP"),
            ("EchoSocket.swift", "RNodeWS"), ("RaceForSeats.swift", "RNodeRooms"),
            ("SmallChat.swift", "RNodeApp"),
        ])
    func modulesAreAlone(_ name: String, _ module: String) throws {
        let imports = try Documents.snippet(name).split(separator: "\n")
            .filter { $0.hasPrefix("import ") }
        #expect(imports == ["import \(module)"])
    }

    @Test(
        "A seam's example is short: at most 40 lines",
        arguments: [
            "ChoppedTransport.swift", "ChoppedListener.swift", "CountingBackend.swift",
            "ExactRouter.swift", "BearerToken.swift", "FlippedBits.swift", "FileRoomStore.swift",
            "CrossingBroker.swift", "NotedDelivery.swift",
        ])
    func examplesAreShort(_ name: String) throws {
        #expect(try Documents.snippet(name).split(separator: "\n").count <= 40)
    }

    @Test("Every command that the README names is one that .ci/run runs")
    func commandsAreRun() throws {
        let run = try Documents.text(of: ".ci/run")
        let commands = try Documents.commands(in: "README.md")
        #expect(commands.count >= 8)
        for command in commands {
            #expect(command == ".ci/run" || run.contains(command), "\(command)")
        }
    }

    @Test("Every link within the repository leads to something", arguments: Documents.pages)
    func linksLeadSomewhere(_ page: String) throws {
        for link in try Documents.links(in: page) {
            #expect(Documents.exists(link, from: page), "\(link)")
        }
    }

    /// Fields of configurations that limit nothing.
    private static let otherFields: Set = ["onDrain", "peerAddress"]

    @Test(
        "Every limit stands in the documentation's list of limits",
        arguments: [
            "Sources/RNodeIO/IOLimits.swift", "Sources/RNodeHTTP/HTTPLimits.swift",
            "Sources/RNodeWS/WebSocketLimits.swift", "Sources/RNodeRooms/RoomLimits.swift",
            "Sources/RNodeHTTP/Message/JSONLimits.swift",
            "Sources/RNodeWS/Extensions/Deflate/DeflateOptions.swift",
            "Sources/RNodeApp/Draining/DrainConfiguration.swift",
            "Sources/RNodeApp/Logs/LogConfiguration.swift",
            "Sources/RNodeApp/Limits/MemoryLimits.swift",
        ])
    func limitsAreListed(_ source: String) throws {
        let list = try Documents.text(of: "Sources/RNodeApp/RNodeApp.docc/Limits.md")
        let fields = try Documents.publicVariables(in: source)
        #expect(!fields.isEmpty)
        for field in fields where !Self.otherFields.contains(field) {
            #expect(list.contains("`\(field)`"), "\(field)")
        }
    }
}

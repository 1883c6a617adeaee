import Testing

/// The table of limits that every server on the open internet needs: each row's fields and the file of its test.
@Suite("The rows of the limits' table")
struct LimitRowTests {
    struct Row: Sendable, CustomTestStringConvertible {
        /// What the table calls it.
        let name: String
        /// Its fields; empty for a rule of the protocol that nobody may change.
        let fields: [String]
        /// The file whose tests hold it.
        let file: String
        /// How the names of those tests begin, or of their cases. No two rows share one.
        let tests: [String]

        var testDescription: String { name }

        init(_ name: String, _ fields: [String], _ file: String, _ tests: String...) {
            self.name = name
            self.fields = fields
            self.file = "Tests/" + file
            self.tests = tests
        }
    }

    private static let httpTests = "RNodeAppTests/HTTP/HTTPLimitTests.swift"
    private static let messages = "RNodeWSTests/MessageTests.swift"
    private static let webSocketTests = "RNodeWSTests/LimitTests.swift"
    private static let rates = "RNodeAppTests/Limits/RateTests.swift"
    private static let slow = "RNodeAppTests/Limits/SlowConsumerTests.swift"
    private static let output = "RNodeAppTests/Limits/OutputLimitTests.swift"
    private static let shares = "RNodeAppTests/Limits/ShareTests.swift"
    private static let budgets = "RNodeAppTests/Limits/BudgetTests.swift"
    private static let openings = "RNodeAppTests/Limits/OpeningLimitTests.swift"

    private static let http: [Row] = [
        Row("Request line", ["requestLineBytesMax"], httpTests, "requestLineBytesMax"),
        Row(
            "Header block", ["headerBlockBytesMax"], httpTests, "headerBlockBytesMax",
            "headerBlockBytesMax, trailers"),
        Row(
            "Header count", ["headerFieldsMax"], httpTests, "headerFieldsMax",
            "headerFieldsMax, trailers"),
        Row(
            "Header name / value", ["fieldNameBytesMax", "fieldValueBytesMax"], httpTests,
            "fieldNameBytesMax", "fieldValueBytesMax"),
        Row("Leading empty lines", ["leadingEmptyLinesMax"], httpTests, "leadingEmptyLinesMax"),
        Row(
            "Chunk-size digits / chunk-ext bytes / total ext per body",
            ["chunkSizeDigitsMax", "chunkExtensionBytesMax", "chunkExtensionBytesTotalMax"],
            httpTests, "chunkSizeDigitsMax", "chunkExtensionBytesMax",
            "chunkExtensionBytesTotalMax"),
        Row("Max body", ["bodyBytesMax"], httpTests, "bodyBytesMax", "bodyBytesMax, in chunks"),
        Row(
            "Unread body drained", ["unreadBodyBytesMax"], httpTests,
            "unreadBodyBytesMax: a longer body that nobody reads ends the connection"),
        Row(
            "Header timeout", ["headerTimeout"], httpTests, "C10 headerTimeout, from accept",
            "C10 headerTimeout, half a head"),
        Row(
            "Whole-request timeout / min body rate",
            ["requestTimeout", "bodyBytesPerSecondMin", "bodyRateWindow"], httpTests,
            "C10 requestTimeout: a body that comes fast enough is due after a minute",
            "C10 bodyBytesPerSecondMin over bodyRateWindow"),
        Row("Keep-alive idle", ["keepAliveTimeout"], httpTests, "keepAliveTimeout"),
        Row(
            "Pipelined requests", ["pipelinedRequestsMax"], httpTests,
            "pipelinedRequestsMax: answers are sent before more than 32 requests are in flight"),
        Row(
            "Requests per connection", ["requestsPerConnectionMax"], httpTests,
            "requestsPerConnectionMax: the last answer closes"),
        Row(
            "Path segments / query pairs", ["pathSegmentsMax", "queryPairsMax"], httpTests,
            "pathSegmentsMax", "queryPairsMax"),
        Row(
            "JSON depth / keys / number digits", ["depthMax", "keysMax", "numberDigitsMax"],
            httpTests, "JSONLimits.depthMax", "JSONLimits.keysMax", "JSONLimits.numberDigitsMax"),
    ]

    private static let webSocket: [Row] = [
        // There is no hook for authentication after the 101; onConnect is within the handshake's time.
        Row(
            "WS handshake / auth-to-ready timeout", ["handshakeTimeout"], httpTests,
            "handshakeTimeout: an onConnect that is not done is answered 503"),
        Row(
            "Max frame payload", ["frameBytesMax"], messages,
            "A frame: limit−1 and limit pass, limit+1 and ten times are 1009"),
        Row(
            "Max message", ["messageBytesMax"], messages,
            "A message of one frame: limit−1 and limit pass, limit+1 and ten times are 1009",
            "A message in fragments: limit−1 and limit pass, limit+1 and ten times are 1009"),
        Row(
            "Max fragments per message", ["fragmentsMax"], messages,
            "B4 fragments, empty ones too: limit−1 and limit pass, limit+1 and ten times are 1008"),
        Row(
            "Control frame payload", [], webSocketTests,
            "B2 a control payload: limit−1 and limit pass, limit+1 and ten times are 1002"),
        Row(
            "Control frames/s",
            ["controlFramesPerSecondMax", "controlFrameBurstMax"], rates,
            "B13 a hundred pings at once are answered, one more ends the connection",
            "B13 fifty control frames a second may go on for ever"),
        Row(
            "Ping interval / pong timeout",
            ["pingInterval", "pongTimeout", "pingJitterPercentMax"], webSocketTests,
            "pingInterval", "pongTimeout", "Jitter: limit−1 and limit spread the interval"),
        Row("Close handshake timeout", ["closeTimeout"], webSocketTests, "closeTimeout"),
        Row(
            "Unfinished message", ["unfinishedMessageTimeout"], webSocketTests,
            "unfinishedMessageTimeout"),
        Row(
            "Extension or protocol offers", ["offersMax"], "RNodeWSTests/HandshakeTests.swift",
            "Offers: limit−1 and limit are seen, those beyond it declined"),
        Row(
            "Bytes before the 101", ["bytesBeforeOpenMax"], openings,
            "bytes before the 101 are kept up to bytesBeforeOpenMax"),
        Row(
            "message_blocked notices", ["blockedNoticesPerSecondMax"], openings,
            "blockedNoticesPerSecondMax notices are sent a second"),
        Row(
            "Origin", ["origins"], "RNodeAppTests/Access/OriginTests.swift",
            "B15 a page of another origin may connect only where that is typed out"),
    ]

    private static let peers: [Row] = [
        Row(
            "Process-wide bytes in unfinished messages",
            ["unfinishedBytesMax", "cgroupPercentMax"], output,
            "unfinishedBytesMax: at the limit both go on, one byte above it the larger goes",
            "unfinishedBytesMax: ten times the limit is never held"),
        Row(
            "Outbound soft mark / hard cap", ["outputSoftMarkBytes", "outputHardCapBytes"],
            output, "outputSoftMarkBytes: who leaves more unsent is not read",
            "outputHardCapBytes: the message that would pass it is not sent",
            "outputHardCapBytes: a message that finds nothing unsent is always taken"),
        Row(
            "Policies", ["slowConsumers"], slow, "by default the connection is closed with 1013",
            "the newest come when the oldest are dropped",
            "the oldest come when the newest are dropped", "of each key only the newest waits"),
        Row(
            "Time above soft mark while nothing drains", ["outputStallTimeout"], output,
            "outputStallTimeout: who takes nothing for so long is closed"),
        Row(
            "Process-wide outbound bytes", ["outboundBytesMax", "cgroupPercentMax"], budgets,
            "the budget holds at its limit, and one step above it",
            "ten times the budget is never held"),
        Row(
            "Per-IP connections", ["connectionsPerAddressMax"], rates,
            "an address has so many connections, and the next is answered 429"),
        Row(
            "Refusals of one address's connections", ["refusalsMax", "lingerTimeout"], rates,
            "refusalsMax: so many connections too many are answered 429 at a time",
            "a peer too many that takes nothing of its answer is cut when its time is over"),
        Row(
            "Data messages/s",
            ["messagesPerSecondMax", "messageBurstMax", "rateBreachTimeout"], rates,
            "messages over the rate are blocked, and the sender is told",
            "ten seconds without a pause end the connection with 1008", "rateBreachTimeout: "),
    ]

    private static let rooms: [Row] = [
        Row(
            "Rooms per connection", ["roomsPerConnectionMax"],
            "RNodeRoomsTests/RoomLedgerTests.swift", "A connection is in at most 128 rooms"),
        Row(
            "Room name", ["roomNameBytesMax"], "RNodeRoomsTests/RoomDraftTests.swift",
            "A name has 1 to 255 bytes"),
        Row(
            "Rooms per process / life of an empty room",
            ["roomsPerProcessMax", "emptyRoomTimeToLive"],
            "RNodeRoomsTests/RoomLedgerTests.swift", "A process has at most so many rooms",
            "roomsPerProcessMax: so many rooms are made, and no more",
            "Rooms expire after being empty and idle for the time to live, and no sooner"),
        Row("Client id", [], openings, "a client id has 1 to 128 bytes once it is decoded"),
        Row(
            "Message id", [], "RNodeAppTests/Control/ControlMessageTests.swift",
            "An id has 1 to 64 bytes"),
    ]

    private static let compression: [Row] = [
        Row(
            "permessage-deflate",
            [
                "level", "memoryLevel", "serverWindowBitsMax", "clientWindowBitsMax",
                "serverKeepsContext", "clientKeepsContext",
            ],
            "RNodeWSTests/Deflate/DeflateParametersTests.swift",
            "By default nothing is kept between messages"),
        Row(
            "Compress threshold", ["minimumBytes"],
            "RNodeWSTests/Deflate/PerMessageDeflateTests.swift",
            "What is short, or would not get shorter, goes as it is"),
        Row(
            "Inflate ratio", ["inflateRatioMax"], "RNodeWSTests/Deflate/DeflateErrorTests.swift",
            "The ratio at its limit"),
        Row(
            "zlib memory budget", ["deflateContextBytesMax"],
            "RNodeAppTests/Limits/ReservationTests.swift",
            "C14 deflateContextBytesMax: for each context the client that finds none goes without"),
    ]

    private static let loops: [Row] = [
        Row(
            "Max connections", ["connectionsMax", "refusalsMax"],
            "RNodeIOTests/AcceptingTests.swift", "Connections up to the limit are served",
            "Of many refused at once so many are answered as the limit says"),
        Row(
            "Listen backlog", ["listenBacklog"], "RNodeIOTests/BacklogTests.swift", "listenBacklog"),
        Row(
            "Accepts per loop turn", ["acceptsPerTurnMax"], "RNodeIOTests/AcceptingTests.swift",
            "A turn takes so many connections from a listener"),
        Row(
            "Reads per connection per turn", ["receiveBufferBytes", "messagesPerTurnMax"], output,
            "messagesPerTurnMax: a turn takes so many messages of a connection"),
        Row(
            "Bytes of messages per connection per turn", ["messageBytesPerTurnMax"], shares,
            "C13 messageBytesPerTurnMax: what a turn takes of a connection's messages is bounded"),
        Row(
            "Bytes of a room's messages per turn", ["gatheredBytesMax"], shares,
            "gatheredBytesMax: a room's messages wait for the end of the turn up to the limit"),
        Row(
            "Messages to rooms that are looked up", ["lookUpsMax"], shares,
            "lookUpsMax: so many messages wait for their rooms, and more are refused"),
        Row(
            "Files that are read at a time", ["fileReadsMax", "fileReadsWaitingMax"],
            "RNodeAppTests/HTTP/FileReadTests.swift", "fileReadsMax: so many begin at once",
            "fileReadsWaitingMax: so many wait, the others are refused"),
        Row(
            "Max connection age", ["connectionAgeMax"], "RNodeAppTests/AgeTests.swift",
            "from nine tenths of its age on", "at ten times its age nobody is left"),
        Row(
            "Mailbox of a loop", ["mailboxItemsMax"], "RNodeIOTests/MailboxTests.swift",
            "Droppable items wait up to the limit"),
        Row(
            "Drain", ["preStopDelay", "closeWindowMax", "closeWindowPerConnection", "deadline"],
            "RNodeAppTests/Draining/DrainTests.swift",
            "D9 readiness goes first, and clients are served until preStopDelay is over",
            "the window is a millisecond for each connection, ten seconds at most",
            "D9 preStopDelay: ", "D9 deadline: ",
            "D9 what is left at the deadline is cut, and counted"),
        Row(
            "Drain with a blocked loop", ["blockedLoopTimeout"],
            "RNodeAppTests/Draining/BlockedDrainTests.swift",
            "D9 it holds up the others for a second"),
    ]

    private static let rows = loops + http + webSocket + peers + rooms + compression

    private static let declared: Set<String> = {
        let words = Repository.sources.flatMap { file in
            file.codeLines.compactMap { line -> String? in
                guard let start = line.firstRange(of: "public var ") else { return nil }
                return String(line[start.upperBound...].prefix { $0.isLetter || $0.isNumber })
            }
        }
        return Set(words)
    }()

    @Test("A row's fields are public, listed, and its tests are there", arguments: rows)
    func rowsAreHeld(_ row: Row) throws {
        let list = try Repository.text(of: "Sources/RNodeApp/RNodeApp.docc/Limits.md")
        for field in row.fields {
            #expect(Self.declared.contains(field), "\(field)")
            #expect(list.contains("`\(field)`"), "\(field)")
        }
        let names = Self.testNames(in: try Repository.text(of: row.file))
        #expect(!row.tests.isEmpty)
        for test in row.tests {
            #expect(names.contains { $0.hasPrefix(test) }, "\(row.file): \(test)")
        }
    }

    @Test("No two rows are held by the same test")
    func testsAreTheRowsOwn() {
        let all = Self.rows.flatMap { row in row.tests.map { row.file + ": " + $0 } }
        #expect(Set(all).count == all.count)
    }

    @Test("The names of tests are found, and no other text")
    func findsNames() {
        let text = """
            // "No test"
            @Test("One") func one() {}
            @Test(
                "Two", arguments: [1])
            @Test(arguments: ["no name"])
            func `Three is "no" more`() {}
                Time(
                    testDescription: "Four, a case", begin: "")
            static let rows = [Row("Five, a case", 1)]
            let text = "@Test"
            """
        let found: Set = [
            "One", "Two", "Three is \"no\" more", "Four, a case", "Five, a case",
        ]
        #expect(Self.testNames(in: text) == found)
    }

    /// What tests are called, and the cases of those that have a table of them.
    private static func testNames(in text: String) -> Set<String> {
        var names: Set<String> = []
        var isBehindTest = false
        for line in text.split(separator: "\n").map({ $0.drop { $0 == " " } }) {
            for mark in ["@Test(\"", "testDescription: \"", "Row(\""] {
                if let start = line.firstRange(of: mark) {
                    names.insert(String(line[start.upperBound...].prefix { $0 != "\"" }))
                }
            }
            if isBehindTest, line.hasPrefix("\"") {
                names.insert(String(line.dropFirst().prefix { $0 != "\"" }))
            }
            if let start = line.firstRange(of: "func `") {
                names.insert(String(line[start.upperBound...].prefix { $0 != "`" }))
            }
            isBehindTest = line == "@Test("
        }
        return names
    }
}

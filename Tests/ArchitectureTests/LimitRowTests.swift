import Testing

/// The table of limits that every server on the open internet needs: each row's fields and the file of its test.
@Suite("The rows of the limits' table")
struct LimitRowTests {
    struct Row: Sendable, CustomTestStringConvertible {
        /// What the table calls it.
        let name: String
        /// Its fields; empty for a rule of the protocol that nobody may change.
        let fields: [String]
        /// The file whose tests hold it, and words of one of them.
        let test: String
        let words: String

        var testDescription: String { name }

        init(_ name: String, _ fields: [String], _ test: String, _ words: String) {
            self.name = name
            self.fields = fields
            self.test = "Tests/" + test
            self.words = words
        }
    }

    private static let httpTests = "RNodeHTTPTests/LimitTests.swift"
    private static let webSocketTests = "RNodeWSTests/LimitTests.swift"
    private static let rates = "RNodeAppTests/Limits/RateTests.swift"
    private static let slow = "RNodeAppTests/Limits/SlowConsumerTests.swift"
    private static let shares = "RNodeAppTests/Limits/ShareTests.swift"
    private static let budgets = "RNodeAppTests/Limits/BudgetTests.swift"

    private static let http: [Row] = [
        Row("Request line", ["requestLineBytesMax"], httpTests, "requestLineBytesMax"),
        Row("Header block", ["headerBlockBytesMax"], httpTests, "headerBlockBytesMax"),
        Row("Header count", ["headerFieldsMax"], httpTests, "headerFieldsMax"),
        Row(
            "Header name / value", ["fieldNameBytesMax", "fieldValueBytesMax"], httpTests,
            "fieldNameBytesMax"),
        Row("Leading empty lines", ["leadingEmptyLinesMax"], httpTests, "leadingEmptyLinesMax"),
        Row(
            "Chunk-size digits / chunk-ext bytes / total ext per body",
            ["chunkSizeDigitsMax", "chunkExtensionBytesMax", "chunkExtensionBytesTotalMax"],
            httpTests, "chunkSizeDigitsMax"),
        Row("Max body", ["bodyBytesMax"], httpTests, "bodyBytesMax"),
        Row("Unread body drained", ["unreadBodyBytesMax"], httpTests, "unreadBodyBytesMax"),
        Row("Header timeout", ["headerTimeout"], httpTests, "headerTimeout"),
        Row(
            "Whole-request timeout / min body rate",
            ["requestTimeout", "bodyBytesPerSecondMin", "bodyRateWindow"], httpTests,
            "bodyBytesPerSecondMin"),
        Row("Keep-alive idle", ["keepAliveTimeout"], httpTests, "keepAliveTimeout"),
        Row("Pipelined requests", ["pipelinedRequestsMax"], httpTests, "pipelinedRequestsMax"),
        Row(
            "Requests per connection", ["requestsPerConnectionMax"], httpTests,
            "requestsPerConnectionMax"),
        Row(
            "Path segments / query pairs", ["pathSegmentsMax", "queryPairsMax"], httpTests,
            "pathSegmentsMax"),
    ]

    private static let webSocket: [Row] = [
        // There is no hook for authentication after the 101; onConnect is within the handshake's time.
        Row(
            "WS handshake / auth-to-ready timeout", ["handshakeTimeout"],
            "RNodeAppTests/TimeTests.swift", "an onConnect that takes too long is answered 503"),
        Row("Max frame payload", ["frameBytesMax"], webSocketTests, "frameBytesMax"),
        Row("Max message", ["messageBytesMax"], webSocketTests, "messageBytesMax"),
        Row("Max fragments per message", ["fragmentsMax"], webSocketTests, "fragmentsMax"),
        Row("Control frame payload", [], "RNodeWSTests/FramingTests.swift", "126"),
        Row(
            "Control frames/s",
            ["controlFramesPerSecondMax", "controlFrameBurstMax"], rates,
            "B13 a hundred pings at once are answered, one more ends the connection"),
        Row(
            "Ping interval / pong timeout",
            ["pingInterval", "pongTimeout", "pingJitterPercentMax"],
            "RNodeWSTests/TimeTests.swift", "pingInterval"),
        Row(
            "Close handshake timeout", ["closeTimeout"], "RNodeWSTests/TimeTests.swift",
            "closeTimeout"),
        Row(
            "Unfinished message", ["unfinishedMessageTimeout"], budgets,
            "B4 a message that is never finished ends after half a minute"),
        Row("Extension or protocol offers", ["offersMax"], webSocketTests, "offersMax"),
        Row(
            "Bytes before the 101", ["bytesBeforeOpenMax"],
            "RNodeAppTests/Limits/OpeningLimitTests.swift", "bytesBeforeOpenMax"),
        Row(
            "message_blocked notices", ["blockedNoticesPerSecondMax"],
            "RNodeAppTests/Limits/OpeningLimitTests.swift", "blockedNoticesPerSecondMax"),
        Row("Origin", ["origins"], "RNodeAppTests/Access/OriginTests.swift", "origin"),
    ]

    private static let peers: [Row] = [
        Row(
            "Process-wide bytes in unfinished messages",
            ["unfinishedBytesMax", "cgroupPercentMax"],
            budgets, "the largest holder of an unfinished message is closed with 1013"),
        Row(
            "Outbound soft mark / hard cap", ["outputSoftMarkBytes", "outputHardCapBytes"], slow,
            "by default the connection is closed with 1013"),
        Row(
            "Policies", ["slowConsumers"], slow, "the newest come when the oldest are dropped"),
        Row(
            "Time above soft mark while nothing drains", ["outputStallTimeout"], slow,
            "C10 a client that takes nothing for half a minute is closed with 1013"),
        Row(
            "Process-wide outbound bytes", ["outboundBytesMax", "cgroupPercentMax"], budgets,
            "the slowest is cut first, and the others stay"),
        Row(
            "Per-IP connections", ["connectionsPerAddressMax"], rates,
            "an address has so many connections, and the next is answered 429"),
        Row(
            "Refusals of one address's connections", ["refusalsMax", "lingerTimeout"], rates,
            "refusalsMax"),
        Row(
            "Data messages/s",
            ["messagesPerSecondMax", "messageBurstMax", "rateBreachTimeout"], rates,
            "messages over the rate are blocked, and the sender is told"),
    ]

    private static let rooms: [Row] = [
        Row(
            "Rooms per connection", ["roomsPerConnectionMax"],
            "RNodeRoomsTests/RoomLimitsTests.swift", "roomsPerConnectionMax"),
        Row(
            "Room name", ["roomNameBytesMax"], "RNodeRoomsTests/RoomLimitsTests.swift",
            "roomNameBytesMax"),
        Row(
            "Rooms per process / life of an empty room",
            ["roomsPerProcessMax", "emptyRoomTimeToLive"],
            "RNodeRoomsTests/RoomLimitsTests.swift", "roomsPerProcessMax"),
        Row(
            "JSON depth / keys / number digits", ["depthMax", "keysMax", "numberDigitsMax"],
            "RNodeAppTests/Control/JSONScannerTests.swift", "numberDigitsMax"),
        Row(
            "Client id / message id", [], "RNodeAppTests/Control/ControlMessageTests.swift",
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
            "RNodeAppTests/CompressionTests.swift",
            "contexts beyond the budget are declined"),
    ]

    private static let loops: [Row] = [
        Row(
            "Max connections", ["connectionsMax", "refusalsMax"],
            "RNodeIOTests/AcceptingTests.swift", "Connections up to the limit are served"),
        Row(
            "Listen backlog", ["listenBacklog"], "RNodeIOTests/BacklogTests.swift", "listenBacklog"),
        Row(
            "Accepts per loop turn", ["acceptsPerTurnMax"], "RNodeIOTests/AcceptingTests.swift",
            "A turn takes so many connections from a listener"),
        Row(
            "Reads per connection per turn", ["receiveBufferBytes", "messagesPerTurnMax"],
            "RNodeAppTests/KernelThreatTests.swift", "messagesPerTurnMax"),
        Row(
            "Bytes of messages per connection per turn", ["messageBytesPerTurnMax"], shares,
            "messageBytesPerTurnMax"),
        Row(
            "Bytes of a room's messages per turn", ["gatheredBytesMax"], shares,
            "gatheredBytesMax"),
        Row("Messages to rooms that are looked up", ["lookUpsMax"], shares, "lookUpsMax"),
        Row(
            "Files that are read at a time", ["fileReadsMax", "fileReadsWaitingMax"],
            "RNodeAppTests/HTTP/FileReadTests.swift", "fileReadsWaitingMax"),
        Row(
            "Max connection age", ["connectionAgeMax"], "RNodeAppTests/AgeTests.swift",
            "from nine tenths of its age on"),
        Row(
            "Mailbox of a loop", ["mailboxItemsMax"], "RNodeIOTests/MailboxTests.swift",
            "Droppable items wait up to the limit"),
        Row(
            "Drain", ["preStopDelay", "closeWindowMax", "closeWindowPerConnection", "deadline"],
            "RNodeAppTests/Draining/DrainTests.swift",
            "clients are served until preStopDelay is over"),
        Row(
            "Drain with a blocked loop", ["blockedLoopTimeout"],
            "RNodeAppTests/Draining/BlockedDrainTests.swift", "holds up the others for a second"),
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

    @Test("A row's fields are public, listed, and its test is there", arguments: rows)
    func rowsAreHeld(_ row: Row) throws {
        let list = try Repository.text(of: "Sources/RNodeApp/RNodeApp.docc/Limits.md")
        for field in row.fields {
            #expect(Self.declared.contains(field), "\(field)")
            let isPolicy = field == "origins" || field == "slowConsumers"
            #expect(isPolicy || list.contains("`\(field)`"), "\(field)")
        }
        let test = try Repository.text(of: row.test)
        #expect(test.contains(row.words), "\(row.test): \(row.words)")
    }
}

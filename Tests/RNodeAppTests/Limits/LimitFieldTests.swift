import Logging
import RNodeIO
import Testing

@testable import RNodeApp

/// Every field that is a limit, with the least and the most it may hold: a number, or milliseconds of a duration.
@Suite("Every limit's range is checked at the start")
struct LimitFieldTests {
    struct Field: Sendable, CustomTestStringConvertible {
        let name: String
        let range: ClosedRange<Int>
        let set: @Sendable (inout AppConfiguration, Int) -> Void

        var testDescription: String { name }

        init(
            _ name: String, _ range: ClosedRange<Int>,
            _ set: @escaping @Sendable (inout AppConfiguration, Int) -> Void
        ) {
            self.name = name
            self.range = range
            self.set = set
        }
    }

    private static let head = 16 << 20
    private static let body = 999_999_999_999_999
    private static let hour = 3_600_000
    private static let day = 1...24 * hour
    private static let often = 1...1_000_000

    private static let app: [Field] = [
        Field("loops", 1...256) { $0.loops = $1 },
        Field("handshakeTimeout", 10...hour) { $0.handshakeTimeout = .milliseconds($1) },
        Field("bytesBeforeOpenMax", 1...1_048_576) { $0.bytesBeforeOpenMax = $1 },
        Field("blockedNoticesPerSecondMax", 1...1_000) { $0.blockedNoticesPerSecondMax = $1 },
        Field("connectionsPerAddressMax", 1...1_048_576) { $0.connectionsPerAddressMax = $1 },
        Field("messageBytesPerTurnMax", 1...1 << 30) { $0.messageBytesPerTurnMax = $1 },
        Field("gatheredBytesMax", 1...1 << 30) { $0.gatheredBytesMax = $1 },
        Field("lookUpsMax", 1...1_048_576) { $0.lookUpsMax = $1 },
        Field("fileReadsMax", 1...1_024) { $0.fileReadsMax = $1 },
        Field("fileReadsWaitingMax", 0...65_536) { $0.fileReadsWaitingMax = $1 },
        Field("deflateContextBytesMax", 1...1 << 40) { $0.deflateContextBytesMax = $1 },
        Field("memory.outboundBytesMax", 65_536...1 << 40) { $0.memory.outboundBytesMax = $1 },
        Field("memory.unfinishedBytesMax", 65_536...1 << 40) { $0.memory.unfinishedBytesMax = $1 },
        Field("memory.cgroupPercentMax", 1...100) { $0.memory.cgroupPercentMax = $1 },
        Field("connectionAgeMax", 1_000...365 * 24 * hour) {
            $0.connectionAgeMax = .milliseconds($1)
        },
        Field("logs.linesPerSecondMax", 1...1_000) { $0.logs.linesPerSecondMax = $1 },
        Field("json.depthMax", 1...64) { $0.json.depthMax = $1 },
        Field("json.keysMax", 1...65_535) { $0.json.keysMax = $1 },
        Field("json.numberDigitsMax", 1...1_000) { $0.json.numberDigitsMax = $1 },
    ]

    private static let webSocket: [Field] = [
        Field("webSocket.messageBytesMax", 1...64 << 20) { $0.webSocket.messageBytesMax = $1 },
        Field("webSocket.frameBytesMax", 1...64 << 20) { $0.webSocket.frameBytesMax = $1 },
        Field("webSocket.fragmentsMax", often) { $0.webSocket.fragmentsMax = $1 },
        Field("webSocket.inflateRatioMax", often) { $0.webSocket.inflateRatioMax = $1 },
        Field("webSocket.offersMax", 1...64) { $0.webSocket.offersMax = $1 },
        Field("webSocket.pingInterval", 10...24 * hour) {
            $0.webSocket.pingInterval = .milliseconds($1)
        },
        Field("webSocket.pongTimeout", 10...hour) { $0.webSocket.pongTimeout = .milliseconds($1) },
        Field("webSocket.pingJitterPercentMax", 0...50) { $0.webSocket.pingJitterPercentMax = $1 },
        Field("webSocket.unfinishedMessageTimeout", 10...hour) {
            $0.webSocket.unfinishedMessageTimeout = .milliseconds($1)
        },
        Field("webSocket.closeTimeout", 10...600_000) {
            $0.webSocket.closeTimeout = .milliseconds($1)
        },
        Field("webSocket.messagesPerSecondMax", often) { $0.webSocket.messagesPerSecondMax = $1 },
        Field("webSocket.messageBurstMax", often) { $0.webSocket.messageBurstMax = $1 },
        Field("webSocket.rateBreachTimeout", 10...hour) {
            $0.webSocket.rateBreachTimeout = .milliseconds($1)
        },
        Field("webSocket.controlFramesPerSecondMax", often) {
            $0.webSocket.controlFramesPerSecondMax = $1
        },
        Field("webSocket.controlFrameBurstMax", often) { $0.webSocket.controlFrameBurstMax = $1 },
    ]

    private static let io: [Field] = [
        Field("io.receiveBufferBytes", 4_096...1_048_576) { $0.io.receiveBufferBytes = $1 },
        Field("io.outputSoftMarkBytes", 1_024...1 << 30) {
            $0.io.outputSoftMarkBytes = $1
            $0.io.outputHardCapBytes = .max
        },
        Field("io.outputHardCapBytes", 65_536 ... .max) { $0.io.outputHardCapBytes = $1 },
        Field("io.outputStallTimeout", 10...hour) { $0.io.outputStallTimeout = .milliseconds($1) },
        Field("io.listenBacklog", 1...65_535) { $0.io.listenBacklog = $1 },
        Field("io.acceptsPerTurnMax", 1...4_096) { $0.io.acceptsPerTurnMax = $1 },
        Field("io.messagesPerTurnMax", 1...65_536) { $0.io.messagesPerTurnMax = $1 },
        Field("io.jobsPerTurnMax", 16...1_048_576) { $0.io.jobsPerTurnMax = $1 },
        Field("io.refusalsMax", 0...4_096) { $0.io.refusalsMax = $1 },
        Field("io.acceptBackOff", 1...60_000) {
            $0.io.acceptBackOff = .milliseconds($1)
            $0.io.acceptBackOffMax = .seconds(60)
        },
        Field("io.acceptBackOffMax", 100...60_000) {
            $0.io.acceptBackOffMax = .milliseconds($1)
        },
        Field("io.connectionsMax", 1...16_777_216) { $0.io.connectionsMax = $1 },
        Field("io.mailboxItemsMax", 1...16_777_216) { $0.io.mailboxItemsMax = $1 },
        Field("io.lingerTimeout", 0...60_000) { $0.io.lingerTimeout = .milliseconds($1) },
    ]

    private static let http: [Field] = [
        Field("http.requestLineBytesMax", 64...head) { $0.http.requestLineBytesMax = $1 },
        Field("http.headerBlockBytesMax", 64...head) { $0.http.headerBlockBytesMax = $1 },
        Field("http.headerFieldsMax", 1...100_000) { $0.http.headerFieldsMax = $1 },
        Field("http.fieldNameBytesMax", 17...head) { $0.http.fieldNameBytesMax = $1 },
        Field("http.fieldValueBytesMax", 1...head) { $0.http.fieldValueBytesMax = $1 },
        Field("http.leadingEmptyLinesMax", 0...16) { $0.http.leadingEmptyLinesMax = $1 },
        Field("http.pathSegmentsMax", 1...64) { $0.http.pathSegmentsMax = $1 },
        Field("http.queryPairsMax", 1...100_000) { $0.http.queryPairsMax = $1 },
        Field("http.chunkSizeDigitsMax", 1...15) { $0.http.chunkSizeDigitsMax = $1 },
        Field("http.chunkExtensionBytesMax", 1...head) { $0.http.chunkExtensionBytesMax = $1 },
        Field("http.chunkExtensionBytesTotalMax", 1...head) {
            $0.http.chunkExtensionBytesTotalMax = $1
        },
        Field("http.bodyBytesMax", 1...body) { $0.http.bodyBytesMax = $1 },
        Field("http.unreadBodyBytesMax", 1...body) { $0.http.unreadBodyBytesMax = $1 },
        Field("http.pipelinedRequestsMax", 1...65_536) { $0.http.pipelinedRequestsMax = $1 },
        Field("http.requestsPerConnectionMax", 1...Int(Int32.max)) {
            $0.http.requestsPerConnectionMax = $1
        },
        Field("http.bodyBytesPerSecondMin", 1...head) { $0.http.bodyBytesPerSecondMin = $1 },
        Field("http.headerTimeout", day) { $0.http.headerTimeout = .milliseconds($1) },
        Field("http.requestTimeout", day) { $0.http.requestTimeout = .milliseconds($1) },
        Field("http.bodyRateWindow", day) { $0.http.bodyRateWindow = .milliseconds($1) },
        Field("http.keepAliveTimeout", day) { $0.http.keepAliveTimeout = .milliseconds($1) },
    ]

    private static let draining: [Field] = [
        Field("drain.preStopDelay", 0...600_000) { $0.drain.preStopDelay = .milliseconds($1) },
        Field("drain.closeWindowMax", 0...600_000) { $0.drain.closeWindowMax = .milliseconds($1) },
        Field("drain.closeWindowPerConnection", 0...1_000) {
            $0.drain.closeWindowPerConnection = .milliseconds($1)
        },
        Field("drain.firstRequestTimeout", 0...60_000) {
            $0.drain.firstRequestTimeout = .milliseconds($1)
        },
        Field("drain.brokerTimeout", 0...60_000) { $0.drain.brokerTimeout = .milliseconds($1) },
        Field("drain.blockedLoopTimeout", 0...60_000) {
            $0.drain.blockedLoopTimeout = .milliseconds($1)
        },
        Field("drain.deadline", 0...hour) { $0.drain.deadline = .milliseconds($1) },
        Field("health.stallTimeout", 10...hour) { $0.health.stallTimeout = .milliseconds($1) },
        Field("health.blockedLogThreshold", 1...hour) {
            $0.health.blockedLogThreshold = .milliseconds($1)
        },
        Field("health.blockedCountThreshold", 1...hour) {
            $0.health.blockedCountThreshold = .milliseconds($1)
        },
    ]

    private static let rooms: [Field] = [
        Field("rooms.roomsPerConnectionMax", often) { $0.rooms.roomsPerConnectionMax = $1 },
        Field("rooms.roomsPerProcessMax", 1...100_000_000) { $0.rooms.roomsPerProcessMax = $1 },
        Field("rooms.roomNameBytesMax", 1...65_536) { $0.rooms.roomNameBytesMax = $1 },
        Field("rooms.roomDescriptionBytesMax", 1...1_048_576) {
            $0.rooms.roomDescriptionBytesMax = $1
        },
        Field("rooms.roomMetadataBytesMax", 1...1_048_576) { $0.rooms.roomMetadataBytesMax = $1 },
        Field("rooms.announcedMembersMax", 1...10_000) { $0.rooms.announcedMembersMax = $1 },
        Field("rooms.emptyRoomTimeToLive", 1...(3_650 * 86_400_000)) {
            $0.rooms.emptyRoomTimeToLive = .milliseconds($1)
        },
    ]

    private static let fields = app + webSocket + io + http + draining + rooms

    @Test("At the ends of its range a field is taken", arguments: fields)
    func taken(_ field: Field) throws {
        for value in [field.range.lowerBound, field.range.upperBound] {
            var configuration = AppConfiguration()
            field.set(&configuration, value)
            #expect(throws: Never.self, "\(field.name) = \(value)") {
                try configuration.validate()
            }
        }
    }

    @Test("One beyond, and ten times, it throws with the field's name", arguments: fields)
    func thrown(_ field: Field) throws {
        var wrong = [field.range.lowerBound - 1, -1, .min]
        let (above, isNone) = field.range.upperBound.addingReportingOverflow(1)
        if !isNone { wrong += [above, field.range.upperBound * 10] }
        let name = String(field.name.split(separator: ".").last ?? "")
        for value in wrong {
            var configuration = AppConfiguration()
            field.set(&configuration, value)
            do {
                try configuration.validate()
                Issue.record("\(field.name) = \(value) was taken")
            } catch {
                #expect("\(error)".contains(name), "\(error)")
            }
        }
    }

    // MARK: - A route's

    /// A number of what a route agrees on for compression.
    struct DeflateField: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let range: ClosedRange<Int>
        let set: @Sendable (inout DeflateOptions, Int) -> Void
    }

    private static let deflate: [DeflateField] = [
        DeflateField(testDescription: "level", range: 1...9) { $0.level = $1 },
        DeflateField(testDescription: "memoryLevel", range: 1...9) { $0.memoryLevel = $1 },
        DeflateField(testDescription: "serverWindowBitsMax", range: 9...15) {
            $0.serverWindowBitsMax = $1
        },
        DeflateField(testDescription: "clientWindowBitsMax", range: 8...15) {
            $0.clientWindowBitsMax = $1
        },
        DeflateField(testDescription: "minimumBytes", range: 1...64 << 20) {
            $0.minimumBytes = $1
        },
    ]

    @Test("Every number of DeflateOptions is in the list")
    func deflateFieldsAreListed() {
        let fields = Mirror(reflecting: DeflateOptions()).children.filter { $0.value is Int }
        #expect(fields.compactMap(\.label).sorted() == Self.deflate.map(\.testDescription).sorted())
    }

    @Test("What a route says of compression is checked when the app starts", arguments: deflate)
    func compression(_ field: DeflateField) async throws {
        let (low, high) = (field.range.lowerBound, field.range.upperBound)
        for value in [low, high, low - 1, high + 1, high * 10, -1, .min] {
            var options = DeflateOptions()
            field.set(&options, value)
            for isRaw in [false, true] {
                let error = await Self.startError(compression: options, isRaw: isRaw)
                if field.range.contains(value) {
                    #expect(error == nil, "\(value)")
                } else {
                    #expect(
                        error?.contains(field.testDescription) == true, "\(value): \(error ?? "")")
                }
            }
        }
    }

    /// What the start of an app throws that has one route with this compression.
    private static func startError(compression: DeflateOptions, isRaw: Bool) async -> String? {
        do {
            _ = try await Stage.make { app in
                if isRaw {
                    app.websocket(raw: "/raw") { $0.compression = compression }
                } else {
                    app.websocket("/chat") { $0.compression = compression }
                }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    // MARK: - The line at the start

    @Test("The line at the start holds every limit by its name, and a nil one is off")
    func report() {
        let report = AppConfiguration().limitReport(MemoryLimits(), routes: [])
        for field in Self.fields {
            #expect(report[field.name] != nil, "\(field.name)")
        }
        let listed = Set(Self.fields.map(\.name))
        // Origins are no number.
        #expect(Set(report.keys).subtracting(listed) == ["origins"])
        #expect(report["webSocket.messagesPerSecondMax"] == "off")
        #expect(report["connectionsPerAddressMax"] == "off")
        #expect(report["memory.outboundBytesMax"] == "536870912")
        #expect(report["webSocket.pingInterval"] == "25.0 seconds")
    }

    @Test("A route's own limits stand there too, and only where they differ")
    func routes() {
        var options = WebSocketOptions()
        var limits = WebSocketLimits()
        limits.messageBytesMax = 4 << 20
        options.limits = limits
        let configuration = AppConfiguration()
        let route = WebSocketRoute(
            path: "/big", number: 1, options: options, configuration: configuration)
        let report = configuration.limitReport(MemoryLimits(), routes: [route])
        let own = report.filter { $0.key.hasPrefix("/big") }
        #expect(
            own == [
                "/big.messageBytesMax": "4194304", "/big.outputHardCapBytes": "8388608",
                "/big.compression": "off", "/big.slowConsumers": "close",
            ])
    }

    @Test("The presets are in range, and differ where the handbook says")
    func presets() throws {
        try AppConfiguration.default.validate()
        try AppConfiguration.public.validate()
        #expect(AppConfiguration.default.connectionsPerAddressMax == nil)
        #expect(AppConfiguration.default.webSocket.messagesPerSecondMax == nil)
        #expect(AppConfiguration.default.webSocket.inflateRatioMax == nil)
        #expect(AppConfiguration.public.connectionsPerAddressMax == 256)
        #expect(AppConfiguration.public.webSocket.inflateRatioMax == 1_000)
        #expect(AppConfiguration.public.webSocket.messagesPerSecondMax == 100)
        #expect(AppConfiguration.public.webSocket.messageBurstMax == 200)
    }

    @Test("A route's hard cap is checked", arguments: [0, 1_023, (1 << 30) + 1])
    func hardCap(_ value: Int) {
        var options = WebSocketOptions()
        options.outputHardCapBytes = value
        let route = WebSocketRoute(
            path: "/x", number: 1, options: options, configuration: AppConfiguration())
        #expect(throws: AppError.self) { try route.validate() }
    }
}

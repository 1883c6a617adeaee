import RNodeApp

/// Messages through all layers: from the bytes of a read to the bytes of the answer.
enum EchoBenchmarks {
    /// As many connections are ready in each turn.
    private static let connections = 64

    static func all() -> [Benchmark] {
        floors() + [
            raw("echo.raw.20B.1", ClientBytes.ascii(20), perRead: 1),
            raw("echo.raw.20B.16", ClientBytes.ascii(20), perRead: 16),
            raw("echo.raw.1KiB.1", ClientBytes.ascii(1_024), perRead: 1),
            raw("echo.raw.1KiB.16", ClientBytes.ascii(1_024), perRead: 16),
            raw("echo.raw.16KiB.1", ClientBytes.ascii(16_384), perRead: 1),
            raw("echo.raw.20B.1.lone", ClientBytes.ascii(20), perRead: 1, connections: 1),
            raw("echo.raw.20B.1.ring", ClientBytes.ascii(20), perRead: 1, overRing: true),
            raw("echo.raw.20B.16.ring", ClientBytes.ascii(20), perRead: 16, overRing: true),
            raw("echo.raw.1KiB.1.ring", ClientBytes.ascii(1_024), perRead: 1, overRing: true),
            raw("echo.raw.1KiB.16.ring", ClientBytes.ascii(1_024), perRead: 16, overRing: true),
            raw("echo.raw.16KiB.1.ring", ClientBytes.ascii(16_384), perRead: 1, overRing: true),
            cut("echo.cut.1KiB.1", 1_024, overRing: false),
            cut("echo.cut.1KiB.1.ring", 1_024, overRing: true),
            cut("echo.cut.16KiB.1", 16_384, overRing: false),
            cut("echo.cut.16KiB.1.ring", 16_384, overRing: true),
            cutLong("echo.cut.16KiB.4", overRing: false),
            cutLong("echo.cut.16KiB.4.ring", overRing: true),
            fragments("echo.fragments.1KiB.1", overRing: false),
            fragments("echo.fragments.1KiB.1.ring", overRing: true),
            ack("echo.ack.20B.1", perRead: 1),
            ack("echo.ack.20B.16", perRead: 16),
            deflate("echo.deflate.1KiB.1", overRing: false),
            deflate("echo.deflate.1KiB.1.ring", overRing: true),
        ]
    }

    private static func raw(
        _ name: String, _ payload: [UInt8], perRead: Int, connections: Int = connections,
        overRing: Bool = false
    ) -> Benchmark {
        Benchmark(
            name, unit: "message", units: connections * perRead, countedRuns: runs(payload.count)
        ) {
            let (host, app) = try server(overRing: overRing)
            return try answering(
                host, app, try open(host, "/echo", connections),
                ClientBytes.frames(.text, payload, count: perRead),
                by: ClientBytes.answers(payload, count: perRead))
        }
    }

    /// Long messages take long to count, and their start and end say less.
    private static func runs(_ size: Int) -> Int { size < 16_384 ? 20 : 5 }

    /// Each read ends in the middle of a message, which the next one completes.
    private static func cut(_ name: String, _ size: Int, overRing: Bool) -> Benchmark {
        Benchmark(name, unit: "message", units: connections, countedRuns: runs(size)) {
            let (host, app) = try server(overRing: overRing)
            let payload = ClientBytes.ascii(size)
            let message = ClientBytes.frames(.text, payload)
            let place = size * 600 / 1_024
            let streams = try open(host, "/echo", connections)
            for stream in streams { stream.give([UInt8](message.prefix(place))) }
            host.settle()
            let read = [UInt8](message.dropFirst(place) + message.prefix(place))
            return try answering(host, app, streams, read, by: ClientBytes.answers(payload))
        }
    }

    /// Four long messages are more than one read holds: each read ends in the middle of one, and as many connections hold the
    /// beginning of a message at once.
    private static func cutLong(_ name: String, overRing: Bool) -> Benchmark {
        let connections = 16
        return Benchmark(name, unit: "message", units: connections * 4, countedRuns: runs(16_384)) {
            let (host, app) = try server(overRing: overRing)
            let payload = ClientBytes.ascii(16_384)
            let messages = ClientBytes.frames(.text, payload, count: 4)
            let streams = try open(host, "/echo", connections)
            for stream in streams { stream.give([UInt8](messages.prefix(8_000))) }
            host.settle()
            let read = [UInt8](messages.dropFirst(8_000) + messages.prefix(8_000))
            return try answering(
                host, app, streams, read, by: ClientBytes.answers(payload, count: 4),
                inSeveralTurns: true)
        }
    }

    /// Each message comes in two fragments, both in one read.
    private static func fragments(_ name: String, overRing: Bool) -> Benchmark {
        Benchmark(name, unit: "message", units: connections, countedRuns: 20) {
            let (host, app) = try server(overRing: overRing)
            let half = ClientBytes.ascii(512)
            let read =
                ClientBytes.frames(.text, half, isFinal: false)
                + ClientBytes.frames(.continuation, half)
            return try answering(
                host, app, try open(host, "/echo", connections), read,
                by: ClientBytes.answers(half + half))
        }
    }

    private static func server(overRing: Bool) throws -> (MemoryHost, App) {
        let host = try MemoryHost(overRing: overRing)
        let app = host.makeApp()
        app.websocket(raw: "/echo") { route in
            route.onMessage { bytes, kind, context in context.send(bytes, kind) }
        }
        try host.serve(app)
        return (host, app)
    }

    private static func ack(_ name: String, perRead: Int) -> Benchmark {
        Benchmark(name, unit: "message", units: connections * perRead, countedRuns: 20) {
            let host = try MemoryHost()
            let app = host.makeApp()
            app.websocket("/chat") { $0.on(EventMask(.onMessage)) { _ in } }
            try host.serve(app)
            let streams = try open(host, "/chat", connections)
            let read = ClientBytes.frames(.text, ClientBytes.ascii(20), count: perRead)
            let answer = host.answer(to: read, on: streams[0])
            let text = String(decoding: answer, as: UTF8.self)
            guard text.split(separator: "message_ack").count == perRead + 1 else {
                throw BenchmarkFailure("messages were answered by \(text)")
            }
            return try answering(host, app, streams, read, by: answer)
        }
    }

    private static func deflate(_ name: String, overRing: Bool) -> Benchmark {
        Benchmark(name, unit: "message", units: connections, countedRuns: 10) {
            let host = try MemoryHost(overRing: overRing)
            let app = host.makeApp()
            app.websocket(raw: "/deflate") { route in
                route.compression = DeflateOptions()
                route.onMessage { bytes, kind, context in context.send(bytes, kind) }
            }
            try host.serve(app)
            let streams = try open(
                host, "/deflate", connections,
                offers: "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
            )
            let message = ClientBytes.json(1_024)
            let read = ClientBytes.frames(
                .text, try DeflateBenchmarks.deflated(message), isExtended: true)
            let answer = host.answer(to: read, on: streams[0])
            guard try DeflateBenchmarks.message(in: answer) == message else {
                throw BenchmarkFailure("the answer is not the message, deflated")
            }
            return try answering(host, app, streams, read, by: answer)
        }
    }

    // MARK: - Parts

    static func open(
        _ host: MemoryHost, _ target: String, _ count: Int, offers: String? = nil
    ) throws -> [MemoryStream] {
        let request = ClientBytes.upgrade(target, offers: offers)
        return try (0..<count).map { _ in try host.open(request) }
    }

    /// Turns in which every stream is given `read`, and answers by `answer`; where one turn is not enough, as many as it takes.
    static func answering(
        _ host: MemoryHost, _ app: App, _ streams: [MemoryStream], _ read: [UInt8],
        by answer: [UInt8], inSeveralTurns: Bool = false
    ) throws -> Run {
        let turns = host.turns(of: streams, giving: read)
        if inSeveralTurns {
            return try checked(host, streams, answer) { count in
                for _ in 0..<count {
                    turns(1)
                    host.settle()
                }
                withExtendedLifetime(app) {}
            }
        }
        return try checked(host, streams, answer) { count in
            turns(count)
            // The loops hold the app's routes only for as long as the app is there.
            withExtendedLifetime(app) {}
        }
    }

    /// A run that was tried: every stream must be sent these bytes.
    private static func checked(
        _ host: MemoryHost, _ streams: [MemoryStream], _ answer: [UInt8], _ run: @escaping Run
    ) throws -> Run {
        for sent in try host.sent(to: streams, by: run) where sent != answer {
            throw BenchmarkFailure("\(sent.count) bytes were sent, not the right \(answer.count)")
        }
        return run
    }

    // MARK: - The loop without a protocol

    /// The event loop alone, whose handler answers each read by bytes made before: what of an echo is no protocol's.
    private static func floors() -> [Benchmark] {
        [1, 16].map { perRead in
            Benchmark(
                "echo.floor.20B.\(perRead)", unit: "message", units: connections * perRead,
                countedRuns: 20
            ) {
                let host = try MemoryHost()
                let answer = ClientBytes.ascii(22 * perRead)
                host.loop.setHandler(FloorHandler(answer: answer))
                let streams = (0..<connections).map { _ in host.connect() }
                host.settle()
                let read = ClientBytes.frames(.text, ClientBytes.ascii(20), count: perRead)
                return try checked(host, streams, answer, host.turns(of: streams, giving: read))
            }
        }
    }

    private final class FloorHandler: LoopHandler {
        private let answer: [UInt8]

        init(answer: [UInt8]) {
            self.answer = answer
        }

        func accepted(_ connection: inout ConnectionContext, remote: SocketAddress) {}
        func received(
            _ bytes: inout MutableSpan<UInt8>, on connection: inout ConnectionContext
        ) -> Int {
            let answer = answer
            connection.output.append(answer.span)
            return bytes.count
        }
        func finished(_ connection: inout ConnectionContext) {}
        func drained(_ connection: inout ConnectionContext) {}
        func overflowed(_ connection: inout ConnectionContext) {}
        func timedOut(_ connection: inout ConnectionContext) {}
        func closed(_ connection: ConnectionID, _ reason: DisconnectReason, on loop: EventLoop) {}
        func turnEnded(on loop: EventLoop) {}
    }
}

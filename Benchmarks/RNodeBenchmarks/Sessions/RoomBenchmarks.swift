import CMeasuring
import RNodeApp

/// Rooms: coming and going, and one message to many.
enum RoomBenchmarks {
    private static let members = 500

    static func all() -> [Benchmark] {
        [
            fanOut("room.fanOut.64B.1", perRead: 1),
            fanOut("room.fanOut.64B.8", perRead: 8),
            fanOut("room.fanOut.64B.1.ring", perRead: 1, overRing: true),
            fanOut("room.fanOut.64B.8.ring", perRead: 8, overRing: true),
            twoRooms("room.fanOut.64B.two"),
            deflated("room.fanOut.deflate.1KiB.1"),
            deflated("room.fanOut.deflate.1KiB.1.ring", overRing: true),
            joinAndLeave(),
            seats(),
        ]
    }

    /// One member's messages to all of a room, itself too.
    private static func fanOut(
        _ name: String, perRead: Int, overRing: Bool = false
    ) -> Benchmark {
        Benchmark(name, unit: "delivery", units: members * perRead, countedRuns: 10) {
            let host = try MemoryHost(overRing: overRing)
            let app = host.makeApp()
            let room = try host.run { try await app.createRoom("everybody") }
            app.websocket(raw: "/room") { route in
                route.onOpen { context in context.join(room) }
                route.onMessage { bytes, kind, context in context.publish(bytes, kind, to: room) }
            }
            try host.serve(app)
            let streams = try EchoBenchmarks.open(host, "/room", members)
            let payload = ClientBytes.ascii(64)
            let read = ClientBytes.frames(.text, payload, count: perRead)
            let right = ClientBytes.answers(payload, count: perRead)
            return try turns(host, app, streams, read) { $0 == right }
        }
    }

    /// A message to each of two rooms that all are in: one send for each member.
    private static func twoRooms(_ name: String) -> Benchmark {
        let members = 50
        return Benchmark(name, unit: "delivery", units: members * 2, countedRuns: 20) {
            let host = try MemoryHost()
            let app = host.makeApp()
            let lobby = try host.run { try await app.createRoom("everybody") }
            let room = try host.run { try await app.createRoom("everybody else") }
            app.websocket(raw: "/room") { route in
                route.onOpen { context in
                    context.join(lobby)
                    context.join(room)
                }
                route.onMessage { bytes, kind, context in
                    context.publish(bytes, kind, to: lobby)
                    context.publish(bytes, kind, to: room)
                }
            }
            try host.serve(app)
            let streams = try EchoBenchmarks.open(host, "/room", members)
            let payload = ClientBytes.ascii(64)
            let right = ClientBytes.answers(payload, count: 2)
            return try turns(host, app, streams, ClientBytes.frames(.text, payload)) {
                $0 == right
            }
        }
    }

    /// A message to a room whose members all have compression.
    private static func deflated(_ name: String, overRing: Bool = false) -> Benchmark {
        Benchmark(name, unit: "delivery", units: members, countedRuns: 10) {
            let host = try MemoryHost(overRing: overRing)
            let app = host.makeApp()
            let room = try host.run { try await app.createRoom("everybody") }
            app.websocket(raw: "/room") { route in
                route.compression = DeflateOptions()
                route.onOpen { context in context.join(room) }
                route.onMessage { bytes, kind, context in context.publish(bytes, kind, to: room) }
            }
            try host.serve(app)
            let streams = try EchoBenchmarks.open(
                host, "/room", members,
                offers: "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
            )
            let message = ClientBytes.json(1_024)
            return try turns(host, app, streams, ClientBytes.frames(.text, message)) {
                try DeflateBenchmarks.message(in: $0) == message
            }
        }
    }

    /// Turns in which the first stream is given `read`, and each gets what is right.
    private static func turns(
        _ host: MemoryHost, _ app: App, _ streams: [MemoryStream], _ read: [UInt8],
        isRight: ([UInt8]) throws -> Bool
    ) throws -> Run {
        let run: Run = { count in
            for _ in 0..<count {
                streams[0].give(read)
                host.turn()
            }
            withExtendedLifetime(app) {}
        }
        host.settle()
        for sent in try host.sent(to: streams, by: run) where try !isRight(sent) {
            throw BenchmarkFailure("a member got \(sent.count) bytes that are not right")
        }
        return run
    }

    /// A client joins and leaves by its own messages, with the registry between.
    private static func joinAndLeave() -> Benchmark {
        Benchmark("room.joinAndLeave", unit: "join and leave", countedRuns: 50) {
            let host = try MemoryHost()
            let app = host.makeApp()
            let room = try host.run { try await app.createRoom("general") }
            app.websocket("/chat") { _ in }
            try host.serve(app)
            let stream = try host.open(ClientBytes.upgrade("/chat"))
            let join = MixedStream.join(room)
            let leave = ClientBytes.text(#"{"type":"leave_room","room_id":"\#(room)"}"#)
            let answer = host.answer(to: join, on: stream) + host.answer(to: leave, on: stream)
            let text = String(decoding: answer, as: UTF8.self)
            guard text.contains("room_joined"), text.contains("room_left") else {
                throw BenchmarkFailure("a join and a leave were answered by \(text)")
            }
            return { count in
                for _ in 0..<count {
                    stream.give(join)
                    host.settle()
                    stream.give(leave)
                    host.settle()
                }
                withExtendedLifetime(app) {}
            }
        }
    }

    /// The book of rooms alone: a seat reserved, confirmed and left.
    private static func seats() -> Benchmark {
        Benchmark("room.seat", unit: "seat") {
            var ledger = RoomLedger()
            let record = try ledger.beginCreation(
                RoomDraft(name: "general"), bits: { (1, 2) }, now: 0)
            guard let room = ledger.finishCreation(record) else {
                throw BenchmarkFailure("there is no room")
            }
            let member = Member(
                id: MemberID(random: 3, 4), clientID: "ada", loop: 0, location: 1)
            let run: (Int) -> Int = { count in
                var left = 0
                for _ in 0..<count {
                    guard let seat = try? ledger.reserve(member, in: room.id),
                        (try? ledger.confirm(seat, now: 1)) != nil,
                        (try? ledger.leave(member.id, room: room.id, now: 2)) != nil
                    else { return left }
                    left += 1
                }
                return left
            }
            guard run(2) == 2 else { throw BenchmarkFailure("a seat is not free again") }
            return { measuring_keep(Int64(run($0))) }
        }
    }
}

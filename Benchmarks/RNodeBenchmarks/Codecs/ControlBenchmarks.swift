import CMeasuring
import RNodeApp

/// Control messages: what a text is, and the texts that are sent.
enum ControlBenchmarks {
    static func all() -> [Benchmark] {
        [
            scan("ordinary", "Hello, everybody out there!", isControl: false),
            scan(
                "ordinaryJSON", #"{"player":"p7","x":37,"y":61,"state":"running"}"#,
                isControl: false),
            scan("ping", #"{"type":"ping"}"#, isControl: true),
            scan(
                "roomMessage",
                #"{"type":"room_message","room_id":"\#(room)","message":"Hello, room!"}"#,
                isControl: true),
            writeRoomMessage(), writeAck(),
        ]
    }

    private static let room = RoomID(high: 1, low: 2)
    private static let text = Array("Hello, everybody out there!".utf8)

    private static func scan(_ name: String, _ text: String, isControl: Bool) -> Benchmark {
        Benchmark("control.scan.\(name)", unit: "text") {
            let bytes = Array(text.utf8)
            guard ControlProbe.scan(bytes.span, times: 2) == (isControl ? 2 : 0) else {
                throw BenchmarkFailure("\(text) is taken for what it is not")
            }
            return { measuring_keep(Int64(ControlProbe.scan(bytes.span, times: $0))) }
        }
    }

    private static func writeRoomMessage() -> Benchmark {
        Benchmark("control.write.roomMessage", unit: "text") {
            let buffer = Owned(ByteBuffer(capacity: 1_024))
            let run: (Int) -> Int = { count in
                buffer.update {
                    ControlProbe.writeRoomMessage(
                        text.span, room: room, from: "ada", times: count, into: &$0)
                }
            }
            try check(run, buffer, has: #""room_message""#, #""\#(room)""#, #""ada""#)
            return { measuring_keep(Int64(run($0))) }
        }
    }

    private static func writeAck() -> Benchmark {
        Benchmark("control.write.ack", unit: "text") {
            let buffer = Owned(ByteBuffer(capacity: 1_024))
            let run: (Int) -> Int = { count in
                buffer.update { ControlProbe.writeAck(text.span, times: count, into: &$0) }
            }
            try check(run, buffer, has: #""message_ack""#)
            return { measuring_keep(Int64(run($0))) }
        }
    }

    /// Writes twice: what stands in the buffer then must be one object with the text and these parts.
    private static func check(
        _ run: (Int) -> Int, _ buffer: borrowing Owned<ByteBuffer>, has parts: String...
    ) throws {
        let count = run(2)
        let bytes = buffer.borrow { $0.copied() }
        let written = String(decoding: bytes, as: UTF8.self)
        let quoted = #""\#(String(decoding: text, as: UTF8.self))""#
        let wanted = parts + [quoted, "2025-01-01T00:00:00"]
        guard bytes.count == count, written.hasPrefix("{"), written.hasSuffix("}"),
            wanted.allSatisfy({ written.split(separator: $0).count == 2 })
        else { throw BenchmarkFailure("a control message was written as \(written)") }
    }
}

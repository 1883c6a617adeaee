import CMeasuring
import RNodeApp

/// Control messages: what a text is, and the texts that are sent.
enum ControlBenchmarks {
    static func all() -> [Benchmark] {
        [
            scan("ordinary", "Hello, everybody out there!"),
            scan("ordinaryJSON", #"{"player":"p7","x":37,"y":61,"state":"running"}"#),
            scan("ping", #"{"type":"ping"}"#),
            scan(
                "roomMessage",
                #"{"type":"room_message","room_id":"\#(room)","message":"Hello, room!"}"#),
            writeRoomMessage(), writeAck(),
        ]
    }

    private static let room = RoomID(high: 1, low: 2)
    private static let text = Array("Hello, everybody out there!".utf8)

    private static func scan(_ name: String, _ text: String) -> Benchmark {
        Benchmark("control.scan.\(name)", unit: "text") {
            let bytes = Array(text.utf8)
            return { measuring_keep(Int64(ControlProbe.scan(bytes.span, times: $0))) }
        }
    }

    private static func writeRoomMessage() -> Benchmark {
        Benchmark("control.write.roomMessage", unit: "text") {
            let buffer = Owned(ByteBuffer(capacity: 1_024))
            return { count in
                let size = buffer.update {
                    ControlProbe.writeRoomMessage(
                        text.span, room: room, from: "ada", times: count, into: &$0)
                }
                measuring_keep(Int64(size))
            }
        }
    }

    private static func writeAck() -> Benchmark {
        Benchmark("control.write.ack", unit: "text") {
            let buffer = Owned(ByteBuffer(capacity: 1_024))
            return { count in
                let size = buffer.update {
                    ControlProbe.writeAck(text.span, times: count, into: &$0)
                }
                measuring_keep(Int64(size))
            }
        }
    }
}

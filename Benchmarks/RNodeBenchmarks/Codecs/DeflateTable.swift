import CMeasuring
import RNodeWS

/// What a deflater costs at each of its settings: the processor's time, the bytes that come out, and its memory.
///
/// `DeflateOptions` has its defaults from here. Messages are JSON, and together longer than any window, so that with
/// takeover it holds what resembles the next one and never the message itself.
enum DeflateTable {
    private static let sizes = [256, 1_024, 16_384]
    private static let levels = [1, 6]
    private static let memory = [(15, 8), (13, 6), (12, 5), (11, 4), (9, 1)]
    private static let distinctBytes = 131_072
    private static let batches = 7

    static func text() throws -> String {
        var lines = [
            "| message | level | window | memory level | memory | reset µs | reset bytes | takeover µs | takeover bytes |",
            "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for size in sizes {
            let messages = (0..<(distinctBytes / size)).map { message(size, seed: UInt64($0)) }
            for level in levels {
                for (window, memoryLevel) in memory {
                    guard
                        let deflater = Deflater(
                            level: level, windowBits: window, memoryLevel: memoryLevel)
                    else { throw BenchmarkFailure("there is no deflater") }
                    let reset = measure(deflater, messages, keepsContext: false)
                    let takeover = measure(deflater, messages, keepsContext: true)
                    let kibibytes =
                        Deflater.byteCount(windowBits: window, memoryLevel: memoryLevel) / 1_024
                    lines.append(
                        "| \(size) B | \(level) | \(window) | \(memoryLevel) | \(kibibytes) KiB | \(reset) | \(takeover) |"
                    )
                }
            }
        }
        return lines.joined(separator: "\n")
    }

    /// The best of some batches, and what a message became on average: two cells.
    private static func measure(
        _ deflater: Deflater, _ messages: [[UInt8]], keepsContext: Bool
    ) -> String {
        deflater.reset()
        var output = ByteBuffer(capacity: 32_768)
        var best = Double.infinity
        var bytes = 0
        for _ in 0..<batches {
            bytes = 0
            let start = measuring_nanoseconds()
            for message in messages {
                output.removeAll()
                _ = deflater.deflate(message.span, into: &output)
                if !keepsContext { deflater.reset() }
                bytes += output.count
            }
            best = min(best, Double(measuring_nanoseconds() - start) / Double(messages.count))
        }
        let tenths = Int((best / 100).rounded())
        return "\(tenths / 10).\(tenths % 10) | \(bytes / messages.count)"
    }

    /// A room's message as PROTOCOL has it, of about `count` bytes.
    private static func message(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ bound: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % bound
        }
        let words = [
            "hello", "world", "room", "server", "latency", "presence", "message", "online", "swift",
            "connection", "broadcast", "event", "loop", "status", "client", "timestamp",
        ]
        var text = #"{"type":"room_message","room_id":"room-\#(next(100))","client_id":"user-"#
        text += String(next(1 << 32), radix: 16) + #"","content":""#
        while text.utf8.count < count - 2 {
            text += next(8) == 0 ? "\(next(100_000)) " : words[Int(next(16))] + " "
        }
        return Array((text + #""}"#).utf8)
    }
}

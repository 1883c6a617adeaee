import CMeasuring
import RNodeWS

/// permessage-deflate on 1 KiB of JSON, each message for itself.
enum DeflateBenchmarks {
    static func all() -> [Benchmark] {
        [1, 6].map(deflate) + [inflate()]
    }

    private static func deflate(_ level: Int) -> Benchmark {
        Benchmark("deflate.level\(level).1KiB", unit: "message", countedRuns: 50) {
            let deflater = try deflater(level)
            let text = ClientBytes.json(1_024)
            let output = Owned(ByteBuffer(capacity: 2_048))
            let run: Run = { count in
                output.update { output in
                    for _ in 0..<count {
                        output.removeAll()
                        _ = deflater.deflate(text.span, into: &output)
                        deflater.reset()
                        measuring_keep(Int64(output.count))
                    }
                }
            }
            run(2)
            let payload = output.borrow { $0.copied() }
            guard payload.count < text.count, try inflated(payload) == text else {
                throw BenchmarkFailure("what was deflated is not the message")
            }
            return run
        }
    }

    private static func inflate() -> Benchmark {
        Benchmark("deflate.inflate.1KiB", unit: "message", countedRuns: 50) {
            guard let inflater = Inflater(windowBits: 15) else {
                throw BenchmarkFailure("there is no inflater")
            }
            let text = ClientBytes.json(1_024)
            let payload = try deflated(text)
            let output = Owned(ByteBuffer(capacity: 8_192))
            let run: Run = { count in
                output.update { output in
                    for _ in 0..<count {
                        output.removeAll()
                        try? inflater.inflate(
                            payload.span, endOfMessage: true, bytesMax: 1 << 20, into: &output)
                        inflater.reset()
                        measuring_keep(Int64(output.count))
                    }
                }
            }
            run(1)
            guard output.borrow({ $0.copied() }) == text else {
                throw BenchmarkFailure("what was inflated is not what was deflated")
            }
            return run
        }
    }

    /// A message as a client deflates it.
    static func deflated(_ message: [UInt8]) throws -> [UInt8] {
        var output = ByteBuffer()
        guard try deflater(6).deflate(message.span, into: &output) else {
            throw BenchmarkFailure("zlib did not deflate")
        }
        return output.copied()
    }

    /// The message in the one frame that a server sends for it, deflated.
    static func message(in frame: [UInt8]) throws -> [UInt8] {
        let decoder = FrameDecoder(role: .client, allowsExtended: true)
        guard case .header(let header) = decoder.decode(frame.span),
            header.isFinal, header.isExtended, header.opcode == .text,
            header.byteCount + header.payloadCount == frame.count
        else { throw BenchmarkFailure("what was sent is not one deflated text") }
        return try inflated(Array(frame.dropFirst(header.byteCount)))
    }

    private static func inflated(_ payload: [UInt8]) throws -> [UInt8] {
        guard let inflater = Inflater(windowBits: 15) else {
            throw BenchmarkFailure("there is no inflater")
        }
        var message = ByteBuffer()
        try inflater.inflate(payload.span, endOfMessage: true, bytesMax: 1 << 20, into: &message)
        return message.copied()
    }

    private static func deflater(_ level: Int) throws -> Deflater {
        guard let deflater = Deflater(level: level, windowBits: 15, memoryLevel: 8) else {
            throw BenchmarkFailure("there is no deflater")
        }
        return deflater
    }
}

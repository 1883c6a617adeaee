import CMeasuring
import RNodeWS

/// Frames: their heads, the masking, UTF-8, and whole messages in a session.
enum FrameBenchmarks {
    static func all() -> [Benchmark] {
        [decode(), session("frame.session.20B", 20), session("frame.session.1KiB", 1_024)]
            + [20, 1_024].map(unmask)
            + [
                validate("ascii", ClientBytes.ascii(1_024)),
                validate("german", repeated("Größe läßt sich prüfen. ", to: 1_024)),
                validate("emoji", repeated("👩‍🚀🌍 ", to: 1_024)),
            ]
            + [20, 1_024].map(encode)
    }

    private static func decode() -> Benchmark {
        Benchmark("frame.decode", unit: "head", countedRuns: 1_000) {
            let frame = ClientBytes.frames(.text, ClientBytes.ascii(20))
            let decoder = FrameDecoder(role: .server)
            return { count in
                for _ in 0..<count {
                    if case .header(let header) = decoder.decode(frame.span) {
                        measuring_keep(Int64(header.payloadCount))
                    }
                }
            }
        }
    }

    /// A message through a session: head, unmasking, UTF-8.
    private static func session(_ name: String, _ size: Int) -> Benchmark {
        Benchmark(name, unit: "message", countedRuns: 1_000) {
            let now = MonotonicInstant(nanoseconds: 1)
            let session = Owned(WebSocketSession(role: .server, now: now))
            // A key of zeros leaves the bytes as they are for the next run, and takes as long as any.
            var frame = ByteBuffer()
            FrameEncoder.encode(
                .text, ClientBytes.ascii(size).span, maskingKey: 0, into: &frame)
            let bytes = Owned(frame)
            return { count in
                session.update { session in
                    bytes.update { bytes in
                        bytes.withMutableSpan { bytes in
                            for _ in 0..<count {
                                var offset = 0
                                let step = session.next(&bytes, from: &offset, now: now)
                                if case .message(_, .input(let range)) = step {
                                    measuring_keep(Int64(range.count))
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private static func unmask(_ size: Int) -> Benchmark {
        Benchmark("frame.unmask.\(label(size))", countedRuns: 1_000) {
            let bytes = Owned(ByteBuffer(copying: ClientBytes.ascii(size).span))
            return { count in
                bytes.update { bytes in
                    bytes.withMutableSpan { bytes in
                        for _ in 0..<count {
                            let isASCII = Mask.apply(0x37FA_213D, to: &bytes, in: 0..<size)
                            measuring_keep(isASCII ? 1 : 0)
                        }
                    }
                }
            }
        }
    }

    private static func validate(_ name: String, _ bytes: [UInt8]) -> Benchmark {
        Benchmark("frame.utf8.\(name).1KiB", countedRuns: 1_000) {
            guard UTF8Validator.isValid(bytes.span, in: bytes.indices) else {
                throw BenchmarkFailure("\(name) is no UTF-8")
            }
            return { count in
                for _ in 0..<count {
                    let isValid = UTF8Validator.isValid(bytes.span, in: bytes.indices)
                    measuring_keep(isValid ? 1 : 0)
                }
            }
        }
    }

    private static func encode(_ size: Int) -> Benchmark {
        Benchmark("frame.encode.\(label(size))", unit: "message", countedRuns: 1_000) {
            let payload = ClientBytes.ascii(size)
            let output = Owned(ByteBuffer(capacity: size + 32))
            return { count in
                output.update { output in
                    for _ in 0..<count {
                        output.removeAll()
                        FrameEncoder.encode(.text, payload.span, into: &output)
                        measuring_keep(Int64(output.count))
                    }
                }
            }
        }
    }

    private static func label(_ size: Int) -> String { size < 1_024 ? "\(size)B" : "1KiB" }

    /// Whole repetitions of a text, about so many bytes.
    private static func repeated(_ text: String, to count: Int) -> [UInt8] {
        Array(String(repeating: text, count: count / text.utf8.count).utf8)
    }
}

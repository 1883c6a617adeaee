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
            guard case .header(let header) = decoder.decode(frame.span), header.opcode == .text,
                header.byteCount == 6, header.payloadCount == 20, header.maskingKey != nil
            else { throw BenchmarkFailure("a head is decoded wrongly") }
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
            var found: [UInt8]?
            session.update { session in
                bytes.update { bytes in
                    bytes.withMutableSpan { bytes in
                        var offset = 0
                        let step = session.next(&bytes, from: &offset, now: now)
                        guard case .message(.text, .input(let range)) = step else { return }
                        found = range.map { bytes[$0] }
                    }
                }
            }
            guard found == ClientBytes.ascii(size) else {
                throw BenchmarkFailure("a message is not what was sent")
            }
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
            let plain = ClientBytes.ascii(size)
            let bytes = Owned(ByteBuffer(copying: plain.span))
            let run: Run = { count in
                bytes.update { bytes in
                    bytes.withMutableSpan { bytes in
                        for _ in 0..<count {
                            let isASCII = Mask.apply(0x37FA_213D, to: &bytes, in: 0..<size)
                            measuring_keep(isASCII ? 1 : 0)
                        }
                    }
                }
            }
            // The first byte of a key is its lowest.
            let key: [UInt8] = [0x3D, 0x21, 0xFA, 0x37]
            run(1)
            guard
                bytes.borrow({ $0.copied() })
                    == plain.enumerated().map({ $0.element ^ key[$0.offset % 4] })
            else { throw BenchmarkFailure("bytes are masked wrongly") }
            return run
        }
    }

    private static func validate(_ name: String, _ bytes: [UInt8]) -> Benchmark {
        Benchmark("frame.utf8.\(name).1KiB", countedRuns: 1_000) {
            // The same cut behind the first byte of a character is none.
            let cut = bytes + [0xC3]
            guard UTF8Validator.isValid(bytes.span, in: bytes.indices),
                !UTF8Validator.isValid(cut.span, in: cut.indices)
            else {
                throw BenchmarkFailure("\(name) is not told from what is no UTF-8")
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
            let run: Run = { count in
                output.update { output in
                    for _ in 0..<count {
                        output.removeAll()
                        FrameEncoder.encode(.text, payload.span, into: &output)
                        measuring_keep(Int64(output.count))
                    }
                }
            }
            run(2)
            let head = [0x81] + (size < 126 ? [UInt8(size)] : [126, UInt8(size >> 8), 0])
            guard output.borrow({ $0.copied() }) == head + payload else {
                throw BenchmarkFailure("a frame is encoded wrongly")
            }
            return run
        }
    }

    private static func label(_ size: Int) -> String { size < 1_024 ? "\(size)B" : "1KiB" }

    /// Whole repetitions of a text, about so many bytes.
    private static func repeated(_ text: String, to count: Int) -> [UInt8] {
        Array(String(repeating: text, count: count / text.utf8.count).utf8)
    }
}

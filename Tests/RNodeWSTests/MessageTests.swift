import RNodeWS
import Testing

@Suite("RFC 6455 §5.4: fragmentation")
struct MessageTests {
    @Test("Fragments with control frames between them are reported alike in every split")
    func interleaved() {
        let input =
            text("Hel", fin: false) + control(9, Array("are you there".utf8))
            + more(Array("lo ".utf8), fin: false) + control(10)
            + more([], fin: false) + more(Array("world".utf8), fin: true) + text("next")
        #expect(
            everyway(input) == [
                .ping(Array("are you there".utf8)), .pong([]),
                .message(.text, Array("Hello world".utf8)), .message(.text, Array("next".utf8)),
            ])
    }

    @Test("A character may be split between fragments")
    func splitCharacter() {
        let bytes = Array("a🎉b".utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let input =
                    WireFrame(opcode: 1, payload: Array(bytes[..<first]), fin: false).bytes
                    + more(Array(bytes[first..<second]), fin: false)
                    + more(Array(bytes[second...]), fin: true)
                #expect(everyway(input) == [.message(.text, bytes)])
            }
        }
    }

    @Test("B2 a new message inside a message, and a continuation outside one, are 1002")
    func order() {
        #expect(
            everyway(text("a", fin: false) + text("b")) == [.failed(.continuationExpected)])
        #expect(
            everyway(text("a", fin: false) + binary([1], fin: false))
                == [.failed(.continuationExpected)])
        let input = text("a", fin: false) + more([0x62], fin: true) + more([0x63], fin: true)
        #expect(
            everyway(input)
                == [.message(.text, [0x61, 0x62]), .failed(.continuationUnexpected)])
    }

    @Test("B6 bad text is 1007 at once, in a fragment and in a part of a frame")
    func invalidText() {
        let bad: [UInt8] = [0x61, 0xC3, 0x28]
        #expect(
            everyway(WireFrame(opcode: 1, payload: bad).bytes + text("x"))
                == [.failed(.invalidUTF8)])
        let fragments = text("ok", fin: false) + more(bad, fin: false)
        #expect(everyway(fragments) == [.failed(.invalidUTF8)])
        // The frame says 1,000 bytes; the third of them is wrong, and nothing more is waited for.
        let partial = WireFrame(opcode: 1, payload: bad, declared: 1000).bytes
        #expect(everyway(partial) == [.failed(.invalidUTF8)])
        let cut = text("a", fin: false) + more([0xE4, 0xBD], fin: true)
        #expect(everyway(cut) == [.failed(.invalidUTF8)])
        let cutWhole = WireFrame(opcode: 1, payload: [0x61, 0xE4, 0xBD]).bytes
        #expect(everyway(cutWhole) == [.failed(.invalidUTF8)])
        #expect(WebSocketError.invalidUTF8.closeCode == .invalidPayload)
    }

    @Test("B6 the reason of a close must be UTF-8, else 1007")
    func invalidReason() {
        let payload: [UInt8] = [0x03, 0xE8, 0x61, 0xFF]
        #expect(everyway(control(8, payload)) == [.failed(.invalidUTF8)])
    }

    @Test("A binary message may hold anything")
    func binaryIsFree() {
        let input =
            binary([0xFF, 0xC0], fin: false) + more([0x80], fin: true) + binary([0xED, 0xA0, 0x80])
        #expect(
            everyway(input) == [
                .message(.binary, [0xFF, 0xC0, 0x80]), .message(.binary, [0xED, 0xA0, 0x80]),
            ])
    }
}

@Suite("HARDENING §1: limits of messages")
struct MessageLimitTests {
    private func setup(message: Int = 1000, frame: Int? = nil, fragments: Int = 16) -> Setup {
        var limits = WebSocketLimits()
        limits.messageBytesMax = message
        limits.frameBytesMax = frame
        limits.fragmentsMax = fragments
        return Setup(limits: limits)
    }

    @Test("A message of one frame: limit−1 and limit pass, limit+1 and ten times are 1009")
    func whole() {
        for count in [999, 1000, 1001, 10_000] {
            let payload = [UInt8](repeating: 0x61, count: count)
            for opcode: UInt8 in [1, 2] {
                let found = everyway(WireFrame(opcode: opcode, payload: payload).bytes, setup())
                let kind: MessageKind = opcode == 1 ? .text : .binary
                #expect(
                    found == (count > 1000 ? [.failed(.frameTooBig)] : [.message(kind, payload)]))
            }
        }
        #expect(WebSocketError.frameTooBig.closeCode == .messageTooBig)
    }

    @Test(
        "As many fragments as Chat's echo allows: one more is 1008",
        arguments: [99_999, 100_000, 100_001])
    func manyFragments(count: Int) {
        var session = setup(message: 1 << 20, fragments: 100_000).session()
        var input = binary([1], fin: false)
        for number in 2...count { input += more([1], fin: number == count) }
        let whole = [UInt8](repeating: 1, count: count)
        #expect(
            session.receive(input) == [
                count <= 100_000 ? .message(.binary, whole) : .failed(.tooManyFragments)
            ])
    }

    @Test("A message in fragments: limit−1 and limit pass, limit+1 and ten times are 1009")
    func fragmented() {
        for count in [999, 1000, 1001, 10_000] {
            let half = [UInt8](repeating: 0x61, count: count / 2)
            let rest = [UInt8](repeating: 0x61, count: count - count / 2)
            let input = binary(half, fin: false) + more(rest, fin: true)
            let expected: [Report] =
                count <= 1000
                ? [.message(.binary, half + rest)]
                : [.failed(count > 2000 ? .frameTooBig : .messageTooBig)]
            #expect(everyway(input, setup()) == expected)
        }
        #expect(WebSocketError.messageTooBig.closeCode == .messageTooBig)
    }

    @Test("A frame: limit−1 and limit pass, limit+1 and ten times are 1009")
    func frames() {
        for count in [99, 100, 101, 1000] {
            let payload = [UInt8](repeating: 1, count: count)
            let found = everyway(binary(payload), setup(frame: 100))
            let expected: Report =
                count <= 100 ? .message(.binary, payload) : .failed(.frameTooBig)
            #expect(found == [expected])
        }
    }

    @Test("A frame is never allowed more than a message, at either side")
    func frameAboveMessage() {
        let payload = [UInt8](repeating: 1, count: 101)
        for role in [WebSocketSession.Role.server, .client] {
            var setup = setup(message: 100, frame: 1000)
            setup.role = role
            let key: [UInt8]? = role == .server ? [1, 2, 3, 4] : nil
            let frame = WireFrame(opcode: 2, payload: payload, key: key)
            #expect(everyway(frame.bytes, setup) == [.failed(.frameTooBig)])
        }
    }

    @Test("B4 fragments, empty ones too: limit−1 and limit pass, limit+1 and ten times are 1008")
    func fragments() {
        for count in [15, 16, 17, 160] {
            for payload in [[], [0x61]] as [[UInt8]] {
                var input = WireFrame(opcode: 1, payload: payload, fin: false).bytes
                for index in 2...count { input += more(payload, fin: index == count) }
                let whole = (0..<count).flatMap { _ in payload }
                let expected: Report =
                    count <= 16 ? .message(.text, whole) : .failed(.tooManyFragments)
                #expect(everyway(input, setup()) == [expected])
            }
        }
        #expect(WebSocketError.tooManyFragments.closeCode == .policyViolation)
    }

    @Test("B4 memory follows what was received, not what was declared")
    func memory() {
        for declared: UInt64 in [1 << 20, 100_000, 200] {
            var session = WebSocketSession(role: .server, now: .zero)
            _ = session.receive(WireFrame(opcode: 2, declared: declared).bytes)
            #expect(session.unfinishedByteCount <= 16_384)
            for received in 1...150 {
                _ = session.receive([0x61])
                #expect(session.unfinishedByteCount <= 2 * received + 16_384)
            }
        }
        var session = WebSocketSession(role: .server, now: .zero)
        var received = 0
        _ = session.receive(binary([], fin: false))
        for index in 0..<1000 {
            let piece = [UInt8](repeating: 1, count: index % 7 == 0 ? 0 : 900)
            received += piece.count
            _ = session.receive(more(piece, fin: false))
            #expect(session.unfinishedByteCount <= 2 * received + 16_384)
        }
    }

    @Test(
        "B8 memory never passes the limit, and while it grows old and new hold no more together",
        arguments: [100, 999, 1000, 20_000])
    func capacity(limit: Int) {
        for size in [1, 7, 64, 999] {
            var session = setup(message: limit, fragments: .max).session()
            var received = 0
            while received < limit {
                let piece = [UInt8](repeating: 1, count: min(size, limit - received))
                let opcode: UInt8 = received == 0 ? 2 : 0
                _ = session.receive(WireFrame(opcode: opcode, payload: piece, fin: false).bytes)
                received += piece.count
                let capacity = session.unfinishedByteCount
                #expect(capacity == limit || capacity * 2 <= limit, "\(capacity)")
                #expect(capacity >= received && capacity <= max(64, received * 2))
            }
        }
    }

    @Test("B8 the last frame of a message says how long it is: memory is never more than that")
    func capacityOfLastFrame() {
        for size in [100, 999, 20_000] {
            var session = WebSocketSession(role: .server, now: .zero)
            _ = session.receive(WireFrame(opcode: 2, declared: UInt64(size)).bytes)
            for _ in 1..<size {
                _ = session.receive([1])
                #expect(session.unfinishedByteCount <= size)
            }
        }
    }

    @Test("B5 what is copied to put a message together grows with its length, not with its square")
    func linear() {
        for fragment in [1, 100, 1000] {
            var last: Int?
            for count in [64, 128, 256, 512, 1024] {
                let copied = bytesCopied(fragments: count, of: fragment)
                // Each byte comes in once, and memory that grows by half moves it three times at most.
                #expect(copied <= 4 * count * fragment + 512)
                // A square would make four of it.
                if let last { #expect(copied <= 3 * last + 512, "\(count) of \(fragment)") }
                last = copied
            }
        }
        #expect(bytesCopied(of: 20_000) <= 4 * 20_000)
    }

    /// Bytes copied for a message in so many fragments: all that come, and all that are there whenever the
    /// memory for them becomes another one.
    private func bytesCopied(fragments: Int, of size: Int) -> Int {
        var session = WebSocketSession(role: .server, now: .zero)
        var (received, copied, capacity) = (0, 0, 0)
        for index in 0..<fragments {
            let opcode: UInt8 = index == 0 ? 2 : 0
            let piece = [UInt8](repeating: 1, count: size)
            _ = session.receive(WireFrame(opcode: opcode, payload: piece, fin: false).bytes)
            if session.unfinishedByteCount != capacity { copied += received }
            capacity = session.unfinishedByteCount
            received += size
            copied += size
        }
        return copied
    }

    /// The same for one frame that comes byte by byte.
    private func bytesCopied(of size: Int) -> Int {
        var session = WebSocketSession(role: .server, now: .zero)
        var (copied, capacity) = (0, 0)
        _ = session.receive(WireFrame(opcode: 2, declared: UInt64(size)).bytes)
        for received in 0..<(size - 1) {
            _ = session.receive([1])
            if session.unfinishedByteCount != capacity { copied += received }
            capacity = session.unfinishedByteCount
            copied += 1
        }
        return copied
    }

    @Test("Nothing is kept between messages, nor after the payload was taken")
    func freed() {
        var session = WebSocketSession(role: .server, now: .zero)
        let frame = text("Hello")
        _ = session.receive(Array(frame[..<8]))
        #expect(session.unfinishedByteCount > 0)
        _ = session.receive(Array(frame[8...]))
        #expect(session.takePayload().copied() == Array("Hello".utf8))
        #expect(session.unfinishedByteCount == 0)
        #expect(session.takePayload().copied().isEmpty)
        _ = session.receive(Array(frame[..<8]))
        _ = session.receive(Array(frame[8...]) + text("x"))
        #expect(session.unfinishedByteCount == 0)
        #expect(session.withPayload { $0.count } == 0)
    }

    @Test("A session between messages is small")
    func size() {
        #expect(MemoryLayout<WebSocketSession>.size <= 100)
    }

    @Test("Limits that were never validated are clamped, and trap nowhere")
    func unvalidated() {
        var limits = WebSocketLimits()
        limits.messageBytesMax = .min
        limits.frameBytesMax = .max
        limits.fragmentsMax = -1
        limits.pingInterval = .seconds(Int64.max)
        limits.closeTimeout = .seconds(Int64.min)
        limits.pingJitterPercentMax = .max
        #expect(reports([binary([1])], Setup(limits: limits)) == [.failed(.frameTooBig)])
    }
}

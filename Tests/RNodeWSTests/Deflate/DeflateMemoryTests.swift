import RNodeWS
import Testing

/// One course of events, once for each time that zlib asks for memory, which is the time that there is none.
@Suite("C14 each allocation of zlib in turn is the one that fails")
struct DeflateMemoryTests {
    @Test("C14 with takeover: the offer is declined, or the first message that needs it is 1013")
    func takeover() throws {
        let seen = try everyFailure { memory, failing in
            let budget = DeflateBudget(memory: memory)
            let streams = DeflateStreams(budget: budget)
            var outcome = Outcome()
            let first = Self.accept(keepsContext: true, streams)
            outcome.isDeclined = first == nil
            #expect(outcome.isDeclined == (memory.refusalCount > 0))
            guard first == nil else {
                outcome.serve(first, compresses: true)
                return outcome
            }
            #expect(budget.reservedBytes == 0 && memory.liveCount == 0)
            // The next client's offer finds memory, unless it is gone for good.
            let next = Self.accept(keepsContext: true, streams)
            #expect((next != nil) == failing.isOnce)
            return outcome
        }
        // A stream of either kind is several allocations; the window to inflate with is taken at the first message.
        #expect(seen.count { $0.isDeclined } >= 8)
        #expect(seen.contains { $0.failure == .outOfMemory })
    }

    @Test("C14 without takeover: messages go as they are, and one that can't be inflated is 1013")
    func shared() throws {
        let seen = try everyFailure { memory, failing in
            let budget = DeflateBudget(memory: memory)
            let streams = DeflateStreams(budget: budget)
            var outcome = Outcome()
            // It takes no memory of its own.
            let first = try #require(Self.accept(keepsContext: false, streams))
            outcome.serve(first)
            #expect(budget.reservedBytes == 0)
            // Who comes next on the loop is served, whatever failed before.
            if memory.refusalCount > 0, failing.isOnce {
                var next = Outcome()
                next.serve(Self.accept(keepsContext: false, streams), compresses: true)
                #expect(next.failure == nil && !next.isHeld)
            }
            return outcome
        }
        #expect(seen.contains { $0.isUncompressed && $0.failure == nil })
        #expect(seen.contains { !$0.isUncompressed && $0.failure == .outOfMemory })
        #expect(seen.contains { $0.isHeld && $0.failure == nil })
    }

    @Test("C14 what many are sent goes as it is where there is no memory to deflate it")
    func broadcast() throws {
        let accepted = try #require(Self.accept(keepsContext: false, DeflateStreams()))
        let encoding = accepted.encoding
        var frames = ByteBuffer()
        for _ in 0..<2 { FrameEncoder.encode(.text, Self.message.span, into: &frames) }
        var counts: Set<Int> = []
        _ = try everyFailure { memory, failing in
            let streams = DeflateStreams(budget: DeflateBudget(memory: memory))
            var output = ByteBuffer()
            let deflated = frames.withSpan {
                streams.deflate(frames: $0, as: encoding, into: &output)
            }
            counts.insert(deflated)
            #expect(deflated > 0 || output.copied() == frames.copied())
            if !failing.isOnce, memory.refusalCount > 0 { #expect(deflated == 0) }
            return Outcome()
        }
        // At the second message memory is asked for again.
        #expect(counts == [0, 1, 2])
    }

    // MARK: - The course

    private static let message = chatter(3_000)
    private static let frame = extended(1, deflated(message))

    /// Runs `course` until it gets through without a failure; each allocation fails alone, and with all behind it.
    private func everyFailure(
        _ course: (ZlibMemory, ZlibMemory.Failing) throws -> Outcome
    ) throws -> [Outcome] {
        var seen: [Outcome] = []
        for persists in [false, true] {
            for ordinal in 1... {
                let failing: ZlibMemory.Failing = persists ? .from(ordinal) : .only(ordinal)
                let memory = ZlibMemory(failing: failing)
                let outcome = try course(memory, failing)
                #expect(memory.liveCount == 0, "\(failing): not all was given back")
                if memory.refusalCount == 0 {
                    #expect(outcome == Outcome())
                    break
                }
                seen.append(outcome)
            }
        }
        return seen
    }

    private static func accept(
        keepsContext: Bool, _ streams: DeflateStreams
    ) -> PerMessageDeflate? {
        var options = DeflateOptions()
        options.serverKeepsContext = keepsContext
        options.clientKeepsContext = keepsContext
        // What the frame was deflated with.
        options.clientWindowBitsMax = 15
        return PerMessageDeflate.accepting([DeflateParameters.offer(options)], options, streams)
    }

    /// What became of one course.
    private struct Outcome: Equatable {
        var isDeclined = false
        /// A message was sent as it is.
        var isUncompressed = false
        /// A message in pieces was kept as it came.
        var isHeld = false
        /// What the connection was closed for.
        var failure: WebSocketError?

        /// Sends a message, and receives one in pieces and one as a whole.
        mutating func serve(_ accepted: PerMessageDeflate?, compresses: Bool? = nil) {
            var session = Setup(extension: accepted).session()
            isUncompressed = !sendsCompressed(&session)
            if let compresses { #expect(isUncompressed != compresses) }
            let half = frame.count / 2
            receive(Array(frame[..<half]), by: &session)
            isHeld = (accepted?.heldByteCount ?? 0) > 0
            receive(Array(frame[half...]), by: &session)
            receive(frame, by: &session)
        }

        /// Sends a message, which arrives whatever happens; whether it was compressed.
        private func sendsCompressed(_ session: inout WebSocketSession) -> Bool {
            var output = ByteBuffer()
            session.send(.text, message.span, into: &output)
            let agreed = DeflateParameters(accepting: DeflateParameters.offer())
            let client = agreed.flatMap {
                PerMessageDeflate(.client, $0, DeflateOptions(), DeflateStreams())
            }
            let setup = Setup(role: .client, extension: client)
            #expect(reports([output.copied()], setup) == [.message(.text, message)])
            return output.count < message.count
        }

        /// Bytes arrive: then a message is whole, or the connection ends with 1013, and reads no more.
        private mutating func receive(_ bytes: [UInt8], by session: inout WebSocketSession) {
            guard failure == nil else { return }
            for report in session.receive(bytes) {
                guard case .failed(let error) = report else {
                    #expect(report == .message(.text, message))
                    continue
                }
                failure = error
                var output = ByteBuffer()
                session.sendClose(error, now: .zero, into: &output)
                let told = reports([output.copied()], Setup(role: .client))
                #expect(told == [.close(1_013, Array("no memory to inflate with".utf8))])
                #expect(session.unfinishedByteCount == 0)
                return
            }
        }

        private var message: [UInt8] { DeflateMemoryTests.message }
        private var frame: [UInt8] { DeflateMemoryTests.frame }
    }
}

extension ZlibMemory.Failing {
    /// Whether there is memory again behind the one that fails.
    fileprivate var isOnce: Bool {
        if case .only = self { true } else { false }
    }
}

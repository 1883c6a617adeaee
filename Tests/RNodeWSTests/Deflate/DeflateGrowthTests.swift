import RNodeWS
import Testing

@Suite("How long a compressed message may be on the wire, and what memory it takes")
struct DeflateGrowthTests {
    /// What an incoming message in pieces is inflated by: the connection's own inflater, one that is lent, or, for want
    /// of memory, the loop's when all of it is there.
    enum Keeping: CaseIterable {
        case takeover, lent, held
    }

    private func setup(_ keeping: Keeping, message: Int, frame: Int? = nil) -> Setup {
        var options = DeflateOptions()
        options.clientKeepsContext = keeping == .takeover
        let offer = DeflateParameters.offer(options)
        let budget = DeflateBudget(bytesMax: keeping == .held ? 0 : 64 << 20)
        let streams = DeflateStreams(budget: budget)
        var setup = Setup()
        setup.limits.messageBytesMax = message
        setup.limits.frameBytesMax = frame
        setup.makeExtension = { [options] in
            PerMessageDeflate.accepting([offer], options, streams)
        }
        return setup
    }

    private func encodedBytesMax(_ messageBytesMax: Int) throws -> Int {
        let side = try #require(setup(.lent, message: 1).makeExtension?())
        return side.encodedBytesMax(messageBytesMax: messageBytesMax)
    }

    /// Whole and byte by byte: every split of ten times a limit would take long.
    private func reported(_ input: [UInt8], _ setup: Setup) -> [Report] {
        let whole = reports([input], setup)
        #expect(reports(input.map { [$0] }, setup) == whole)
        return whole
    }

    // MARK: - The wire

    @Test(
        "What deflate can't make shorter comes in a frame that is longer than a message may be",
        arguments: Keeping.allCases)
    func incompressible(keeping: Keeping) {
        let limit = 1_000
        for (level, memory) in [(1, 1), (6, 8), (9, 9)] {
            for count in [limit - 1, limit, limit + 1, limit * 10] {
                let message = noise(count)
                let payload = deflated(message, level: level, memoryLevel: memory)
                #expect(payload.count > count)
                let expected: Report =
                    count <= limit
                    ? .message(.binary, message)
                    : .failed(count == limit + 1 ? .messageTooBig : .frameTooBig)
                let found = reported(extended(2, payload), setup(keeping, message: limit))
                #expect(found == [expected], "level \(level), \(count) bytes")
            }
        }
    }

    /// A payload of so many bytes, more than 8, that means nothing: empty blocks of two and of five bytes, and the
    /// first byte of one, whose rest is never sent.
    private func meaningless(_ count: Int) -> [UInt8] {
        let shortCount = (count - 1) * 3 % 5
        let longCount = (count - 1 - 2 * shortCount) / 5
        let short = Array(repeating: [0x03, 0x00] as [UInt8], count: shortCount)
        let long = Array(repeating: [0x00, 0x00, 0x00, 0xFF, 0xFF] as [UInt8], count: longCount)
        return (short + long).flatMap { $0 } + [0x00]
    }

    @Test(
        "B8 bytes that mean nothing are taken as far as a message may grow: limit−1, limit, limit+1, ten times",
        arguments: Keeping.allCases)
    func emptyBlocks(keeping: Keeping) throws {
        let most = try encodedBytesMax(1_000)
        for count in [most - 1, most, most + 1, most * 10] {
            let payload = meaningless(count)
            #expect(payload.count == count)
            var input: [UInt8] = []
            for start in stride(from: 0, to: count, by: 100) {
                let piece = Array(payload[start..<min(start + 100, count)])
                let isEnd = start + 100 >= count
                input +=
                    start == 0 ? extended(2, piece, fin: isEnd) : more(piece, fin: isEnd)
            }
            let expected: Report =
                count <= most ? .message(.binary, []) : .failed(.messageTooBig)
            #expect(reported(input, setup(keeping, message: 1_000)) == [expected], "\(count)")
        }
    }

    @Test(
        "A frame may be as long as its message may be on the wire: limit−1, limit, limit+1, ten times"
    )
    func longestFrame() throws {
        let most = try encodedBytesMax(1_000)
        for count in [most - 1, most, most + 1, most * 10] {
            let expected: Report = count <= most ? .message(.text, []) : .failed(.frameTooBig)
            let found = reported(
                extended(1, meaningless(count)), setup(.lent, message: 1_000))
            #expect(found == [expected], "\(count)")
        }
    }

    @Test("A frame's own limit counts the bytes on the wire, to the byte")
    func ownLimit() {
        for count in [499, 500, 501, 5_000] {
            let expected: Report = count <= 500 ? .message(.text, []) : .failed(.frameTooBig)
            let setup = setup(.lent, message: 1_000, frame: 500)
            #expect(reported(extended(1, meaningless(count)), setup) == [expected], "\(count)")
        }
    }

    @Test("A frame that is not compressed is no longer than a message, with the extension too")
    func plainFrame() {
        let setup = setup(.lent, message: 1_000)
        for count in [999, 1_000, 1_001, 1_100] {
            let payload = noise(count)
            let expected: Report =
                count <= 1_000 ? .message(.binary, payload) : .failed(.frameTooBig)
            #expect(everyway(binary(payload), setup) == [expected])
            let fragments = binary([], fin: false) + more(payload, fin: true)
            #expect(everyway(fragments, setup) == [expected])
        }
    }

    @Test("Nothing that zlib makes is longer than a message may be on the wire")
    func bound() throws {
        for bits in 9...15 {
            for memory in 1...9 {
                for (level, count) in [(1, 1), (6, 100), (9, 1_000), (1, 20_000)] {
                    let payload = deflated(
                        noise(count), level: level, windowBits: bits, memoryLevel: memory)
                    #expect(try payload.count <= encodedBytesMax(count))
                }
            }
        }
        #expect(try encodedBytesMax(.min) == 64)
        #expect(try encodedBytesMax(.max) > 1 << 40)
    }

    // MARK: - Memory

    @Test(
        "B8 memory never passes the limit and a byte, and while it grows old and new hold no more",
        arguments: [1_000, 65_536, 100_001])
    func capacity(limit: Int) {
        for size in [limit, limit * 10] {
            var session = setup(.lent, message: limit).session()
            let payload = deflated([UInt8](repeating: 7, count: size), level: 9)
            var found: [Report] = []
            for (place, byte) in payload.enumerated() where found.isEmpty {
                let frame =
                    place == 0 ? extended(2, [byte], fin: false) : more([byte], fin: false)
                found = session.receive(frame)
                let capacity = session.unfinishedByteCount
                #expect(capacity == limit + 1 || capacity * 2 <= limit + 1, "\(capacity)")
            }
            #expect(found == (size > limit ? [.failed(.messageTooBig)] : []))
        }
    }
}

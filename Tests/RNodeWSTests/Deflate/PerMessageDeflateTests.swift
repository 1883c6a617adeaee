import RNodeWS
import Testing

@Suite("permessage-deflate on a connection")
struct PerMessageDeflateTests {
    /// Both sides of one connection, as a client with `options` and a server with them agree.
    private struct Pair {
        let streams: DeflateStreams
        let server: PerMessageDeflate
        let client: PerMessageDeflate

        init(_ options: DeflateOptions, _ streams: DeflateStreams = DeflateStreams()) throws {
            self.streams = streams
            let offer = DeflateParameters.offer(options)
            server = try #require(PerMessageDeflate.accepting([offer], options, streams))
            let agreed = try #require(DeflateParameters(answer: server.answer, to: offer))
            client = try #require(PerMessageDeflate(.client, agreed, options, DeflateStreams()))
        }
    }

    private static func options(
        keepsContext: Bool = false, minimumBytes: Int = 1
    ) -> DeflateOptions {
        var options = DeflateOptions()
        options.serverKeepsContext = keepsContext
        options.clientKeepsContext = keepsContext
        options.minimumBytes = minimumBytes
        return options
    }

    private func setup(
        _ options: DeflateOptions = options(), budget: DeflateBudget = DeflateBudget(),
        _ adjust: (inout WebSocketLimits) -> Void = { _ in }
    ) -> Setup {
        let streams = DeflateStreams(budget: budget)
        var setup = Setup()
        adjust(&setup.limits)
        let ratioMax = setup.limits.inflateRatioMax
        setup.makeExtension = {
            PerMessageDeflate.accepting(
                [DeflateParameters.offer(options)], options, streams, inflateRatioMax: ratioMax)
        }
        return setup
    }

    /// What `sender` sends for `message`, and whether it is deflated.
    private func encode(_ message: [UInt8], by sender: PerMessageDeflate) -> [UInt8]? {
        var payload = ByteBuffer()
        return sender.encode(.text, message.span, into: &payload) ? payload.copied() : nil
    }

    private func decode(
        _ payload: [UInt8], at receiver: PerMessageDeflate
    ) throws(WebSocketError) -> [UInt8] {
        var message = ByteBuffer()
        try receiver.decode(
            payload.span, endOfMessage: true, bytesMax: 1 << 20, into: &message)
        return message.copied()
    }

    // MARK: - Receiving

    @Test(
        "Messages with RSV1 are inflated, others left alone, in every split",
        arguments: [false, true])
    func received(keepsContext: Bool) throws {
        let client = try Pair(Self.options(keepsContext: keepsContext)).client
        let first = chatter(150)
        let second = chatter(180, seed: 3)
        let one = try #require(encode(first, by: client))
        let two = try #require(encode(second, by: client))
        let input =
            extended(1, one) + text("plain") + extended(2, Array(two[..<9]), fin: false)
            + control(9, [1]) + more([], fin: false) + more(Array(two[9...]), fin: true)
            + control(8)
        #expect(
            everyway(input, setup(Self.options(keepsContext: keepsContext))) == [
                .message(.text, first), .message(.text, Array("plain".utf8)), .ping([1]),
                .message(.binary, second), .close(nil, []),
            ])
    }

    @Test("B3 RSV1 on a continuation or a control frame is 1002, and so are RSV2 and RSV3")
    func reserved() {
        let start = extended(1, [0xF2], fin: false)
        #expect(everyway(start + extended(0, [1]), setup()) == [.failed(.reservedBits)])
        for opcode: UInt8 in [8, 9, 10] {
            #expect(everyway(extended(opcode, []), setup()) == [.failed(.reservedBits)])
        }
        for bits: UInt8 in [1, 2, 3, 5, 6, 7] {
            let frame = WireFrame(opcode: 1, payload: [0xF2], reserved: bits).bytes
            #expect(everyway(frame, setup()) == [.failed(.reservedBits)])
        }
    }

    @Test("B3 RSV1 without the extension is 1002 for every opcode, first byte or last")
    func reservedWithoutExtension() {
        for opcode: UInt8 in [0, 1, 2, 8, 9, 10] {
            #expect(everyway(extended(opcode, [])) == [.failed(.reservedBits)])
        }
        #expect(reports([[0xC1]]) == [.failed(.reservedBits)])
    }

    @Test(
        "B10 what can't be inflated is 1007, in every split, with takeover or not",
        arguments: [false, true])
    func invalid(keepsContext: Bool) {
        let setup = setup(Self.options(keepsContext: keepsContext))
        for payload in [[0x06], [0xF2, 0x48], [], [0xF2, 0x00, 0x11, 0x00, 0x00]] as [[UInt8]] {
            let found = everyway(extended(2, payload), setup)
            #expect(found == [.failed(.extensionPayloadInvalid)])
        }
    }

    @Test("B6 inflated text fails at its first bad byte, in every split and across fragments")
    func badText() {
        for bad in [[0xC3, 0x28], [0xFF], [0xED, 0xA0, 0x80], [0xF4, 0x90]] as [[UInt8]] {
            let payload = deflated(chatter(40) + bad + chatter(40))
            #expect(everyway(extended(1, payload), setup()) == [.failed(.invalidUTF8)])
            // The message never ends: the bad byte is enough.
            let endless = deflated(bad + noise(30))
            let start = extended(1, endless, fin: false)
            #expect(everyway(start, setup()) == [.failed(.invalidUTF8)])
        }
        // A character that is cut at the end of the message is bad too.
        #expect(everyway(extended(1, deflated([0x61, 0xC3])), setup()) == [.failed(.invalidUTF8)])
    }

    @Test("What is wrong first is told: a bad byte before the limit is 1007, behind it 1009")
    func firstErrorWins() {
        let setup = setup { $0.messageBytesMax = 100 }
        let fill = [UInt8](repeating: 0x61, count: 99)
        let before = deflated(fill + [0xFF] + fill)
        #expect(everyway(extended(1, before), setup) == [.failed(.invalidUTF8)])
        let behind = deflated(fill + [0x61, 0xFF] + fill)
        #expect(everyway(extended(1, behind), setup) == [.failed(.messageTooBig)])
    }

    @Test("B8 the message's limit counts what was inflated, in every split")
    func limit() {
        let limit = 500
        let setup = setup { $0.messageBytesMax = limit }
        for count in [limit - 1, limit, limit + 1, limit * 10] {
            // Short on the wire, so that the frame's own limit has nothing to say.
            let message = chatter(100) + [UInt8](repeating: 0x61, count: count - 100)
            let expected: Report =
                count <= limit ? .message(.text, message) : .failed(.messageTooBig)
            #expect(everyway(extended(1, deflated(message)), setup) == [expected])
        }
    }

    @Test("B8 the ratio limit is the route's, and 1009")
    func ratio() {
        let setup = setup { $0.inflateRatioMax = 100 }
        let bomb = deflated([UInt8](repeating: 0x61, count: 40_000), level: 9)
        let found = everyway(extended(1, bomb), setup)
        #expect(found == [.failed(.inflateRatioExceeded)])
        #expect(found.first?.failure == 1009)
    }

    // MARK: - Sending

    @Test("What is short, or would not get shorter, goes as it is; the rest is deflated")
    func threshold() throws {
        let server = try Pair(Self.options(minimumBytes: 512)).server
        for count in [0, 1, 511] { #expect(encode(chatter(count), by: server) == nil) }
        for count in [512, 513, 5_120] {
            let sent = try #require(encode(chatter(count), by: server))
            #expect(sent.count < count)
        }
        #expect(encode(noise(2_000), by: server) == nil)
    }

    @Test(
        "Everything comes through in both directions, each message with any before it",
        arguments: [false, true])
    func roundTrip(keepsContext: Bool) throws {
        let pair = try Pair(Self.options(keepsContext: keepsContext))
        var random = Seeded(state: 3)
        var deflatedCount = 0
        for _ in 0..<300 {
            let count = Int(random.next() % 2_000)
            let isNoise = random.next() % 4 == 0
            let message =
                isNoise ? noise(count, seed: random.next()) : chatter(count, seed: random.next())
            for (sender, receiver) in [(pair.server, pair.client), (pair.client, pair.server)] {
                // What goes as it is never meets the extension.
                guard let payload = encode(message, by: sender) else { continue }
                #expect(payload.count < message.count)
                #expect(try decode(payload, at: receiver) == message)
                deflatedCount += 1
            }
        }
        #expect(deflatedCount > 300)
    }

    @Test("With takeover a repeated message gets much shorter; without it stays as long")
    func takeover() throws {
        let message = noise(1_500) + chatter(100)
        let keeping = try Pair(Self.options(keepsContext: true)).server
        // Noise gets no shorter by itself: begin with what does.
        let start = try #require(encode(chatter(400) + noise(1_000), by: keeping))
        let again = try #require(encode(chatter(400) + noise(1_000), by: keeping))
        #expect(again.count * 20 < start.count)
        let plain = try Pair(Self.options()).server
        #expect(encode(message, by: plain) == encode(message, by: plain))
    }

    // MARK: - Memory

    @Test(
        "Contexts of connections are paid from the budget and given back; beyond it the offer is declined"
    )
    func budget() throws {
        let options = Self.options(keepsContext: true)
        let offer = DeflateParameters.offer(options)
        let each =
            Deflater.byteCount(windowBits: 12, memoryLevel: 5) + Inflater.byteCount(windowBits: 12)
        for (limit, fits) in [(each * 3 - 1, 2), (each * 3, 3), (each * 3 + 1, 3), (each * 30, 30)]
        {
            let budget = DeflateBudget(bytesMax: limit)
            let streams = [DeflateStreams(budget: budget), DeflateStreams(budget: budget)]
            var open: [PerMessageDeflate] = []
            for number in 0..<(fits + 5) {
                let accepted = PerMessageDeflate.accepting([offer], options, streams[number % 2])
                #expect((accepted != nil) == (number < fits))
                if let accepted { open.append(accepted) }
            }
            #expect(budget.reservedBytes == each * fits)
            // A client that wants no takeover costs nothing, and is served.
            let modest = DeflateParameters.offer()
            #expect(PerMessageDeflate.accepting([modest], options, streams[0]) != nil)
            open.removeLast()
            #expect(budget.reservedBytes == each * (fits - 1))
            #expect(
                PerMessageDeflate.accepting([offer], options, streams[0]) != nil)
            open = []
            #expect(budget.reservedBytes == 0)
        }
    }

    @Test(
        "Without takeover a connection costs no context; a message in pieces is lent one while it lasts"
    )
    func lending() throws {
        let budget = DeflateBudget(bytesMax: Inflater.byteCount(windowBits: 15))
        let setup = setup(budget: budget)
        let message = chatter(600)
        let frames = extended(1, deflated(message))
        var first = setup.session()
        #expect(first.receive(frames) == [.message(.text, message)])
        #expect(budget.reservedBytes == 0)
        #expect(first.receive(Array(frames.dropLast(5))) == [])
        #expect(budget.reservedBytes == budget.bytesMax)
        // There is none left for a second one, which is kept as it comes and inflated in the end.
        var second = setup.session()
        #expect(second.receive(Array(frames.dropLast(3))) == [])
        #expect(second.unfinishedByteCount > 0)
        #expect(second.receive(Array(frames.suffix(3))) == [.message(.text, message)])
        #expect(first.receive(Array(frames.suffix(5))) == [.message(.text, message)])
        // Kept idle for the next one, and not counted: another loop may have its part of the budget.
        #expect(budget.reservedBytes == 0)
        let other = DeflateStreams(budget: budget)
        let offer = DeflateParameters.offer()
        var third = Setup(
            extension: PerMessageDeflate.accepting([offer], DeflateOptions(), other)
        ).session()
        #expect(third.receive(Array(frames.dropLast(3))) == [])
        #expect(budget.reservedBytes == budget.bytesMax)
        // The idle one is not to be had then.
        #expect(second.receive(Array(frames.dropLast(3))) == [])
        #expect(second.receive(Array(frames.suffix(3))) == [.message(.text, message)])
        #expect(third.receive(Array(frames.suffix(3))) == [.message(.text, message)])
        #expect(budget.reservedBytes == 0)
    }

    @Test("What is kept for want of memory is limited as the message is, and fails as any other")
    func held() throws {
        let budget = DeflateBudget(bytesMax: 0)
        let limit = 1_000
        let setup = setup(budget: budget) { $0.messageBytesMax = limit }
        for count in [limit - 1, limit, limit + 1] {
            let message = chatter(count)
            let frame = extended(1, deflated(message))
            let expected: Report =
                count <= limit ? .message(.text, message) : .failed(.messageTooBig)
            #expect(everyway(frame, setup) == [expected])
        }
        #expect(everyway(extended(1, [0x06]), setup) == [.failed(.extensionPayloadInvalid)])
        // Blocks that mean nothing, without end.
        var session = setup.session()
        var taken = 0
        var failure: [Report] = []
        let empty: [UInt8] = [0x00, 0x00, 0x00, 0xFF, 0xFF]
        var frame = extended(2, Array(repeating: empty, count: 20).flatMap { $0 }, fin: false)
        while failure.isEmpty, taken < 10_000 {
            failure = session.receive(frame)
            frame = more(Array(repeating: empty, count: 20).flatMap { $0 }, fin: false)
            taken += 100
        }
        #expect(failure == [.failed(.messageTooBig)])
        #expect(taken <= limit + 200)
        #expect(session.unfinishedByteCount == 0)
    }

    // MARK: - Between clients

    @Test("B11 what a client is sent does not depend on what others were sent before")
    func independence() throws {
        var random = Seeded(state: 11)
        let fresh = DeflateStreams()
        let used = DeflateStreams()
        for round in 0..<500 {
            let options = Self.options()
            let secret = try Pair(options, used).server
            // Another client's secret goes through the same stream.
            _ = encode(chatter(20 + Int(random.next() % 3_000), seed: random.next()), by: secret)
            let message = chatter(20 + Int(random.next() % 1_000), seed: UInt64(round % 7))
            let alone = try Pair(options, DeflateStreams()).server
            let together = try Pair(options, used).server
            let first = encode(message, by: alone)
            #expect(encode(message, by: together) == first)
            #expect(encode(message, by: try Pair(options, fresh).server) == first)
        }
    }

    @Test("B11 a client's message can't refer to another client's, after an error either")
    func noReferenceAcross() throws {
        let streams = DeflateStreams()
        let victim = try Pair(Self.options(), streams).server
        let thief = try Pair(Self.options(), streams).server
        #expect(try decode([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], at: victim).count == 5)
        let referring: [UInt8] = [0xF2, 0x00, 0x11, 0x00, 0x00]
        for _ in 0..<2 {
            #expect(throws: WebSocketError.extensionPayloadInvalid) {
                try decode(referring, at: thief)
            }
        }
        #expect(
            try decode([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], at: victim)
                == Array("Hello".utf8))
    }

    // MARK: - Memory

    @Test("The buffer to encode into is empty each time, and keeps its memory unless that is much")
    func scratch() throws {
        let side = try Pair(Self.options()).server
        var (count, capacity) = (-1, -1)
        side.withScratch { $0.append(count: 1_000) { _ in 1_000 } }
        side.withScratch { (count, capacity) = ($0.count, $0.capacity) }
        #expect(count == 0 && capacity == 1_000)
        side.withScratch { $0.reserve(65_537) }
        side.withScratch { capacity = $0.capacity }
        #expect(capacity == 0)
    }

    @Test("The end of a message takes no memory where there was room for all of it")
    func roomOfTheEnd() throws {
        let pair = try Pair(Self.options())
        let payload = try #require(encode(Array(repeating: 0x61, count: 300), by: pair.client))
        var message = ByteBuffer()
        try pair.server.decode(
            payload.span, endOfMessage: true, bytesMax: 1 << 20, into: &message)
        let (count, capacity) = (message.count, message.capacity)
        #expect(count == 300 && capacity == 512)
    }

    // MARK: - For many

    @Test("Frames for many are deflated once, each message on its own, and say what they said")
    func sharedFrames() throws {
        let streams = DeflateStreams()
        let pair = try Pair(Self.options(minimumBytes: 100), streams)
        let messages = [chatter(600), chatter(99), noise(400), chatter(600), chatter(80_000)]
        var frames = ByteBuffer()
        for (place, message) in messages.enumerated() {
            FrameEncoder.encode(place == 2 ? .binary : .text, message.span, into: &frames)
        }
        FrameEncoder.encode(.ping, [1, 2].span, into: &frames)
        var output = ByteBuffer()
        let count = frames.withSpan {
            streams.deflate(frames: $0, as: pair.server.encoding, into: &output)
        }
        #expect(count == 3, "the short one and the noise go as they are")
        #expect(output.count < frames.count / 4)
        var client = Setup(role: .client, extension: pair.client).session()
        let found = client.receive(output.copied())
        var expected = messages.enumerated().map {
            Report.message($0 == 2 ? .binary : .text, $1)
        }
        expected.append(.ping([1, 2]))
        #expect(found == expected)
        // What is no frame is passed on as it is.
        for rest in [[0x81], [0x81, 5, 1], [0xFF, 0xFF]] as [[UInt8]] {
            var copy = ByteBuffer()
            #expect(streams.deflate(frames: rest.span, as: pair.server.encoding, into: &copy) == 0)
            #expect(copy.copied() == rest)
        }
    }

    @Test(
        "Clients with takeover that get shared frames between their own messages understand all of them"
    )
    func sharedBetweenOwn() throws {
        var random = Seeded(state: 5)
        let streams = DeflateStreams()
        var options = Self.options(keepsContext: true)
        options.serverWindowBitsMax = 9
        let pairs = try (0..<4).map { _ in try Pair(options, streams) }
        var shared = 0
        for round in 0..<600 {
            // A few phrases over and over: with a small window every reference that is off by a byte shows.
            let message = chatter(100 + Int(random.next() % 700), seed: random.next() % 5)
            guard random.next() % 3 == 0 else {
                let pair = pairs[round % 4]
                let payload = try #require(encode(message, by: pair.server))
                #expect(try decode(payload, at: pair.client) == message)
                continue
            }
            var payload = ByteBuffer()
            #expect(streams.deflate(message.span, as: pairs[0].server.encoding, into: &payload))
            shared += 1
            for pair in pairs {
                #expect(pair.server.keepsContext)
                pair.server.sharedFramesSent()
                #expect(try decode(payload.copied(), at: pair.client) == message)
            }
        }
        #expect(streams.sharedMessageCount == shared, "once each, not once for each client")
        #expect(shared > 100)
    }

    @Test("Untold of shared frames, a deflater refers to the wrong bytes: the test above can fail")
    func untold() throws {
        let pair = try Pair(Self.options(keepsContext: true))
        let own = chatter(300)
        #expect(try decode(#require(encode(own, by: pair.server)), at: pair.client) == own)
        var payload = ByteBuffer()
        #expect(
            pair.streams.deflate(
                (noise(200) + chatter(400)).span, as: pair.server.encoding, into: &payload))
        _ = try decode(payload.copied(), at: pair.client)
        let again = try #require(encode(own, by: pair.server))
        let found = try? decode(again, at: pair.client)
        #expect(found != own)
    }

    @Test("What goes as it is does not enter the peer's window, and is not referred to")
    func incompressibleBetween() throws {
        let pair = try Pair(Self.options(keepsContext: true))
        let incompressible = noise(900)
        for message in [
            chatter(500), incompressible, incompressible, chatter(500),
            incompressible + chatter(500),
        ] {
            guard let payload = encode(message, by: pair.server) else { continue }
            #expect(try decode(payload, at: pair.client) == message)
        }
    }
}

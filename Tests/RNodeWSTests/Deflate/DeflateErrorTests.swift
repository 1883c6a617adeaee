import RNodeWS
import Testing

@Suite("What can't be inflated, or not that far")
struct DeflateErrorTests {
    private let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]

    private func expectInvalid(_ payload: [UInt8], _ location: SourceLocation = #_sourceLocation) {
        for pieces in everySplit(of: payload) {
            #expect(throws: WebSocketError.extensionPayloadInvalid, sourceLocation: location) {
                try inflated(pieces)
            }
        }
    }

    @Test("B10 a payload cut at any place is 1007, and the connection's alone")
    func truncated() throws {
        let payload = deflated(chatter(300))
        for count in 0..<payload.count {
            let cut = Array(payload[..<count])
            // A cut may fall between two blocks only where nothing is left to tell.
            let result = Result { () throws(WebSocketError) in try inflated([cut]) }
            #expect(result == .failure(.extensionPayloadInvalid), "cut at \(count)")
        }
        expectInvalid([])
        expectInvalid(Array(hello.dropLast()))
    }

    @Test(
        "B10 bytes behind the end, a reserved block type, lengths that disagree and far distances are 1007"
    )
    func malformed() {
        expectInvalid(hello + [0xFF])
        // A whole message, with the tail that should have been left away, and then some.
        expectInvalid(hello + [0x00, 0x00, 0xFF, 0xFF, 0x12])
        expectInvalid([0x06])  // block type 3
        expectInvalid([0x00, 0x05, 0x00, 0xFA, 0xFE, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00])
        expectInvalid([0xF2, 0x00, 0x11, 0x00, 0x00])  // refers to what never was
        // BFINAL without the byte behind it.
        expectInvalid([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
        // zlib's own header, as of a stream that is not raw; it could ask for a dictionary.
        expectInvalid([0x78, 0xBB, 0x00, 0x00, 0x00, 0x01])
        expectInvalid([0x78, 0x9C, 0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
    }

    @Test("The tail may be sent too: it is an empty block like any other")
    func tailSent() throws {
        let doubled = hello + [0x00, 0x00, 0xFF, 0xFF, 0x00]
        for pieces in everySplit(of: doubled) {
            #expect(try inflated(pieces) == Array("Hello".utf8))
        }
    }

    @Test("B10 no change of a payload traps, and what is accepted is accepted in every split")
    func mutated() throws {
        var random = Seeded(state: 20)
        let seeds = [hello, deflated(chatter(200)), deflated(noise(40)), deflated([7])]
        for round in 0..<(isDebugBuild ? 2_000 : 20_000) {
            var payload = seeds[round % seeds.count]
            for _ in 0...(random.next() % 3) {
                let place = Int(random.next() % UInt64(payload.count))
                payload[place] ^= UInt8(truncatingIfNeeded: 1 << (random.next() % 8))
            }
            let outcome = { (pieces: [[UInt8]]) in
                Result { () throws(WebSocketError) in try inflated(pieces, bytesMax: 5_000) }
            }
            let whole = outcome([payload])
            let place = Int(random.next() % UInt64(payload.count))
            #expect(outcome([Array(payload[..<place]), Array(payload[place...])]) == whole)
            #expect(outcome(payload.map { [$0] } + [[]]) == whole)
        }
    }

    @Test(
        "B8 a bomb stops at the limit: at most one step more is produced, and nothing is kept of it",
        arguments: [64 << 10, 1 << 20, 64 << 20])
    func bomb(cap: Int) throws {
        for size in [cap - 1, cap, cap + 1, cap + 16_384, cap * 10] where size <= 80 << 20 {
            let bomb = deflated([UInt8](repeating: 0, count: size), level: 9)
            let inflater = try #require(Inflater(windowBits: 15))
            var message = ByteBuffer()
            let result = Result { () throws(WebSocketError) in
                try inflater.inflate(
                    bomb.span, endOfMessage: true, bytesMax: cap, into: &message)
            }
            if size <= cap {
                #expect(throws: Never.self) { try result.get() }
                #expect(message.count == size)
            } else {
                #expect(throws: WebSocketError.messageTooBig) { try result.get() }
                #expect(message.count == cap, "filled to the byte")
            }
            #expect(message.capacity <= cap + 1, "one byte by which an excess is seen")
            #expect(inflater.producedCount <= cap + Inflater.stepBytesMax)
            #expect(inflater.producedCount >= min(size, cap + 1))
        }
    }

    @Test("B8 a limit of any size counts to the byte, in every split")
    func exactLimit() throws {
        let payload = deflated(chatter(1_000))
        for pieces in everySplit(of: payload) {
            #expect(throws: WebSocketError.messageTooBig) {
                try inflated(pieces, bytesMax: 999)
            }
            #expect(try inflated(pieces, bytesMax: 1_000).count == 1_000)
            #expect(try inflated(pieces, bytesMax: 1_001).count == 1_000)
        }
        #expect(throws: WebSocketError.messageTooBig) { try inflated([payload], bytesMax: 0) }
        #expect(try inflated([[0]], bytesMax: 0) == [])
        #expect(try inflated([payload], bytesMax: .max).count == 1_000)
    }

    @Test(
        "The ratio limit: what grows beyond it is 1009 in every split, what just reaches it is taken"
    )
    func ratio() throws {
        let size = 200_000
        let bomb = deflated([UInt8](repeating: 0, count: size), level: 9)
        let ratio = size / bomb.count
        for limit in [1, ratio / 10, ratio - 100] {
            for pieces in everySplit(of: bomb) {
                #expect(throws: WebSocketError.inflateRatioExceeded) {
                    try inflated(pieces, ratioMax: limit)
                }
            }
        }
        for limit in [1_100, 10_000] {
            #expect(try inflated([bomb], ratioMax: limit).count == size)
        }
        // Noise does not grow: the strictest limit lets it pass.
        let plain = noise(100_000)
        #expect(try inflated([deflated(plain)], ratioMax: 1) == plain)
    }

    @Test("The ratio at its limit: one below, at, and one above what a message has after 16 KiB")
    func ratioAtLimit() throws {
        let bomb = deflated([UInt8](repeating: 0, count: 16_384), level: 9)
        var passing: [Int] = []
        for limit in 1...1_100 {
            if (try? inflated([bomb], ratioMax: limit)) != nil { passing.append(limit) }
        }
        let least = try #require(passing.first)
        #expect(passing == Array(least...1_100), "one limit from which on all pass")
        // zlib had taken all but the last byte or two when the 16 KiB were there.
        let reached = (bomb.count - 2...bomb.count).map { (16_384 + $0 - 1) / $0 }
        #expect(reached.contains(least))
    }
}

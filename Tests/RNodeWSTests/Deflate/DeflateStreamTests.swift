import RNodeWS
import Testing

@Suite("RFC 7692 §7.2: the payloads of permessage-deflate")
struct DeflateStreamTests {
    @Test("The RFC's examples mean what it says, in every split")
    func examples() throws {
        let examples: [[UInt8]] = [
            // §7.2.3.1: one block; 3: a stored one; 4: one with BFINAL; 5: two blocks.
            [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00],
            [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00],
            [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00],
            [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00],
        ]
        for example in examples {
            for pieces in everySplit(of: example) {
                #expect(try inflated(pieces) == Array("Hello".utf8))
            }
        }
    }

    @Test("RFC 7692 §7.2.3.2: a second message may refer to the first")
    func takeoverExample() throws {
        let inflater = try #require(Inflater(windowBits: 15))
        let first: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
        let second: [UInt8] = [0xF2, 0x00, 0x11, 0x00, 0x00]
        for payload in [first, second, second] {
            #expect(try inflated([payload], by: inflater) == Array("Hello".utf8))
        }
        #expect(throws: WebSocketError.extensionPayloadInvalid) { try inflated([second]) }
        inflater.reset()
        #expect(throws: WebSocketError.extensionPayloadInvalid) {
            try inflated([second], by: inflater)
        }
    }

    @Test("RFC 7692 §7.2.3.4: the window outlives a block marked as the last")
    func backReferenceBehindLastBlock() throws {
        let inflater = try #require(Inflater(windowBits: 15))
        let last: [UInt8] = [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]
        #expect(try inflated([last], by: inflater) == Array("Hello".utf8))
        let referring: [UInt8] = [0xF2, 0x00, 0x11, 0x00, 0x00]
        #expect(try inflated([referring], by: inflater) == Array("Hello".utf8))
        // Several such blocks in one message, one of them empty.
        let many = last.dropLast() + [0x03, 0x00] + last
        for pieces in everySplit(of: Array(many)) {
            #expect(try inflated(pieces) == Array("HelloHello".utf8))
        }
    }

    @Test("RFC 7692 §7.2.3.6: a message of nothing is one byte, and the window outlives it")
    func emptyMessages() throws {
        let deflater = try #require(Deflater(level: 6, windowBits: 15, memoryLevel: 8))
        let inflater = try #require(Inflater(windowBits: 15))
        let message = noise(2_000)
        for text in [[], message, [], [], message, []] {
            let payload = deflated(text, by: deflater)
            #expect(text.isEmpty ? payload == [0x00] : true)
            #expect(try inflated([payload], by: inflater) == text)
        }
        #expect(deflated(message, by: deflater).count < 100, "it refers to the one before")
    }

    @Test("What is deflated inflates to what it was, with every window, level and memory level")
    func roundTrip() throws {
        for bits in 9...15 {
            for (level, memory) in [(1, 1), (1, 8), (6, 9), (9, 1), (9, 9)] {
                let made = Deflater(level: level, windowBits: bits, memoryLevel: memory)
                let deflater = try #require(made)
                let inflater = try #require(Inflater(windowBits: bits))
                for count in [1, 2, 100, 511, 512, 16_383, 16_384, 70_000] {
                    let message = count % 2 == 0 ? chatter(count) : noise(count)
                    let payload = deflated(message, by: deflater)
                    #expect(!payload.isEmpty)
                    #expect(try inflated([payload], by: inflater) == message)
                }
                #expect(deflater.messageCount == 8)
            }
        }
    }

    @Test("A deflated message never ends with what its receiver puts back, and comes in any split")
    func splits() throws {
        let message = chatter(700)
        let payload = deflated(message)
        #expect(payload.suffix(4) != [0, 0, 0xFF, 0xFF])
        #expect(payload.count < message.count / 2)
        for pieces in everySplit(of: payload) { #expect(try inflated(pieces) == message) }
    }

    @Test("A window of 8 bits is not deflated into, but inflated from")
    func smallestWindow() {
        #expect(Deflater(level: 6, windowBits: 8, memoryLevel: 8) == nil)
        #expect(Deflater(level: 6, windowBits: 9, memoryLevel: 8) != nil)
        #expect(Deflater(level: 6, windowBits: 16, memoryLevel: 8) == nil)
        #expect(Deflater(level: 0, windowBits: 15, memoryLevel: 8) == nil)
        #expect(Deflater(level: 10, windowBits: 15, memoryLevel: 8) == nil)
        #expect(Deflater(level: 6, windowBits: 15, memoryLevel: 0) == nil)
        #expect(Deflater(level: 6, windowBits: 15, memoryLevel: 10) == nil)
        #expect(Inflater(windowBits: 7) == nil)
        #expect(Inflater(windowBits: 8) != nil)
        #expect(Inflater(windowBits: 16) == nil)
    }

    @Test("A deflater stays in its window: an inflater with just that one follows it")
    func staysInWindow() throws {
        for bits in 9...15 {
            let made = Deflater(level: 9, windowBits: bits, memoryLevel: 9)
            let deflater = try #require(made)
            let inflater = try #require(Inflater(windowBits: bits))
            // Twice the same noise, a whole window apart.
            let piece = noise(1 << bits, seed: UInt64(bits))
            for message in [piece, piece, Array(piece.reversed())] {
                let payload = deflated(message, by: deflater)
                #expect(try inflated([payload], by: inflater) == message)
            }
        }
    }
}

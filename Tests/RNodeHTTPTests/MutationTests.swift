import Testing

@testable import RNodeHTTP

@Suite("Mutated requests: whatever arrives, every split reports the same, and nothing traps")
struct MutationTests {
    static let seeds = [
        "GET /a/%C3%A4?b=c&d HTTP/1.1\r\nHost: h:80\r\nAccept: */*\r\n\r\n",
        "POST /p HTTP/1.1\r\nHost: [::1]:8\r\nContent-Length: 11\r\n\r\nhello world",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4;a=\"b\"\r\nwiki\r\n0\r\nT: v\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\u{1}\u{2}",
        "GET http://h:1/x/../y HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n",
        "\r\nCONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
    ]
    static let pieces = [
        "\r\n", "\n", "\r", "\0", " ", "\t", ":", "%", "%00", "%2e", "/..", "?", "&", "#", ";",
        "\"",
        "Transfer-Encoding: chunked\r\n", "Content-Length: 3\r\n", "Host: x\r\n", "\r\n\r\n",
        "0\r\n\r\n",
        "fffffffffffffff", "999999999999999", "HTTP/1.1", "Upgrade: websocket\r\n", "é", "\u{7F}",
    ]

    private func mutated(_ seed: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...6, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            default:
                let piece = Self.pieces.randomElement(using: &random) ?? ""
                bytes.insert(contentsOf: Array(piece.utf8), at: place)
            }
        }
        return bytes
    }

    @Test(arguments: 0..<8) func `mutations of good requests`(_ seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        for _ in 0..<400 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let text = Self.seeds.randomElement(using: &random) ?? ""
                bytes += mutated(Array(text.utf8), &random)
            }
            let whole = transcript(bytes)
            let single = transcript(bytes, cuts: Array(bytes.indices.dropFirst()))
            #expect(single == whole, "\(bytes)")
            let cuts = (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &random) }
            #expect(transcript(bytes, cuts: cuts.sorted()) == whole, "\(bytes)")
        }
    }

    @Test func `random bytes to a chunked body`() {
        var random = SplitMix(state: 99)
        let alphabet = Array("0123af;\"\\\r\n:Xx \t".utf8)
        for _ in 0..<4000 {
            let body = (0..<24).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            let bytes = Array(BodyDecoderTests.chunked.utf8) + body
            let whole = transcript(bytes)
            let head = BodyDecoderTests.chunked.utf8.count
            let single = transcript(bytes, cuts: Array(head..<bytes.count))
            #expect(single == whole, "\(body)")
        }
    }
}

import Testing

@testable import RNodeWS

@Suite("RFC 6455 §4: the opening handshake")
struct HandshakeTests {
    /// The RFC's own request.
    static let request: [(String, String)] = [
        ("Host", "server.example.com"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
    ]

    private func fields(
        _ changes: [(String, String)] = [], without: String = ""
    ) -> HandshakeFields {
        var fields = HandshakeFields()
        let replaced = changes.map(\.0) + [without]
        for (name, value) in Self.request where !replaced.contains(name) {
            fields.receive(name, value)
        }
        for (name, value) in changes { fields.receive(name, value) }
        return fields
    }

    @Test("The RFC's request gets the RFC's answer")
    func example() throws {
        let offered = fields([("Sec-WebSocket-Protocol", "chat, superchat")])
        let handshake = try Handshake(offered)
        #expect(handshake.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(handshake.subprotocols == ["chat", "superchat"])
        let answer = try handshake.answer(subprotocol: "chat")
        var output = ByteBuffer()
        answer.encode(into: &output)
        let expected = """
            HTTP/1.1 101 Switching Protocols\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
            Sec-WebSocket-Protocol: chat\r
            \r

            """
        #expect(String(decoding: output.copied(), as: UTF8.self) == expected)
    }

    @Test(
        "SHA-1 gives the digests of FIPS 180",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        ])
    func sha1(text: String, digest: String) {
        var hash = SHA1()
        hash.update(text.utf8Span.span)
        let found = hash.finish()
        let hex = found.indices.map { index in
            let byte = found[index]
            return String(
                decoding: [ASCII.hexDigit(byte >> 4), ASCII.hexDigit(byte)], as: UTF8.self)
        }
        #expect(hex.joined() == digest)
    }

    @Test(
        "B17 a version that is not 13 is 426 with the version wanted",
        arguments: [
            "12", "8", "0", "", "013", "13.0", "13, 8", "-13", "١٣",
        ])
    func version(value: String) {
        let error = #expect(throws: HandshakeError.self) {
            try Handshake(self.fields([("Sec-WebSocket-Version", value)]))
        }
        #expect(error == .versionUnsupported)
        #expect(error?.status == 426)
        #expect(
            error?.fields.contains { $0.name == "Sec-WebSocket-Version" && $0.value == "13" }
                == true)
    }

    @Test("B17 a version that is missing, or given twice, is 426")
    func versionCount() {
        #expect(throws: HandshakeError.versionUnsupported) {
            try Handshake(self.fields(without: "Sec-WebSocket-Version"))
        }
        let twice = [("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Version", "13")]
        #expect(throws: HandshakeError.versionUnsupported) { try Handshake(self.fields(twice)) }
    }

    @Test(
        "B17 a key that is not 16 bytes in base64 is 400",
        arguments: [
            "", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ===",
            "dGhlIHNhbXBsZSBub25jZSE=", "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25j-Q==",
            "dGhlIHNhbXBsZSBub25j Q==", "AAAAAAAAAAAAAAAAAAAAAAAA", "dGhlIHNhbXBsZQ==", "é",
        ])
    func key(value: String) {
        let error = #expect(throws: HandshakeError.self) {
            try Handshake(self.fields([("Sec-WebSocket-Key", value)]))
        }
        #expect(error == .keyInvalid)
        #expect(error?.status == 400)
    }

    @Test("B17 a key that is missing, or given twice, is 400")
    func keyCount() {
        #expect(throws: HandshakeError.keyInvalid) {
            try Handshake(self.fields(without: "Sec-WebSocket-Key"))
        }
        let key = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        #expect(throws: HandshakeError.keyInvalid) { try Handshake(self.fields([key, key])) }
    }

    @Test("Names and tokens count in any case, among others, in several lines")
    func upgrade() throws {
        for connection in ["upgrade", "keep-alive, Upgrade", " UPGRADE ,x", "a,\tupgrade"] {
            _ = try Handshake(self.fields([("connection", connection), ("UPGRADE", "WebSocket")]))
        }
        _ = try Handshake(
            self.fields([("Connection", "keep-alive"), ("Connection", "Upgrade")]))
        for upgrade in ["", "h2c", "websockets", "web socket", "\"websocket\""] {
            let error = #expect(throws: HandshakeError.self) {
                try Handshake(self.fields([("Upgrade", upgrade)]))
            }
            #expect(error == .notAnUpgrade)
            #expect(error?.fields.first?.name == "Upgrade")
            #expect(error?.fields.first?.value == "websocket")
        }
        #expect(throws: HandshakeError.notAnUpgrade) {
            try Handshake(self.fields(without: "Connection"))
        }
    }

    @Test(
        "Subprotocols that are no different tokens are 400",
        arguments: [
            "", ",", " ", "a b", "a,b c", "a;q=1", "\"a\"", "a,,a", "é", "a,\u{1}", "a\u{0}", "(a)",
        ])
    func badSubprotocols(value: String) {
        let error = #expect(throws: HandshakeError.self) {
            try Handshake(self.fields([("Sec-WebSocket-Protocol", value)]))
        }
        #expect(error == .subprotocolsInvalid)
        #expect(error?.status == 400)
    }

    @Test("Offers: limit−1 and limit are seen, those beyond it declined")
    func offers() throws {
        for count in [15, 16, 17, 160] {
            let names = (0..<count).map { "p\($0)" }
            let list = names.joined(separator: ", ")
            let handshake = try Handshake(
                self.fields([("Sec-WebSocket-Protocol", list), ("Sec-WebSocket-Extensions", list)]))
            #expect(handshake.subprotocols == Array(names.prefix(16)))
            #expect(handshake.extensions.map(\.name) == Array(names.prefix(16)))
        }
    }

    @Test("A subprotocol or extension that was not offered can't be chosen")
    func choice() throws {
        let handshake = try Handshake(
            self.fields([("Sec-WebSocket-Protocol", "a"), ("Sec-WebSocket-Extensions", "x")]))
        #expect(throws: HandshakeError.choiceNotOffered) {
            try handshake.answer(subprotocol: "b")
        }
        #expect(throws: HandshakeError.choiceNotOffered) {
            try handshake.answer(subprotocol: "A")
        }
        #expect(throws: HandshakeError.choiceNotOffered) {
            try handshake.answer(extension: ExtensionOffer("y"))
        }
        #expect(handshake.firstSubprotocol(of: ["z", "a"]) == "a")
        #expect(handshake.firstSubprotocol(of: ["z"]) == nil)
        let answer = try handshake.answer(
            subprotocol: "a",
            extension: ExtensionOffer("x", [.init("n", "1"), .init("f"), .init("bad\r\n", "1")]))
        #expect(answer.fields.suffix(2).map(\.value) == ["a", "x; n=1; f"])
    }
}

@Suite("RFC 6455 §9.1: extension offers")
struct ExtensionOfferTests {
    private func offers(_ lines: String...) -> [ExtensionOffer]? {
        var fields = HandshakeFields()
        for (name, value) in HandshakeTests.request { fields.receive(name, value) }
        for line in lines { fields.receive("Sec-WebSocket-Extensions", line) }
        return try? Handshake(fields).extensions
    }

    @Test("Offers are read with their parameters, quoted ones too, in order")
    func right() {
        let offer = "permessage-deflate; client_max_window_bits; server_max_window_bits=10"
        let expected = ExtensionOffer(
            "permessage-deflate",
            [.init("client_max_window_bits"), .init("server_max_window_bits", "10")])
        #expect(offers(offer) == [expected])
        #expect(
            offers("a, b;c=\"d\"", "e") == [
                ExtensionOffer("a"), ExtensionOffer("b", [.init("c", "d")]), ExtensionOffer("e"),
            ])
        #expect(offers("b ; c=\"\\d\\e\"\t,") == [ExtensionOffer("b", [.init("c", "de")])])
        #expect(
            offers("a;x;x=1;x") == [
                ExtensionOffer("a", [.init("x"), .init("x", "1"), .init("x")])
            ])
        #expect(offers(",, a ,,") == [ExtensionOffer("a")])
        #expect(offers() == [])
    }

    @Test(
        "Garbage declines all offers and the handshake goes on",
        arguments: [
            "a;", "a;=1", "a;b=", "a;b=\"\"", "a;b=\"c", "a;b=\"c d\"", "a;b=\"c\\", "a b", ";a",
            "=",
            "a;b==c", "a;b=c d", "a,b;\"c\"", "é", "a;b=\"é\"", "a\u{0}", "a;;b", "\"a\"", "a;b =c",
        ])
    func garbage(value: String) {
        #expect(offers(value) == [])
        #expect(offers("good", value) == [])
    }

    /// How often the bytes of a field were looked at, and how often those of a list of subprotocols.
    private func looks(_ text: String) -> (Int, Int) {
        var declined = 0
        var offers = FieldScanner(Array(text.utf8))
        _ = offers.extensions(max: 16, declined: &declined)
        var names = FieldScanner(Array(text.utf8))
        _ = names.subprotocols(max: 16, declined: &declined)
        return (offers.looks, names.looks)
    }

    @Test(
        "A13 a field twice as long is looked at twice as often, at most ten times a byte",
        arguments: [
            ",", ";", " ", "\t,", "a", "a,", "a ", "=", "\"", "\\", "\\c", "a;b,", "a;b=c ,",
            "a;b=\"c\",", ";b=\"\\c\\d\"", " ; b ", ";b=c", "a ; b = c,", "é",
        ], ["", "a", "a;b=", "a;b=\""])
    func looksAreLinear(piece: String, start: String) {
        let counts = [0, 500, 1_000, 2_000, 4_000].map { times in
            looks(start + String(repeating: piece, count: times))
        }
        for (few, many, step) in [(1, 2, 500), (2, 3, 1_000), (3, 4, 2_000)] {
            let most = 10 * step * piece.utf8.count
            #expect((0...most).contains(counts[many].0 - counts[few].0))
            #expect((0...most).contains(counts[many].1 - counts[few].1))
        }
        // The same for each further piece: not one more because of those before it.
        #expect(counts[4].0 - counts[3].0 == 2 * (counts[3].0 - counts[2].0))
        #expect(counts[4].1 - counts[3].1 == 2 * (counts[3].1 - counts[2].1))
        #expect(counts[0].0 > 0 && counts[0].1 > 0)
    }

    @Test(
        "A13 a list of different subprotocols is looked at as often as its bytes, those beyond 16 too"
    )
    func namesAreLinear() {
        func looks(_ count: Int) -> Int {
            let list = (0..<count).map { "n\(10_000 + $0)" }.joined(separator: ",")
            return self.looks(list).1
        }
        let counts = [1_000, 2_000, 4_000].map(looks)
        #expect(counts[2] - counts[1] == 2 * (counts[1] - counts[0]))
        #expect(counts[2] <= 10 * 7 * 4_000)
        #expect(counts[0] >= 7 * 1_000 - 1)
    }

    @Test("A13 the bytes of a long field decide nothing")
    func long() {
        let many = Array(repeating: "a;b=\"c\"", count: 2_000).joined(separator: ",")
        #expect(offers(many)?.count == 16)
        #expect(offers(String(repeating: ",", count: 16_000)) == [])
        #expect(offers(String(repeating: ";", count: 16_000)) == [])
        #expect(offers("a;b=\"" + String(repeating: "\\c", count: 8_000)) == [])
    }
}

@Suite("RFC 6455 §4.1: the client's handshake")
struct ClientHandshakeTests {
    private let offer = HandshakeOffer(
        nonce: InlineArray<16, UInt8> { Array("the sample nonce".utf8)[$0] },
        subprotocols: ["chat", "no token"], extensions: [ExtensionOffer("x", [.init("y", "1")])])

    private func answer(_ changes: (String, String)...) -> HandshakeFields {
        var fields = HandshakeFields()
        let right = [
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ]
        for (name, value) in right where !changes.contains(where: { $0.0 == name }) {
            fields.receive(name, value)
        }
        for (name, value) in changes { fields.receive(name, value) }
        return fields
    }

    @Test("The request bears the key of the nonce and the offers that are tokens")
    func request() {
        #expect(offer.key == "dGhlIHNhbXBsZSBub25jZQ==")
        var output = ByteBuffer()
        offer.encode(target: "/chat", host: "example.com", into: &output)
        let expected = """
            GET /chat HTTP/1.1\r
            Host: example.com\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            Sec-WebSocket-Protocol: chat\r
            Sec-WebSocket-Extensions: x; y=1\r
            \r

            """
        #expect(String(decoding: output.copied(), as: UTF8.self) == expected)
    }

    @Test("A right answer is agreed to")
    func right() throws {
        let plain = try offer.check(status: 101, answer())
        #expect(plain.subprotocol == nil)
        #expect(plain.extensions.isEmpty)
        let chosen = try offer.check(
            status: 101,
            answer(("Sec-WebSocket-Protocol", "chat"), ("Sec-WebSocket-Extensions", "x")))
        #expect(chosen.subprotocol == "chat")
        #expect(chosen.extensions == [ExtensionOffer("x")])
    }

    @Test("A wrong answer, or one that accepts what was not offered, is refused")
    func wrong() {
        let wrong: [(Int, HandshakeFields, HandshakeError)] = [
            (200, answer(), .answerInvalid),
            (101, answer(("Upgrade", "h2c")), .answerInvalid),
            (101, answer(("Connection", "close")), .answerInvalid),
            (101, answer(("Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=")), .answerInvalid),
            (101, HandshakeFields(), .answerInvalid),
            (101, answer(("Sec-WebSocket-Protocol", "other")), .answerNotOffered),
            (101, answer(("Sec-WebSocket-Protocol", "chat, chat2")), .answerInvalid),
            (101, answer(("Sec-WebSocket-Protocol", "")), .answerInvalid),
            (101, answer(("Sec-WebSocket-Extensions", "z")), .answerNotOffered),
            (101, answer(("Sec-WebSocket-Extensions", "x;")), .answerInvalid),
        ]
        for (status, fields, error) in wrong {
            #expect(throws: error) { try offer.check(status: status, fields) }
        }
    }
}

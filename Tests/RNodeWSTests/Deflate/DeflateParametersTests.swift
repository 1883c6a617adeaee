import RNodeWS
import Testing

@Suite("RFC 7692 §7.1: what is agreed on")
struct DeflateParametersTests {
    /// The offers of a field, as the handshake reads them.
    static func offers(_ field: String) throws -> [ExtensionOffer] {
        var fields = HandshakeFields()
        for (name, value) in HandshakeTests.request { fields.receive(name, value) }
        fields.receive("Sec-WebSocket-Extensions", field)
        return try Handshake(fields).extensions
    }

    /// What the server answers to a field; nil when it goes on uncompressed.
    private func answer(_ field: String, _ options: DeflateOptions = DeflateOptions()) throws
        -> String?
    {
        let accepted = PerMessageDeflate.accepting(
            try Self.offers(field), options, DeflateStreams())
        return accepted.map { text($0.answer) }
    }

    private func text(_ element: ExtensionOffer) -> String {
        element.parameters.reduce(element.name) { text, parameter in
            text + "; " + parameter.name + (parameter.value.map { "=" + $0 } ?? "")
        }
    }

    private static let none =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    @Test(
        "By default nothing is kept between messages, and windows are named to clients that name them"
    )
    func defaults() throws {
        let cases: [(String, String?)] = [
            ("permessage-deflate", Self.none),
            ("permessage-deflate; client_max_window_bits", Self.none),
            (
                "permessage-deflate; client_max_window_bits=15",
                Self.none + "; client_max_window_bits=15"
            ),
            (
                "permessage-deflate; client_max_window_bits=8",
                Self.none + "; client_max_window_bits=8"
            ),
            (
                "permessage-deflate; server_max_window_bits=9",
                Self.none + "; server_max_window_bits=9"
            ),
            (
                "permessage-deflate; server_max_window_bits=15",
                Self.none + "; server_max_window_bits=12"
            ),
            (
                "permessage-deflate; server_max_window_bits=\"10\"; client_max_window_bits=\"12\"",
                Self.none + "; server_max_window_bits=10; client_max_window_bits=12"
            ),
            ("permessage-deflate; server_no_context_takeover", Self.none),
            ("x-webkit-deflate-frame, permessage-deflate", Self.none),
            ("x-webkit-deflate-frame", nil),
            ("", nil),
        ]
        for (offer, expected) in cases { #expect(try answer(offer) == expected, "\(offer)") }
    }

    @Test("By default a context that is kept has a window of 4 KiB, and the client is told")
    func defaultsWithTakeover() throws {
        var options = DeflateOptions()
        options.serverKeepsContext = true
        options.clientKeepsContext = true
        let name = "permessage-deflate"
        let server = "; server_max_window_bits=12"
        let cases = [
            (name, name + "; client_no_context_takeover" + server),
            (
                name + "; client_max_window_bits",
                name + server + "; client_max_window_bits=12"
            ),
            (
                name + "; client_max_window_bits=15",
                name + server + "; client_max_window_bits=12"
            ),
            (
                name + "; client_max_window_bits=10; server_max_window_bits=9",
                name + "; server_max_window_bits=9; client_max_window_bits=10"
            ),
            (
                name + "; server_no_context_takeover; client_no_context_takeover",
                name + "; server_no_context_takeover; client_no_context_takeover"
            ),
        ]
        for (offer, expected) in cases {
            #expect(try answer(offer, options) == expected, "\(offer)")
        }
    }

    @Test("Windows that may be as large as any are named where they were asked for only")
    func largestWindows() throws {
        var options = DeflateOptions()
        options.serverWindowBitsMax = 15
        options.clientWindowBitsMax = 15
        let cases: [(String, String?)] = [
            ("permessage-deflate", Self.none),
            ("permessage-deflate; client_max_window_bits", Self.none),
            (
                "permessage-deflate; client_max_window_bits=15",
                Self.none + "; client_max_window_bits=15"
            ),
            (
                "permessage-deflate; server_max_window_bits=15",
                Self.none + "; server_max_window_bits=15"
            ),
            (
                "permessage-deflate; server_max_window_bits=\"10\"; client_max_window_bits=\"12\"",
                Self.none + "; server_max_window_bits=10; client_max_window_bits=12"
            ),
        ]
        for (offer, expected) in cases {
            #expect(try answer(offer, options) == expected, "\(offer)")
        }
    }

    @Test("With takeover wanted, the client still decides against it")
    func takeover() throws {
        var options = DeflateOptions()
        options.serverKeepsContext = true
        options.clientKeepsContext = true
        options.serverWindowBitsMax = 15
        options.clientWindowBitsMax = 15
        let cases = [
            ("permessage-deflate", "permessage-deflate"),
            (
                "permessage-deflate; server_no_context_takeover",
                "permessage-deflate; server_no_context_takeover"
            ),
            (
                "permessage-deflate; client_no_context_takeover",
                "permessage-deflate; client_no_context_takeover"
            ),
            ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
        ]
        for (offer, expected) in cases {
            #expect(try answer(offer, options) == expected, "\(offer)")
        }
    }

    @Test("A server's own windows are named, the client's only where it can be told")
    func windows() throws {
        var options = DeflateOptions()
        options.serverKeepsContext = true
        options.clientKeepsContext = true
        options.serverWindowBitsMax = 11
        options.clientWindowBitsMax = 10
        let name = "permessage-deflate"
        let cases = [
            // It can't be told of a window of 10 bits, and a larger one is not kept.
            (name, name + "; client_no_context_takeover; server_max_window_bits=11"),
            (
                name + "; client_max_window_bits",
                name + "; server_max_window_bits=11; client_max_window_bits=10"
            ),
            (
                name + "; client_max_window_bits=9; server_max_window_bits=9",
                name + "; server_max_window_bits=9; client_max_window_bits=9"
            ),
            (
                name + "; client_max_window_bits=15; server_max_window_bits=15",
                name + "; server_max_window_bits=11; client_max_window_bits=10"
            ),
        ]
        for (offer, expected) in cases {
            #expect(try answer(offer, options) == expected, "\(offer)")
        }
    }

    static let garbage = [
        "server_max_window_bits=8", "server_max_window_bits=7", "server_max_window_bits=16",
        "server_max_window_bits=08", "server_max_window_bits=010", "server_max_window_bits=1",
        "server_max_window_bits", "server_max_window_bits=x", "server_max_window_bits=1e1",
        "server_max_window_bits=99999999999999999999", "server_max_window_bits=-9",
        "client_max_window_bits=7", "client_max_window_bits=16", "client_max_window_bits=08",
        "client_max_window_bits=0", "client_max_window_bits=+9", "client_max_window_bits=15.0",
        "server_no_context_takeover=1", "client_no_context_takeover=true",
        "server_no_context_takeover; server_no_context_takeover",
        "client_max_window_bits; client_max_window_bits=10",
        "client_max_window_bits=10; client_max_window_bits=10",
        "server_max_window_bits=10; server_max_window_bits=11", "unknown", "unknown=1",
        "Server_No_Context_Takeover", "mem_level=8",
    ]

    @Test(
        "B9 garbage declines its offer alone: the next one is tried, else it goes on uncompressed",
        arguments: garbage)
    func declined(_ parameters: String) throws {
        let offer = "permessage-deflate; " + parameters
        #expect(try answer(offer) == nil)
        #expect(try answer(offer + ", " + offer) == nil)
        #expect(try answer(offer + ", permessage-deflate") == Self.none)
        #expect(
            try answer(
                "other, \(offer), permessage-deflate; server_max_window_bits=9, permessage-deflate")
                == Self.none + "; server_max_window_bits=9")
    }

    @Test("B9 an empty value, which no field can hold, is declined too")
    func emptyValue() throws {
        for name in [
            "server_max_window_bits", "client_max_window_bits", "server_no_context_takeover",
        ] {
            let offer = ExtensionOffer("permessage-deflate", [.init(name, "")])
            #expect(DeflateParameters(accepting: offer) == nil)
            // In a field it breaks the grammar, which declines all of the field.
            #expect(try answer("permessage-deflate; \(name)=\"\", permessage-deflate") == nil)
        }
    }

    @Test(
        "B9 10,000 generated fields are answered as the RFC's rules say, by a reference written from them"
    )
    func generated() throws {
        var random = Seeded(state: 7692)
        var accepted = 0
        for _ in 0..<10_000 {
            let field = OfferGenerator.field(&random)
            var options = DeflateOptions()
            options.serverKeepsContext = random.next() % 2 == 0
            options.clientKeepsContext = random.next() % 2 == 0
            options.serverWindowBitsMax = 9 + Int(random.next() % 7)
            options.clientWindowBitsMax = 9 + Int(random.next() % 7)
            let found = try answer(field, options)
            let expected = RFC7692.answer(field, options)
            #expect(found == expected, "\(field)")
            if let found {
                accepted += 1
                try expectClientAgrees(field, found, options)
            }
        }
        #expect((2_000...8_000).contains(accepted), "both outcomes are frequent")
    }

    /// A client that offered just the accepted element is content with the answer.
    private func expectClientAgrees(
        _ field: String, _ answer: String, _ options: DeflateOptions
    ) throws {
        let offers = try Self.offers(field)
        let answers = try Self.offers(answer)
        let accepted = try #require(
            offers.first { DeflateParameters(accepting: $0, options) != nil })
        let server = try #require(DeflateParameters(accepting: accepted, options))
        let client = DeflateParameters(answer: answers[0], to: accepted)
        // Our own client can't deflate into 8 bits, and says so by failing.
        guard server.clientWindowBits > 8 else { return #expect(client == nil) }
        let agreed = try #require(client)
        #expect(agreed.serverKeepsContext == server.serverKeepsContext)
        #expect(agreed.clientKeepsContext == server.clientKeepsContext)
        // The client reckons with what it was told, or with any; the server sends no more than that.
        let isNamed = answer.contains("server_max_window_bits")
        #expect(agreed.serverWindowBits == (isNamed ? server.serverWindowBits : 15))
        #expect(isNamed || !server.serverKeepsContext || server.serverWindowBits == 15)
        #expect(agreed.clientWindowBits <= server.clientWindowBits)
    }

    @Test(
        "A client fails on an answer that is none to its offer",
        arguments: [
            ("", "unknown"), ("", "server_max_window_bits=16"), ("", "client_max_window_bits=10"),
            ("client_max_window_bits", "client_max_window_bits"),
            ("client_max_window_bits", "client_max_window_bits=8"),
            ("client_max_window_bits=10", "client_max_window_bits=11"),
            ("server_max_window_bits=10", "server_max_window_bits=11"),
            ("server_max_window_bits=10", ""), ("server_no_context_takeover", ""),
            ("", "server_no_context_takeover; server_no_context_takeover"),
        ])
    func wrongAnswers(offer: String, answer: String) throws {
        func element(_ parameters: String) throws -> ExtensionOffer {
            let field = "permessage-deflate" + (parameters.isEmpty ? "" : "; " + parameters)
            return try Self.offers(field)[0]
        }
        #expect(DeflateParameters(answer: try element(answer), to: try element(offer)) == nil)
        #expect(DeflateParameters(answer: ExtensionOffer("other"), to: try element(offer)) == nil)
    }

    @Test("A client's offer says what its options want, and both sides then agree")
    func offers() throws {
        var options = DeflateOptions()
        let name = "permessage-deflate"
        #expect(
            text(DeflateParameters.offer(options)) == Self.none
                + "; server_max_window_bits=12; client_max_window_bits=12")
        options.serverWindowBitsMax = 15
        options.clientWindowBitsMax = 15
        #expect(
            text(DeflateParameters.offer(options)) == Self.none + "; client_max_window_bits")
        options.serverKeepsContext = true
        options.clientKeepsContext = true
        options.serverWindowBitsMax = 10
        options.clientWindowBitsMax = 11
        let offer = DeflateParameters.offer(options)
        #expect(text(offer) == name + "; server_max_window_bits=10; client_max_window_bits=11")
        let server = try #require(DeflateParameters(accepting: offer))
        let client = try #require(DeflateParameters(answer: server.answer, to: offer))
        #expect(client == server)
    }

    @Test("Options out of their range are named")
    func ranges() throws {
        let cases: [(String, WritableKeyPath<DeflateOptions, Int>, ClosedRange<Int>)] = [
            ("level", \.level, 1...9), ("memoryLevel", \.memoryLevel, 1...9),
            ("serverWindowBitsMax", \.serverWindowBitsMax, 9...15),
            ("clientWindowBitsMax", \.clientWindowBitsMax, 8...15),
            ("minimumBytes", \.minimumBytes, 1...(64 << 20)),
        ]
        for (name, field, range) in cases {
            for value in [range.lowerBound, range.upperBound] {
                var options = DeflateOptions()
                options[keyPath: field] = value
                try options.validate()
            }
            for value in [range.lowerBound - 1, range.upperBound + 1, range.upperBound * 10] {
                var options = DeflateOptions()
                options[keyPath: field] = value
                let error = #expect(throws: WebSocketLimitError.self) { try options.validate() }
                #expect(error?.field == name)
                #expect(error?.description.hasPrefix("DeflateOptions.\(name) is \(value)") == true)
            }
        }
        for (ratio, isRight) in [(0, false), (1, true), (1_000_000, true), (1_000_001, false)] {
            var limits = WebSocketLimits()
            limits.inflateRatioMax = ratio
            if isRight {
                try limits.validate()
            } else {
                let error = #expect(throws: WebSocketLimitError.self) { try limits.validate() }
                #expect(error?.field == "inflateRatioMax")
            }
        }
    }
}

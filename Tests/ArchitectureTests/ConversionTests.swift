import Testing

/// A number from the wire becomes an `Int` by `WireLength` only, which compares first; `Int(x)` of one that is too big traps.
///
/// What is left are conversions that can't: from a narrower type, or of what is known to be small. Types are not seen here, so
/// each is listed, by its file and how many there are. A new one says `truncatingIfNeeded:`, `clamping:` or `exactly:`, which never trap
/// and are not counted, or comes with its reason.
@Suite("Conversions of integers in the protocols")
struct ConversionTests {
    private struct Exception {
        let count: Int
        let reason: String

        init(_ count: Int, _ reason: String) {
            self.count = count
            self.reason = reason
        }
    }

    private static let exceptions = [
        "RNodeApp/Control/JSONNesting.swift": Exception(1, "a UInt16"),
        "RNodeApp/Control/JSONString.swift": Exception(1, "a hexadecimal digit's UInt8"),
        "RNodeApp/Control/JSONValue.swift": Exception(4, "UInt32 offsets"),
        "RNodeHTTP/Conditions/ByteRange.swift": Exception(1, "a decimal digit's UInt8"),
        "RNodeHTTP/Conditions/HTTPDate.swift": Exception(1, "clamped to a range of years"),
        "RNodeHTTP/HTTPLimits.swift": Exception(1, "a constant"),
        "RNodeHTTP/Message/FieldSyntax.swift": Exception(5, "a byte"),
        "RNodeHTTP/Message/HeadLayout.swift": Exception(2, "UInt32 offsets"),
        "RNodeHTTP/Parsing/BodyDecoder.swift": Exception(4, "UInt8 counts"),
        "RNodeHTTP/Routing/LiteralPaths.swift": Exception(1, "a table of the server's own"),
        "RNodeHTTP/Routing/MethodTable.swift": Exception(7, "UInt8 and UInt16 of the server's own"),
        "RNodeHTTP/Routing/TrieSearch.swift": Exception(1, "a table of the server's own"),
        "RNodeWS/Framing/FrameHead.swift": Exception(1, "a UInt16"),
        "RNodeWS/Handshake/Base64.swift": Exception(1, "a byte"),
        "RNodeWS/Handshake/SHA1.swift": Exception(1, "a byte"),
        "RNodeWS/Messages/CloseFrame.swift": Exception(2, "a byte"),
        "RNodeWS/Session/ReceiveRules.swift": Exception(1, "a limit of 32 bits"),
        "RNodeWS/Session/SessionShare.swift": Exception(3, "limits of 32 bits"),
        "RNodeWS/Session/WebSocketSession+Receiving.swift": Exception(
            1, "a payload's length that was compared with its limit"),
    ]

    private static let folders = ["RNodeBytes/", "RNodeHTTP/", "RNodeWS/", "RNodeApp/Control/"]

    @Test("An Int is made of a wider number by WireLength only, or where it is listed")
    func conversionsAreListed() {
        let found = Repository.sources.filter { file in
            Self.folders.contains { file.shortPath.hasPrefix($0) }
                && !file.path.hasSuffix("/WireLength.swift")
        }
        #expect(found.count > 60)
        var counts: [String: Int] = [:]
        for file in found {
            let count = file.codeLines.reduce(0) { $0 + Self.conversions(in: $1) }
            if count > 0 { counts[file.shortPath] = count }
        }
        #expect(counts == Self.exceptions.mapValues(\.count))
    }

    @Test("The tests find what they look for")
    func findersFind() {
        #expect(Self.conversions(in: "let a = Int(length) + Int(b)") == 2)
        #expect(Self.conversions(in: "a = UInt8(x) + UInt16( y) + UInt32(z[0])") == 3)
        #expect(Self.conversions(in: "Int(truncatingIfNeeded: a), Int(clamping: b)") == 0)
        #expect(Self.conversions(in: "UInt8(ascii: c), Int.max, print(a), UInt64(b)") == 0)
    }

    /// How many conversions to a type that may be too narrow a line has.
    private static func conversions(in line: String) -> Int {
        line.matches(
            of: /\b(?:Int|Int32|Int16|Int8|UInt|UInt32|UInt16|UInt8)\(\s*(?<label>[A-Za-z]+:)?/
        )
        .count { $0.output.label == nil }
    }
}

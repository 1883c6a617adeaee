import HTTPTypes
import Testing

@testable import RNodeHTTP

@Suite("RFC 9112 section 7: message bodies")
struct BodyDecoderTests {
    static let chunked = "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    static let next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test func `a fixed body ends where it says, and the next request begins there`() {
        let text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + Self.next
        let found = transcriptInAllSplits(text)
        #expect(found.requests.map(\.path) == ["/", "/next"])
        #expect(found.bodies == ["hello"])
        #expect(found.requests.first?.body == .fixed(5))
    }

    @Test(arguments: [
        ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("3\r\nabc\r\n2\r\nde\r\n000\r\n\r\n", "abcde"),
        ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"), ("2;x\r\nab\r\n0;y=z\r\n\r\n", "ab"),
        ("2;x=\"a;b\\\"c\"\r\nab\r\n0\r\n\r\n", "ab"), ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
        ("1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n", "a"), ("000000000000001\r\na\r\n0\r\n\r\n", "a"),
        ("1;\t \u{FC}\r\na\r\n0\r\n\r\n", "a"),
    ])
    func `chunks are decoded, extensions ignored, trailers dropped`(_ wire: String, _ body: String)
    {
        let found = transcriptInAllSplits(Self.chunked + wire + Self.next)
        #expect(found.requests.map(\.path) == ["/c", "/next"])
        #expect(found.bodies.joined() == body)
    }

    @Test(arguments: [
        "\r\n", "x\r\n", "0x1\r\na\r\n0\r\n\r\n", "1_0\r\n", "+1\r\na", "-1\r\n", " 1\r\na",
        "1 \r\na",
        "1\t\r\n", "1\na\r\n0\r\n\r\n", "1\r\na\n0\r\n\r\n", "1\r\naX\r\n0\r\n\r\n",
        "1\r\na\rX0\r\n\r\n",
        "1\r\naX\n0\r\n\r\n", "1\r\na\n\n0\r\n\r\n",
        "1\r\nab\r\n0\r\n\r\n", "1\rXa\r\n", "0\r\n\n", "0000000000000000\r\n\r\n",
        "fffffffffffffffff\r\n", "0\r\n\rX", "0\r\n X: y\r\n\r\n", "0\r\n: y\r\n\r\n",
        "0\r\nX : y\r\n\r\n", "0\r\nX: y\n\r\n", "0\r\nX: y\r\r\n", "0\r\nX\r\n\r\n",
        "0\r\nX: \u{0}\r\n\r\n", "0\r\nX: y\r\n folded\r\n\r\n",
        "0\r\nContent-Length: 1\r\n\r\n", "0\r\ncontent-LENGTH:\r\n\r\n",
        "0\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
    func `A4 a chunk that is not exact is refused`(_ wire: String) {
        let found = transcriptInAllSplits(Self.chunked + wire + Self.next)
        #expect(found.status == 400)
        #expect(found.requests.map(\.path) == ["/c"])
    }

    @Test func `A4 a chunk's size of fifteen digits is compared, not converted`() {
        #expect(transcriptInAllSplits(Self.chunked + "fffffffffffffff\r\n").status == 413)
        #expect(transcriptInAllSplits(Self.chunked + "7fffffffffffffff\r\n").status == 400)
        #expect(transcriptInAllSplits(Self.chunked + "1\r\na\r\nfffffffffffffff\r\n").status == 413)
    }

    @Test(arguments: [
        "1;a\nb\r\na", "1;a\rb\r\na", "1;\"a\rb\"\r\na", "1;\"a\r\nb\"\r\na", "1;\"a\nb\"\r\n",
        "1;\"a\\\r\n", "1;\u{0}\r\na", "1;\u{7F}\r\na", "1;\"\u{1}\"\r\n",
        "1;\"open\r\na\r\n0\r\n\r\n",
    ])
    func `A5 an extension holds no control byte, in quotes or out`(_ wire: String) {
        #expect(transcriptInAllSplits(Self.chunked + wire).status == 400)
    }

    /// What the RFC says about four bytes at the start of a chunk, written another way.
    private enum Verdict { case refused, unfinished, begun, tooLarge }

    private func verdict(_ bytes: [UInt8]) -> Verdict {
        var digits = 0
        var size: UInt64 = 0
        for (place, byte) in bytes.enumerated() {
            if let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 128 {
                digits += 1
                size = size * 16 + UInt64(digit)
                continue
            }
            guard digits > 0 else { return .refused }
            let rest = bytes[(place + 1)...]
            if byte == 0x0D {
                guard let feed = rest.first else { return .unfinished }
                guard feed == 0x0A else { return .refused }
                return rest.count == 1 ? .begun : afterLine(size, Array(rest.dropFirst()))
            }
            guard byte == UInt8(ascii: ";") else { return .refused }
            return afterSemicolon(size, Array(rest))
        }
        return .unfinished
    }

    private func afterSemicolon(_ size: UInt64, _ rest: [UInt8]) -> Verdict {
        // Two bytes at most: a lone CR waits, CR LF ends the line, and no string can close.
        if rest.first == 0x0D {
            return rest.count == 1 ? .unfinished : rest[1] == 0x0A ? .begun : .refused
        }
        guard rest.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 9 || $0 == 0x0D }) else {
            return .refused
        }
        // A CR second is the line's end, unless a quote came first.
        if rest.count == 2, rest[1] == 0x0D, rest[0] == UInt8(ascii: "\"") { return .refused }
        return .unfinished
    }

    private func afterLine(_ size: UInt64, _ rest: [UInt8]) -> Verdict {
        guard size == 0, let first = rest.first else { return .begun }
        let isToken =
            "!#$%&'*+-.^_`|~".utf8.contains(first)
            || Character(Unicode.Scalar(first)).isASCII
                && (Character(Unicode.Scalar(first)).isLetter || (48...57).contains(first))
        return first == 0x0D || isToken ? .begun : .refused
    }

    @Test func `A4 every four bytes of a class at a chunk's start meet the same verdict`() {
        let edges: [UInt8] = [
            0, 9, 10, 13, 32, 34, 43, 48, 49, 58, 59, 70, 71, 95, 97, 102, 120, 127, 128, 255,
        ]
        var limits = HTTPLimits()
        limits.bodyBytesMax = 1 << 30
        for first in edges {
            for second in edges {
                for third in edges {
                    for fourth in edges {
                        let bytes = [first, second, third, fourth]
                        let expected = verdict(bytes)
                        if decode(bytes, limits) != expected {
                            Issue.record("\(bytes): \(decode(bytes, limits)), not \(expected)")
                        }
                    }
                }
            }
        }
    }

    private func decode(_ bytes: [UInt8], _ limits: HTTPLimits) -> Verdict {
        var decoder = BodyDecoder(.chunked)
        var offset = 0
        while true {
            switch decoder.next(bytes.span, from: &offset, limits: limits) {
            case .needMore:
                switch decoder.state {
                case .size, .extension, .quoted, .escaped, .sizeLineFeed: return .unfinished
                default: return .begun
                }
            case .bytes: continue
            case .ended: return .begun
            case .failed(let error): return error.status.code == 413 ? .tooLarge : .refused
            }
        }
    }

    @Test func `a decoder alone reports ranges of the bytes it was given`() {
        var decoder = BodyDecoder(.chunked)
        let bytes = Array("xx3\r\nabc\r\n0\r\n\r\nrest".utf8)
        var offset = 2
        var found: [BodyDecoder.Step] = []
        repeat {
            found.append(decoder.next(bytes.span, from: &offset, limits: HTTPLimits()))
        } while found.last != .ended
        #expect(found == [.bytes(5..<8), .ended])
        #expect(offset == bytes.count - 4)
        #expect(decoder.isEnded)
        #expect(BodyDecoder(.none).isEnded)
        #expect(BodyDecoder(.fixed(-1)).isEnded)
    }

    @Test func `an offset out of range is no bytes at all`() {
        var decoder = BodyDecoder(.fixed(3))
        for place in [-1, 4, Int.min, Int.max] {
            var offset = place
            let step = decoder.next([1, 2, 3].span, from: &offset, limits: HTTPLimits())
            #expect(step == .needMore)
        }
    }
}

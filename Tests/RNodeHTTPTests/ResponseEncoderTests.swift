import HTTPTypes
import Testing

@testable import RNodeHTTP

@Suite("RFC 9112 sections 4 to 6: answers")
struct ResponseEncoderTests {
    static let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

    private func encode(
        _ response: Response, _ terms: ResponseTerms = ResponseTerms()
    ) throws -> String {
        let encoder = ResponseEncoder(unixSeconds: 784_111_777)
        var output = ByteBuffer()
        try encoder.encode(response, terms: terms, into: &output)
        return String(decoding: output.copied(), as: UTF8.self)
    }

    @Test func `a text has its length, its type and the date`() throws {
        let text = try encode(Response().text("Grüße"))
        #expect(
            text == "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "Content-Length: 7\r\n\(Self.date)\r\nGrüße")
    }

    @Test func `calls chain, and the last status, type and body hold`() throws {
        let response = Response().status(201).header("X-A", "1").header("x-a", "2")
            .addHeader("Set-Cookie", "a").addHeader("Set-Cookie", "b").text("no")
            .bytes([0x79], contentType: "a/b")
        let text = try encode(response)
        #expect(
            text
                == "HTTP/1.1 201 Created\r\nx-a: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
                + "Content-Type: a/b\r\nContent-Length: 1\r\n\(Self.date)\r\ny")
    }

    @Test func `the Connection field says what the client does not assume`() throws {
        for (version, keepsAlive, line) in [
            (HTTPVersion.http11, true, ""), (.http11, false, "Connection: close\r\n"),
            (.http10, true, "Connection: keep-alive\r\n"),
            (.http10, false, "Connection: close\r\n"),
        ] {
            let terms = ResponseTerms(version: version, keepsAlive: keepsAlive)
            #expect(
                try encode(Response(), terms)
                    == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\(Self.date)\(line)\r\n")
        }
    }

    @Test func `HEAD gets the head alone, with the body's length`() throws {
        let text = try encode(Response().text("hello"), ResponseTerms(omitsBody: true))
        #expect(text.contains("Content-Length: 5\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test(arguments: [204, 304]) func `a status without a body has no length`(_ code: Int) throws {
        let response = Response().text("dropped").status(code)
        let text = try encode(response)
        #expect(!text.contains("Content-Length"))
        #expect(text.hasSuffix("\r\n\r\n"))
        let encoder = ResponseEncoder(unixSeconds: 0)
        let isBodyless = encoder.isBodyless(response, terms: ResponseTerms())
        #expect(isBodyless)
    }

    @Test func `205 has no content, and a length that says so`() throws {
        let response = Response().text("dropped").status(205)
        let text = try encode(response)
        #expect(text.contains("Content-Length: 0\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
        let encoder = ResponseEncoder(unixSeconds: 784_111_777)
        let isBodyless = encoder.isBodyless(response, terms: ResponseTerms())
        #expect(isBodyless)
        var output = ByteBuffer()
        encoder.encode(try PreparedResponse(response), terms: ResponseTerms(), into: &output)
        #expect(String(decoding: output.copied(), as: UTF8.self) == text)
    }

    @Test func `who sends Upgrade names it in Connection`() throws {
        for (version, keepsAlive, value) in [
            (HTTPVersion.http11, true, "Upgrade"), (.http11, false, "close, Upgrade"),
            (.http10, true, "keep-alive, Upgrade"), (.http10, false, "close, Upgrade"),
        ] {
            let terms = ResponseTerms(version: version, keepsAlive: keepsAlive)
            let response = Response().header("uPGRADE", "websocket")
            #expect(try encode(response, terms).hasSuffix("Connection: \(value)\r\n\r\n"))
            let encoder = ResponseEncoder(unixSeconds: 784_111_777)
            var output = ByteBuffer()
            encoder.encode(try PreparedResponse(response), terms: terms, into: &output)
            #expect(
                String(decoding: output.copied(), as: UTF8.self) == (try encode(response, terms)))
        }
    }

    @Test func `framing fields of the handler are left out, its date is kept`() throws {
        let response = Response().header("Content-Length", "99").header("connection", "close")
            .header("Transfer-Encoding", "chunked").header("Keep-Alive", "x")
            .header("Date", "mine").text("a")
        #expect(response.closesConnection)
        #expect(
            try encode(response)
                == "HTTP/1.1 200 OK\r\nDate: mine\r\n"
                + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 1\r\n\r\na")
    }

    @Test func `a redirect has a Location and no body`() throws {
        let text = try encode(Response().text("x").redirect("/there?a=b", status: 307))
        #expect(text.hasPrefix("HTTP/1.1 307 Temporary Redirect\r\n"))
        #expect(text.contains("Location: /there?a=b\r\n"))
        #expect(text.contains("Content-Length: 0\r\n"))
        #expect(throws: ResponseEncodingError.status) {
            try encode(Response().redirect("/", status: 200))
        }
    }

    @Test func `a file's head takes its length, and the body is left to the caller`() throws {
        let response = Response().file("a.txt", root: "/srv", contentType: "text/plain")
        #expect(response.body == .file(path: "a.txt", root: "/srv"))
        #expect(throws: ResponseEncodingError.unknownLength) { try encode(response) }
        let encoder = ResponseEncoder(unixSeconds: 784_111_777)
        var output = ByteBuffer()
        try encoder.encodeHead(
            response, contentLength: 1 << 40, terms: ResponseTerms(), into: &output)
        let text = String(decoding: output.copied(), as: UTF8.self)
        #expect(text.contains("Content-Length: 1099511627776\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
        do throws(ResponseEncodingError) {
            try encoder.encodeHead(
                response, contentLength: -1, terms: ResponseTerms(), into: &output)
            Issue.record("a negative length was taken")
        } catch {
            #expect(error == .negativeLength)
        }
    }

    @Test func `A10 a control byte in a name or a value is refused, all other bytes pass`() throws {
        for scalar in (0...0x17F as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init) {
            for text in ["\(scalar)a", "a\(scalar)b", "a\(scalar)"] {
                let isControl = (scalar.value < 0x20 && scalar != "\t") || scalar.value == 0x7F
                let value = Response().header("X-Field", text)
                #expect((value.fault == .fieldValue) == isControl, "\(scalar.value)")
                #expect((try? encode(value)) == nil || !isControl)
                let isToken = text.utf8.allSatisfy(GrammarTests.token.contains)
                let name = Response().header(text, "v")
                #expect((name.fault == nil) == isToken, "\(scalar.value)")
                #expect((try? encode(name)) == nil || isToken)
            }
        }
        #expect(Response().header("", "v").fault == .fieldName)
        for injected in ["a\r\nSet-Cookie: x", "a\nb", "a\rb", "a\u{0}b"] {
            #expect(throws: ResponseEncodingError.fieldValue) {
                try encode(Response().addHeader("X", injected))
            }
        }
    }

    @Test(arguments: [Int.min, -1, 0, 99, 100, 101, 199, 600, 1000, Int.max])
    func `A10 a status outside 200 to 599 is refused`(_ code: Int) {
        #expect(throws: ResponseEncodingError.status) { try encode(Response().status(code)) }
    }

    @Test func `A10 what is refused leaves the output as it was`() throws {
        let encoder = ResponseEncoder(unixSeconds: 0)
        var output = ByteBuffer()
        output.append("before")
        let response = Response().header("X", "a\nb")
        do throws(ResponseEncodingError) {
            try encoder.encode(response, terms: ResponseTerms(), into: &output)
            Issue.record("an injection was taken")
        } catch {
            #expect(error == .fieldValue)
        }
        do throws(ResponseEncodingError) {
            try encoder.encodeUpgrade(to: "a\r\nb", fields: HTTPFields(), into: &output)
            Issue.record("an injection was taken")
        } catch {
            #expect(error == .fieldValue)
        }
        #expect(output.copied() == Array("before".utf8))
        #expect(response.reset().fault == nil)
        #expect(try encode(response).hasPrefix("HTTP/1.1 200 OK\r\nContent-Length: 0"))
    }

    @Test func `A10 whatever a handler sets, one head with its own fields comes out`() throws {
        var random = SplitMix(state: 7)
        let alphabet: [Character] = ["a", "\r", "\n", "\0", ":", " ", "é", "\t", "\u{7F}", "-"]
        for _ in 0..<2000 {
            let response = Response()
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let name = String(
                    (0..<3).compactMap { _ in alphabet.randomElement(using: &random) })
                let value = String(
                    (0..<4).compactMap { _ in alphabet.randomElement(using: &random) })
                response.addHeader(name, value)
            }
            guard let text = try? encode(response) else {
                #expect(response.fault != nil)
                continue
            }
            let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
            // A status line, the fields, length, date, the empty line, and what is after it.
            #expect(lines.count == response.fields.count + 5)
            #expect(lines.dropLast().allSatisfy { $0.last == 13 })
            #expect(!text.utf8.contains(0))
        }
    }

    @Test func `a prepared answer is what its response would be`() throws {
        let encoder = ResponseEncoder(unixSeconds: 784_111_777)
        let prepared = try PreparedResponse(
            fields: [.cacheControl: "no-store"], body: Array("Hello".utf8))
        let response = Response().setBody(
            Array("Hello".utf8), contentType: "text/plain; charset=utf-8")
        response.fields[.cacheControl] = "no-store"
        for terms in [
            ResponseTerms(), .closing, ResponseTerms(version: .http10, omitsBody: true),
        ] {
            var output = ByteBuffer()
            encoder.encode(prepared, terms: terms, into: &output)
            #expect(
                String(decoding: output.copied(), as: UTF8.self) == (try encode(response, terms)))
        }
        #expect(throws: ResponseEncodingError.self) {
            try PreparedResponse(Response().header("a b", "c"))
        }
        #expect(throws: ResponseEncodingError.unknownLength) {
            try PreparedResponse(Response().file("a", root: "b"))
        }
        let dated = try PreparedResponse(Response().header("Date", "mine"))
        var output = ByteBuffer()
        encoder.encode(dated, terms: ResponseTerms(), into: &output)
        #expect(
            String(decoding: output.copied(), as: UTF8.self).split(separator: "Date:").count == 2)
    }

    @Test func `interim answers and 101`() throws {
        let encoder = ResponseEncoder(unixSeconds: 0)
        var output = ByteBuffer()
        encoder.encodeContinue(into: &output)
        let accept = try #require(HTTPField.Name("Sec-WebSocket-Accept"))
        try encoder.encodeUpgrade(to: "websocket", fields: [accept: "x"], into: &output)
        #expect(
            String(decoding: output.copied(), as: UTF8.self)
                == "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n"
                + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n")
    }

    @Test func `405 names what is allowed`() {
        let encoder = ResponseEncoder(unixSeconds: 0)
        var output = ByteBuffer()
        encoder.encodeMethodNotAllowed(
            allow: [.get, .head, .post], terms: ResponseTerms(), into: &output)
        let text = String(decoding: output.copied(), as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD, POST\r\n"))
    }

    @Test func `A17 an error answer is total and its reason is escaped`() {
        let encoder = ResponseEncoder(unixSeconds: 0)
        for code in [Int.min, -1, 0, 200, 399, 400, 499, 599, 600, Int.max] {
            var output = ByteBuffer()
            encoder.encodeError(
                code, reason: "a\"b\\c\n\u{1}é\u{7F}", terms: ResponseTerms(), into: &output)
            let text = String(decoding: output.copied(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 \((400...599).contains(code) ? code : 500) "))
            #expect(
                text.hasSuffix(
                    "{\"success\":false,\"error\":\"a\\\"b\\\\c\\u000a\\u0001é\\u007f\"}"))
            #expect(text.contains("Content-Type: application/json\r\n"))
        }
    }

    @Test func `every refusal closes and says why`() {
        let encoder = ResponseEncoder(unixSeconds: 0)
        for error in HTTPParseError.allCases {
            var output = ByteBuffer()
            encoder.encode(error, into: &output)
            let text = String(decoding: output.copied(), as: UTF8.self)
            #expect(text.contains("Connection: close\r\n"))
            #expect([400, 408, 413, 414, 417, 421, 431, 501, 505].contains(error.status.code))
            #expect(!StatusLine.reasonPhrase(error.status.code).description.isEmpty)
        }
    }

    @Test func `a status line has three digits and its phrase`() {
        for code in 100...599 {
            var output = ByteBuffer()
            StatusLine.append(code, to: &output)
            let text = String(decoding: output.copied(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 \(code) "))
            #expect(text.hasSuffix("\r\n"))
        }
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite("RFC 9110 section 5.6.7: dates")
struct DateFieldTests {
    private func date(_ seconds: Int64) -> String {
        var field = DateField()
        field.set(unixSeconds: seconds)
        return String(decoding: field.line, as: UTF8.self)
    }

    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00"), (784_111_777, "Sun, 06 Nov 1994 08:49:37"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00"), (951_868_799, "Tue, 29 Feb 2000 23:59:59"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59"),
            (Int64.max, "Fri, 31 Dec 9999 23:59:59"), (Int64.min, "Thu, 01 Jan 1970 00:00:00"),
        ] as [(Int64, String)])
    func `known moments`(_ seconds: Int64, _ text: String) {
        #expect(date(seconds) == "Date: \(text) GMT\r\n")
    }

    @Test func `every day of 1970 to 2400 follows the one before`() {
        var (year, month, day) = (1970, 1, 1)
        for days in 0..<157_000 {
            let found = HTTPDate.civil(days)
            guard found == (year, month, day) else {
                Issue.record("day \(days): \(found)")
                return
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > lengths[month - 1] { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
    }
}

import Testing

/// One requirement of RFC 9110 or RFC 9112 on a server: bytes in, answers out.
struct ConformanceCase: Sendable, CustomTestStringConvertible {
    /// How strongly the RFC asks for it; `house` is stricter than any RFC, after the threats we know of.
    enum Level: String, CaseIterable, Sendable {
        case must = "MUST"
        case should = "SHOULD"
        case may = "MAY"
        case house = "ours"
    }

    /// What has become of the connection.
    enum End: Sendable {
        /// It serves the next request, which begins right behind these bytes.
        case open
        /// It is closed, and nothing behind these bytes was read as a request.
        case closed
        /// It waits for more bytes.
        case waiting
        /// It speaks WebSocket.
        case upgraded
    }

    /// An answer, as far as the requirement is about it.
    struct Answer: Sendable {
        var status: Int
        /// What the handler saw, for it must have run: `METHOD path?query x=value [body]`.
        var saw: String?
        var body: String?
        var isToHead = false
        var has: [String] = []
        var lacks: [String] = []

        /// With these field lines, each `name: value`, or `name` for any value.
        func with(_ lines: String...) -> Answer {
            var answer = self
            answer.has += lines
            return answer
        }

        /// Without fields of these names.
        func without(_ names: String...) -> Answer {
            var answer = self
            answer.lacks += names
            return answer
        }

        /// With this body.
        func saying(_ body: String) -> Answer {
            var answer = self
            answer.body = body
            return answer
        }

        /// To HEAD: the head alone.
        var head: Answer {
            var answer = self
            answer.isToHead = true
            return answer
        }
    }

    /// The RFC's number, the section and a number: `9112-7.1-03`.
    let id: String
    let level: Level
    let rule: String
    let bytes: [UInt8]
    let answers: [Answer]
    let end: End

    var testDescription: String { "\(id) \(level.rawValue): \(rule)" }

    /// `9112` or `9110`.
    var document: Substring { id.prefix(4) }

    /// The section, as `7.1`.
    var section: Substring { id.split(separator: "-").dropFirst().first ?? "" }

    private init(
        _ level: Level, _ id: String, _ rule: String, _ text: String, _ answers: [Answer],
        _ end: End
    ) {
        self.id = id
        self.level = level
        self.rule = rule
        bytes = Array(text.utf8)
        self.answers = answers
        self.end = end
    }

    static func must(
        _ id: String, _ rule: String, _ text: String, _ answers: [Answer], _ end: End = .open
    ) -> Self { Self(.must, id, rule, text, answers, end) }

    static func should(
        _ id: String, _ rule: String, _ text: String, _ answers: [Answer], _ end: End = .open
    ) -> Self { Self(.should, id, rule, text, answers, end) }

    static func may(
        _ id: String, _ rule: String, _ text: String, _ answers: [Answer], _ end: End = .open
    ) -> Self { Self(.may, id, rule, text, answers, end) }

    static func house(
        _ id: String, _ rule: String, _ text: String, _ answers: [Answer], _ end: End = .open
    ) -> Self { Self(.house, id, rule, text, answers, end) }

    /// A request that is refused, and ends its connection.
    static func refused(
        _ level: Level, _ id: String, _ rule: String, _ status: Int, _ text: String
    ) -> Self {
        let answer = Answer(status: status).with("connection: close")
        return Self(level, id, rule, text, [answer], .closed)
    }
}

/// The answer of a handler that saw this.
func saw(_ text: String) -> ConformanceCase.Answer {
    ConformanceCase.Answer(status: 200, saw: text, body: text)
}

/// The answer of a handler to HEAD.
func sawHead(_ text: String) -> ConformanceCase.Answer {
    ConformanceCase.Answer(status: 200, saw: text).head
}

/// An answer that no handler of the table's wrote.
func status(_ status: Int) -> ConformanceCase.Answer { ConformanceCase.Answer(status: status) }

/// A request: its line without the version, fields beside `Host: h`, and its body.
func req(_ line: String, _ fields: String..., body: String = "") -> String {
    let lines = ["\(line) HTTP/1.1", "Host: h"] + fields
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
}

/// A request on HTTP/1.0.
func old(_ line: String, _ fields: String..., body: String = "") -> String {
    let lines = ["\(line) HTTP/1.0"] + fields
    return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
}

/// A POST to /a whose body comes in chunks.
func chunked(_ body: String) -> String {
    req("POST /a", "Transfer-Encoding: chunked", body: body)
}

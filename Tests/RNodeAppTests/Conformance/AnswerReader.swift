import RNodeTesting

/// Reads the answers on a connection, strictly: what is not to the letter of RFC 9112 is a fault.
struct AnswerReader {
    private var bytes: ArraySlice<UInt8>

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    struct Answer {
        let status: Int
        var fields: [(name: String, value: String)] = []
        var body: [UInt8] = []

        var text: String { String(decoding: body, as: UTF8.self) }

        func values(_ name: String) -> [String] {
            fields.filter { $0.name.lowercased() == name }.map(\.value)
        }
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes[...]
    }

    /// The next answer, nil at the end; `isToHead` when it answers HEAD.
    mutating func next(isToHead: Bool) throws -> Answer? {
        guard !bytes.isEmpty else { return nil }
        var answer = Answer(status: try statusLine())
        while true {
            let line = try line()
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
                line[line.index(after: colon)...].hasPrefix(" ")
            else { throw Fault(description: "a field line: \(line)") }
            answer.fields.append(
                (String(line[..<colon]), String(line[line.index(colon, offsetBy: 2)...])))
        }
        answer.body = try body(answer, isToHead: isToHead)
        return answer
    }

    /// What is behind the answers.
    var rest: [UInt8] { Array(bytes) }

    private mutating func statusLine() throws -> Int {
        let line = try line()
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "HTTP/1.1", words[1].count == 3,
            let status = Int(words[1])
        else { throw Fault(description: "a status line: \(line)") }
        return status
    }

    private mutating func line() throws -> String {
        guard let end = bytes.firstIndex(of: 10), end > bytes.startIndex, bytes[end - 1] == 13,
            let text = String(validating: bytes[..<(end - 1)], as: UTF8.self),
            !text.utf8.contains(where: { ($0 < 0x20 && $0 != 9) || $0 == 0x7F })
        else { throw Fault(description: "a line that does not end, or holds controls") }
        bytes = bytes[(end + 1)...]
        return text
    }

    private mutating func body(_ answer: Answer, isToHead: Bool) throws -> [UInt8] {
        let lengths = answer.values("content-length")
        guard answer.values("transfer-encoding").isEmpty else {
            throw Fault(description: "a coding")
        }
        if answer.status < 200 || answer.status == 204 || answer.status == 304 {
            guard lengths.isEmpty || answer.status == 304 else {
                throw Fault(description: "a length on \(answer.status)")
            }
            return []
        }
        guard lengths.count == 1, let length = Int(lengths[0]) else {
            throw Fault(description: "lengths \(lengths)")
        }
        if isToHead { return [] }
        guard length <= bytes.count else { throw Fault(description: "a body cut short") }
        defer { bytes = bytes.dropFirst(length) }
        return Array(bytes.prefix(length))
    }
}

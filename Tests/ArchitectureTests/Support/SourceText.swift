/// Swift source parted into code and comments, each with the other (and the content of strings) blanked.
///
/// Lines and columns stay where they are. Knows line and nested block comments, strings of one and several
/// lines, raw strings, and interpolations; does not know regex literals.
struct SourceText {
    private(set) var code: [[UInt8]] = [[]]
    private(set) var comments: [[UInt8]] = [[]]

    private var text: [UInt8]
    private var position = 0

    private static let newline = UInt8(ascii: "\n")
    private static let space = UInt8(ascii: " ")
    private static let open = UInt8(ascii: "(")
    private static let close = UInt8(ascii: ")")

    init(_ text: String) {
        self.text = Array(text.utf8)
        readCode(untilParenthesis: false)
        self.text = []
    }

    /// The lines of the code, comments and strings blanked.
    var codeLines: [String] { code.map { String(decoding: $0, as: UTF8.self) } }
    /// The lines of the comments, all else blanked.
    var commentLines: [String] { comments.map { String(decoding: $0, as: UTF8.self) } }

    // MARK: - Reading

    private mutating func readCode(untilParenthesis: Bool) {
        var depth = 0
        while position < text.count {
            if at("//") {
                readLineComment()
            } else if at("/*") {
                readBlockComment()
            } else if let hashes = stringOpening() {
                readString(hashes: hashes)
            } else {
                depth += text[position] == Self.open ? 1 : text[position] == Self.close ? -1 : 0
                if untilParenthesis, depth < 0 { return }
                take(asCode: true)
            }
        }
    }

    private mutating func readLineComment() {
        while position < text.count, text[position] != Self.newline { take(asCode: false) }
    }

    private mutating func readBlockComment() {
        var depth = 0
        repeat {
            if at("/*") { depth += 1; take(asCode: false) }
            if at("*/") { depth -= 1; take(asCode: false) }
            take(asCode: false)
        } while depth > 0 && position < text.count
    }

    private mutating func readString(hashes: Int) {
        for _ in 0..<hashes { blank() }
        let quote = at("\"\"\"") ? "\"\"\"" : "\""
        let closing = quote + String(repeating: "#", count: hashes)
        let escape = "\\" + String(repeating: "#", count: hashes)
        for _ in quote { take(asCode: true) }
        while position < text.count, !at(closing) {
            if at(escape + "(") {
                for _ in 0..<escape.count + 1 { blank() }
                readCode(untilParenthesis: true)
                blank()
            } else if at(escape) {
                for _ in 0..<escape.count + 1 { blank() }
            } else {
                blank()
            }
        }
        for _ in quote { take(asCode: true) }
        for _ in 0..<hashes { blank() }
    }

    // MARK: - Parts

    private func at(_ word: String) -> Bool {
        var place = position
        for byte in word.utf8 {
            guard place < text.count, text[place] == byte else { return false }
            place += 1
        }
        return true
    }

    /// How many `#` stand before the quote of a string that begins here; nil when none begins.
    private func stringOpening() -> Int? {
        let hashes = text[position...].prefix { $0 == UInt8(ascii: "#") }.count
        let next = position + hashes
        return next < text.count && text[next] == UInt8(ascii: "\"") ? hashes : nil
    }

    private mutating func take(asCode isCode: Bool) {
        guard position < text.count else { return }
        add(isCode ? text[position] : Self.space, isCode ? Self.space : text[position])
    }

    private mutating func blank() {
        guard position < text.count else { return }
        add(Self.space, Self.space)
    }

    private mutating func add(_ codeByte: UInt8, _ commentByte: UInt8) {
        if text[position] == Self.newline {
            code.append([])
            comments.append([])
        } else {
            code[code.count - 1].append(codeByte)
            comments[comments.count - 1].append(commentByte)
        }
        position += 1
    }
}

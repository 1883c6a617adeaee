/// One Swift file, with what these tests ask about it.
struct SourceFile {
    /// From the root: `Sources/RNodeWS/Framing/Mask.swift`.
    let path: String
    let codeLines: [String]
    let commentLines: [String]
    /// The identifiers and keywords of each line of code.
    private let lineWords: [[String]]

    init(path: String, text: String) {
        self.path = path
        let source = SourceText(text)
        codeLines = source.codeLines
        commentLines = source.commentLines
        lineWords = codeLines.map(Self.words)
    }

    /// The folder below Sources, Tests or Examples, which is the target.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// The path below Sources: `RNodeWS/Framing/Mask.swift`.
    var shortPath: String { path.split(separator: "/").dropFirst().joined(separator: "/") }

    /// How many lines it has.
    var lineCount: Int { codeLines.last == "" ? codeLines.count - 1 : codeLines.count }

    /// The modules it imports, whatever the import's access and conditions.
    var imports: Set<String> {
        Set(
            lineWords.compactMap { words in
                guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                    words[..<place].allSatisfy(Self.importModifiers.contains)
                else { return nil }
                return words[place + 1]
            })
    }

    private static let importModifiers: Set = [
        "public", "package", "internal", "fileprivate", "private", "_exported", "testable",
    ]

    /// The numbers, from 1, of the lines whose code holds this word.
    func lines(withWord word: String) -> [Int] {
        lineWords.indices.filter { lineWords[$0].contains(word) }.map { $0 + 1 }
    }

    /// How often this word stands in the code.
    func count(ofWord word: String) -> Int {
        lineWords.reduce(0) { $0 + $1.count { $0 == word } }
    }

    /// The numbers, from 1, of the lines whose code holds this text.
    func lines(with text: String) -> [Int] {
        lines { $0.contains(text) }
    }

    /// The numbers, from 1, of the lines whose code is as asked.
    func lines(where isWanted: (String) -> Bool) -> [Int] {
        codeLines.indices.filter { isWanted(codeLines[$0]) }.map { $0 + 1 }
    }

    /// Whether one of the lines from `count` before this one up to it has a comment that says something.
    func isExplained(line: Int, within count: Int) -> Bool {
        commentLines[max(0, line - 1 - count)..<line].contains { comment in
            comment.contains { $0.isLetter }
        }
    }

    /// The types in whose own body (not in a function's) a line with this word stands: `App.State`.
    func types(declaring word: String) -> Set<String> {
        var found: Set<String> = []
        var scopes: [String?] = []
        var opening: String?
        for (line, words) in zip(codeLines, lineWords) {
            if words.contains(word), let path = Self.typePath(scopes) { found.insert(path) }
            if let name = Self.typeName(words) { opening = name }
            for byte in line.utf8 {
                if byte == UInt8(ascii: "{") { scopes.append(opening); opening = nil }
                if byte == UInt8(ascii: "}") { _ = scopes.popLast() }
            }
        }
        return found
    }

    /// The type that the innermost scope is the body of; nil in a function's body.
    private static func typePath(_ scopes: [String?]) -> String? {
        guard let last = scopes.last, last != nil else { return nil }
        return scopes.compactMap(\.self).joined(separator: ".")
    }

    private static func typeName(_ words: [String]) -> String? {
        let kinds: Set = ["class", "struct", "enum", "actor", "extension", "protocol"]
        guard let place = words.firstIndex(where: kinds.contains), place + 1 < words.count,
            !["func", "var", "let"].contains(words[place + 1])
        else { return nil }
        return words[place + 1]
    }

    /// The identifiers and keywords of a line.
    static func words(in line: String) -> [String] {
        line.utf8.split { !isWordByte($0) }.map { String($0) ?? "" }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}

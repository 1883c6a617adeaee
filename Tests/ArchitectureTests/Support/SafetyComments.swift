/// Which lines of a file the `SAFETY:` comments speak for.
///
/// One before a function or a type speaks for that; one inside, before a property or a statement, for all of the innermost braces around it.
struct SafetyComments {
    /// The lines, from 1.
    let lines: Set<Int>

    init(_ file: SourceFile) {
        let scopes = Self.scopes(of: file)
        var lines: Set<Int> = []
        for (place, comment) in file.commentLines.enumerated() where comment.contains("SAFETY:") {
            let next = file.codeLines[place...].firstIndex { $0.contains { !$0.isWhitespace } }
            guard let next else { continue }
            let scope =
                Self.opensScope(file.codeLines[next])
                ? scopes.filter { $0.lowerBound >= next }.min { $0.lowerBound < $1.lowerBound }
                : scopes.filter { $0.contains(place) }.max { $0.lowerBound < $1.lowerBound }
            if let scope { lines.formUnion(scope.map { $0 + 1 }) }
        }
        self.lines = lines
    }

    /// Whether a declaration with braces of its own begins in a line.
    private static func opensScope(_ line: String) -> Bool {
        let words: Set = [
            "func", "init", "deinit", "subscript", "extension", "struct", "class", "enum", "actor",
        ]
        return !words.isDisjoint(with: SourceFile.words(in: line))
    }

    /// From each opening brace's line to that of its closing one, from 0.
    private static func scopes(of file: SourceFile) -> [ClosedRange<Int>] {
        var found: [ClosedRange<Int>] = []
        var open: [Int] = []
        for (place, line) in file.codeLines.enumerated() {
            for byte in line.utf8 {
                if byte == UInt8(ascii: "{") { open.append(place) }
                if byte == UInt8(ascii: "}"), let start = open.popLast() {
                    found.append(start...place)
                }
            }
        }
        return found
    }
}

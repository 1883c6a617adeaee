import Testing

@Suite("The threat model")
struct ThreatTests {
    private static let page = "Docs/THREAT_MODEL.md"

    /// A row of the page: the threat's id, and what is said to guard against it.
    private struct Row {
        let id: String
        let guards: String

        /// The files it names.
        var files: [String] {
            guards.split(separator: "`").map(String.init).filter { $0.hasPrefix("Tests/") }
        }
    }

    private static func rows() throws -> [Row] {
        try Repository.text(of: page).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map {
                String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            guard cells.count == 3, let kind = cells[0].first, "ABCD".contains(kind),
                Int(cells[0].dropFirst()) != nil
            else { return nil }
            return Row(id: cells[0], guards: cells[2])
        }
    }

    @Test("Every threat has its row, in order, and once")
    func threatsAreListed() throws {
        let counts = [("A", 18), ("B", 17), ("C", 16), ("D", 12)]
        let expected = counts.flatMap { kind, count in (1...count).map { "\(kind)\($0)" } }
        #expect(try Self.rows().map(\.id) == expected)
    }

    @Test("A test that a row names bears the threat's id in a name")
    func guardsAreThere() throws {
        var count = 0
        for row in try Self.rows() {
            for file in row.files {
                count += 1
                let text = try Repository.text(of: file)
                let isNamed =
                    file.hasSuffix(".py")
                    ? text.contains("def test_\(row.id.lowercased())_")
                    : Self.isNamed(row.id, in: text)
                #expect(isNamed, "\(row.id): \(file)")
            }
            if row.files.isEmpty {
                let isSaid =
                    row.guards.hasPrefix("no test yet") || row.guards.hasPrefix("not here:")
                #expect(isSaid, "\(row.id)")
            }
        }
        #expect(count > 30)
    }

    /// Whether a name begins with the id: behind a quote, a backtick, or further ids.
    private static func isNamed(_ id: String, in text: String) -> Bool {
        text.split(separator: "\n").contains { line in
            line.split(whereSeparator: { "\"`".contains($0) }).contains { name in
                var words = name.split(separator: " ").prefix { word in
                    word == "and" || word.first.map { "ABCD".contains($0) } == true
                }
                words = words.prefix(8)
                return words.contains { $0.filter { $0 != "," && $0 != ":" } == id }
            }
        }
    }
}

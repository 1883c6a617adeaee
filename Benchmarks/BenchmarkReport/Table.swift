/// Text in columns, for a terminal: the first column to the left, the others to the right.
package struct Table: Sendable {
    private let header: [String]
    private var rows: [[String]] = []

    /// A table with these column heads.
    package init(_ header: [String]) {
        self.header = header
    }

    /// Adds a row; missing cells at its end are empty.
    package mutating func add(_ cells: [String]) {
        rows.append(Array(cells.prefix(header.count)))
    }

    /// Whether there is no row.
    package var isEmpty: Bool { rows.isEmpty }

    /// The lines, without a newline behind the last.
    package var text: String {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return ([Self.line(header, widths), rule] + rows.map { Self.line($0, widths) })
            .joined(separator: "\n")
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (column, width) in widths.enumerated() {
            let cell = cells.indices.contains(column) ? cells[column] : ""
            let padding = String(repeating: " ", count: width - cell.count)
            line += (column == 0 ? cell + padding : "  " + padding + cell)
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}

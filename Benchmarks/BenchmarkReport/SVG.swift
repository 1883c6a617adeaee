/// A drawing, element by element.
package struct SVG: Sendable {
    private var lines: [String] = []
    private let width: Int
    private let height: Int
    private let title: String
    private let summary: String
    private let style: String

    /// An empty drawing. `title` and `summary` are for those who can't see it.
    package init(width: Int, height: Int, title: String, summary: String, style: String) {
        self.width = width
        self.height = height
        self.title = title
        self.summary = summary
        self.style = style
    }

    /// Draws a rectangle.
    package mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, radius: Double = 0, class name: String
    ) {
        element(
            "rect",
            [
                ("x", Self.number(x)), ("y", Self.number(y)), ("width", Self.number(max(width, 0))),
                ("height", Self.number(max(height, 0))), ("rx", Self.number(radius)),
                ("class", name),
            ])
    }

    /// Draws a line.
    package mutating func line(
        from start: (x: Double, y: Double), to end: (x: Double, y: Double), class name: String
    ) {
        element(
            "line",
            [
                ("x1", Self.number(start.x)), ("y1", Self.number(start.y)),
                ("x2", Self.number(end.x)), ("y2", Self.number(end.y)), ("class", name),
            ])
    }

    /// Writes a text that begins at `x`, or that ends there.
    package mutating func text(
        _ text: String, x: Double, y: Double, size: Int = 14, endsThere: Bool = false,
        class name: String
    ) {
        let attributes = Self.attributes([
            ("x", Self.number(x)), ("y", Self.number(y)), ("font-size", "\(size)"),
            ("text-anchor", endsThere ? "end" : "start"), ("class", name),
        ])
        lines.append("  <text\(attributes)>\(Self.escaped(text))</text>")
    }

    private mutating func element(_ name: String, _ attributes: [(String, String)]) {
        lines.append("  <\(name)\(Self.attributes(attributes))/>")
    }

    private static func attributes(_ attributes: [(String, String)]) -> String {
        attributes.map { " \($0.0)=\"\(escaped($0.1))\"" }.joined()
    }

    /// The whole file.
    package var document: String {
        let size = "viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" height=\"\(height)\""
        let font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
        return """
            <svg xmlns="http://www.w3.org/2000/svg" \(size) role="img" \
            aria-labelledby="title description" font-family="\(font)">
              <title id="title">\(Self.escaped(title))</title>
              <desc id="description">\(Self.escaped(summary))</desc>
              <style>
            \(style)
              </style>
            \(lines.joined(separator: "\n"))
            </svg>

            """
    }

    /// Text as it may stand in an element or an attribute.
    package static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    /// A coordinate, to a tenth.
    package static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let tenths = Int((min(max(value, -1e6), 1e6) * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let rest = tenths.magnitude % 10
        return sign + "\(tenths.magnitude / 10)" + (rest == 0 ? "" : ".\(rest)")
    }
}

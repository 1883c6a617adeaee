/// The members of a list field from the right, where the nearest proxy wrote; commas within quotes part nothing.
///
/// Read backwards, so that a quote that a client left open can't swallow what a proxy put behind it.
struct ForwardedEntries: Sequence, IteratorProtocol {
    private var rest: Substring
    private var isOver = false

    init(_ line: String) {
        rest = line[...]
    }

    mutating func next() -> Substring? {
        guard !isOver else { return nil }
        var isQuoted = false
        var place = rest.endIndex
        while place > rest.startIndex {
            let before = rest.utf8.index(before: place)
            let byte = rest.utf8[before]
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == UInt8(ascii: ","), !isQuoted {
                defer { rest = rest[..<before] }
                return rest[place...]
            }
            place = before
        }
        isOver = true
        return rest
    }

    /// The address in the `for` parameter of an element of `Forwarded`; nil when it has none, two, or another name.
    static func forParameter(_ element: Substring) -> IPAddress? {
        var found: [Substring] = []
        for pair in element.split(separator: ";") {
            let pair = pair.drop { $0 == " " || $0 == "\t" }
            guard pair.prefix(4).lowercased() == "for=" else { continue }
            found.append(pair.dropFirst(4))
        }
        guard found.count == 1, let value = found.first else { return nil }
        let text = value.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
        guard text.first == "\"" else { return IPAddress(entry: String(text)) }
        guard text.count >= 2, text.last == "\"" else { return nil }
        return IPAddress(entry: String(text.dropFirst().dropLast()))
    }
}

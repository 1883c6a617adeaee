/// A path cut at its slashes, then decoded: `%2F` does not cut.
struct PathSegments {
    private var runs = InlineArray<64, HeadLayout.Run>(repeating: HeadLayout.Run())
    private(set) var count = 0
    /// Every segment decoded, when any is escaped.
    private var decoded: [[UInt8]]?

    /// Cuts `path`, which begins with a slash; nil for too many segments or a bad escape.
    init?(_ path: Span<UInt8>) {
        var start = 1
        var isEscaped = false
        while start <= path.count {
            let end = path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count
            guard count < TrieSearch.segmentsMax else { return nil }
            runs[count] = HeadLayout.Run(start..<end)
            count &+= 1
            if path.extracting(start..<end).firstIndex(of: UInt8(ascii: "%")) != nil {
                isEscaped = true
            }
            start = end &+ 1
        }
        if isEscaped {
            guard let segments = decode(path) else { return nil }
            decoded = segments
        }
    }

    private func decode(_ path: Span<UInt8>) -> [[UInt8]]? {
        var segments: [[UInt8]] = []
        for position in 0..<count {
            let raw = path.extracting(runs[position].range)
            guard let segment = PercentEncoding.decodedBytes(raw) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    func isEmpty(_ position: Int) -> Bool { runs[position].range.isEmpty }

    /// Lends the decoded bytes of a segment.
    func withSegment<Result>(
        _ position: Int, of path: Span<UInt8>, _ body: (Span<UInt8>) -> Result
    ) -> Result {
        if let segment = decoded?[position] { return body(segment.span) }
        return body(path.extracting(runs[position].range))
    }

    /// A segment as text, or nil when it is not UTF-8.
    func text(_ position: Int, of path: Span<UInt8>) -> String? {
        withSegment(position, of: path) { String(validating: $0.copied(), as: UTF8.self) }
    }

    /// The segments from `position` on with their slashes, as text.
    func rest(from position: Int, of path: Span<UInt8>) -> String? {
        var pieces: [String] = []
        for place in position..<max(position, count) {
            guard let piece = text(place, of: path) else { return nil }
            pieces.append(piece)
        }
        return pieces.joined(separator: "/")
    }
}

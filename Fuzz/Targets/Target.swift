@testable import RNodeHTTP

/// A request's target, and the route it finds: the trie finds what a plain search finds.
@Sendable func fuzzTarget(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let method = ["GET", "HEAD", "POST", "OPTIONS", "CONNECT"][Int(choices.byte(input)) % 5]
    var written = Array("\(method) ".utf8)
    written += input.extracting(choices.offset..<input.count).copied()
    written += Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    var session = HTTPSession(acceptedAt: MonotonicInstant(nanoseconds: 1))
    var head = RequestHead()
    var offset = 0
    let step = session.next(
        written.span, from: &offset, head: &head, now: MonotonicInstant(nanoseconds: 1))
    guard case .request = step else { return }
    try checkHead(head)
    var path: [UInt8] = []
    head.withPath { path = $0.copied() }
    guard path.first == UInt8(ascii: "/") else { return }
    let found = router.match(head.method, path: path.span)
    try requireEqual(describe(found), plainMatch(head.method, path), "route of \(path)")
}

private let patterns: [(RequestMethod?, String)] = [
    (.get, "/"), (.get, "/a"), (.get, "/a/"), (.get, "/a/b"), (.get, "/a/{x}"),
    (.post, "/a/b"), (.get, "/{y}/b"), (.get, "/a/{x}/c"), (.get, "/a/{x}/c/{z}"),
    (.post, "/a/b/{r*}"), (.get, "/files/{r*}"), (nil, "/any/{x}"), (.get, "/\u{E9}/{x}"),
    (.get, "/{p}/{q}/{r*}"),
]

private let router: TrieRouter<Int> = {
    var router = TrieRouter<Int>()
    for (number, (method, pattern)) in patterns.enumerated() {
        // They were written by hand; a wrong one shows as a route that is never found.
        guard let pattern = try? RoutePattern(pattern) else { continue }
        try? router.add(method, pattern, number)
    }
    return router
}()

private func describe(_ match: RouteMatch<Int>) -> String {
    switch match {
    case .found(let route, let parameters):
        "\(route)" + parameters.names.map { " \($0)=\(parameters[$0] ?? "?")" }.joined()
    case .methodNotAllowed: "method"
    case .notFound: "none"
    case .malformed: "malformed"
    }
}

/// Tries every pattern; of those that fit, literals win over parameters, and both over the rest, from left to right.
private func plainMatch(_ method: RequestMethod, _ path: [UInt8]) -> String {
    let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        .dropFirst().map { PercentEncoding.decode($0) ?? "?" }
    var best: (rank: [Int], text: String)?
    var isElsewhere = false
    for (number, (own, pattern)) in patterns.enumerated() {
        guard let (rank, values) = fit(segments, pattern) else { continue }
        guard own == nil || own == method || own == .get && method == .head else {
            isElsewhere = true
            continue
        }
        if let best, !rank.lexicographicallyPrecedes(best.rank) { continue }
        best = (rank, "\(number)" + values)
    }
    return best?.text ?? (isElsewhere ? "method" : "none")
}

private func fit(_ segments: [String], _ pattern: String) -> (rank: [Int], values: String)? {
    let pieces = pattern.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    var rank: [Int] = []
    var values = ""
    for (position, piece) in pieces.enumerated() {
        if piece.hasSuffix("*}") {
            guard position < segments.count else { return nil }
            let rest = segments[position...].joined(separator: "/")
            return (rank + [2], values + " \(piece.dropFirst().dropLast(2))=\(rest)")
        }
        guard position < segments.count else { return nil }
        if piece.hasPrefix("{") {
            guard !segments[position].isEmpty else { return nil }
            values += " \(piece.dropFirst().dropLast())=\(segments[position])"
            rank.append(1)
        } else {
            guard segments[position].utf8.elementsEqual(piece.utf8) else { return nil }
            rank.append(0)
        }
    }
    return pieces.count == segments.count ? (rank, values) : nil
}

import HTTPTypes

@testable import RNodeHTTP

/// A stream of requests: however it is split, the same is found in it; what is accepted is within the limits and the
/// grammar, and says the same when it is written down and read again.
@Sendable func fuzzHead(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let settings = choices.byte(input)
    let place = choices.word(input)
    let bytes = input.extracting(choices.offset..<input.count)
    let arrivals = Arrivals(bytes.count, splitAt: place)
    let limits = settings & 1 == 0 ? HTTPLimits() : smallLimits()
    let isEarly = settings & 2 != 0
    let whole = try HTTPTranscript(bytes, arrivals.whole, limits: limits, answersEarly: isEarly)
    let split = try HTTPTranscript(bytes, arrivals.split, limits: limits, answersEarly: isEarly)
    try requireEqual(whole, split, "whole and split at \(arrivals.split[0].upperBound)")
    let single = try HTTPTranscript(bytes, arrivals.single, limits: limits, answersEarly: isEarly)
    try requireEqual(whole, single, "whole and byte by byte")
}

private func smallLimits() -> HTTPLimits {
    var limits = HTTPLimits()
    limits.requestLineBytesMax = 64
    limits.headerBlockBytesMax = 128
    limits.headerFieldsMax = 4
    limits.fieldNameBytesMax = 17
    limits.fieldValueBytesMax = 16
    limits.pathSegmentsMax = 3
    limits.queryPairsMax = 2
    limits.chunkSizeDigitsMax = 3
    limits.chunkExtensionBytesMax = 4
    limits.chunkExtensionBytesTotalMax = 8
    limits.bodyBytesMax = 64
    limits.unreadBodyBytesMax = 16
    return limits
}

/// What holds for every head that was accepted.
func checkHead(_ head: borrowing RequestHead) throws(Finding) {
    let limits = head.limits
    try require(head.fieldCount <= limits.headerFieldsMax, "\(head.fieldCount) fields")
    let length = head.bytes.count
    // Each byte is looked at a bounded number of times, also when it comes alone (A12).
    let examined = head.layout.borrow { $0.examined }
    try require(examined <= 4 * length + 64, "\(examined) looks")
    var names: [String] = []
    try head.forEachField { (name, value) throws(Finding) in
        try require(FieldSyntax.isToken(name) && FieldSyntax.isValue(value), "field syntax")
        try require(name.count <= limits.fieldNameBytesMax, "name of \(name.count)")
        try require(value.count <= limits.fieldValueBytesMax, "value of \(value.count)")
        names.append(String(decoding: name.copied(), as: UTF8.self).lowercased())
    }
    try checkFraming(head, names)
    try checkPath(head)
    try checkRoundTrip(head)
}

/// One host, one framing (A1–A3, A7, A8).
private func checkFraming(_ head: borrowing RequestHead, _ names: [String]) throws(Finding) {
    func count(_ name: String) -> Int { names.count { $0 == name } }
    let lengths = count("content-length")
    let codings = count("transfer-encoding")
    try require(lengths + codings <= 1, "two framings")
    try require(head.version == .http11 || codings == 0, "chunks for HTTP/1.0")
    try require(count("host") <= 1, "two hosts")
    try require(head.version == .http10 || count("host") == 1, "no host")
    switch head.body {
    case .none: try require(codings == 0, "no body with a coding")
    case .fixed(let length):
        try require(length > 0 && length <= head.limits.bodyBytesMax, "body of \(length)")
    case .chunked: try require(codings == 1, "chunked without a coding")
    }
    if head.isWebSocketUpgrade {
        try require(head.body == .none, "a body on an upgrade")
    }
}

/// No path climbs, after decoding it once (A14).
private func checkPath(_ head: borrowing RequestHead) throws(Finding) {
    guard head.method != .connect else { return }
    let path = head.path
    try require(path == "*" || path.isEmpty || path.utf8.first == 0x2F, "path \(path)")
    for piece in path.split(whereSeparator: { $0 == "/" || $0 == "\\" }) {
        let name = piece.prefix { $0 != ";" }
        try require(name != "." && name != "..", "path \(path)")
    }
    try require(!path.utf8.contains(0), "NUL in a path")
    let query = head.query
    if !query.isEmpty {
        let pieces = query.raw.utf8.split(separator: UInt8(ascii: "&"))
        try requireEqual(query.pairs.count, pieces.count, "pairs of \(query.raw)")
    }
}

/// Written down and read again it is the same.
private func checkRoundTrip(_ head: borrowing RequestHead) throws(Finding) {
    var written = Array("\(head.method.httpMethod.rawValue) ".utf8)
    head.withTarget { written += $0.copied() }
    written += Array(head.version == .http11 ? " HTTP/1.1\r\n".utf8 : " HTTP/1.0\r\n".utf8)
    head.forEachField { name, value in
        written += name.copied() + [0x3A] + value.copied() + [0x0D, 0x0A]
    }
    written += [0x0D, 0x0A]
    var session = HTTPSession(acceptedAt: MonotonicInstant(nanoseconds: 1))
    var again = RequestHead(limits: head.limits)
    var offset = 0
    let step = session.next(
        written.span, from: &offset, head: &again, now: MonotonicInstant(nanoseconds: 1))
    if case .failed(let error) = step { throw Finding(description: "read again: \(error)") }
    try requireEqual(offset, written.count, "read again, length")
    try requireEqual(describe(head), describe(again), "read again")
}

@testable import RNodeHTTP

/// A body in chunks, or of a fixed length: however it is split, the same bytes, the same end, the same error.
@Sendable func fuzzBody(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    let settings = choices.byte(input)
    let place = choices.word(input)
    let bytes = input.extracting(choices.offset..<input.count)
    var limits = HTTPLimits()
    if settings & 1 != 0 {
        limits.headerBlockBytesMax = 64
        limits.headerFieldsMax = 2
        limits.chunkSizeDigitsMax = 3
        limits.chunkExtensionBytesMax = 4
        limits.chunkExtensionBytesTotalMax = 8
        limits.bodyBytesMax = 32
    }
    // A longer fixed body never comes here: FramingRules answers it 413.
    let fixed = min(Int(settings >> 2), limits.bodyBytesMax)
    let body = settings & 2 == 0 ? RequestBody.chunked : .fixed(fixed)
    let arrivals = Arrivals(bytes.count, splitAt: place)
    let whole = try DecodedBody(bytes, arrivals.whole, body, limits)
    let split = try DecodedBody(bytes, arrivals.split, body, limits)
    try requireEqual(whole, split, "whole and split at \(arrivals.split[0].upperBound)")
    let single = try DecodedBody(bytes, arrivals.single, body, limits)
    try requireEqual(whole, single, "whole and byte by byte")
    try require(whole.content.count <= limits.bodyBytesMax, "body of \(whole.content.count)")
    if whole.isEnded { try checkChunks(whole.content, sizes: Int(settings >> 2) + 1) }
}

/// In chunks of another size the content is the same.
private func checkChunks(_ content: [UInt8], sizes: Int) throws(Finding) {
    var chunked: [UInt8] = []
    var rest = content[...]
    while !rest.isEmpty {
        let chunk = rest.prefix(sizes)
        chunked += Array("\(String(chunk.count, radix: 16));x=\"\\\"\"\r\n".utf8) + chunk
        chunked += [0x0D, 0x0A]
        rest = rest.dropFirst(sizes)
    }
    chunked += Array("0\r\nTrailer: x\r\n\r\n".utf8)
    var limits = HTTPLimits()
    limits.chunkExtensionBytesTotalMax = 1 << 24
    let again = try DecodedBody(chunked.span, [0..<chunked.count], .chunked, limits)
    try require(again.isEnded && again.end == chunked.count, "encoded again: \(again)")
    try requireEqual(again.content, content, "encoded again")
}

private struct DecodedBody: Equatable {
    private(set) var content: [UInt8] = []
    private(set) var isEnded = false
    private(set) var end: Int?
    private var error: HTTPParseError?

    init(
        _ bytes: Span<UInt8>, _ arrivals: [Range<Int>], _ body: RequestBody, _ limits: HTTPLimits
    ) throws(Finding) {
        var decoder = BodyDecoder(body)
        for piece in arrivals {
            try take(bytes.extracting(piece), at: piece.lowerBound, &decoder, limits)
            if isEnded || error != nil { return }
        }
    }

    private mutating func take(
        _ input: Span<UInt8>, at start: Int, _ decoder: inout BodyDecoder, _ limits: HTTPLimits
    ) throws(Finding) {
        var offset = 0
        while true {
            let before = offset
            let step = decoder.next(input, from: &offset, limits: limits)
            try require(offset >= before && offset <= input.count, "offset \(offset)")
            switch step {
            case .needMore:
                return try require(offset == input.count, "needMore with bytes left")
            case .bytes(let range):
                try require(range.upperBound == offset && !range.isEmpty, "bytes at \(range)")
                content += input.extracting(range).copied()
            case .ended:
                isEnded = true
                end = start + offset
                return
            case .failed(let error):
                self.error = error
                return
            }
        }
    }
}

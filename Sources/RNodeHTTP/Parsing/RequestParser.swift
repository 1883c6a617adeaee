/// Reads a request's head line by line (RFC 9112 sections 2 to 6).
///
/// | phase       | a line                | an empty line            | more bytes than allowed |
/// |-------------|-----------------------|--------------------------|-------------------------|
/// | requestLine | parsed; phase fields  | skipped, once            | 414                     |
/// | fields      | parsed; phase fields  | the head is complete     | 431                     |
///
/// A line is searched for its end once, wherever reads split it, and parsed once when it is whole.
/// What is reported depends on the bytes alone, never on how they were split: an error is the first
/// of a passed limit, a control byte, and a malformed line, by place.
enum RequestParser {
    enum Outcome: Equatable {
        case needMore
        /// The head is complete and this long, its empty line included.
        case complete(Int)
        case failed(HTTPParseError)
    }

    private enum Line {
        case needMore
        case line(Range<Int>)
        case failed(HTTPParseError)
    }

    /// Goes on in `bytes`, which begin with the head's first byte, from where `layout` says.
    static func parse(
        _ bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) -> Outcome {
        while true {
            switch nextLine(bytes, &layout) {
            case .needMore: return .needMore
            case .failed(let error): return .failed(error)
            case .line(let line):
                layout.examined &+= line.count
                do throws(HTTPParseError) {
                    if try take(line, of: bytes, &layout) {
                        return .complete(layout.lineStart)
                    }
                } catch {
                    return .failed(error)
                }
            }
        }
    }

    /// Parses a whole line; whether it ends the head.
    private static func take(
        _ line: Range<Int>, of bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) throws(HTTPParseError) -> Bool {
        switch layout.phase {
        case .fields where line.isEmpty:
            try FramingRules.apply(to: &layout)
            return true
        case .fields:
            try FieldLineParser.parse(line, of: bytes, &layout)
            layout.blockBytes &+= line.count &+ 2
        case .requestLine where line.isEmpty:
            layout.emptyLines &+= 1
            if layout.emptyLines > layout.limits.leadingEmptyLinesMax {
                throw HTTPParseError(.badEmptyLine)
            }
        case .requestLine:
            try RequestLineParser.parse(line, of: bytes, &layout)
            layout.phase = .fields
        }
        return false
    }

    @inline(__always)
    private static func nextLine(
        _ bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) -> Line {
        let start = layout.lineStart
        let end = bytes.firstControl(from: layout.scanned) ?? bytes.count
        layout.examined &+= end &- layout.scanned &+ 1
        if end &- start > lineBytesMax(layout) {
            let isTarget = layout.phase == .requestLine
            return .failed(HTTPParseError(isTarget ? .targetTooLong : .headTooLarge))
        }
        layout.scanned = end
        guard end < bytes.count else { return .needMore }
        guard bytes[end] == 0x0D else { return .failed(controlError(bytes[end], layout)) }
        guard end &+ 1 < bytes.count else { return .needMore }
        guard bytes[end &+ 1] == 0x0A else { return .failed(HTTPParseError(.badLineEnd)) }
        layout.lineStart = end &+ 2
        layout.scanned = end &+ 2
        return .line(start..<end)
    }

    private static func lineBytesMax(_ layout: HeadLayout) -> Int {
        switch layout.phase {
        case .requestLine: layout.limits.requestLineBytesMax
        case .fields:
            // With its CRLF; the empty line that ends the block is not counted.
            max(0, layout.limits.headerBlockBytesMax &- layout.blockBytes &- 2)
        }
    }

    private static func controlError(_ byte: UInt8, _ layout: HeadLayout) -> HTTPParseError {
        if byte == 0x0A { return HTTPParseError(.badLineEnd) }
        return HTTPParseError(layout.phase == .requestLine ? .badRequestLine : .badFieldValue)
    }
}

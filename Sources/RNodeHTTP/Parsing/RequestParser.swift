/// Reads a request's head line by line (RFC 9112 sections 2 to 6).
///
/// | phase       | a line                | an empty line            | more bytes than allowed |
/// |-------------|-----------------------|--------------------------|-------------------------|
/// | requestLine | parsed; firstField    | skipped, once            | 414                     |
/// | fields      | parsed; phase fields  | the head is complete     | 431                     |
///
/// A line is searched for its end once, wherever reads split it, and parsed once when it is whole. Fields that are
/// those of the head before are compared instead (`RepeatedHead`): phase `firstField`, which no byte has to come for.
/// What is reported depends on the bytes alone, never on how they were split: an error is the first
/// of a passed limit, a control byte, and a malformed line, by place.
enum RequestParser {
    enum Outcome: Equatable {
        case needMore
        /// The head is complete and this long, its empty line included.
        case complete(Int)
        case failed(HTTPParseError)
    }

    /// Goes on in `bytes`, which begin with the head's first byte, from where `layout` says. What it says of fields is
    /// said of those in `before`, until this head's are read.
    static func parse(
        _ bytes: Span<UInt8>, _ layout: inout HeadLayout, before: Span<UInt8>
    ) -> Outcome {
        do throws(HTTPParseError) {
            if layout.phase == .requestLine {
                guard try readRequestLine(bytes, &layout) else { return .needMore }
            }
            if layout.phase == .firstField {
                if RepeatedHead.skipFields(before, in: bytes, &layout) {
                    return try complete(&layout)
                }
                layout.resetFields()
            }
            while let line = try nextLine(
                bytes, &layout, fieldLineBytesMax(layout), .headTooLarge, .badFieldValue)
            {
                guard !line.isEmpty else { return try complete(&layout) }
                try FieldLineParser.parse(line, of: bytes, &layout, before)
                layout.blockBytes &+= line.count &+ 2
            }
            return .needMore
        } catch {
            return .failed(error)
        }
    }

    @inline(__always)
    private static func complete(
        _ layout: inout HeadLayout
    ) throws(HTTPParseError) -> Outcome {
        // Until all is right, there are no fields that another head could repeat; a line was right before, or is not known.
        layout.fieldsLength = 0
        try FramingRules.apply(to: &layout)
        layout.fieldsLength = layout.lineStart &- layout.fieldsStart
        layout.lineLength = layout.emptyLines == 0 ? layout.fieldsStart : 0
        return .complete(layout.lineStart)
    }

    /// Whether it was there as a whole.
    @inline(__always)
    private static func readRequestLine(
        _ bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) throws(HTTPParseError) -> Bool {
        let lengthMax = layout.limits.requestLineBytesMax
        while let line = try nextLine(bytes, &layout, lengthMax, .targetTooLong, .badRequestLine) {
            if line.isEmpty {
                layout.emptyLines &+= 1
                guard layout.emptyLines <= layout.limits.leadingEmptyLinesMax else {
                    throw HTTPParseError(.badEmptyLine)
                }
                continue
            }
            try RequestLineParser.parse(line, of: bytes, &layout)
            layout.phase = .firstField
            return true
        }
        return false
    }

    /// The next line, without its end; nil until that is there.
    @inline(__always)
    private static func nextLine(
        _ bytes: Span<UInt8>, _ layout: inout HeadLayout, _ lengthMax: Int,
        _ tooLong: HTTPParseError.Kind, _ badControl: HTTPParseError.Kind
    ) throws(HTTPParseError) -> Range<Int>? {
        let start = layout.lineStart
        let end = bytes.firstControl(from: layout.scanned) ?? bytes.count
        layout.examined &+= end &- layout.scanned &+ 1
        guard end &- start <= lengthMax else { throw HTTPParseError(tooLong) }
        layout.scanned = end
        guard end < bytes.count else { return nil }
        guard bytes[end] == 0x0D else {
            throw HTTPParseError(bytes[end] == 0x0A ? .badLineEnd : badControl)
        }
        guard end &+ 1 < bytes.count else { return nil }
        guard bytes[end &+ 1] == 0x0A else { throw HTTPParseError(.badLineEnd) }
        layout.lineStart = end &+ 2
        layout.scanned = end &+ 2
        // And once more, to parse it.
        layout.examined &+= end &- start
        return start..<end
    }

    /// With its CRLF; the empty line that ends the block is not counted.
    @inline(__always)
    private static func fieldLineBytesMax(_ layout: HeadLayout) -> Int {
        max(0, layout.limits.headerBlockBytesMax &- layout.blockBytes &- 2)
    }
}

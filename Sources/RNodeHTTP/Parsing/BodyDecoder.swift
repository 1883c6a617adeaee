/// Decodes a request's body as it arrives: by its length, or from chunks (RFC 9112 section 7.1).
///
/// | state          | takes                        | then                                        |
/// |----------------|------------------------------|---------------------------------------------|
/// | fixed          | so many bytes                | ended                                       |
/// | size           | 1–15 hexadecimal digits      | `;` extension, CR sizeLineFeed              |
/// | extension      | anything but a control       | `"` quoted, CR sizeLineFeed                 |
/// | quoted         | anything but a control       | `"` extension, `\` escaped                  |
/// | escaped        | one byte that is no control  | quoted                                      |
/// | sizeLineFeed   | LF                           | size 0: trailerStart, else data             |
/// | data           | so many bytes                | dataReturn                                  |
/// | dataReturn     | CR                           | dataLineFeed                                |
/// | dataLineFeed   | LF                           | size                                        |
/// | trailerStart   | CR, or a token byte          | CR lastLineFeed, else trailerName           |
/// | trailerName    | token bytes                  | `:` trailerValue                            |
/// | trailerValue   | anything but a control       | CR trailerLineFeed                          |
/// | trailerLineFeed| LF                           | trailerStart                                |
/// | lastLineFeed   | LF                           | ended                                       |
///
/// Any other byte is 400. Extensions are ignored and trailers dropped, both within their limits; a trailer
/// that would frame a message (`Content-Length`, `Transfer-Encoding`) is 400.
public struct BodyDecoder: Hashable, Sendable {
    /// What the decoder found.
    public enum Step: Hashable, Sendable {
        /// All bytes were taken, and the body goes on.
        case needMore
        /// Bytes of the body, at this range of the bytes given.
        case bytes(Range<Int>)
        /// The body is complete.
        case ended
        /// The body is malformed or too large.
        case failed(HTTPParseError)
    }

    enum State: UInt8, CaseIterable, Sendable {
        case fixed, size, `extension`, quoted, escaped, sizeLineFeed, data, dataReturn
        case dataLineFeed, trailerStart, trailerName, trailerValue, trailerLineFeed, lastLineFeed
        case ended
    }

    private(set) var state: State
    private var digits: UInt8 = 0
    /// The name that the trailer's name is so far (1 `content-length`, 2 `transfer-encoding`, 0 none), and how much
    /// of it.
    private var framingName: UInt8 = 0
    private var nameCount: UInt8 = 0
    /// Fields so far, those of the head included, and the bytes of their lines.
    private var trailers: UInt32 = 0
    private var trailerBytes: UInt32 = 0
    private var extensionBytes: UInt32 = 0
    private var extensionBytesTotal: UInt32 = 0
    /// Bytes to come: of the body when its length is fixed, else of the chunk.
    private(set) var remaining: UInt64
    /// Bytes declared by the chunks so far; at most `HTTPLimits.bodyBytesMax`.
    private var total: UInt64 = 0

    /// A decoder for what a head announced.
    public init(_ body: RequestBody) {
        switch body {
        case .none:
            state = .ended
            remaining = 0
        case .fixed(let length):
            state = length > 0 ? .fixed : .ended
            remaining = UInt64(max(0, length))
        case .chunked:
            state = .size
            remaining = 0
        }
    }

    /// A decoder for the body behind `head`, whose fields count towards the trailers' limits.
    public init(_ head: borrowing RequestHead) {
        self = head.layout.borrow {
            BodyDecoder($0.body, headFields: $0.fieldCount, headBytes: $0.blockBytes)
        }
    }

    init(_ body: RequestBody, headFields: Int, headBytes: Int) {
        self.init(body)
        trailers = UInt32(truncatingIfNeeded: headFields)
        trailerBytes = UInt32(truncatingIfNeeded: headBytes)
    }

    /// Whether the body is complete.
    public var isEnded: Bool { state == .ended }

    /// Goes on in `bytes` at `offset`, which moves behind what was taken.
    ///
    /// Each byte is looked at once; bytes of the body are not looked at, only counted.
    public mutating func next(
        _ bytes: Span<UInt8>, from offset: inout Int, limits: HTTPLimits
    ) -> Step {
        while true {
            if state == .ended { return .ended }
            guard offset >= 0, offset < bytes.count else { return .needMore }
            if state == .data || state == .fixed {
                return .bytes(takeData(bytes.count, from: &offset))
            }
            let byte = bytes[offset]
            offset &+= 1
            do throws(HTTPParseError) {
                try take(byte, limits)
            } catch {
                return .failed(error)
            }
        }
    }

    private mutating func takeData(_ end: Int, from offset: inout Int) -> Range<Int> {
        let start = offset
        // Not negative: the caller saw a byte at `offset`.
        let available = UInt64(truncatingIfNeeded: end &- start)
        let taken = min(available, remaining)
        remaining &-= taken
        offset = start &+ Int(truncatingIfNeeded: taken)
        if remaining == 0 { state = state == .fixed ? .ended : .dataReturn }
        return start..<offset
    }

    private mutating func take(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPParseError) {
        switch state {
        case .size: try takeSize(byte, limits)
        case .extension, .quoted, .escaped: try takeExtension(byte, limits)
        case .sizeLineFeed:
            try expect(byte, 0x0A, then: remaining == 0 ? .trailerStart : .data)
        case .dataReturn: try expect(byte, 0x0D, then: .dataLineFeed)
        case .dataLineFeed:
            try expect(byte, 0x0A, then: .size)
            digits = 0
            extensionBytes = 0
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed:
            try takeTrailer(byte, limits)
        case .fixed, .data, .ended: break
        }
    }

    private mutating func expect(
        _ byte: UInt8, _ wanted: UInt8, then next: State
    ) throws(HTTPParseError) {
        guard byte == wanted else { throw HTTPParseError(.badChunk) }
        state = next
    }

    private mutating func takeSize(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPParseError) {
        if let digit = ASCII.hexValue(byte) {
            guard Int(digits) < limits.chunkSizeDigitsMax, digits < 15 else {
                throw HTTPParseError(.chunkSizeTooLong)
            }
            digits &+= 1
            // 15 hexadecimal digits stay below 2^60.
            remaining = remaining << 4 | UInt64(digit)
            return
        }
        guard digits > 0 else { throw HTTPParseError(.badChunk) }
        switch byte {
        case 0x0D: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .extension
        default: throw HTTPParseError(.badChunk)
        }
        // Both are below 2^60, so the sum fits.
        guard let sum = WireLength(total &+ remaining, limit: limits.bodyBytesMax) else {
            throw HTTPParseError(.bodyTooLarge)
        }
        total = UInt64(sum.value)
    }

    private mutating func takeExtension(
        _ byte: UInt8, _ limits: HTTPLimits
    ) throws(HTTPParseError) {
        if byte == 0x0D, state == .extension {
            state = .sizeLineFeed
            return
        }
        guard FieldSyntax.isValueByte(byte) else { throw HTTPParseError(.badChunk) }
        extensionBytes &+= 1
        extensionBytesTotal &+= 1
        guard extensionBytes <= limits.chunkExtensionBytesMax else {
            throw HTTPParseError(.chunkExtensionTooLarge)
        }
        guard extensionBytesTotal <= limits.chunkExtensionBytesTotalMax else {
            throw HTTPParseError(.chunkExtensionsTooLarge)
        }
        switch (state, byte) {
        case (.extension, UInt8(ascii: "\"")): state = .quoted
        case (.quoted, UInt8(ascii: "\"")): state = .extension
        case (.quoted, UInt8(ascii: "\\")): state = .escaped
        case (.escaped, _): state = .quoted
        default: break
        }
    }

    private mutating func takeTrailer(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPParseError) {
        let isLastLine = state == .lastLineFeed || state == .trailerStart && byte == 0x0D
        if !isLastLine { trailerBytes &+= 1 }
        guard trailerBytes <= limits.headerBlockBytesMax else {
            throw HTTPParseError(.headTooLarge)
        }
        switch (state, byte) {
        case (.trailerStart, 0x0D): state = .lastLineFeed
        case (.trailerValue, 0x0D): state = .trailerLineFeed
        case (.trailerLineFeed, 0x0A): state = .trailerStart
        case (.lastLineFeed, 0x0A): state = .ended
        case (.trailerStart, _) where FieldSyntax.isTokenByte(byte):
            trailers &+= 1
            guard trailers <= limits.headerFieldsMax else { throw HTTPParseError(.tooManyFields) }
            state = .trailerName
            nameCount = 0
            framingName = ASCII.lowercased(byte) == UInt8(ascii: "c") ? 1 : 2
            noteName(byte)
        case (.trailerName, UInt8(ascii: ":")):
            guard !isFramingName else { throw HTTPParseError(.badTrailer) }
            state = .trailerValue
        case (.trailerName, _) where FieldSyntax.isTokenByte(byte): noteName(byte)
        case (.trailerValue, _) where FieldSyntax.isValueByte(byte): break
        default: throw HTTPParseError(.badTrailer)
        }
    }

    // MARK: - Trailers that would frame

    // What no trailer may be called: others refuse it, or read it (RFC 9110 section 6.5.1).
    private static let contentLength = Array("content-length".utf8)
    private static let transferEncoding = Array("transfer-encoding".utf8)

    private var wantedName: [UInt8] {
        framingName == 1 ? Self.contentLength : Self.transferEncoding
    }

    private var isFramingName: Bool { framingName != 0 && Int(nameCount) == wantedName.count }

    private mutating func noteName(_ byte: UInt8) {
        guard framingName != 0 else { return }
        let name = wantedName
        guard Int(nameCount) < name.count, name[Int(nameCount)] == ASCII.lowercased(byte) else {
            framingName = 0
            return
        }
        nameCount &+= 1
    }
}

// A head that has not arrived as a whole is a `RequestHead` of its own, that collects bytes.

extension RequestHead {
    /// A head that begins with `bytes`, all parsed as `head.layout` says.
    init(partial bytes: Span<UInt8>, of head: borrowing RequestHead) {
        self.bytes = ByteBuffer(copying: bytes)
        layout = Owned(head.layout.borrow { copy $0 })
    }

    /// Takes bytes from the front of `input` until the head is complete; says how many.
    mutating func resume(_ input: Span<UInt8>) -> (taken: Int, RequestParser.Outcome) {
        let before = bytes.count
        // What a head may hold at most, and one byte more: the parser is through before that.
        let room = max(0, limits.headBytesMax &+ 1 &- before)
        bytes.append(input.extracting(0..<min(room, input.count)))
        let outcome = Self.parse(bytes, layout)
        switch outcome {
        case .needMore where room <= input.count:
            return (input.count, .failed(HTTPParseError(.headTooLarge)))
        case .needMore, .failed: return (input.count, outcome)
        case .complete(let length):
            bytes.truncate(to: length)
            keepPath()
            return (max(0, length &- before), outcome)
        }
    }

    var keptBytes: Int {
        let fields = layout.borrow { $0.fields.capacity }
        return bytes.capacity &+ fields &* MemoryLayout<HeadLayout.Field>.stride
    }

    private static func parse(
        _ bytes: borrowing ByteBuffer, _ layout: borrowing Owned<HeadLayout>
    ) -> RequestParser.Outcome {
        bytes.withSpan { bytes in
            layout.update { RequestParser.parse(bytes, &$0, before: Span()) }
        }
    }

    /// Parses the head that `input` begins with, which comes after the one that is here; whether a byte of it has come,
    /// and not empty lines alone.
    func parse(_ input: Span<UInt8>) -> (outcome: RequestParser.Outcome, hasBegun: Bool) {
        bytes.withSpan { before in
            layout.update { layout in
                if !RepeatedHead.skipLine(before, in: input, &layout) { layout.reset() }
                return (RequestParser.parse(input, &layout, before: before), layout.hasBegun)
            }
        }
    }

    /// Keeps the bytes of a head that `layout` describes.
    mutating func keep(_ head: Span<UInt8>) {
        bytes.removeAll()
        bytes.append(head)
        keepPath()
    }

    /// Takes over what `other` holds, into this head's memory.
    mutating func copy(_ other: borrowing RequestHead) {
        bytes.removeAll()
        bytes.append(other.bytes)
        layout.update { layout in other.layout.borrow { layout.copy($0) } }
    }

    /// Gives an absolute target without a path the path `/`, behind the head's own bytes.
    private mutating func keepPath() {
        guard layout.borrow({ $0.lacksPath }) else { return }
        let end = bytes.count
        bytes.append(UInt8(ascii: "/"))
        layout.update { $0.path = HeadLayout.Run(end..<end &+ 1) }
    }
}

extension HTTPLimits {
    /// The longest head that passes: empty lines, a request line, the fields, an empty line.
    var headBytesMax: Int {
        leadingEmptyLinesMax &* 2 &+ requestLineBytesMax &+ 2 &+ headerBlockBytesMax &+ 2
    }

    /// Bytes of a body that must arrive in each window.
    var bodyWindowBytesMin: Int {
        // At most 16 MiB times 86,400,000: far inside 64 bits.
        bodyBytesPerSecondMin &* Int(truncatingIfNeeded: bodyRateWindowNanoseconds / 1_000_000)
            / 1000
    }
}

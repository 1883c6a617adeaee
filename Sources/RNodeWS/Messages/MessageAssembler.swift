/// Puts a message together from pieces: fragments, and parts of frames (RFC 6455 §5.4).
///
/// Memory follows the bytes received, never a length that was declared. Text is checked as it
/// arrives, so the first bad byte ends the connection, not the last.
struct MessageAssembler: ~Copyable {
    /// What is being put together, or nil between messages.
    private(set) var kind: MessageKind?
    /// Whether an extension decodes it.
    private(set) var isExtended = false
    /// What has been put together so far.
    var bytes = ByteBuffer()

    /// Bytes of an extended message in the frames so far, as they are on the wire.
    private var encodedCount = 0
    private var fragmentCount = 0
    private var validator = UTF8Validator()

    init() {}

    /// Begins a message with its first frame, to be put together in `spare`, or in what `append` makes room in.
    mutating func begin(
        _ kind: MessageKind, isExtended: Bool, into spare: consuming ByteBuffer
    ) {
        self.kind = kind
        self.isExtended = isExtended
        fragmentCount = 1
        encodedCount = 0
        validator = UTF8Validator()
        bytes = spare
    }

    /// Counts a further frame.
    mutating func continueMessage(fragmentsMax: Int) throws(WebSocketError) {
        fragmentCount &+= 1
        if fragmentCount > fragmentsMax { throw .tooManyFragments }
    }

    /// Counts the bytes of a further frame of an extended message.
    mutating func admitEncoded(_ count: Int, bytesMax: Int) throws(WebSocketError) {
        if count > bytesMax &- encodedCount { throw .messageTooBig }
        encodedCount &+= count
    }

    /// Adds the next bytes of a message that no extension decodes, and that will have at most `bytesMax`.
    /// `isASCII` says that unmasking saw nothing else.
    mutating func append(
        _ piece: Span<UInt8>, isASCII: Bool, bytesMax: Int, _ share: SessionShare
    ) throws(WebSocketError) {
        let isPlain = isASCII && validator.isComplete
        if kind == .text, !isPlain, !validator.update(piece) { throw .invalidUTF8 }
        share.makeRoom(for: piece.count, in: &bytes, within: bytesMax)
        bytes.append(piece)
    }

    /// Adds the next bytes of a message that `extension` decodes.
    mutating func append(
        _ piece: Span<UInt8>, endOfMessage: Bool, bytesMax: Int,
        decodedBy extension: any WebSocketExtension
    ) throws(WebSocketError) {
        let before = bytes.count
        do throws(WebSocketError) {
            try `extension`.decode(
                piece, endOfMessage: endOfMessage, bytesMax: bytesMax, into: &bytes)
        } catch {
            // The first thing that is wrong is told, however the bytes came.
            if kind == .text, !isValid(from: before) { throw .invalidUTF8 }
            throw error
        }
        if kind == .text, !isValid(from: before) { throw .invalidUTF8 }
        if bytes.count > bytesMax { throw .messageTooBig }
    }

    private mutating func isValid(from start: Int) -> Bool {
        var validator = validator
        let isValid = bytes.withSpan { validator.update($0, in: start..<max(start, $0.count)) }
        self.validator = validator
        return isValid
    }

    /// Ends the message; its bytes stay until `removeAll`.
    mutating func finish() throws(WebSocketError) -> MessageKind {
        guard let finished = kind else { throw .internalInvariant }
        kind = nil
        if finished == .text, !validator.isComplete { throw .invalidUTF8 }
        return finished
    }
}

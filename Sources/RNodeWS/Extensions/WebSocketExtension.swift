/// A transformation of message payloads, agreed on in the handshake (RFC 6455 §9).
///
/// The one built on this seam is `PerMessageDeflate` (RFC 7692). An instance serves the messages of
/// one connection. The session calls it only for messages whose first frame has RSV1, and for
/// those it sends; frames without RSV1 never meet it. Without an extension RSV1 is refused with 1002.
///
/// How one comes into use: it is made from an offer of `Handshake.extensions`, its `answer` goes
/// into `Handshake.answer(subprotocol:extension:)`, and it goes into the session's initialiser.
///
/// Not `Sendable`: it stays on the loop of its connections.
public protocol WebSocketExtension: AnyObject {
    /// What the server's `Sec-WebSocket-Extensions` says: the name, and the agreed parameters.
    var answer: ExtensionOffer { get }

    /// Decodes the next `payload` bytes of an incoming message with RSV1.
    ///
    /// Pieces come as they arrive, in order, whatever the frames were. Append what they mean to
    /// `message`, never beyond `bytesMax` bytes in it, in bounded steps: stop with
    /// `.messageTooBig` before the memory is taken, not after. `endOfMessage` is set on the last
    /// piece, which may be empty. Throw `.extensionPayloadInvalid` for what can't be decoded. What
    /// was appended before an error is looked at too: text that is no UTF-8 is the error then.
    func decode(
        _ payload: Span<UInt8>, endOfMessage: Bool, bytesMax: Int, into message: inout ByteBuffer
    ) throws(WebSocketError)

    /// The most bytes that a message of up to `messageBytesMax` bytes may have on the wire, in all its frames
    /// together: more is refused with 1009 before `decode` sees it. As many unless implemented.
    func encodedBytesMax(messageBytesMax: Int) -> Int

    /// Encodes a whole outgoing message: appends it to `payload` and returns true, or appends
    /// nothing and returns false when the message is to go as it is (too short to gain).
    func encode(
        _ kind: MessageKind, _ message: Span<UInt8>, into payload: inout ByteBuffer
    ) -> Bool

    /// Lends an empty buffer to encode into, for as long as `body` runs; a new one unless implemented.
    func withScratch(_ body: (inout ByteBuffer) -> Void)

    /// Bytes of memory held for a message that is arriving, outside of it; 0 unless implemented.
    var heldByteCount: Int { get }

    /// No more of the message that is arriving will come, nor of any other: frees what is held for it. Does nothing
    /// unless implemented.
    func dropIncoming()
}

extension WebSocketExtension {
    /// As many as it means.
    public func encodedBytesMax(messageBytesMax: Int) -> Int { messageBytesMax }

    /// A new one.
    public func withScratch(_ body: (inout ByteBuffer) -> Void) {
        var buffer = ByteBuffer()
        body(&buffer)
    }

    /// None.
    public var heldByteCount: Int { 0 }

    /// Nothing is held.
    public func dropIncoming() {}
}

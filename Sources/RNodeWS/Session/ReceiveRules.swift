/// What incoming frames are judged by: gathered for each frame off the fast path.
struct ReceiveRules {
    let role: WebSocketSession.Role
    let frameBytesMax: Int
    let messageBytesMax: Int
    let fragmentsMax: Int
    let `extension`: (any WebSocketExtension)?

    /// The decoder for these rules.
    var decoder: FrameDecoder {
        FrameDecoder(
            role: role, allowsExtended: `extension` != nil, payloadBytesMax: frameBytesMax)
    }

    /// Judges a data frame by the message it belongs to, and begins or goes on with that message.
    func admit(
        _ header: FrameHeader, to message: inout MessageAssembler
    ) throws(WebSocketError) {
        if let kind = header.opcode.messageKind {
            if message.kind != nil { throw .continuationExpected }
            message.begin(kind, isExtended: header.isExtended)
        } else {
            if message.kind == nil { throw .continuationUnexpected }
            try message.continueMessage(fragmentsMax: fragmentsMax)
        }
        // What an extension decodes is limited as it is decoded.
        if message.isExtended { return }
        if header.payloadCount > messageBytesMax &- message.bytes.count { throw .messageTooBig }
    }
}

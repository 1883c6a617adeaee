/// What incoming frames are judged by: gathered for each frame off the fast path.
struct ReceiveRules {
    let role: WebSocketSession.Role
    /// Of a frame that no extension decodes.
    let frameBytesMax: Int
    let messageBytesMax: Int
    let fragmentsMax: Int
    let `extension`: (any WebSocketExtension)?

    /// The most bytes of one message on the wire that the extension decodes.
    private var encodedBytesMax: Int {
        `extension`?.encodedBytesMax(messageBytesMax: messageBytesMax) ?? messageBytesMax
    }

    /// The longest frame of any kind: as long as a message may be on the wire, unless frames have a limit of
    /// their own.
    private var longestFrame: Int {
        frameBytesMax < messageBytesMax ? frameBytesMax : max(frameBytesMax, encodedBytesMax)
    }

    /// The decoder for these rules. With an extension it passes longer frames than others may have: `admit`
    /// tells them apart.
    var decoder: FrameDecoder {
        FrameDecoder(
            role: role, allowsExtended: `extension` != nil, payloadBytesMax: longestFrame)
    }

    /// Judges a data frame by the message it belongs to, and begins or goes on with that message.
    func admit(
        _ header: FrameHeader, to message: inout MessageAssembler
    ) throws(WebSocketError) {
        let continues = header.opcode == .continuation && message.isExtended
        if !header.isExtended, !continues, header.payloadCount > frameBytesMax {
            throw .frameTooBig
        }
        if let kind = header.opcode.messageKind {
            if message.kind != nil { throw .continuationExpected }
            message.begin(kind, isExtended: header.isExtended)
        } else {
            if message.kind == nil { throw .continuationUnexpected }
            try message.continueMessage(fragmentsMax: fragmentsMax)
        }
        // What it decodes to is limited as it is decoded; what comes, here: it may mean nothing at all.
        if message.isExtended {
            return try message.admitEncoded(header.payloadCount, bytesMax: encodedBytesMax)
        }
        if header.payloadCount > messageBytesMax &- message.bytes.count { throw .messageTooBig }
    }
}

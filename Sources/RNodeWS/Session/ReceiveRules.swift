/// What incoming frames are judged by: gathered for each frame off the fast path.
struct ReceiveRules {
    let role: WebSocketSession.Role
    let share: SessionShare
    let `extension`: (any WebSocketExtension)?

    var messageBytesMax: Int { share.messageBytesMax }
    /// Of a frame that no extension decodes.
    private var frameBytesMax: Int { Int(share.frameBytesMax) }

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

    /// Judges a data frame of whose payload `count` bytes are here by the message it belongs to, and begins or goes on
    /// with that message.
    func admit(
        _ header: FrameHeader, bytesHere count: Int, to message: inout MessageAssembler
    ) throws(WebSocketError) {
        let continues = header.opcode == .continuation && message.isExtended
        if !header.isExtended, !continues, header.payloadCount > frameBytesMax {
            throw .frameTooBig
        }
        if let kind = header.opcode.messageKind {
            if message.kind != nil { throw .continuationExpected }
            let isWhole = header.isFinal && count == header.payloadCount
            message.begin(
                kind, isExtended: header.isExtended,
                into: header.isExtended
                    ? share.takePayload(forBytes: count, isWhole: isWhole) : ByteBuffer())
        } else {
            if message.kind == nil { throw .continuationUnexpected }
            try message.continueMessage(fragmentsMax: share.fragmentsMax)
        }
        // What it decodes to is limited as it is decoded; what comes, here: it may mean nothing at all.
        if message.isExtended {
            return try message.admitEncoded(header.payloadCount, bytesMax: encodedBytesMax)
        }
        if header.payloadCount > messageBytesMax &- message.bytes.count { throw .messageTooBig }
    }
}

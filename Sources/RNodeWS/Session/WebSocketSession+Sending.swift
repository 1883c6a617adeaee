extension WebSocketSession {
    /// Appends a message as one frame; false, and nothing appended, unless the phase is open.
    ///
    /// `maskingKey` is for a client, which must draw it anew and at random for each frame (RFC 6455
    /// §5.3); a server's frames are never masked. Text must be UTF-8: what is sent is not checked.
    /// `compress` lets an agreed extension encode the message.
    @discardableResult
    @inlinable
    @inline(__always)
    public mutating func send(
        _ kind: MessageKind, _ payload: Span<UInt8>, compress: Bool = true,
        maskingKey: UInt32 = 0, into output: inout ByteBuffer
    ) -> Bool {
        if sendsAsItIs {
            FrameEncoder.encode(kind, payload, into: &output)
            return true
        }
        guard phase == .open else { return false }
        encode(kind, payload, compress, maskingKey, &output)
        return true
    }

    /// The cold part of `send`: an extension, or a client's mask.
    @inline(never)
    @usableFromInline
    func encode(
        _ kind: MessageKind, _ payload: Span<UInt8>, _ compress: Bool, _ maskingKey: UInt32,
        _ output: inout ByteBuffer
    ) {
        let key = role == .client ? maskingKey : nil
        var isEncoded = false
        if compress, let encoder = `extension` {
            encoder.withScratch { encoded in
                isEncoded = encoder.encode(kind, payload, into: &encoded)
                guard isEncoded else { return }
                encoded.withSpan {
                    FrameEncoder.encode(
                        kind.opcode, $0, isExtended: true, maskingKey: key, into: &output)
                }
            }
        }
        guard !isEncoded else { return }
        FrameEncoder.encode(kind.opcode, payload, maskingKey: key, into: &output)
    }

    /// Appends a ping with the first 125 bytes of `payload`; false unless the phase is open.
    ///
    /// From now on something must arrive within the pong timeout (RFC 6455 §5.5.2).
    @discardableResult
    public mutating func sendPing(
        _ payload: Span<UInt8> = Span(), now: MonotonicInstant, maskingKey: UInt32 = 0,
        into output: inout ByteBuffer
    ) -> Bool {
        guard phase == .open else { return false }
        sendControl(.ping, payload, maskingKey, &output)
        keepAlive.pingSent(at: now)
        return true
    }

    /// Appends a pong with the first 125 bytes of `payload`; false unless the phase is open
    /// (RFC 6455 §5.5.3).
    @discardableResult
    public mutating func sendPong(
        _ payload: Span<UInt8> = Span(), maskingKey: UInt32 = 0, into output: inout ByteBuffer
    ) -> Bool {
        guard phase == .open else { return false }
        sendControl(.pong, payload, maskingKey, &output)
        return true
    }

    private func sendControl(
        _ opcode: Opcode, _ payload: Span<UInt8>, _ maskingKey: UInt32, _ output: inout ByteBuffer
    ) {
        let bytes = payload.extracting(0..<min(payload.count, 125))
        FrameEncoder.encode(
            opcode, bytes, maskingKey: role == .client ? maskingKey : nil, into: &output)
    }

    // MARK: - Closing

    /// Appends our close frame; false when it went out before, so that exactly one is ever sent
    /// (RFC 6455 §5.5.1).
    ///
    /// nil, or a code that may not be on the wire, sends a frame without code and reason. The
    /// reason is cut to 123 bytes between two characters.
    @discardableResult
    public mutating func sendClose(
        _ code: CloseCode?, reason: String = "", now: MonotonicInstant, maskingKey: UInt32 = 0,
        into output: inout ByteBuffer
    ) -> Bool {
        guard phase != .closeSent, phase != .closed else { return false }
        if let code, code.isValidOnWire {
            let payload = CloseFrame.payload(code, reason: reason.utf8Span.span)
            payload.withSpan { sendControl(.close, $0, maskingKey, &output) }
            closeCodeSent = code
        } else {
            sendControl(.close, Span(), maskingKey, &output)
        }
        stopSending(now)
        return true
    }

    /// Appends the close frame that `error` asks for; false when one went out before.
    ///
    /// An error that is local only (1006) sends a frame without a code.
    @discardableResult
    public mutating func sendClose(
        _ error: WebSocketError, now: MonotonicInstant, maskingKey: UInt32 = 0,
        into output: inout ByteBuffer
    ) -> Bool {
        sendClose(
            error.closeCode, reason: "\(error.reason)", now: now, maskingKey: maskingKey,
            into: &output)
    }

    /// Appends the answer to the peer's close frame, with its code; false when ours went out
    /// before, or none has come (RFC 6455 §5.5.1).
    @discardableResult
    public mutating func answerClose(
        now: MonotonicInstant, maskingKey: UInt32 = 0, into output: inout ByteBuffer
    ) -> Bool {
        guard phase == .closeReceived else { return false }
        return sendClose(peerCode, now: now, maskingKey: maskingKey, into: &output)
    }

    private mutating func stopSending(_ now: MonotonicInstant) {
        if phase == .open {
            phase = .closeSent
            startCloseTimeout(now)
        } else {
            phase = .closed
        }
    }

    /// From now on the close handshake has `WebSocketLimits.closeTimeout`.
    mutating func startCloseTimeout(_ now: MonotonicInstant) {
        patienceEnd = now.advanced(byNanoseconds: share.closeNanoseconds).nanoseconds
    }
}

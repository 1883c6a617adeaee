// What a client is sent: messages, answers, notices, errors.
extension WebSocketPeer {
    @discardableResult
    func send(_ kind: MessageKind, _ bytes: Span<UInt8>, compress: Bool) -> Bool {
        guard phase == .open, isWelcomed else { return false }
        return loop.send(kind, bytes, compress: compress, to: connection)
    }

    func close(_ code: CloseCode, reason: String) {
        loop.close(connection, code, reason: reason)
    }

    /// Sends one control message.
    func write(_ encode: (inout ByteBuffer) -> Void) {
        guard phase == .open, !route.isRaw else { return }
        loop.write(to: connection, encode)
    }

    func writeWelcome(_ change: WebSocketEventChange) {
        write {
            Welcome(self, change).write(at: timestamp, into: &$0)
        }
    }

    func writeAck(_ payload: Span<UInt8>, _ form: PayloadForm, id: MessageID?) {
        guard phase == .open else { return }
        loop.write(to: connection) {
            ControlWriter.messageAck(payload, form, id: id, at: timestamp, into: &$0)
        }
    }

    func writeError(_ error: RoomError, id: MessageID?) {
        loop.counters.breached(LimitName(error))
        writeError(error.message, type: error.errorType, id: id)
        if let cause = error.cause { raiseServerError(cause) }
    }

    func writeError(_ sentence: String, type: String, id: MessageID?) {
        loop.counters.failed(ErrorWord(errorType: type))
        write { ControlWriter.error(sentence, type: type, id: id, at: timestamp, into: &$0) }
    }

    /// Tells the client that its message went no further; at most ten times a second.
    func writeBlocked(_ blocked: BlockedMessage, original: Span<UInt8>, id: MessageID?) {
        loop.counters.failed(ErrorWord(errorType: blocked.code.rawValue))
        // A message with an id is answered in any case.
        guard mayNotify() || id != nil else {
            return loop.counters.breached(.blockedNoticesPerSecondMax)
        }
        loop.write(to: connection) {
            ControlWriter.messageBlocked(
                blocked, original: original, id: id, at: timestamp, into: &$0)
        }
    }

    private func mayNotify() -> Bool {
        if noticeWindow.nanoseconds(until: now) >= 1_000_000_000 {
            noticeWindow = now
            noticesInWindow = 0
        }
        noticesInWindow += 1
        return noticesInWindow <= core.configuration.blockedNoticesPerSecondMax
    }

    // MARK: - Errors

    /// The server failed this connection: onServerError runs next.
    func raiseServerError(_ error: String) {
        loop.counters.failed(.serverError)
        guard !route.isRaw else { return }
        putFirst(NoticeFlow(.onServerError, error, type: "server_error", closeCode: nil))
    }

    /// The client broke a rule, or its transport failed: onError runs next.
    func raiseError(_ error: String, type: String, closeCode: UInt16?) {
        guard !route.isRaw else { return }
        enqueue(NoticeFlow(.onError, error, type: type, closeCode: closeCode))
    }

    /// Messages to it were dropped because it reads too slowly: onError runs, at most once a second.
    func messagesDropped(_ count: Int) {
        var notices = drops ?? DropNotices()
        // An application that is busy with the last ones is not given more.
        let told = notices.add(count, now: now, isHeldBack: waiting.count >= 4)
        drops = notices
        guard let told else { return }
        raiseError(
            "slow consumer; messages dropped: \(told)", type: "slow_consumer", closeCode: nil)
    }
}

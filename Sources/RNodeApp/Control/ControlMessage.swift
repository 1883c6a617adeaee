internal import RNodeRooms
internal import RNodeWS

/// What a text from a client says, by PROTOCOL §2: found in one pass, without an allocation.
///
/// It holds places in the text and no bytes: pass the same text again to read a field. A text is a
/// control message when it is a JSON object whose `type` (the last one, if there are several) is
/// one of the protocol's; anything else is `.ordinary`, also when it is beyond `JSONLimits`.
///
/// `fault` says what is wrong with a control message: first missing fields and wrong types
/// (`invalid_format`), then wrong values (`validation_error`). A field that occurs twice is refused,
/// so that a callback's decoder and the server can't read two different messages.
struct ControlMessage: Sendable {
    /// What the client asks for.
    enum Kind: UInt8, Sendable {
        /// No control message. If it is an object with a proper `id`, the id still counts.
        case ordinary
        case joinRoom, leaveRoom, roomMessage, directMessage, ping, pong, messageAck
        /// `"type":"message"`: handled like an ordinary text, but its `id` must be proper.
        case message
    }

    private(set) var kind = Kind.ordinary
    /// Why the message is answered by an error; always nil for `.ordinary`.
    private(set) var fault: ControlFault?

    /// The values of the known fields, raw: strings with their quotes.
    private(set) var type: JSONValue?
    private(set) var id: JSONValue?
    private(set) var roomID: JSONValue?
    private(set) var targetClientID: JSONValue?
    private(set) var message: JSONValue?
    private(set) var data: JSONValue?
    private var repeated: UInt8 = 0

    /// Reads `text`, which is valid UTF-8.
    static func scan(
        _ text: Span<UInt8>, limits: JSONLimits = JSONLimits()
    ) -> ControlMessage {
        var scanner = JSONScanner(limits: limits)
        guard scanner.take(UInt8(ascii: "{"), text) else { return ControlMessage() }
        var message = ControlMessage()
        do throws(JSONFault) {
            try message.readMembers(text, &scanner, keysMax: limits.keysMax)
        } catch {
            return ControlMessage()
        }
        message.settle(text)
        return message
    }

    /// What is sent on: `message`, or else `data`.
    var payload: JSONValue? { message ?? data }
}

// MARK: - Reading fields

extension ControlMessage {
    /// The `id`, if there is one and it is proper. An answer echoes it.
    func id(in text: Span<UInt8>) -> MessageID? {
        guard let id, id.isString else { return nil }
        guard id.form == .escapedString else {
            return MessageID(text.extracting(id.content(in: text)))
        }
        // An escape is at most six times as long as what it stands for.
        guard id.content.count <= 6 &* MessageID.byteCountMax else { return nil }
        var buffer = ByteBuffer()
        JSONString.unescape(text, id.content, into: &buffer)
        return buffer.withSpan { MessageID($0) }
    }

    /// The `room_id`, or nil when it is not a room id's text: then no room has it.
    func roomID(in text: Span<UInt8>) -> RoomID? {
        guard let roomID, roomID.isString else { return nil }
        if roomID.form == .string { return RoomID(text.extracting(roomID.content(in: text))) }
        guard roomID.content.count <= 6 &* RoomID.textByteCount else { return nil }
        return RoomID(JSONString.string(text, roomID.content))
    }

    /// The `target_client_id`.
    func targetClientID(in text: Span<UInt8>) -> String? {
        guard let targetClientID, targetClientID.isString else { return nil }
        return JSONString.string(text, targetClientID.content)
    }
}

// MARK: - Scanning

extension ControlMessage {
    private enum Key: UInt8 {
        case type, id, roomID, targetClientID, message, data

        init?(_ text: Span<UInt8>, _ key: JSONValue) {
            if JSONString.isEqual(text, key, to: "type") {
                self = .type
            } else if JSONString.isEqual(text, key, to: "id") {
                self = .id
            } else if JSONString.isEqual(text, key, to: "room_id") {
                self = .roomID
            } else if JSONString.isEqual(text, key, to: "target_client_id") {
                self = .targetClientID
            } else if JSONString.isEqual(text, key, to: "message") {
                self = .message
            } else if JSONString.isEqual(text, key, to: "data") {
                self = .data
            } else {
                return nil
            }
        }

        var bit: UInt8 { 1 << rawValue }
    }

    /// Reads the rest of the text after the object's `{`.
    private mutating func readMembers(
        _ text: Span<UInt8>, _ scanner: inout JSONScanner, keysMax: Int
    ) throws(JSONFault) {
        var keysCount = 0
        if !scanner.take(UInt8(ascii: "}"), text) {
            repeat {
                keysCount &+= 1
                guard keysCount <= keysMax else { throw .tooManyKeys }
                let key = try scanner.key(text)
                let value = try scanner.value(text, depth: 1)
                if let known = Key(text, key) { note(known, value) }
            } while scanner.take(UInt8(ascii: ","), text)
            guard scanner.take(UInt8(ascii: "}"), text) else { throw .malformed }
        }
        guard scanner.isAtEnd(text) else { throw .malformed }
    }

    private mutating func note(_ key: Key, _ value: JSONValue) {
        let earlier: JSONValue?
        switch key {
        case .type: (earlier, type) = (type, value)
        case .id: (earlier, id) = (id, value)
        case .roomID: (earlier, roomID) = (roomID, value)
        case .targetClientID: (earlier, targetClientID) = (targetClientID, value)
        case .message: (earlier, message) = (message, value)
        case .data: (earlier, data) = (data, value)
        }
        if earlier != nil { repeated |= key.bit }
    }

    private mutating func settle(_ text: Span<UInt8>) {
        guard let type, type.isString, let kind = Kind(text, type) else { return }
        self.kind = kind
        fault = shapeFault ?? valueFault(text)
    }

    private var shapeFault: ControlFault? {
        let own = Key.type.bit | Key.id.bit
        guard repeated & (kind == .message ? own : .max) == 0 else { return .fieldTwice }
        return idFault ?? fieldFault
    }

    private var fieldFault: ControlFault? {
        switch kind {
        case .joinRoom, .leaveRoom: roomFault
        case .roomMessage: roomFault ?? (payload == nil ? .payloadMissing : nil)
        case .directMessage: targetFault ?? (payload == nil ? .payloadMissing : nil)
        case .messageAck: id == nil ? .idMissing : nil
        case .ordinary, .message, .ping, .pong: nil
        }
    }

    private var idFault: ControlFault? {
        guard let id, !id.isString else { return nil }
        return .idNotAString
    }

    private var roomFault: ControlFault? {
        guard let roomID else { return .roomIDMissing }
        return roomID.isString ? nil : .roomIDNotAString
    }

    private var targetFault: ControlFault? {
        guard let targetClientID else { return .targetMissing }
        return targetClientID.isString ? nil : .targetNotAString
    }

    private func valueFault(_ text: Span<UInt8>) -> ControlFault? {
        if id != nil, id(in: text) == nil { return .idInvalid }
        if kind == .directMessage, !isTargetValid(text) { return .targetInvalid }
        let carriesPayload = kind == .roomMessage || kind == .directMessage
        return carriesPayload && message != nil && data != nil ? .payloadTwice : nil
    }
}

extension ControlMessage {
    private func isTargetValid(_ text: Span<UInt8>) -> Bool {
        guard let targetClientID else { return false }
        if targetClientID.form == .string {
            return ClientID.isValid(text.extracting(targetClientID.content(in: text)))
        }
        guard targetClientID.content.count <= 6 &* ClientID.byteCountMax else { return false }
        return ClientID.isValid(JSONString.string(text, targetClientID.content).utf8Span.span)
    }
}

extension ControlMessage.Kind {
    /// The kind that a `type` names, or nil for a word of somebody else's.
    fileprivate init?(_ text: Span<UInt8>, _ type: JSONValue) {
        if JSONString.isEqual(text, type, to: "room_message") {
            self = .roomMessage
        } else if JSONString.isEqual(text, type, to: "direct_message") {
            self = .directMessage
        } else if JSONString.isEqual(text, type, to: "ping") {
            self = .ping
        } else if JSONString.isEqual(text, type, to: "pong") {
            self = .pong
        } else if JSONString.isEqual(text, type, to: "message_ack") {
            self = .messageAck
        } else if JSONString.isEqual(text, type, to: "message") {
            self = .message
        } else if JSONString.isEqual(text, type, to: "join_room") {
            self = .joinRoom
        } else if JSONString.isEqual(text, type, to: "leave_room") {
            self = .leaveRoom
        } else {
            return nil
        }
    }
}

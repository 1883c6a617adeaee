internal import RNodeRooms
internal import RNodeWS

/// How the bytes of a payload become the value of `message`.
enum PayloadForm: Sendable {
    /// They are one JSON value, strings with their quotes: written as they are.
    case json
    /// They are UTF-8 text: written as a JSON string.
    case text
}

/// Writes the messages that the server sends, each appended to a buffer as one JSON text.
///
/// Fields come in the order of the user's document, then those that PROTOCOL §2 adds, `id` last
/// (but in `message_blocked`, whose order PROTOCOL shows). Everything from a client is escaped,
/// or was checked to be JSON by the scanner.
enum ControlWriter {
    /// `welcome`: the first message after the handshake, whose every field a callback may have changed.
    static func welcome(
        type: String = "welcome", connectionID: String, clientID: String, path: String,
        at timestamp: String, into buffer: inout ByteBuffer
    ) {
        appendField(#"{"type":"#, type, to: &buffer)
        appendField(#","connection_id":"#, connectionID, to: &buffer)
        appendField(#","client_id":"#, clientID, to: &buffer)
        appendField(#","path":"#, path, to: &buffer)
        appendField(#","timestamp":"#, timestamp, to: &buffer)
        buffer.append(UInt8(ascii: "}"))
    }

    // MARK: - Messages

    /// `room_message`; without `clientID` when the server sends it by itself.
    static func roomMessage(
        _ payload: Span<UInt8>, _ form: PayloadForm, room: RoomID, from clientID: String?,
        at timestamp: Timestamp, into buffer: inout ByteBuffer
    ) {
        buffer.append(#"{"type":"room_message","message":"#)
        appendPayload(payload, form, to: &buffer)
        appendRoom(room, to: &buffer)
        if let clientID { appendField(#","from_client_id":"#, clientID, to: &buffer) }
        close(timestamp, nil, &buffer)
    }

    /// `direct_message`; without `clientID` when the server sends it by itself.
    static func directMessage(
        _ payload: Span<UInt8>, _ form: PayloadForm, from clientID: String?,
        at timestamp: Timestamp, into buffer: inout ByteBuffer
    ) {
        buffer.append(#"{"type":"direct_message","message":"#)
        appendPayload(payload, form, to: &buffer)
        if let clientID { appendField(#","from_client_id":"#, clientID, to: &buffer) }
        close(timestamp, nil, &buffer)
    }

    /// `message_ack`: `payload` is what went on.
    static func messageAck(
        _ payload: Span<UInt8>, _ form: PayloadForm, id: MessageID?,
        at timestamp: Timestamp, into buffer: inout ByteBuffer
    ) {
        buffer.append(#"{"type":"message_ack","message":"#)
        appendPayload(payload, form, to: &buffer)
        close(timestamp, id, &buffer)
    }

    // MARK: - Rooms

    /// `room_joined`; `members` are the client ids, where members are announced.
    static func roomJoined(
        room: RoomID, membersCount: Int, members: [String]? = nil, id: MessageID?,
        at timestamp: Timestamp, into buffer: inout ByteBuffer
    ) {
        buffer.append(#"{"type":"room_joined""#)
        appendRoom(room, to: &buffer)
        buffer.append(#","members_count":"#)
        buffer.append(decimal: membersCount)
        if let members { appendMembers(members, to: &buffer) }
        close(timestamp, id, &buffer)
    }

    /// `room_left`.
    static func roomLeft(
        room: RoomID, id: MessageID?, at timestamp: Timestamp,
        into buffer: inout ByteBuffer
    ) {
        buffer.append(#"{"type":"room_left""#)
        appendRoom(room, to: &buffer)
        close(timestamp, id, &buffer)
    }

    /// `member_joined`, for those who are in the room already.
    static func memberJoined(
        room: RoomID, clientID: String, at timestamp: Timestamp,
        into buffer: inout ByteBuffer
    ) {
        buffer.append(#"{"type":"member_joined""#)
        appendRoom(room, to: &buffer)
        appendField(#","client_id":"#, clientID, to: &buffer)
        close(timestamp, nil, &buffer)
    }

    /// `member_left`, for those who stay.
    static func memberLeft(
        room: RoomID, clientID: String, at timestamp: Timestamp,
        into buffer: inout ByteBuffer
    ) {
        buffer.append(#"{"type":"member_left""#)
        appendRoom(room, to: &buffer)
        appendField(#","client_id":"#, clientID, to: &buffer)
        close(timestamp, nil, &buffer)
    }

    // MARK: - Errors

    /// `error`: a sentence, and a word of PROTOCOL §2.
    static func error(
        _ sentence: String, type errorType: String, id: MessageID?,
        at timestamp: Timestamp, into buffer: inout ByteBuffer
    ) {
        buffer.append(#"{"type":"error","error":"#)
        appendString(sentence, to: &buffer)
        appendField(#","error_type":"#, errorType, to: &buffer)
        close(timestamp, id, &buffer)
    }

    /// `message_blocked`; see `BlockedMessage`.
    static func messageBlocked(
        _ blocked: BlockedMessage, original: Span<UInt8>, id: MessageID?,
        at timestamp: Timestamp, into buffer: inout ByteBuffer
    ) {
        let kept = BlockedMessage.prefixCount(of: original)
        buffer.append(#"{"type":"message_blocked","originalMessage":"#)
        appendPayload(original.extracting(0..<kept), .text, to: &buffer)
        appendField(#","reason":"#, blocked.reason, to: &buffer)
        appendTimestamp(timestamp, to: &buffer)
        appendField(#","event":"#, blocked.event, to: &buffer)
        appendField(#","code":"#, blocked.code.rawValue, to: &buffer)
        appendID(id, to: &buffer)
        if let room = blocked.room { appendRoom(room, to: &buffer) }
        buffer.append(kept < original.count ? #","truncated":true}"# : #","truncated":false}"#)
    }

    // MARK: - Ping and pong

    /// `ping`, from the server.
    static func ping(at timestamp: Timestamp, into buffer: inout ByteBuffer) {
        buffer.append(#"{"type":"ping""#)
        close(timestamp, nil, &buffer)
    }

    /// `pong`; `latency` in milliseconds when it answers a client's `pong`.
    static func pong(
        latency: Int? = nil, id: MessageID?, at timestamp: Timestamp,
        into buffer: inout ByteBuffer
    ) {
        buffer.append(#"{"type":"pong""#)
        if let latency {
            buffer.append(#","latency":"#)
            buffer.append(decimal: max(0, latency))
        }
        close(timestamp, id, &buffer)
    }
}

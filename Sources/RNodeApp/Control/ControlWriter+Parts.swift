internal import RNodeRooms
internal import RNodeWS

extension ControlWriter {
    /// Appends `text` as a JSON string.
    static func appendString(_ text: String, to buffer: inout ByteBuffer) {
        appendPayload(text.utf8Span.span, .text, to: &buffer)
    }

    /// Appends a comma, a name and a colon as given, then `text` as a JSON string.
    static func appendField(
        _ name: StaticString, _ text: String, to buffer: inout ByteBuffer
    ) {
        buffer.append(name)
        appendString(text, to: &buffer)
    }

    /// Appends a payload as a JSON value.
    static func appendPayload(
        _ payload: Span<UInt8>, _ form: PayloadForm, to buffer: inout ByteBuffer
    ) {
        guard form == .text else { return buffer.append(payload) }
        buffer.append(UInt8(ascii: "\""))
        JSONString.append(escaping: payload, to: &buffer)
        buffer.append(UInt8(ascii: "\""))
    }

    static func appendRoom(_ room: RoomID, to buffer: inout ByteBuffer) {
        buffer.append(#","room_id":""#)
        room.withText { buffer.append($0) }
        buffer.append(UInt8(ascii: "\""))
    }

    static func appendMembers(_ members: [String], to buffer: inout ByteBuffer) {
        buffer.append(#","members":["#)
        for (place, clientID) in members.enumerated() {
            if place > 0 { buffer.append(UInt8(ascii: ",")) }
            appendString(clientID, to: &buffer)
        }
        buffer.append(UInt8(ascii: "]"))
    }

    static func appendTimestamp(
        _ timestamp: Timestamp, to buffer: inout ByteBuffer
    ) {
        buffer.append(#","timestamp":""#)
        timestamp.withSpan { buffer.append($0) }
        buffer.append(UInt8(ascii: "\""))
    }

    static func appendID(_ id: MessageID?, to buffer: inout ByteBuffer) {
        guard let id else { return }
        buffer.append(#","id":"#)
        id.withSpan { appendPayload($0, .text, to: &buffer) }
    }

    static func close(
        _ timestamp: Timestamp, _ id: MessageID?, _ buffer: inout ByteBuffer
    ) {
        appendTimestamp(timestamp, to: &buffer)
        appendID(id, to: &buffer)
        buffer.append(UInt8(ascii: "}"))
    }
}

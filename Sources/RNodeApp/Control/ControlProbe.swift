/// Reading and writing control messages by themselves, for benchmarks. Nothing else uses it.
package enum ControlProbe {
    /// Scans a text `count` times; returns how often it was a control message.
    package static func scan(_ text: Span<UInt8>, times count: Int) -> Int {
        var found = 0
        for _ in 0..<count where ControlMessage.scan(text).kind != .ordinary { found &+= 1 }
        return found
    }

    /// Writes a `room_message` `count` times into a buffer that is emptied between two; returns the bytes of one.
    package static func writeRoomMessage(
        _ text: Span<UInt8>, room: RoomID, from clientID: String, times count: Int,
        into buffer: inout ByteBuffer
    ) -> Int {
        let timestamp = Timestamp(milliseconds: 1_735_689_600_000)
        for _ in 0..<count {
            buffer.removeAll()
            ControlWriter.roomMessage(
                text, .text, room: room, from: clientID, at: timestamp, into: &buffer)
        }
        return buffer.count
    }

    /// Writes the `message_ack` of an ordinary text in the same way.
    package static func writeAck(
        _ text: Span<UInt8>, times count: Int, into buffer: inout ByteBuffer
    ) -> Int {
        let timestamp = Timestamp(milliseconds: 1_735_689_600_000)
        for _ in 0..<count {
            buffer.removeAll()
            ControlWriter.messageAck(text, .text, id: nil, at: timestamp, into: &buffer)
        }
        return buffer.count
    }
}

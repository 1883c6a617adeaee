import RNodeWS

/// An extension for tests: adds 1 to every byte of a message that is at least 4 bytes long, and
/// an `!` at its end.
final class Shifting: WebSocketExtension {
    let answer = ExtensionOffer("x-shifting")

    func decode(
        _ payload: Span<UInt8>, endOfMessage: Bool, bytesMax: Int, into message: inout ByteBuffer
    ) throws(WebSocketError) {
        for index in payload.indices {
            if payload[index] == 0 { throw .extensionPayloadInvalid }
            if message.count == bytesMax { throw .messageTooBig }
            message.append(payload[index] &- 1)
        }
        if endOfMessage { message.append(UInt8(ascii: "!")) }
    }

    func encode(
        _ kind: MessageKind, _ message: Span<UInt8>, into payload: inout ByteBuffer
    ) -> Bool {
        guard message.count >= 4 else { return false }
        for index in message.indices { payload.append(message[index] &+ 1) }
        return true
    }
}

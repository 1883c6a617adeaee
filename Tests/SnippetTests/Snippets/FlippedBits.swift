import RNodeWS

/// Sends every message with its bits flipped: an extension that is of no use, and that shows the whole seam.
final class FlippedBits: WebSocketExtension {
    static let name = "x-flipped-bits"

    let answer: ExtensionOffer

    /// Agrees when the client offered it.
    init?(offered: [ExtensionOffer]) {
        guard let offer = offered.first(where: { $0.name == Self.name }) else { return nil }
        answer = offer
    }

    func decode(
        _ payload: Span<UInt8>, endOfMessage: Bool, bytesMax: Int, into message: inout ByteBuffer
    ) throws(WebSocketError) {
        guard payload.count <= bytesMax - message.count else { throw .messageTooBig }
        flip(payload, into: &message)
    }

    func encode(
        _ kind: MessageKind, _ message: Span<UInt8>, into payload: inout ByteBuffer
    ) -> Bool {
        flip(message, into: &payload)
        return true
    }

    private func flip(_ bytes: Span<UInt8>, into output: inout ByteBuffer) {
        for index in bytes.indices { output.append(~bytes[index]) }
    }
}

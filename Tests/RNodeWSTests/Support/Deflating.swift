import RNodeWS

/// `message` as permessage-deflate sends it on its own.
func deflated(
    _ message: [UInt8], level: Int = 6, windowBits: Int = 15, memoryLevel: Int = 8
) -> [UInt8] {
    let deflater = Deflater(level: level, windowBits: windowBits, memoryLevel: memoryLevel)
    return deflater.map { deflated(message, by: $0) } ?? []
}

/// `message` as `deflater` sends it next.
func deflated(_ message: [UInt8], by deflater: Deflater) -> [UInt8] {
    var payload = ByteBuffer()
    return deflater.deflate(message.span, into: &payload) ? payload.copied() : []
}

/// What a message means to `inflater`, given in pieces; throws what is wrong with it.
func inflated(
    _ pieces: [[UInt8]], by inflater: Inflater? = nil, bytesMax: Int = 1 << 20,
    ratioMax: Int? = nil
) throws(WebSocketError) -> [UInt8] {
    guard let inflater = inflater ?? Inflater(windowBits: 15) else { return [] }
    var message = ByteBuffer()
    for (place, piece) in pieces.enumerated() {
        try inflater.inflate(
            piece.span, endOfMessage: place == pieces.count - 1, bytesMax: bytesMax,
            ratioMax: ratioMax, into: &message)
    }
    return message.copied()
}

/// Whole, in every two-way split, with an empty last piece, and byte by byte.
func everySplit(of payload: [UInt8]) -> [[[UInt8]]] {
    let halves = (0...payload.count).map { [Array(payload[..<$0]), Array(payload[$0...])] }
    return [[payload]] + halves + [payload.map { [$0] } + [[]]]
}

/// A frame with RSV1, whose payload is `payload` as it is.
func extended(
    _ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, key: [UInt8]? = [7, 8, 9, 10]
) -> [UInt8] {
    WireFrame(opcode: opcode, payload: payload, fin: fin, reserved: 4, key: key).bytes
}

/// Text that resembles what chats send: much of it twice.
func chatter(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = Seeded(state: seed)
    let words = [
        "room_message", "{\"type\":", "hello", "é", "\"timestamp\"", "ok ", ",", "42", "日本",
    ]
    var bytes: [UInt8] = []
    while bytes.count < count {
        bytes += Array(words[Int(random.next() % UInt64(words.count))].utf8)
    }
    while bytes.count > count || (bytes.last ?? 0) >= 0x80 { bytes.removeLast() }
    return bytes + [UInt8](repeating: 0x20, count: count - bytes.count)
}

/// Bytes that no deflater makes shorter.
func noise(_ count: Int, seed: UInt64 = 2) -> [UInt8] {
    var random = Seeded(state: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() >> 33) }
}

/// WebSocket frames as a client writes and reads them, written for this purpose from RFC 6455 section 5.2: the server's
/// own encoder and decoder have no part in it.
enum Frames {
    static func masked(
        _ opcode: UInt8, _ payload: [UInt8], key: UInt32, isFinal: Bool = true,
        isCompressed: Bool = false
    ) -> [UInt8] {
        var frame: [UInt8] = [(isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode]
        switch payload.count {
        case ..<126: frame.append(0x80 | UInt8(payload.count))
        case ..<65_536:
            frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            frame.append(0x80 | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                frame.append(UInt8(truncatingIfNeeded: payload.count >> shift))
            }
        }
        let mask = (0..<4).map { UInt8(truncatingIfNeeded: key >> UInt32(24 - 8 * $0)) }
        frame += mask
        for (place, byte) in payload.enumerated() { frame.append(byte ^ mask[place & 3]) }
        return frame
    }

    struct Frame {
        let opcode: UInt8
        let isCompressed: Bool
        let payload: ArraySlice<UInt8>
        /// Where the next frame begins.
        let end: Int
    }

    enum Step {
        case frame(Frame)
        case needMore
        case wrong(String)
    }

    /// Reads the frame that begins at `start`; only a text or a binary one may be compressed, and only if that was agreed on.
    static func read(_ bytes: [UInt8], at start: Int, mayBeCompressed: Bool) -> Step {
        guard bytes.count >= start + 2 else { return .needMore }
        let (first, second) = (bytes[start], bytes[start + 1])
        let isCompressed = first & 0x40 != 0
        let isLawful = !isCompressed || mayBeCompressed && first & 0x0F < 8
        guard first & 0x30 == 0, isLawful, second & 0x80 == 0, first & 0x80 != 0 else {
            return .wrong("a frame begins with \(first), \(second)")
        }
        var count = Int(second)
        var body = start + 2
        if count >= 126 {
            let width = count == 126 ? 2 : 8
            guard bytes.count >= body + width else { return .needMore }
            count = bytes[body..<(body + width)].reduce(0) { $0 << 8 | Int($1) }
            body += width
        }
        guard bytes.count >= body + count else { return .needMore }
        let payload = bytes[body..<(body + count)]
        return .frame(
            Frame(
                opcode: first & 0x0F, isCompressed: isCompressed, payload: payload,
                end: body + count))
    }
}

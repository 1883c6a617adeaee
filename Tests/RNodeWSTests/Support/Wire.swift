import RNodeWS

/// Writes frames from the RFC's picture, without the encoder under test.
struct WireFrame {
    /// How a length is written.
    enum Form { case minimal, sixteen, sixtyFour }

    var opcode: UInt8
    var payload: [UInt8] = []
    var fin = true
    var reserved: UInt8 = 0
    var key: [UInt8]? = [0x11, 0xA2, 0x33, 0xC4]
    var form = Form.minimal
    /// The length that is declared; nil for the payload's own.
    var declared: UInt64?

    var bytes: [UInt8] {
        var bytes = [(fin ? 0x80 : 0) | reserved << 4 | opcode]
        let length = declared ?? UInt64(payload.count)
        let maskBit: UInt8 = key == nil ? 0 : 0x80
        switch (form, length) {
        case (.minimal, ..<126): bytes.append(maskBit | UInt8(length))
        case (.minimal, ..<65_536), (.sixteen, _):
            bytes.append(maskBit | 126)
            bytes += [UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)]
        default:
            bytes.append(maskBit | 127)
            bytes += (0..<8).map { UInt8(length >> (56 - 8 * UInt64($0)) & 0xFF) }
        }
        guard let key else { return bytes + payload }
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }
}

func text(_ text: String, fin: Bool = true) -> [UInt8] {
    WireFrame(opcode: 1, payload: Array(text.utf8), fin: fin).bytes
}

func binary(_ payload: [UInt8], fin: Bool = true) -> [UInt8] {
    WireFrame(opcode: 2, payload: payload, fin: fin).bytes
}

func more(_ payload: [UInt8], fin: Bool) -> [UInt8] {
    WireFrame(opcode: 0, payload: payload, fin: fin).bytes
}

func control(_ opcode: UInt8, _ payload: [UInt8] = []) -> [UInt8] {
    WireFrame(opcode: opcode, payload: payload).bytes
}

func close(_ code: UInt16, _ reason: String = "") -> [UInt8] {
    control(8, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
}

/// A small generator with a seed, so that every failure can be had again.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Whether this is a build without optimisation, in which exhaustive domains would take minutes.
let isDebugBuild: Bool = {
    #if DEBUG
        true
    #else
        false
    #endif
}()

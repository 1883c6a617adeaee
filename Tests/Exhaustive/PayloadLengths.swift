import RNodeWS

/// B1: the edges of declared lengths, in each form a length can be written in, below each kind of limit.
enum PayloadLengths {
    private static let edges: [UInt64] = [
        0, 1, 125, 126, 127, 65_535, 65_536, 65_537,
        1 << 31 - 1, 1 << 31, 1 << 31 + 1, 1 << 32 - 1, 1 << 32, 1 << 32 + 1,
        1 << 63 - 1, 1 << 63, 1 << 63 + 1, .max,
    ]
    private static let limits = [1, 125, 126, 65_535, 65_536, 1 << 20, 64 << 20]

    static func run() -> Tally {
        var tally = Tally()
        for limit in limits {
            let around = [limit - 1, limit, limit + 1, limit * 10].map { UInt64($0) }
            for declared in edges + around {
                for form in [7, 16, 64] {
                    for first: UInt8 in [0x80, 0x81, 0x82, 0x01, 0x88, 0x89, 0x8A] {
                        for isServer in [true, false] {
                            judge(declared, form, first, limit, isServer, &tally)
                        }
                    }
                }
            }
        }
        return tally
    }

    private static func judge(
        _ declared: UInt64, _ form: Int, _ first: UInt8, _ limit: Int, _ isServer: Bool,
        _ tally: inout Tally
    ) {
        guard let header = header(declared, form, first, isServer) else { return }
        var limits = WebSocketLimits()
        limits.messageBytesMax = limit
        var reference = ReferenceReceiver()
        reference.isServer = isServer
        reference.payloadMax = UInt64(limit)
        for input in [header, header + [0x61]] {
            var whole = WebSocketSession(
                role: isServer ? .server : .client, limits: limits, now: .zero)
            var single = WebSocketSession(
                role: isServer ? .server : .client, limits: limits, now: .zero)
            let found = whole.findings(in: input)
            let bytewise = input.flatMap { single.findings(in: [$0]) }
            let expected = reference.findings(in: input)
            // Memory follows what came, not what was declared.
            let isSmall = whole.unfinishedByteCount <= 16_384
            tally.note(
                found == expected && bytewise == expected && isSmall,
                "\(input), limit \(limit): \(found), not \(expected)")
        }
    }

    /// A header that declares the length in the given form; nil when it can't.
    private static func header(
        _ declared: UInt64, _ form: Int, _ first: UInt8, _ isServer: Bool
    ) -> [UInt8]? {
        let mask: UInt8 = isServer ? 0x80 : 0
        let key: [UInt8] = isServer ? [0, 0, 0, 0] : []
        switch form {
        case 7: return declared < 126 ? [first, mask | UInt8(declared)] + key : nil
        case 16:
            guard declared < 65_536 else { return nil }
            return [first, mask | 126, UInt8(declared >> 8), UInt8(declared & 0xFF)] + key
        default:
            let bytes = (0..<8).map { UInt8(truncatingIfNeeded: declared >> (56 - 8 * $0)) }
            return [first, mask | 127] + bytes + key
        }
    }
}

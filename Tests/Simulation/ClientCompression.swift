import RNodeBytes
import RNodeWS

/// permessage-deflate as a client does it, by what the server's answer says: RFC 7692 section 7.1.
final class ClientCompression {
    private let keepsOwnContext: Bool
    private let serverKeepsContext: Bool
    private let deflater: Deflater
    private let inflater: Inflater

    /// What a client offers; nil for nothing.
    static func offer(_ dice: inout Dice) -> String? {
        switch dice.below(8) {
        case 0...2: nil
        case 3: "permessage-deflate"
        case 4: "permessage-deflate; client_max_window_bits"
        case 5: "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        case 6: "permessage-deflate; server_max_window_bits=10; client_max_window_bits=11"
        default: "permessage-deflate; server_max_window_bits=8, permessage-deflate"
        }
    }

    init?(_ answer: String) {
        let parts = answer.split(separator: ";").map { $0.drop { $0 == " " } }
        guard parts.first == "permessage-deflate" else { return nil }
        var windowBits = 15
        for part in parts.dropFirst() where part.hasPrefix("client_max_window_bits=") {
            guard let bits = Int(part.dropFirst(23)) else { return nil }
            windowBits = bits
        }
        keepsOwnContext = !parts.contains("client_no_context_takeover")
        serverKeepsContext = !parts.contains("server_no_context_takeover")
        // The largest window reads what was written with any.
        guard let inflater = Inflater(windowBits: 15),
            let deflater = Deflater(level: 1, windowBits: windowBits, memoryLevel: 8)
        else { return nil }
        self.inflater = inflater
        self.deflater = deflater
    }

    func deflate(_ message: [UInt8]) -> [UInt8]? {
        var output = ByteBuffer()
        guard deflater.deflate(message.span, into: &output) else { return nil }
        if !keepsOwnContext { deflater.reset() }
        return output.copied()
    }

    func inflate(_ payload: [UInt8]) -> [UInt8]? {
        var message = ByteBuffer()
        do {
            try inflater.inflate(
                payload.span, endOfMessage: true, bytesMax: 1_000_000, into: &message)
        } catch {
            return nil
        }
        if !serverKeepsContext { inflater.reset() }
        return message.copied()
    }
}

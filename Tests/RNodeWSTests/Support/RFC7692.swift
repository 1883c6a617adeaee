import RNodeWS

/// Writes fields with one to four offers, right and wrong ones.
enum OfferGenerator {
    private static let values = ["8", "9", "10", "12", "15", "16", "08", "0", "7", "x", "1 5"]
    private static let names = [
        "server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits",
        "client_max_window_bits",
    ]

    static func field(_ random: inout Seeded) -> String {
        let count = 1 + Int(random.next() % 4)
        return (0..<count).map { _ in offer(&random) }.joined(separator: ",")
    }

    private static func offer(_ random: inout Seeded) -> String {
        let name = random.next() % 12 == 0 ? "permessage-bzip2" : "permessage-deflate"
        let count = Int(random.next() % 4)
        return (0..<count).reduce(name) { text, _ in
            text + space(&random) + ";" + space(&random) + parameter(&random)
        }
    }

    private static func parameter(_ random: inout Seeded) -> String {
        if random.next() % 25 == 0 { return "x" }
        let name = names[Int(random.next() % 4)]
        let wantsValue = name.hasSuffix("bits")
        // Mostly as it should be.
        guard (random.next() % 8 == 0) != wantsValue else { return name }
        let right = random.next() % 3 != 0
        let value = values[Int(random.next() % UInt64(right ? 5 : 10))]
        return name + "=" + (random.next() % 4 == 0 ? "\"\(value)\"" : value)
    }

    private static func space(_ random: inout Seeded) -> String {
        ["", " ", "\t "][Int(random.next() % 3)]
    }
}

/// The server's rules of RFC 7692 §7.1 over the text of the field: a second writing of them, of which the code under
/// test knows nothing. It reads only fields that keep the grammar.
enum RFC7692 {
    /// The answer to a field by a server with these wishes; nil for none.
    static func answer(_ field: String, _ options: DeflateOptions) -> String? {
        field.split(separator: ",").lazy.compactMap { answer(offer: $0, options) }.first
    }

    private static func answer(offer: Substring, _ options: DeflateOptions) -> String? {
        var parts = offer.split(separator: ";").map { part in
            String(part.filter { $0 != " " && $0 != "\t" && $0 != "\"" })
        }
        guard parts.removeFirst() == "permessage-deflate" else { return nil }
        let names = parts.map { $0.prefix { $0 != "=" } }
        guard Set(names).count == names.count else { return nil }
        var answered = ["permessage-deflate"]
        // §7.1.1.1: asked for, it must be in the answer; a server may also name it by itself.
        if parts.contains("server_no_context_takeover") || !options.serverKeepsContext {
            answered.append("server_no_context_takeover")
        }
        // §7.1.1.2: the same from the client's side. A client that can't be told of a window has the largest.
        let isTold = parts.contains { $0.hasPrefix("client_max_window_bits") }
        let isTooLarge = !isTold && options.clientWindowBitsMax < 15
        let keepsClient =
            options.clientKeepsContext && !parts.contains("client_no_context_takeover")
        if !keepsClient || isTooLarge { answered.append("client_no_context_takeover") }
        // §7.1.2.1: not above what was asked for; 8 is what zlib can't do. Unasked where it saves the client something.
        let server = parts.first { $0.hasPrefix("server_max_window_bits=") }
        let serverBits = min(server.flatMap(bits) ?? 15, options.serverWindowBitsMax)
        let keepsServer = !answered.contains("server_no_context_takeover")
        if server != nil || (keepsServer && serverBits < 15) {
            answered.append("server_max_window_bits=\(serverBits)")
        }
        // §7.1.2.2: named only to a client that named it; smaller than its own only where it is kept.
        if let client = parts.first(where: { $0.hasPrefix("client_max_window_bits") }) {
            let most = keepsClient ? options.clientWindowBitsMax : 15
            let bits = min(bits(client) ?? 15, most)
            let named = client.contains("=") || bits < 15
            if named { answered.append("client_max_window_bits=\(bits)") }
        }
        return parts.allSatisfy(isRight) ? answered.joined(separator: "; ") : nil
    }

    private static func isRight(_ parameter: String) -> Bool {
        if parameter.hasSuffix("_takeover") { return !parameter.contains("=") && parameter != "x" }
        if parameter == "client_max_window_bits" { return true }
        guard let bits = bits(parameter) else { return false }
        return parameter.hasPrefix("client_max_window_bits=") ? true : bits != 8
    }

    /// The window in `name=value`: decimal, without leading zeros, 8 to 15.
    private static func bits(_ parameter: String) -> Int? {
        let parts = parameter.split(separator: "=")
        guard parts.count == 2, parts[0].hasSuffix("_max_window_bits"), let bits = Int(parts[1]),
            "\(bits)" == parts[1], (8...15).contains(bits)
        else { return nil }
        return bits
    }
}

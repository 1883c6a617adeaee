import RNodeApp

/// The raw routes: an echo, and one that obeys a few commands.
enum RawRoutes {
    static func register(on app: App) {
        app.websocket(raw: "/raw") { route in
            route.onMessage { bytes, kind, context in context.send(bytes, kind) }
        }
        for (path, options) in compressed {
            app.websocket(raw: path) { route in
                route.compression = options
                route.onMessage { bytes, kind, context in context.send(bytes, kind) }
            }
        }
        registerAutobahn(on: app)
        app.websocket(raw: "/raw-room") { route in
            route.onMessage { bytes, kind, context in
                guard kind == .text,
                    let command = RawCommand(String(copying: try UTF8Span(validating: bytes)))
                else {
                    context.send(bytes, kind)
                    return
                }
                command.obey(on: &context)
            }
        }
        registerFloods(on: app)
    }

    /// Routes that send as many numbered messages of a kibibyte as they are told, under each policy for slow consumers.
    private static func registerFloods(on app: App) {
        let policies: [(String, SlowConsumerPolicy)] = [
            ("/closed", .close), ("/oldest", .dropOldest), ("/newest", .dropNewest),
            ("/conflated", .conflate { number(of: $0).map { "\($0 % 10)" } }),
        ]
        for (path, policy) in policies {
            app.websocket(raw: path) { route in
                route.slowConsumers = policy
                if path != "/closed" { route.outputHardCapBytes = 65_536 }
                route.onMessage { bytes, _, context in
                    let padding = String(repeating: "x", count: 1_024)
                    for number in 0..<(number(of: bytes) ?? 0) {
                        context.send("\(number) \(padding)")
                    }
                }
            }
        }
    }

    /// The number that a text begins with.
    private static func number(of bytes: Span<UInt8>) -> Int? {
        var digits = ""
        for index in bytes.indices where index < 8 {
            guard (0x30...0x39).contains(bytes[index]) else { break }
            digits.append(Character(UnicodeScalar(bytes[index])))
        }
        return Int(digits)
    }

    /// Echoes with permessage-deflate, each with other options; all compress whatever gets shorter by it.
    private static var compressed: [(String, DeflateOptions)] {
        var small = keeping
        small.level = 9
        small.memoryLevel = 1
        small.serverWindowBitsMax = 9
        small.clientWindowBitsMax = 9
        var plain = large
        plain.minimumBytes = 1
        return [
            ("/deflate", plain), ("/deflate-context", keeping), ("/deflate-small", small),
            ("/deflate-default", DeflateOptions()),
        ]
    }

    /// With the largest windows that there are.
    private static var large: DeflateOptions {
        var options = DeflateOptions()
        options.memoryLevel = 8
        options.serverWindowBitsMax = 15
        options.clientWindowBitsMax = 15
        return options
    }

    /// Compresses whatever gets shorter by it, with takeover both ways.
    private static var keeping: DeflateOptions {
        var options = large
        options.minimumBytes = 1
        options.serverKeepsContext = true
        options.clientKeepsContext = true
        return options
    }

    /// What `scripts/autobahn` drives: its biggest message has 16 MiB, and its longest 65,536 frames.
    private static func registerAutobahn(on app: App) {
        app.websocket(raw: "/autobahn") { route in
            var limits = app.configuration.webSocket
            limits.messageBytesMax = 16 << 20
            limits.fragmentsMax = 100_000
            route.limits = limits
            route.compression = keeping
            route.onMessage { bytes, kind, context in context.send(bytes, kind) }
        }
    }
}

/// What a message of `/raw-room` asks for.
enum RawCommand {
    case join(String)
    case leave(String)
    case publish(String, room: String)
    case close(CloseCode, reason: String)

    /// The command in a text; nil for any other text.
    init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            .map { String($0) }
        switch (words[0], words.count) {
        case ("join", 2): self = .join(words[1])
        case ("leave", 2): self = .leave(words[1])
        case ("publish", 3): self = .publish(words[2], room: words[1])
        case ("close", 3):
            guard let code = UInt16(words[1]) else { return nil }
            self = .close(CloseCode(rawValue: code), reason: words[2])
        default: return nil
        }
    }

    func obey(on context: inout RawWebSocketContext) {
        switch self {
        case .join(let room): context.join(room)
        case .leave(let room): context.leave(room)
        case .publish(let text, let room): context.publish(text.utf8Span.span, .text, to: room)
        case .close(let code, let reason): context.close(code: code, reason: reason)
        }
    }
}

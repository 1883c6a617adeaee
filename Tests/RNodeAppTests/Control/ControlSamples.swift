import FoundationEssentials
import RNodeWS

@testable import RNodeApp

/// Any JSON value, as FoundationEssentials decodes it: what our own code is compared with.
enum JSONTree: Decodable, Hashable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONTree].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    /// The value of a text, or nil where FoundationEssentials takes it for no JSON.
    init?(_ text: some Sequence<UInt8>) {
        guard let tree = try? JSONDecoder().decode(JSONTree.self, from: Data(text)) else {
            return nil
        }
        self = tree
    }

    subscript(key: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }
}

/// SplitMix64: the same seed gives the same test.
struct ControlGenerator: RandomNumberGenerator {
    private var state: UInt64
    /// Whether no object may have a key twice: decoders differ in what they make of that.
    var hasUniqueKeys = false
    private var lastKey = 0

    init(seed: UInt64) {
        // Mixed once, so that neighbouring seeds don't give the same numbers one place later.
        state = seed
        state = next() ^ seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[below(list.count)] }

    // MARK: - JSON texts

    mutating func space() -> String { pick(["", "", "", " ", "\n\t ", "\r\n"]) }

    mutating func json(depth: Int) -> String {
        switch below(depth > 0 ? 8 : 5) {
        case 0: pick(["null", "true", "false"])
        case 1: pick(["0", "-0", "7", "-12", "3.25", "1e3", "2E-2", "-0.5e+1", "1234567890"])
        case 2, 3, 4: string()
        case 5, 6: object(depth: depth - 1)
        default: array(depth: depth - 1)
        }
    }

    mutating func string() -> String {
        var text = "\""
        for _ in 0..<below(6) {
            text += pick([
                "a", "room", "Ж", "😀", " ", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\u00e9",
                "\\ud83d\\ude00", "\\u0000", "\u{7F}", "\u{2028}", "0123456789abcdef",
            ])
        }
        return text + "\""
    }

    mutating func object(depth: Int) -> String {
        var text = "{" + space()
        for place in 0..<below(5) {
            if place > 0 { text += "," + space() }
            text += key() + space() + ":" + space() + json(depth: depth) + space()
        }
        return text + "}"
    }

    /// Known keys more often than not, sometimes with an escape in them.
    mutating func key() -> String {
        if hasUniqueKeys {
            lastKey += 1
            return string().dropLast() + "\(lastKey)\""
        }
        return pick([
            #""type""#, #""id""#, #""room_id""#, #""target_client_id""#, #""message""#, #""data""#,
            #""\u0074ype""#, #""\u0069d""#, #""x""#, string(),
        ])
    }

    mutating func array(depth: Int) -> String {
        var text = "[" + space()
        for place in 0..<below(4) {
            if place > 0 { text += "," + space() }
            text += json(depth: depth) + space()
        }
        return text + "]"
    }

    /// A text that is probably no JSON any more.
    mutating func damaged(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0...below(2) {
            let byte = pick(Array(#"{}[]:,"\ 01-.etrufalsn/"#.utf8) + [0x00, 0x0A, 0x1F, 0x7F])
            let place = below(bytes.count + 1)
            switch below(3) {
            case 0 where place < bytes.count: bytes[place] = byte
            case 1 where place < bytes.count: bytes.remove(at: place)
            default: bytes.insert(byte, at: place)
            }
        }
        return bytes
    }
}

/// What `write` appends, as a string.
func text(_ write: (inout ByteBuffer) -> Void) -> String {
    var buffer = ByteBuffer()
    write(&buffer)
    return buffer.withSpan { String(validUTF8: $0) }
}

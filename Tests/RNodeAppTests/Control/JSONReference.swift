/// RFC 8259 read aloud: a recursive parser that says yes or no. Slow, without limits, for tests.
struct JSONReference {
    private let bytes: [UInt8]
    private var place = 0

    /// Whether `bytes`, which are UTF-8, are JSON without half surrogate pairs.
    static func takes(_ bytes: [UInt8]) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var parser = JSONReference(bytes: bytes)
        return parser.value() && parser.place == bytes.count
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: Character? {
        place < bytes.count ? Character(Unicode.Scalar(bytes[place])) : nil
    }

    private mutating func take(_ characters: String) -> Bool {
        guard let next, next.isASCII, characters.contains(next) else { return false }
        place += 1
        return true
    }

    private mutating func space() {
        while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    }

    private mutating func value() -> Bool {
        space()
        defer { space() }
        switch next {
        case "{":
            return list("{", "}") {
                $0.space(); return $0.string() && $0.colon() && $0.value()
            }
        case "[": return list("[", "]") { $0.value() }
        case "\"": return string()
        case "t": return word("true")
        case "f": return word("false")
        case "n": return word("null")
        default: return number()
        }
    }

    private mutating func colon() -> Bool {
        space()
        return take(":")
    }

    private mutating func list(
        _ open: String, _ close: String, _ item: (inout JSONReference) -> Bool
    ) -> Bool {
        guard take(open) else { return false }
        space()
        if take(close) { return true }
        repeat {
            guard item(&self) else { return false }
            space()
        } while take(",")
        return take(close)
    }

    private mutating func word(_ word: String) -> Bool {
        word.allSatisfy { take(String($0)) }
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while place < bytes.count, bytes[place] >= 0x20 {
            if take("\"") { return true }
            if take("\\") {
                guard escape() else { return false }
            } else {
                place += 1
            }
        }
        return false
    }

    private mutating func escape() -> Bool {
        if take("\"\\/bfnrt") { return true }
        guard take("u"), let first = hex() else { return false }
        if (0xDC00...0xDFFF).contains(first) { return false }
        guard (0xD800...0xDBFF).contains(first) else { return true }
        guard take("\\"), take("u"), let second = hex() else { return false }
        return (0xDC00...0xDFFF).contains(second)
    }

    private mutating func hex() -> Int? {
        let digits = bytes[place..<min(place + 4, bytes.count)]
        guard digits.count == 4, let text = String(validating: digits, as: UTF8.self),
            text.allSatisfy(\.isHexDigit), text.allSatisfy(\.isASCII)
        else { return nil }
        place += 4
        return Int(text, radix: 16)
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0") {
            guard take("123456789") else { return false }
            while take("0123456789") {}
        }
        if take(".") {
            guard digits() else { return false }
        }
        if take("eE") {
            _ = take("+-")
            return digits()
        }
        return true
    }

    private mutating func digits() -> Bool {
        guard take("0123456789") else { return false }
        while take("0123456789") {}
        return true
    }
}

extension [UInt8] {
    /// The JSON text with every number made 0: decoders disagree on numbers that no Double holds.
    var withoutNumbers: [UInt8] {
        var result: [UInt8] = []
        var isInString = false
        var isEscaped = false
        var isInNumber = false
        for byte in self {
            if isInString {
                if !isEscaped, byte == UInt8(ascii: "\"") { isInString = false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                result.append(byte)
                continue
            }
            let isDigit = byte &- 0x30 < 10 || byte == UInt8(ascii: "-")
            isInNumber = isDigit || isInNumber && "+.eE".utf8.contains(byte)
            isInString = byte == UInt8(ascii: "\"")
            if isInNumber {
                if result.last != 0x30 { result.append(0x30) }
            } else {
                result.append(byte)
            }
        }
        return result
    }
}

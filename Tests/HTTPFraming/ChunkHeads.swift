import Glibc
import RNodeHTTP

/// Every four bytes at a chunk's start (HARDENING A4), held against the grammar of RFC 9112 section 7.1, written here
/// another way.
///
/// What follows bytes that were refused is refused with them, so those four billion are counted and not run.
enum ChunkHeads {
    static func run() {
        var search = ChunkHeadSearch()
        search.run()
        print("chunk heads: \(search.covered) covered, \(search.run4) run, \(search.faults) wrong")
        if search.faults > 0 || search.covered != 1 << 32 { exit(1) }
    }
}

private struct ChunkHeadSearch {
    var covered = 0
    var run4 = 0
    var faults = 0
    private var limits = HTTPLimits()

    init() { limits.bodyBytesMax = 1 << 30 }

    mutating func run() { extend([], BodyDecoder(.chunked)) }

    /// Goes one byte further than `head`, in every way; four deep, so the recursion is too.
    private mutating func extend(_ head: [UInt8], _ decoder: BodyDecoder) {
        for byte in UInt8.min...UInt8.max {
            var next = decoder
            let longer = head + [byte]
            let isTaken = Self.isTaken(byte, by: &next, limits)
            if isTaken != Self.isGood(longer) {
                faults += 1
                print("wrong: \(longer)")
            }
            if longer.count == 4 { run4 += 1 }
            if isTaken, longer.count < 4 {
                extend(longer, next)
            } else {
                covered += 1 << (8 * (4 - longer.count))
            }
        }
    }

    private static func isTaken(
        _ byte: UInt8, by decoder: inout BodyDecoder, _ limits: HTTPLimits
    ) -> Bool {
        let bytes = [byte]
        var offset = 0
        while offset < 1 {
            if case .failed = decoder.next(bytes.span, from: &offset, limits: limits) {
                return false
            }
        }
        if case .failed = decoder.next(bytes.span, from: &offset, limits: limits) { return false }
        return true
    }

    /// Whether `bytes` can begin a chunk: the grammar, read as a person reads it.
    private static func isGood(_ bytes: [UInt8]) -> Bool {
        let digits = bytes.prefix { isHexadecimal($0) }
        guard !digits.isEmpty else { return false }
        var rest = bytes.dropFirst(digits.count)
        guard let first = rest.popFirst() else { return true }
        if first == UInt8(ascii: ";") {
            var isQuoted = false
            while let byte = rest.popFirst() {
                if byte == 13, !isQuoted { return isAfterReturn(rest, isLast: isZero(digits)) }
                guard byte == 9 || byte >= 32, byte != 127 else { return false }
                if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
                // Of what is escaped there is room for one byte only: any but a control.
            }
            return true
        }
        return first == 13 && isAfterReturn(rest, isLast: isZero(digits))
    }

    /// Whether `rest` can follow the CR of a chunk's first line.
    private static func isAfterReturn(_ rest: ArraySlice<UInt8>, isLast: Bool) -> Bool {
        var rest = rest
        guard let feed = rest.popFirst() else { return true }
        guard feed == 10 else { return false }
        guard let next = rest.popFirst(), isLast else { return true }
        return next == 13 || isToken(next)
    }

    private static func isZero(_ digits: ArraySlice<UInt8>) -> Bool {
        digits.allSatisfy { $0 == UInt8(ascii: "0") }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        Character(Unicode.Scalar(byte)).isHexDigit && byte < 128
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        let character = Character(Unicode.Scalar(byte))
        return byte < 128
            && (character.isLetter || character.isNumber || "!#$%&'*+-.^_`|~".contains(character))
    }
}

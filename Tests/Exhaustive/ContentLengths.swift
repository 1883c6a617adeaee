import HTTPTypes
import RNodeHTTP

/// A3: every value of one, two and three bytes that a Content-Length may have.
///
/// The part of the head before the value is the same for all, so it is one array in which the value is changed.
enum ContentLengths {
    private static let before = Array("POST / HTTP/1.1\r\nHost: h\r\nContent-Length:".utf8)
    private static let after = Array("\r\n\r\n".utf8)

    static func run() -> Tally {
        var tally = Tally()
        for count in 1...3 { tryValues(of: count, &tally) }
        return tally
    }

    private static func tryValues(of count: Int, _ tally: inout Tally) {
        var bytes = before + [UInt8](repeating: 0, count: count) + after
        var head = RequestHead()
        let place = before.count
        for number in 0..<(1 << (8 * count)) {
            for index in 0..<count {
                bytes[place + index] = UInt8(truncatingIfNeeded: number >> (8 * index))
            }
            let value = bytes[place..<(place + count)]
            let expected = length(value)
            let whole = found(bytes.span, cut: 0, &head)
            tally.note(whole == expected, "\(Array(value)): \(whole ?? -1), not \(expected ?? -1)")
            let cut = found(bytes.span, cut: place + count - 1, &head)
            tally.note(cut == expected, "\(Array(value)) cut: \(cut ?? -1), not \(expected ?? -1)")
        }
    }

    /// The length that the session finds; nil when it refuses the head with 400.
    private static func found(
        _ bytes: Span<UInt8>, cut: Int, _ head: inout RequestHead
    ) -> Int? {
        var session = HTTPSession(acceptedAt: .zero)
        var offset = 0
        var step = HTTPStep.needMore
        if cut > 0 {
            step = session.next(bytes.extracting(0..<cut), from: &offset, head: &head, now: .zero)
            offset = 0
        }
        if step == .needMore {
            step = session.next(
                bytes.extracting(cut..<bytes.count), from: &offset, head: &head, now: .zero)
        }
        switch step {
        case .request:
            if case .fixed(let length) = head.body { return length }
            return head.body == .none ? 0 : -2
        case .failed(let error): return error.status == .badRequest ? nil : -3
        default: return -4
        }
    }

    /// The length that a value means (RFC 9110 section 8.6): digits, with blanks around them; nil for anything else.
    private static func length(_ value: ArraySlice<UInt8>) -> Int? {
        var value = value
        // A line end behind the number ends the field there.
        if value.count > 2, value[value.endIndex - 2] == 13, value[value.endIndex - 1] == 10 {
            value = value.dropLast(2)
        }
        while let first = value.first, first == 32 || first == 9 { value.removeFirst() }
        while let last = value.last, last == 32 || last == 9 { value.removeLast() }
        guard !value.isEmpty else { return nil }
        var length = 0
        for byte in value {
            guard byte >= 48, byte <= 57 else { return nil }
            length = length * 10 + Int(byte - 48)
        }
        return length
    }
}

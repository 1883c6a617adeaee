@testable import RNodeBytes

/// What a buffer holds after any run of its operations, against an array: whatever it grows by, was consumed, moved down or
/// gave away.
@Sendable func fuzzBuffer(_ input: Span<UInt8>) throws(Finding) {
    var choices = Choices()
    var subject = BufferSubject(capacity: Int(choices.byte(input)) % 96)
    for _ in 0..<32 where !choices.isAtEnd(input) {
        let step = choices.byte(input)
        try subject.take(step % 18, &choices, input)
        try subject.check("after \(step % 18)")
        // The two change places, so that each gives and takes.
        if step & 0x80 != 0 { subject.exchange() }
    }
}

private struct BufferSubject: ~Copyable {
    var buffer: ByteBuffer
    var expected: [UInt8] = []
    var other = ByteBuffer()
    var otherExpected: [UInt8] = []

    init(capacity: Int) { buffer = ByteBuffer(capacity: capacity) }

    mutating func exchange() {
        swap(&buffer, &other)
        swap(&expected, &otherExpected)
    }

    mutating func take(
        _ step: UInt8, _ choices: inout Choices, _ input: Span<UInt8>
    ) throws(Finding) {
        // A few less than none and more than all: the nearer end counts.
        let number = Int(choices.byte(input)) - 4
        switch step {
        case 0...5: append(step, number, &choices, input)
        case 6: try appendRoom(number, choices.byte(input))
        case 7, 8:
            buffer.removeFirst(number)
            expected.removeFirst(min(max(number, 0), expected.count))
        case 9:
            buffer.truncate(to: number)
            expected.removeLast(expected.count - min(max(number, 0), expected.count))
        case 10:
            buffer.removeAll()
            expected = []
        case 11:
            buffer.removeAll(keepingCapacity: false)
            expected = []
            try requireEqual(buffer.capacity, 0, "capacity without memory")
        case 12: try reserve(number, within: nil)
        case 13: try reserve(number, within: choices.word(input) % 2000)
        case 14: try giveMemory()
        case 15: change(by: UInt8(truncatingIfNeeded: number))
        case 16:
            buffer = ByteBuffer(copying: expected.span)
            try requireEqual(buffer.capacity, expected.count, "a copy's capacity")
        default:
            buffer = ByteBuffer(capacity: number)
            expected = []
            try requireEqual(buffer.capacity, max(number, 0), "a new one's capacity")
        }
    }

    private mutating func append(
        _ step: UInt8, _ number: Int, _ choices: inout Choices, _ input: Span<UInt8>
    ) {
        switch step {
        case 0:
            buffer.append(UInt8(truncatingIfNeeded: number))
            expected.append(UInt8(truncatingIfNeeded: number))
        case 1:
            let bytes = choices.bytes(max(number, 0), input)
            buffer.append(bytes.span)
            expected += bytes
        case 2:
            buffer.append("HTTP/1.1 \u{E9}" as StaticString)
            expected += Array("HTTP/1.1 \u{E9}".utf8)
        case 3:
            let text = String(decoding: choices.bytes(max(number, 0), input), as: UTF8.self)
            buffer.append(utf8: text)
            expected += Array(text.utf8)
        case 4:
            let value = choices.bytes(8, input).reduce(0) { $0 << 8 | Int($1) } &- 4
            buffer.append(decimal: value)
            expected += Array("\(value)".utf8)
        default:
            // Not twice as much each time.
            guard otherExpected.count < 1024 else { return }
            buffer.append(other)
            expected += otherExpected
        }
    }

    /// `body` finds zeros, whatever was there before, and keeps what it says.
    private mutating func appendRoom(_ count: Int, _ choice: UInt8) throws(Finding) {
        var isZero = true
        var length: Int?
        let kept = Int(choice) - 4
        buffer.append(count: count) { span in
            length = span.count
            for index in span.indices {
                if span[index] != 0 { isZero = false }
                span[index] = UInt8(truncatingIfNeeded: index) ^ choice
            }
            return kept
        }
        try requireEqual(length, count > 0 ? count : nil, "room for \(count)")
        try require(isZero, "room for \(count) is not zero")
        for index in 0..<min(max(kept, 0), max(count, 0)) {
            expected.append(UInt8(truncatingIfNeeded: index) ^ choice)
        }
    }

    /// There is room, and no more memory than was promised.
    private mutating func reserve(_ count: Int, within most: Int?) throws(Finding) {
        let capacity = buffer.capacity
        let isWhole = buffer.head == 0
        if let most { buffer.reserve(count, within: most) } else { buffer.reserve(count) }
        let needed = expected.count + max(count, 0)
        try require(buffer.capacity - buffer.tail >= count, "no room for \(count)")
        guard buffer.capacity != capacity else { return }
        if let most {
            try require(
                buffer.capacity <= max(most, needed),
                "\(buffer.capacity) bytes within \(most), for \(needed)")
            try require(
                !isWhole || buffer.capacity <= max(64, 2 * needed),
                "\(buffer.capacity) bytes for \(needed)")
        } else {
            try require(
                buffer.capacity >= capacity + capacity / 2,
                "from \(capacity) to \(buffer.capacity) bytes")
        }
    }

    private mutating func giveMemory() throws(Finding) {
        let capacity = buffer.capacity
        let isWanted = other.capacity == 0
        buffer.giveMemory(to: &other)
        guard isWanted else { return try requireEqual(buffer.capacity, capacity, "what was kept") }
        expected = []
        try requireEqual(other.capacity, capacity, "what was given")
        try requireEqual(buffer.capacity, 0, "what was left")
    }

    private mutating func change(by mask: UInt8) {
        buffer.withMutableSpan { span in
            for index in span.indices { span[index] ^= mask }
        }
        for index in expected.indices { expected[index] ^= mask }
    }

    func check(_ what: String) throws(Finding) {
        try requireEqual(buffer.copied(), expected, what)
        try requireEqual(other.copied(), otherExpected, "the other, \(what)")
        try requireEqual(buffer.withSpan { $0.copied() }, expected, "the span, \(what)")
        try requireEqual(buffer.count, expected.count, "count, \(what)")
        try requireEqual(buffer.isEmpty, expected.isEmpty, "isEmpty, \(what)")
        try require(buffer.capacity >= buffer.count, "more than there is room for, \(what)")
        for index in [-1, 0, expected.count / 2, expected.count - 1, expected.count] {
            let byte = expected.indices.contains(index) ? expected[index] : nil
            try requireEqual(buffer.byte(at: index), byte, "byte \(index), \(what)")
        }
    }
}

import RNodeBytes
import Testing

/// `#expect` for what holds a buffer or a span, which a macro can't take apart.
func expect(_ holds: Bool, at location: SourceLocation = #_sourceLocation) {
    #expect(holds, sourceLocation: location)
}

@Suite("A byte buffer") struct ByteBufferTests {
    @Test("An empty buffer holds no memory")
    func empty() {
        let buffer = ByteBuffer()
        expect(buffer.capacity == 0)
        expect(buffer.isEmpty)
        expect(buffer.byte(at: 0) == nil)
        expect(buffer.copied().isEmpty)
    }

    @Test(
        "What is appended is read, in order, whatever the pieces",
        arguments: [1, 2, 3, 7, 64, 1_000])
    func appends(size: Int) {
        let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var buffer = ByteBuffer()
        var start = 0
        while start < bytes.count {
            let end = min(start + size, bytes.count)
            buffer.append(Array(bytes[start..<end]).span)
            start = end
        }
        expect(buffer.copied() == bytes)
        expect(buffer.byte(at: 999) == bytes[999])
        expect(buffer.byte(at: 1_000) == nil)
        expect(buffer.byte(at: -1) == nil)
    }

    @Test("Random appends and removals keep what an array keeps")
    func model() {
        var random = SystemRandomNumberGenerator()
        var buffer = ByteBuffer()
        var model: [UInt8] = []
        for _ in 0..<20_000 {
            let count = Int(random.next() % 50)
            if random.next() % 2 == 0 {
                let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                buffer.append(bytes.span)
                model += bytes
            } else {
                buffer.removeFirst(count)
                model.removeFirst(min(count, model.count))
            }
            expect(buffer.count == model.count)
        }
        expect(buffer.copied() == model)
    }

    @Test("Counts out of range are taken as the nearer end")
    func clamps() {
        var buffer = ByteBuffer(copying: [1, 2, 3].span)
        buffer.removeFirst(-5)
        expect(buffer.count == 3)
        buffer.truncate(to: 99)
        expect(buffer.count == 3)
        buffer.truncate(to: -1)
        expect(buffer.isEmpty)
        buffer.append(count: 4) { _ in 99 }
        expect(buffer.copied() == [0, 0, 0, 0])
        buffer.append(count: 4) { _ in -1 }
        buffer.append(count: -4) { _ in 1 }
        expect(buffer.count == 4)
        buffer.removeFirst(.max)
        expect(buffer.isEmpty)
    }

    @Test(
        "A buffer with a bound has room for no more, and moves no more than it",
        arguments: [0, 1, 63, 64, 129, 1_000])
    func bounded(most: Int) {
        for size in [1, 5, 100] {
            var buffer = ByteBuffer()
            while buffer.count < most {
                let piece = [UInt8](repeating: 7, count: min(size, most - buffer.count))
                let before = buffer.capacity
                buffer.reserve(piece.count, within: most)
                // What is at its old place and at its new one while it moves.
                if buffer.capacity != before { expect(buffer.count * 2 <= most) }
                expect(buffer.capacity <= most)
                expect(buffer.capacity <= max(64, 2 * (buffer.count + piece.count)))
                buffer.append(piece.span)
                expect(buffer.capacity <= most)
            }
            expect(buffer.copied() == [UInt8](repeating: 7, count: most))
        }
    }

    @Test("What is needed beyond a bound is given, and no bound traps")
    func beyondBound() {
        for most in [Int.min, -1, 0, 2, .max] {
            var buffer = ByteBuffer()
            for count in 0..<200 {
                buffer.reserve(1, within: most)
                expect(buffer.capacity > count)
                buffer.append(UInt8(truncatingIfNeeded: count))
            }
            expect(buffer.count == 200)
        }
    }

    @Test("Numbers are written in decimal", arguments: [0, 7, -7, 10, 1_234_567, Int.max, Int.min])
    func decimal(value: Int) {
        var buffer = ByteBuffer()
        buffer.append(decimal: value)
        expect(String(decoding: buffer.copied(), as: UTF8.self) == "\(value)")
    }

    @Test("Literals and strings are written as UTF-8")
    func text() {
        var buffer = ByteBuffer()
        buffer.append("grün ")
        buffer.append(utf8: "日本")
        buffer.append(UInt8(ascii: "!"))
        expect(String(decoding: buffer.copied(), as: UTF8.self) == "grün 日本!")
    }

    @Test("A short head and what it introduces go in as one", arguments: 0...8)
    func word(count: Int) {
        var buffer = ByteBuffer()
        buffer.append(0x0807_0605_0403_0201, count: count, then: [9, 9].span)
        expect(buffer.copied() == Array(1..<9).prefix(count).map { UInt8($0) } + [9, 9])
    }

    @Test("A short head and bytes of every count up to 70, with and without room")
    func appendsWordThenBytes() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8($0 &+ 100) }
            for capacity in [0, count + 8, count + 9, 200] {
                var buffer = ByteBuffer(capacity: capacity)
                buffer.append(7)
                buffer.append(0x0201, count: 2, then: bytes.span)
                #expect(buffer.copied() == [7, 1, 2] + bytes)
            }
        }
    }

    @Test("A buffer gives its memory to one without, empty, and keeps it from one that has some")
    func givesMemory() {
        var buffer = ByteBuffer(copying: [1, 2, 3].span)
        var other = ByteBuffer()
        buffer.giveMemory(to: &other)
        expect(buffer.capacity == 0 && buffer.isEmpty)
        expect(other.capacity == 3 && other.isEmpty)
        other.append([4, 5].span)
        buffer.append([6].span)
        other.giveMemory(to: &buffer)
        expect(other.copied() == [4, 5])
        expect(buffer.copied() == [6])
    }

    @Test("A span can be changed in place")
    func mutates() {
        var buffer = ByteBuffer(copying: [1, 2, 3].span)
        buffer.withMutableSpan { $0[1] = 20 }
        expect(buffer.copied() == [1, 20, 3])
        buffer.removeAll(keepingCapacity: false)
        expect(buffer.capacity == 0)
    }
}

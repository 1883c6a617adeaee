import RNodeBytes
import Testing

@Suite("Searching bytes") struct SearchTests {
    @Test("The first of a byte is found at every place, from every start")
    func firstIndex() {
        for count in 0..<100 {
            for place in 0..<count {
                var bytes = [UInt8](repeating: 1, count: count)
                bytes[place] = 2
                expect(bytes.span.firstIndex(of: 2) == place)
                expect(bytes.span.firstIndex(of: 2, from: place) == place)
                expect(bytes.span.firstIndex(of: 2, from: place + 1) == nil)
            }
        }
        expect([1].span.firstIndex(of: 1, from: -1) == nil)
        expect([1].span.firstIndex(of: 1, from: .max) == nil)
    }

    @Test("The first control byte is found at every place")
    func firstControl() {
        let controls: [UInt8] = Array(0..<0x09) + Array(0x0A..<0x20) + [0x7F]
        for count in 1..<40 {
            for place in 0..<count {
                var bytes = [UInt8](repeating: 0x80, count: count)
                for control in controls {
                    bytes[place] = control
                    expect(bytes.span.firstControl(from: 0) == place)
                }
                bytes[place] = 0x09
                expect(bytes.span.firstControl(from: 0) == nil)
            }
        }
    }

    @Test("The first symbol is found at every place, and only symbols are asked about")
    func firstSymbol() {
        let names = Set((0x30...0x39).map { UInt8($0) } + Array("-".utf8))
            .union((0x41...0x5A).map { UInt8($0) }).union((0x61...0x7A).map { UInt8($0) })
        for byte in UInt8.min...UInt8.max {
            for count in 1..<20 {
                for place in 0..<count {
                    var bytes = [UInt8](repeating: UInt8(ascii: "z"), count: count)
                    bytes[place] = byte
                    let wanted = names.contains(byte) ? nil : place
                    expect(bytes.span.firstSymbol(from: 0) { _ in true } == wanted)
                    expect(bytes.span.firstSymbol(from: place) { $0 == byte } == wanted)
                    expect(bytes.span.firstSymbol(from: place + 1) { _ in true } == nil)
                }
            }
        }
        var asked: [UInt8] = []
        let text = Array("/a.b?c=d&e&f".utf8)
        let found = text.span.firstSymbol(from: 1) {
            asked.append($0)
            return $0 == UInt8(ascii: "&")
        }
        expect(found == 8)
        expect(asked == Array(".?=&".utf8))
        expect(text.span.firstSymbol(from: -1) { _ in true } == nil)
        expect(text.span.firstSymbol(from: .max) { _ in true } == nil)
    }

    @Test("Parts are compared where they stand, and none reaches beyond the end")
    func hasBytes() {
        let bytes = (0..<80).map { UInt8($0) }
        for length in 1..<40 {
            for (start, index) in [(0, 0), (3, 3), (80 - length, 80 - length)] {
                expect(
                    bytes.span.hasBytes(of: bytes.span, from: start, at: index, count: length))
                for place in 0..<length {
                    var other = bytes
                    other[start + place] ^= 0x80
                    expect(
                        !bytes.span.hasBytes(
                            of: other.span, from: start, at: index, count: length))
                }
            }
            expect(!bytes.span.hasBytes(of: bytes.span, from: 1, at: 0, count: length))
            for (start, index) in [(-1, 0), (0, -1), (81 - length, 0), (0, 81 - length), (.max, 0)]
            {
                expect(
                    !bytes.span.hasBytes(of: bytes.span, from: start, at: index, count: length))
            }
        }
        expect(bytes.span.hasBytes(of: Span(), from: 7, at: 99, count: 0))
        expect(!bytes.span.hasBytes(of: bytes.span, from: 0, at: 0, count: -1))
        expect(!bytes.span.hasBytes(of: bytes.span, from: 0, at: 0, count: .max))
    }

    @Test("A word has the bytes that are there, and a number those of its range")
    func words() {
        for count in 0..<20 {
            let bytes = (0..<count).map { UInt8($0 + 0xA1) }
            for index in -2..<22 {
                let there = index < 0 ? [] : Array(bytes.dropFirst(index).prefix(8))
                let word = there.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
                expect(bytes.span.word(from: index) == word)
                expect(bytes.span.word(at: index) == (there.count == 8 ? word : 0))
                for length in 0...max(0, count - index) where index >= 0 {
                    let first = bytes.dropFirst(index).prefix(min(length, 8))
                    let number = first.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
                    expect(bytes.span.number(index..<index + length) == number)
                }
            }
        }
    }

    @Test("Equal bytes are equal in every length, and one that differs is seen at every place")
    func equalityInWords() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8($0) }
            expect(bytes.span.isEqual(to: bytes.span))
            expect(!bytes.span.isEqual(to: (bytes + [0]).span))
            for place in 0..<count {
                var other = bytes
                other[place] ^= 0x80
                expect(!bytes.span.isEqual(to: other.span))
            }
        }
    }

    @Test("Equality is of all bytes, with or without regard to case")
    func equality() {
        expect("Upgrade".utf8.span.isEqual(to: "Upgrade"))
        expect(!"upgrade".utf8.span.isEqual(to: "Upgrade"))
        expect("uPGRADE".utf8.span.isEqualIgnoringCase(to: "Upgrade"))
        expect(!"Upgrad".utf8.span.isEqualIgnoringCase(to: "Upgrade"))
        // Only letters have a case: [ and { differ by the same bit.
        expect(!"[".utf8.span.isEqualIgnoringCase(to: "{"))
    }

    @Test("Hexadecimal digits are read and written")
    func hexadecimal() {
        for byte in UInt8.min...UInt8.max {
            let expected = Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
            expect(ASCII.hexValue(byte) == (byte < 0x80 ? expected : nil))
            expect(ASCII.hexValue(ASCII.hexDigit(byte)) == byte & 15)
        }
    }
}

@Suite("Moments") struct MonotonicInstantTests {
    @Test("Arithmetic saturates, in both directions")
    func saturates() {
        let late = MonotonicInstant(nanoseconds: .max - 1)
        let early = MonotonicInstant(nanoseconds: .min + 1)
        expect(late.advanced(by: .seconds(5)) == .distantFuture)
        expect(early.advanced(byNanoseconds: -5).nanoseconds == .min)
        expect(early.nanoseconds(until: late) == .max)
        expect(late.nanoseconds(until: early) == .min)
        expect(Duration.seconds(Int64.max).nanosecondsClamped == .max)
        expect(Duration.seconds(Int64.min).nanosecondsClamped == .min)
        expect(Duration.milliseconds(1_500).nanosecondsClamped == 1_500_000_000)
    }
}

@Suite("A value behind one pointer") struct OwnedTests {
    private final class Witness {
        let ended: () -> Void

        init(_ ended: @escaping () -> Void) {
            self.ended = ended
        }

        deinit { ended() }
    }

    @Test("It is changed in place, and destroyed once, by its end or by being taken")
    func ownership() {
        var endings = 0
        do {
            let owned = Owned((number: 1, witness: Witness { endings += 1 }))
            owned.update { $0.number += 1 }
            expect(owned.borrow { $0.number } == 2)
            expect(endings == 0)
        }
        expect(endings == 1)
        do {
            let taken = Owned(Witness { endings += 1 }).take()
            expect(endings == 1)
            withExtendedLifetime(taken) {}
        }
        expect(endings == 2)
    }
}

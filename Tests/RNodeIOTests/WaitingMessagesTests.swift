import RNodeBytes
import Testing

@testable import RNodeIO

@Suite("Messages that wait for a slow receiver")
struct WaitingMessagesTests {
    /// What a message of ten bytes is charged with.
    private let charge = WaitingMessages.charge(10)

    private func message(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 10) }

    private func waiting(
        _ numbers: ClosedRange<UInt8>, room: Int, _ policy: OverflowPolicy
    ) -> ([UInt8], dropped: Int, overflows: Int) {
        var waiting = WaitingOutput()
        var overflows = 0
        for number in numbers {
            let outcome = waiting.take(
                message(number).span, key: nil, isDroppable: true, bytesMax: room * charge, policy)
            if case .overflowed = outcome { overflows += 1 }
            #expect(waiting.byteCount <= room * charge)
        }
        let dropped = waiting.droppedCount
        return (Self.drain(&waiting), dropped, overflows)
    }

    /// The first byte of each message, in their order.
    private static func drain(_ waiting: inout WaitingOutput) -> [UInt8] {
        var firsts: [UInt8] = []
        while let message = waiting.messages.takeFirst() { firsts.append(message[0]) }
        #expect(waiting.messages.byteCount == 0 && waiting.messages.count == 0)
        return firsts
    }

    @Test("The oldest make room, one for one, and the order stays")
    func oldest() {
        let (left, dropped, overflows) = waiting(1...200, room: 3, .dropOldest)
        #expect(left == [198, 199, 200] && dropped == 197 && overflows == 0)
    }

    @Test("The newest are dropped themselves")
    func newest() {
        let (left, dropped, overflows) = waiting(1...200, room: 3, .dropNewest)
        #expect(left == [1, 2, 3] && dropped == 197 && overflows == 0)
    }

    @Test("Without a key nothing is conflated: what does not fit overflows")
    func unkeyed() {
        let (left, dropped, overflows) = waiting(1...5, room: 3, .conflate)
        #expect(left == [1, 2, 3] && dropped == 0 && overflows == 2)
    }

    @Test("At the limit a message fits, and one byte above it does not", arguments: [-1, 0, 1])
    func edge(_ more: Int) {
        var waiting = WaitingOutput()
        let bytes = [UInt8](repeating: 1, count: 10 + more)
        let outcome = waiting.take(
            bytes.span, key: nil, isDroppable: true, bytesMax: charge, .dropNewest)
        #expect(outcome == (more > 0 ? .dropped : .taken))
    }

    @Test("Only the newest of a key waits, in the place of the first")
    func keys() {
        var waiting = WaitingOutput()
        for round in 0..<50 {
            for key in ["a", "b", "c"] {
                let bytes = Array("\(key)\(round)".utf8)
                let outcome = waiting.take(
                    bytes.span, key: key, isDroppable: true, bytesMax: 1_000, .conflate)
                #expect(outcome == .taken)
            }
        }
        #expect(waiting.messages.count == 3 && waiting.droppedCount == 147)
        #expect(Self.drain(&waiting) == Array("abc".utf8))
        // A key that was sent begins anew, at the end.
        for key in ["x", "a"] {
            _ = waiting.take(
                Array(key.utf8).span, key: key, isDroppable: true, bytesMax: 1_000, .conflate)
        }
        #expect(Self.drain(&waiting) == Array("xa".utf8))
    }

    @Test("Answers are never dropped: they make room, and overflow when they can't")
    func answers() {
        var waiting = WaitingOutput()
        for number in UInt8(1)...4 {
            let outcome = waiting.take(
                message(number).span, key: nil, isDroppable: number % 2 == 0,
                bytesMax: 4 * charge, .dropNewest)
            #expect(outcome == .taken)
        }
        for number in UInt8(5)...7 {
            let outcome = waiting.take(
                message(number).span, key: nil, isDroppable: false, bytesMax: 4 * charge,
                .dropNewest)
            #expect(outcome == (number < 7 ? .taken : .overflowed))
        }
        #expect(Self.drain(&waiting) == [1, 3, 5, 6])
    }

    @Test("Whatever is added, replaced, dropped and taken, a simple list says the same")
    func model() {
        var random = SplitMix(state: 7)
        for _ in 0..<300 {
            var waiting = WaitingMessages()
            var model: [(bytes: [UInt8], key: String?, isDroppable: Bool)] = []
            for step in 0..<200 {
                let bytes = [UInt8(truncatingIfNeeded: step), 1]
                switch random.next() % 8 {
                case 0...3:
                    let key = random.next() % 2 == 0 ? nil : "\(random.next() % 5)"
                    let isDroppable = random.next() % 3 > 0
                    if let key, let place = model.firstIndex(where: { $0.key == key }) {
                        #expect(waiting.byteCount(of: key) == 2)
                        waiting.replace(key, by: bytes.span)
                        model[place].bytes = bytes
                    } else {
                        waiting.append(bytes.span, key: key, isDroppable: isDroppable)
                        model.append((bytes, key, isDroppable))
                    }
                case 4, 5:
                    let place = model.firstIndex { $0.isDroppable }
                    #expect(waiting.dropOldest() == (place != nil))
                    if let place { model.remove(at: place) }
                default:
                    #expect(waiting.takeFirst() == model.first?.bytes)
                    if !model.isEmpty { model.removeFirst() }
                }
                #expect(waiting.count == model.count)
                #expect(waiting.byteCount == model.count * WaitingMessages.charge(2))
            }
        }
    }
}

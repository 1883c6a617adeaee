/// What happened in a run: a hash over all of it, and the lines themselves when somebody wants to read them.
///
/// Two runs of one seed must end with the same hash: it covers every byte that any client sent or got.
final class RunLog {
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    /// Client actions, and events that backends reported.
    private(set) var eventCount = 0
    private let isPrinted: Bool
    private(set) var violations: [String] = []
    var stepNumber = 0

    init(isPrinted: Bool) {
        self.isPrinted = isPrinted
    }

    /// Notes one event.
    func note(_ kind: UInt8, _ numbers: Int..., line: @autoclosure () -> String) {
        eventCount += 1
        mix(UInt64(kind))
        for number in numbers { mix(UInt64(bitPattern: Int64(number))) }
        if isPrinted { print("\(stepNumber) \(line())") }
    }

    /// Notes bytes that went over a stream.
    func note(_ bytes: [UInt8]) {
        for byte in bytes { mix(UInt64(byte)) }
    }

    /// Notes what must not be.
    func violation(_ text: String) {
        violations.append("step \(stepNumber): \(text)")
        if isPrinted { print("\(stepNumber) VIOLATION: \(text)") }
    }

    private func mix(_ value: UInt64) {
        hash = (hash ^ value) &* 0x0000_0100_0000_01B3
    }
}

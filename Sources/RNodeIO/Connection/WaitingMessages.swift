/// Messages that wait behind a connection's output: whole, in their order, so that each can still be dropped.
///
/// Made when a slow receiver first needs it. A message is charged with its bytes and 64 more for its place.
struct WaitingMessages: ~Copyable {
    private struct Message {
        /// Empty once it was dropped.
        var bytes: [UInt8]
        let key: String?
        let isDroppable: Bool
    }

    private static var placeBytes: Int { 64 }

    private var messages: [Message] = []
    /// The place in `messages` of the first that may still be there.
    private var first = 0
    /// No droppable message stands before this place.
    private var firstDroppable = 0
    /// How many places were cut off `messages`: a key's number minus this is its place.
    private var cutCount = 0
    private var numbers: [String: Int] = [:]
    /// How many messages wait.
    private(set) var count = 0
    /// What they are charged with, in bytes.
    private(set) var byteCount = 0

    /// What a message of so many bytes is charged with.
    static func charge(_ count: Int) -> Int { count &+ placeBytes }

    /// Adds a message at the end.
    mutating func append(_ bytes: Span<UInt8>, key: String?, isDroppable: Bool) {
        if let key { numbers[key] = cutCount &+ messages.count }
        messages.append(Message(bytes: bytes.copied(), key: key, isDroppable: isDroppable))
        count &+= 1
        byteCount &+= Self.charge(bytes.count)
    }

    /// How many bytes wait under a key; nil when there are none.
    func byteCount(of key: String) -> Int? { place(of: key).map { messages[$0].bytes.count } }

    /// Puts newer bytes in the place of the message that waits under a key.
    ///
    /// The place is kept, so that a key which changes all the time is sent no later than the others.
    mutating func replace(_ key: String, by bytes: Span<UInt8>) {
        guard let place = place(of: key) else { return }
        byteCount &+= bytes.count &- messages[place].bytes.count
        messages[place].bytes = bytes.copied()
    }

    private func place(of key: String) -> Int? {
        guard let number = numbers[key], messages.indices.contains(number &- cutCount) else {
            return nil
        }
        return number &- cutCount
    }

    /// Drops the droppable message that has waited longest; false when there is none.
    mutating func dropOldest() -> Bool {
        while firstDroppable < messages.count {
            let place = firstDroppable
            firstDroppable &+= 1
            guard messages[place].isDroppable, !messages[place].bytes.isEmpty else { continue }
            _ = take(place)
            tidy()
            return true
        }
        return false
    }

    /// Takes out the first message; nil when none waits.
    mutating func takeFirst() -> [UInt8]? {
        while first < messages.count {
            let bytes = take(first)
            first &+= 1
            guard !bytes.isEmpty else { continue }
            tidy()
            return bytes
        }
        return nil
    }

    private mutating func take(_ place: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        swap(&bytes, &messages[place].bytes)
        guard !bytes.isEmpty else { return bytes }
        if let key = messages[place].key { numbers[key] = nil }
        count &-= 1
        byteCount &-= Self.charge(bytes.count)
        return bytes
    }

    /// Cuts off or closes up empty places once they are more than the messages, so that each costs its share only.
    private mutating func tidy() {
        guard messages.count > 2 &* count &+ 16 else { return }
        messages.removeFirst(first)
        cutCount &+= first
        first = 0
        firstDroppable = 0
        guard messages.count > 2 &* count &+ 16 else { return }
        // What was dropped lies between messages that must stay.
        messages.removeAll { $0.bytes.isEmpty }
        cutCount = 0
        numbers.removeAll()
        for (place, message) in messages.enumerated() {
            if let key = message.key { numbers[key] = place }
        }
    }
}

/// What waits for a slow receiver beside its output; behind one pointer, since few connections ever have it.
struct WaitingOutput: ~Copyable {
    /// What came of a message.
    enum Outcome {
        case taken, dropped, overflowed
    }

    var messages = WaitingMessages()
    /// The newest of the answers of which only the newest counts; sent as soon as the peer reads on.
    var answer: [UInt8] = []
    /// Messages dropped since the handler was last told.
    var droppedCount = 0

    /// What waits, in bytes.
    var byteCount: Int { messages.byteCount &+ answer.count }

    /// Whether nothing is kept, and the memory can go.
    var isIdle: Bool { messages.count == 0 && answer.isEmpty && droppedCount == 0 }

    /// Takes a message, or drops what the policy says, so that no more than `bytesMax` wait.
    mutating func take(
        _ bytes: Span<UInt8>, key: String?, isDroppable: Bool, bytesMax: Int,
        _ policy: OverflowPolicy
    ) -> Outcome {
        if let key, let old = messages.byteCount(of: key),
            byteCount &- old &+ bytes.count <= bytesMax
        {
            messages.replace(key, by: bytes)
            droppedCount &+= 1
            return .taken
        }
        let charge = WaitingMessages.charge(bytes.count)
        // What must not be dropped makes room for itself.
        if policy == .dropOldest || (policy == .dropNewest && !isDroppable), charge <= bytesMax {
            while byteCount &+ charge > bytesMax, messages.dropOldest() { droppedCount &+= 1 }
        }
        guard byteCount &+ charge <= bytesMax else {
            guard isDroppable, policy == .dropOldest || policy == .dropNewest else {
                return .overflowed
            }
            droppedCount &+= 1
            return .dropped
        }
        messages.append(bytes, key: key, isDroppable: isDroppable)
        return .taken
    }
}

/// What an operation is for: the number that a ring gives back with its completion.
struct RingOperation: Equatable {
    enum Kind: UInt8 {
        case receive = 1
        case send, poll, accept, cancel, wake
    }

    let kind: Kind
    let stream: RingStreamID
    /// Tells a poll from the one before it, whose completion may still come.
    let sequence: UInt8

    init(
        _ kind: Kind, _ stream: RingStreamID = RingStreamID(slot: 0, generation: 0),
        sequence: UInt8 = 0
    ) {
        self.kind = kind
        self.stream = stream
        self.sequence = sequence
    }

    /// Nil for a number that is none of ours.
    init?(rawValue: UInt64) {
        guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: rawValue >> 56)) else {
            return nil
        }
        self.kind = kind
        sequence = UInt8(truncatingIfNeeded: rawValue >> 48)
        stream = RingStreamID(
            slot: UInt32(truncatingIfNeeded: rawValue),
            generation: UInt16(truncatingIfNeeded: rawValue >> 32))
    }

    var rawValue: UInt64 {
        UInt64(kind.rawValue) << 56 | UInt64(sequence) << 48 | UInt64(stream.generation) << 32
            | UInt64(stream.slot)
    }
}

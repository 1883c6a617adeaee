/// What the sessions of one route have in common on one loop: their limits, and memory to spare.
///
/// A session that keeps a message, because it comes in pieces or is decoded by an extension, takes the memory that
/// others have given back; so such messages cost no allocation either, also where sixteen connections have one at a time.
/// Kept for that are at most 512 KiB, in buffers of up to `spareBytesMax`.
///
/// Not `Sendable`: it stays with the loop of its sessions.
public final class SessionShare {
    /// The longest payload whose memory is kept for the next one: 64 KiB.
    public static let spareBytesMax = SpareBuffers.bytesMax

    let limits: WebSocketLimits
    let messageBytesMax: Int
    let frameBytesMax: UInt32
    let fragmentsMax: Int
    let unfinishedNanoseconds: Int64
    let closeNanoseconds: Int64
    /// The first `inputCount` are there.
    // Unchecked, and so is the next one: on one thread, and while one is changed nobody else is called.
    @safe @exclusivity(unchecked)
    private var inputs = InlineArray<16, Owned<UnfinishedInput>?> { _ in nil }
    @safe @exclusivity(unchecked)
    private var inputCount = 0
    private let spares = SpareBuffers()

    /// `limits` should have been validated: here they are clamped to what is possible.
    public init(limits: WebSocketLimits = .default) {
        self.limits = limits
        messageBytesMax = Int(UInt32(clamping: limits.messageBytesMax))
        // A frame above the message's limit could never be part of a message; one that is extended may.
        frameBytesMax = UInt32(
            clamping: min(messageBytesMax, max(0, limits.frameBytesMax ?? .max)))
        fragmentsMax = Int(UInt32(clamping: limits.fragmentsMax))
        unfinishedNanoseconds =
            Int64(limits.unfinishedMessageTimeout.millisecondsClamped) &* 1_000_000
        closeNanoseconds = Int64(limits.closeTimeout.millisecondsClamped) &* 1_000_000
    }

    // MARK: - Memory to spare

    /// Room for what a session keeps.
    func takeInput() -> Owned<UnfinishedInput> {
        guard inputCount > 0 else { return Owned(UnfinishedInput()) }
        inputCount &-= 1
        return inputs[inputCount & 15].take() ?? Owned(UnfinishedInput())
    }

    /// Takes back an input in which nothing is left.
    func giveBack(_ idle: consuming Owned<UnfinishedInput>) {
        guard inputCount < 16 else { return }
        inputs[inputCount & 15] = consume idle
        inputCount &+= 1
    }

    /// An empty buffer for an extended message of which `count` bytes are here; with memory only where the message is whole,
    /// or that is no more than twice what is here: a peer that begins a message and waits is not to hold much.
    func takePayload(forBytes count: Int, isWhole: Bool) -> ByteBuffer {
        spares.takeLargest { isWhole || Self.isModest($0, for: count) } ?? ByteBuffer()
    }

    /// Makes room in `bytes` for so many more of a message that will have at most `most`: in memory to spare, or by making
    /// them bigger.
    ///
    /// As with `ByteBuffer.reserve(_:within:)` the capacity is `most`, or half of it at the most, so that old and new memory
    /// hold no more than `most` together; and at most twice what is needed, or 1 KiB.
    func makeRoom(for additional: Int, in bytes: inout ByteBuffer, within most: Int) {
        // Both were received, or will be in this frame: far inside 63 bits.
        let needed = bytes.count &+ additional
        guard needed > bytes.capacity else { return }
        let fitting = spares.takeLargest {
            $0 >= needed && ($0 == most || $0 <= most / 2) && Self.isModest($0, for: needed)
        }
        guard var larger = fitting else {
            // Of few sizes, so that they fit others; but for those that are too long to be kept.
            let rounded = min(Self.powerOfTwo(from: needed), most / 2, Self.spareBytesMax)
            return bytes.reserve(max(rounded, needed) &- bytes.count, within: most)
        }
        larger.append(bytes)
        swap(&larger, &bytes)
        spares.put(larger)
    }

    private static func isModest(_ capacity: Int, for count: Int) -> Bool {
        capacity <= max(1_024, 2 &* count)
    }

    /// The smallest power of two that is no smaller; 1 for less.
    private static func powerOfTwo(from count: Int) -> Int {
        guard count > 1 else { return 1 }
        return 1 &<< (Int.bitWidth &- (count &- 1).leadingZeroBitCount)
    }

    /// Takes back the memory of a payload that has been dealt with, whoever took it.
    public func giveBack(_ used: consuming ByteBuffer) { spares.put(used) }
}

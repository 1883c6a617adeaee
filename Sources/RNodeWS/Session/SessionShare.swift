/// What the sessions of one route have in common on one loop: their limits, and memory to spare.
///
/// A session that keeps a message, because it comes in pieces or is decoded by an extension, takes the memory that
/// another has given back; so such a message costs no allocation either. Up to `spareBytesMax` are kept.
///
/// Not `Sendable`: it stays with the loop of its sessions.
public final class SessionShare {
    /// The longest payload whose memory is kept for the next one: 64 KiB.
    public static let spareBytesMax = 65_536

    let limits: WebSocketLimits
    let messageBytesMax: Int
    let frameBytesMax: UInt32
    let fragmentsMax: Int
    let unfinishedNanoseconds: Int64
    let closeNanoseconds: Int64
    private var input: Owned<UnfinishedInput>?
    private var payload = ByteBuffer()

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
        input.take() ?? Owned(UnfinishedInput())
    }

    /// Takes back an input in which nothing is left.
    func giveBack(_ idle: consuming Owned<UnfinishedInput>) {
        input = consume idle
    }

    /// An empty buffer for a message of which `count` bytes are here; with memory only where that is no more than the
    /// message will hold in a moment, or twice what is here: a peer that begins a message and waits is not to hold much.
    func takePayload(forBytes count: Int, isWhole: Bool) -> ByteBuffer {
        var spare = ByteBuffer()
        if isWhole || payload.capacity <= max(1_024, 2 &* count) { swap(&spare, &payload) }
        return spare
    }

    /// Takes back the memory of a payload that has been dealt with, whoever took it.
    public func giveBack(_ used: consuming ByteBuffer) {
        guard used.capacity > 0, used.capacity <= Self.spareBytesMax else { return }
        used.removeAll()
        payload = used
    }
}

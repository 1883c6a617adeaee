internal import Synchronization

/// The memory that zlib's streams of single connections may take together, over all loops.
///
/// The streams that a loop's connections share are not counted: they are few, those that wait for the next message
/// in pieces among them. May be used from any thread.
public final class DeflateBudget: Sendable {
    /// The most bytes that may be reserved at once.
    public let bytesMax: Int
    private let reserved = Atomic(0)
    private let refused = Atomic(0)
    /// Where the streams take their memory, also those that are not counted; nil for the C library's.
    let memory: ZlibMemory?

    /// A budget of which nothing is reserved.
    public convenience init(bytesMax: Int = 64 << 20) {
        self.init(bytesMax: bytesMax, memory: nil)
    }

    /// The same, with streams whose memory is from `memory`.
    package init(bytesMax: Int = 64 << 20, memory: ZlibMemory?) {
        self.bytesMax = max(0, bytesMax)
        self.memory = memory
    }

    /// Bytes reserved now.
    public var reservedBytes: Int { reserved.load(ordering: .relaxed) }

    /// How often memory was refused.
    package var refusals: Int { refused.load(ordering: .relaxed) }

    /// Reserves memory; false, and nothing reserved, when it would be too much.
    func reserve(_ bytes: Int) -> Bool {
        guard bytes > 0 else { return true }
        let before = reserved.wrappingAdd(bytes, ordering: .relaxed).oldValue
        guard bytes <= bytesMax &- before else {
            release(bytes)
            refused.wrappingAdd(1, ordering: .relaxed)
            return false
        }
        return true
    }

    /// Gives reserved memory back.
    func release(_ bytes: Int) {
        reserved.wrappingSubtract(bytes, ordering: .relaxed)
    }
}

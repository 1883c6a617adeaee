/// Frames that many are sent, deflated once for each encoding that one of them has.
///
/// Its memory is used again: a loop keeps one.
struct DeflatedFrames: ~Copyable {
    /// The frames for those who have one encoding.
    final class Variant {
        fileprivate(set) var encoding: DeflateEncoding
        /// Whether they are those for raw members.
        fileprivate(set) var isRaw: Bool
        /// Whether any of them is deflated; the rest did not gain.
        private(set) var isDeflated = false
        /// Where those begin that other loops are still to be given.
        var unknownStart = 0
        private var bytes = ByteBuffer()

        fileprivate init(_ encoding: DeflateEncoding, isRaw: Bool) {
            self.encoding = encoding
            self.isRaw = isRaw
        }

        var count: Int { bytes.count }

        func `is`(_ encoding: DeflateEncoding, isRaw: Bool) -> Bool {
            self.isRaw == isRaw && self.encoding == encoding
        }

        /// Appends frames, each deflated where that makes it shorter.
        func deflate(_ frames: Span<UInt8>, by streams: DeflateStreams) {
            bytes.reserve(frames.count)
            let count = streams.deflate(frames: frames, as: encoding, into: &bytes)
            if count > 0 { isDeflated = true }
        }

        /// Appends frames as they are.
        func append(_ frames: Span<UInt8>, isDeflated: Bool) {
            bytes.append(frames)
            if isDeflated { self.isDeflated = true }
        }

        func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result { bytes.withSpan(body) }

        fileprivate func removeAll() {
            // What is big does not stay in memory.
            bytes.removeAll(keepingCapacity: bytes.capacity <= 65_536)
            isDeflated = false
            unknownStart = 0
        }
    }

    /// The first `count` are in use, the others are empty.
    private var variants: [Variant] = []
    private var count = 0

    init() {}

    /// What another loop deflated of the same frames.
    init(_ known: [Publication.Variant]) {
        for frames in known {
            _ = variant(as: frames.encoding, isRaw: frames.isRaw) {
                $0.append(frames.bytes.span, isDeflated: frames.isDeflated)
            }
        }
    }

    /// The variant for an encoding, filled by `fill` when it is first asked for.
    mutating func variant(
        as encoding: DeflateEncoding, isRaw: Bool, _ fill: (Variant) -> Void
    ) -> Variant {
        for known in variants.prefix(count) where known.is(encoding, isRaw: isRaw) { return known }
        if count == variants.count { variants.append(Variant(encoding, isRaw: isRaw)) }
        let made = variants[count]
        made.encoding = encoding
        made.isRaw = isRaw
        count &+= 1
        fill(made)
        return made
    }

    /// What other loops are still to be given, for them.
    func forOthers() -> [Publication.Variant] {
        variants.prefix(count).map { variant in
            Publication.Variant(
                encoding: variant.encoding, isRaw: variant.isRaw,
                bytes: variant.withSpan { $0.extracting(variant.unknownStart...).copied() },
                isDeflated: variant.isDeflated)
        }
    }

    /// Forgets all frames; keeps memory for as many variants as an ordinary loop has.
    mutating func removeAll() {
        guard count > 0 else { return }
        for variant in variants.prefix(count) { variant.removeAll() }
        count = 0
        if variants.count > 8 { variants.removeLast(variants.count - 8) }
    }
}

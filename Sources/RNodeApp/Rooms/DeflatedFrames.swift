/// Frames that many are sent, deflated once for each encoding that one of them has.
struct DeflatedFrames: Sendable {
    /// The frames for those who have one encoding.
    struct Variant: Sendable {
        let encoding: DeflateEncoding
        /// Whether they are those for raw members.
        let isRaw: Bool
        let bytes: [UInt8]
        /// Whether any of them is deflated; the rest did not gain.
        let isDeflated: Bool
    }

    private var variants: [Variant] = []

    init() {}

    /// The variant of `plain` for an encoding, made when it is first asked for.
    mutating func variant(
        of plain: Span<UInt8>, isRaw: Bool, as encoding: DeflateEncoding, by streams: DeflateStreams
    ) -> Variant {
        for known in variants where known.isRaw == isRaw && known.encoding == encoding {
            return known
        }
        var bytes = ByteBuffer(capacity: plain.count)
        let count = streams.deflate(frames: plain, as: encoding, into: &bytes)
        let made = Variant(
            encoding: encoding, isRaw: isRaw, bytes: bytes.copied(), isDeflated: count > 0)
        variants.append(made)
        return made
    }
}

/// Frames for a room, on their way to another loop.
struct Publication: Sendable {
    /// The frames for those who have one encoding.
    struct Variant: Sendable {
        let encoding: DeflateEncoding
        /// Whether they are those for raw members.
        let isRaw: Bool
        let bytes: [UInt8]
        /// Whether any of them is deflated; the rest did not gain.
        let isDeflated: Bool
    }

    let room: RoomID
    let count: Int
    let full: [UInt8]
    let raw: [UInt8]
    /// What the loop that published had deflated for its own members.
    let deflated: [Variant]
    let compress: Bool
}

extension GatheredFrames {
    /// What the other loops are to be given: all that they don't know.
    func publication(in room: RoomID, _ deflated: [Publication.Variant]) -> Publication {
        Publication(
            room: room, count: count &- known.count,
            full: full.withSpan { $0.extracting(known.full...).copied() },
            raw: raw.withSpan { $0.extracting(known.raw...).copied() },
            deflated: deflated, compress: compresses)
    }
}

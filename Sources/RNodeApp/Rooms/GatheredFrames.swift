/// What was published in a room and not yet delivered: the frames for full-protocol members, and for raw ones.
///
/// What came from other loops or nodes is gathered together with what was published here, in the order in which it came,
/// so that a member gets one write for all of it. Only the last part may still have to be passed on: `known` says what
/// comes before that.
struct GatheredFrames: ~Copyable {
    /// A place in it: bytes for full-protocol members, for raw ones, and messages.
    struct Place {
        var full = 0
        var raw = 0
        var count = 0

        func bytes(isRaw: Bool) -> Int { isRaw ? raw : full }
    }

    /// A stretch that this loop deflates for nobody.
    struct Stretch {
        let start: Place
        let end: Place
        /// What the loop that published it had deflated; nil where it is for all as it is.
        let deflated: [Publication.Variant]?
    }

    var full = ByteBuffer()
    var raw = ByteBuffer()
    /// How many messages they are.
    private(set) var count = 0
    /// How far the other loops have it already, or are given it by somebody else.
    private(set) var known = Place()
    /// Whether what follows `known` may be deflated.
    private(set) var compresses = true
    /// In order, and none overlaps another.
    private var stretches: [Stretch] = []

    private var end: Place { Place(full: full.count, raw: raw.count, count: count) }
    /// How many bytes a member gets at most.
    var bytesMost: Int { max(full.count, raw.count) }
    /// Whether some of it is still to be passed on to the other loops.
    var hasUnknown: Bool { known.count < count }

    // MARK: - Gathering

    /// Adds a message; `encode` writes the frame for full-protocol members to the first buffer, and that for raw ones to
    /// the second.
    mutating func add(
        isKnown: Bool, compress: Bool,
        _ encode: (_ full: inout ByteBuffer, _ raw: inout ByteBuffer) -> Void
    ) {
        let start = end
        encode(&full, &raw)
        count &+= 1
        if !compress { add(from: start, nil) }
        if isKnown { becomeKnown() } else { compresses = compress }
    }

    /// Adds what another loop published.
    mutating func add(_ publication: Publication) {
        let start = end
        full.append(publication.full.span)
        raw.append(publication.raw.span)
        count &+= max(publication.count, 1)
        if !publication.compress {
            add(from: start, nil)
        } else if !publication.deflated.isEmpty {
            add(from: start, publication.deflated)
        }
        becomeKnown()
    }

    private mutating func add(from start: Place, _ deflated: [Publication.Variant]?) {
        stretches.append(Stretch(start: start, end: end, deflated: deflated))
    }

    /// Notes that nothing of what there is has to be passed on.
    mutating func becomeKnown() { known = end }

    mutating func removeAll() {
        full.removeAll()
        raw.removeAll()
        count = 0
        known = Place()
        stretches.removeAll(keepingCapacity: true)
    }

    // MARK: - Deflating

    /// Writes all of it as members with this encoding get it.
    func deflate(by streams: DeflateStreams, into variant: DeflatedFrames.Variant) {
        let isRaw = variant.isRaw
        let all = isRaw ? raw.count : full.count
        withFrames(isRaw: isRaw) { plain in
            var place = 0
            for stretch in stretches {
                let (start, end) = (
                    stretch.start.bytes(isRaw: isRaw), stretch.end.bytes(isRaw: isRaw)
                )
                deflate(plain, place..<start, by: streams, into: variant)
                if let deflated = stretch.deflated {
                    if let known = deflated.first(where: {
                        variant.is($0.encoding, isRaw: $0.isRaw)
                    }) {
                        variant.append(known.bytes.span, isDeflated: known.isDeflated)
                    } else {
                        deflate(plain, start..<end, by: streams, into: variant)
                    }
                } else {
                    noteUnknown(start, in: variant)
                    variant.append(plain.extracting(start..<end), isDeflated: false)
                }
                place = end
            }
            deflate(plain, place..<all, by: streams, into: variant)
        }
    }

    private func deflate(
        _ plain: Span<UInt8>, _ range: Range<Int>, by streams: DeflateStreams,
        into variant: DeflatedFrames.Variant
    ) {
        let boundary = min(
            max(known.bytes(isRaw: variant.isRaw), range.lowerBound), range.upperBound)
        variant.deflate(plain.extracting(range.lowerBound..<boundary), by: streams)
        noteUnknown(boundary, in: variant)
        variant.deflate(plain.extracting(boundary..<range.upperBound), by: streams)
    }

    private func noteUnknown(_ place: Int, in variant: DeflatedFrames.Variant) {
        if place == known.bytes(isRaw: variant.isRaw) { variant.unknownStart = variant.count }
    }

    /// Lends the frames for full-protocol members, or for raw ones.
    func withFrames<Result>(isRaw: Bool, _ body: (Span<UInt8>) -> Result) -> Result {
        isRaw ? raw.withSpan(body) : full.withSpan(body)
    }
}

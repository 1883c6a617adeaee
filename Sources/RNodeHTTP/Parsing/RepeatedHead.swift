/// What a head has in common, byte for byte, with the one before.
///
/// Clients ask for the same again and again, and send the same fields with whatever they ask for. What was found right
/// once is right again, under the same limits, for it is a matter of the bytes alone: they are compared, and not parsed.
/// What is compared with is the last head that was right as a whole, or nothing.
enum RepeatedHead {
    /// Goes behind the request line if `bytes` begin with that of `before`, which `layout` describes; else does nothing.
    @inline(__always)
    static func skipLine(
        _ before: Span<UInt8>, in bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) -> Bool {
        let length = layout.lineLength
        guard length > 0, bytes.hasBytes(of: before, from: 0, at: 0, count: length) else {
            return false
        }
        layout.beginAgain()
        return true
    }

    /// Goes behind the fields if those at `layout.lineStart` are those of `before`; else does nothing.
    @inline(__always)
    static func skipFields(
        _ before: Span<UInt8>, in bytes: Span<UInt8>, _ layout: inout HeadLayout
    ) -> Bool {
        let (start, length) = (layout.lineStart, layout.fieldsLength)
        guard length > 0,
            bytes.hasBytes(of: before, from: layout.fieldsStart, at: start, count: length)
        else { return false }
        layout.fieldsStart = start
        layout.lineStart = start &+ length
        layout.scanned = start &+ length
        layout.examined &+= length
        return true
    }

    /// Whether the host at `range` of `bytes` is that of `before`, which was found right.
    @inline(__always)
    static func isHost(
        _ range: Range<Int>, of bytes: Span<UInt8>, _ before: Span<UInt8>, _ layout: HeadLayout
    ) -> Bool {
        let old = layout.hostBefore.range
        let length = old.upperBound &- old.lowerBound
        return length > 0 && length == range.upperBound &- range.lowerBound
            && bytes.hasBytes(of: before, from: old.lowerBound, at: range.lowerBound, count: length)
    }
}

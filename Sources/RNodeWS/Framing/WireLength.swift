/// A length that came from the wire and was compared with its limit before it became an `Int`.
///
/// The only way in this module from a declared length to a count.
struct WireLength {
    /// The length, 0…`max`.
    let count: Int

    /// Nil when `declared` is above `max`.
    @inline(__always)
    init?(_ declared: UInt64, max: Int) {
        guard declared <= UInt64(clamping: max) else { return nil }
        count = Int(truncatingIfNeeded: declared)
    }
}

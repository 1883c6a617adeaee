extension Span where Element == UInt8 {
    /// A copy of these bytes.
    public func copied() -> [UInt8] {
        // SAFETY: the buffer is the span's own memory, lent for the call, and copied within it.
        unsafe withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }
}

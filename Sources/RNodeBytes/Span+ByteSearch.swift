// The search for one byte, 32 a step.
extension Span where Element == UInt8 {
    /// The place of the first `byte` at or after `start`, or nil.
    ///
    /// Looks at 32 bytes a step; a `start` outside the span finds nothing.
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start >= 0, start < count else { return nil }
        // SAFETY: every 32-byte load begins at an index <= count - 32, inside the span's memory,
        // which outlives the closure.
        let wide = unsafe withUnsafeBytes { raw -> (found: Int?, next: Int) in
            let wanted = SIMD32<UInt8>(repeating: byte)
            var index = start
            while index &+ 32 <= raw.count {
                let block = unsafe raw.loadUnaligned(fromByteOffset: index, as: SIMD32<UInt8>.self)
                if any(block .== wanted) { return (nil, index) }
                index &+= 32
            }
            return (nil, index)
        }
        var index = wide.next
        while index < count {
            if self[index] == byte { return index }
            index &+= 1
        }
        return nil
    }
}

extension MutableSpan where Element == UInt8 {
    /// Replaces the bytes from `start` on by a copy of `bytes`, as far as there is room. How many were replaced.
    @discardableResult
    package mutating func replace(from start: Int, by bytes: Span<UInt8>) -> Int {
        let copied = min(max(count &- max(start, 0), 0), bytes.count)
        guard start >= 0, copied > 0 else { return 0 }
        // SAFETY: both spans are lent for this call; start and copied are within the target, copied within the source.
        unsafe withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                guard let to = target.baseAddress, let from = source.baseAddress else { return }
                unsafe (to + start).copyMemory(from: from, byteCount: copied)
            }
        }
        return copied
    }
}

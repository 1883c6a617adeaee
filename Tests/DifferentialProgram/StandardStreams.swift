#if canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Inputs and reports, each behind its length in four bytes, the lowest first.
struct StandardStreams {
    private static let blockSize = 1 << 16
    private var block = [UInt8](repeating: 0, count: blockSize)
    private var start = 0
    private var end = 0
    private var output: [UInt8] = []

    /// The next input; nil when there is none, or it is cut off.
    mutating func next() -> [UInt8]? {
        guard let head = take(4) else { return nil }
        let count = head.reversed().reduce(0) { $0 << 8 | Int($1) }
        return take(count)
    }

    /// Writes a report: at once when our reader may wait for it.
    mutating func write(_ report: [UInt8]) {
        for place in 0..<4 {
            output.append(UInt8(truncatingIfNeeded: report.count >> (8 * place)))
        }
        output += report
        if output.count >= Self.blockSize { flush() }
    }

    /// Writes what is still held back.
    mutating func flush() {
        var sent = 0
        while sent < output.count {
            // SAFETY: write reads `count` bytes of the array, lent for this call.
            let count = unsafe output[sent...].withUnsafeBytes { bytes in
                unsafe Self.write(1, bytes.baseAddress, bytes.count)
            }
            guard count > 0 else { break }
            sent += count
        }
        output.removeAll(keepingCapacity: true)
    }

    private mutating func take(_ count: Int) -> [UInt8]? {
        var taken: [UInt8] = []
        while taken.count < count {
            if start == end, !fill() { return nil }
            let piece = min(count - taken.count, end - start)
            taken += block[start..<(start + piece)]
            start += piece
        }
        return taken
    }

    private mutating func fill() -> Bool {
        // Our reader may wait for these before it writes more.
        flush()
        // SAFETY: read writes at most `count` bytes of the array, lent for this call.
        let count = unsafe block.withUnsafeMutableBytes { bytes in
            unsafe read(0, bytes.baseAddress, bytes.count)
        }
        start = 0
        end = max(count, 0)
        return count > 0
    }

    private static func write(
        _ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int
    ) -> Int {
        #if canImport(Musl)
            unsafe Musl.write(descriptor, bytes, count)
        #elseif canImport(Darwin)
            unsafe Darwin.write(descriptor, bytes, count)
        #else
            unsafe Glibc.write(descriptor, bytes, count)
        #endif
    }
}

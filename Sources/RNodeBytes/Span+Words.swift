// Eight bytes and fewer as one number.
extension Span where Element == UInt8 {
    /// The eight bytes from `index` on, the first in the lowest place; 0 where there are not so many.
    @inlinable
    public func word(at index: Int) -> UInt64 { load(at: index) }

    /// The bytes from `index` on, eight at most, the first in the lowest place; 0 in the places behind the last.
    @inlinable
    public func word(from index: Int) -> UInt64 {
        index <= count &- 8 ? word(at: index) : lastWord(from: index)
    }

    /// The bytes from `index` on, which are fewer than eight, as of two loads that overlap where there are four.
    // Inlined, for a call would cost whoever has none besides.
    @inlinable
    @inline(__always)
    func lastWord(from index: Int) -> UInt64 {
        let length = count &- index
        guard index >= 0, length > 0 else { return 0 }
        if count >= 8 {
            return word(at: count &- 8) &>> UInt64(truncatingIfNeeded: 64 &- 8 &* length)
        }
        if length >= 4 {
            let (first, last): (UInt32, UInt32) = (load(at: index), load(at: count &- 4))
            return UInt64(first) | UInt64(last) &<< UInt64(truncatingIfNeeded: 8 &* length &- 32)
        }
        let (first, middle, last): (UInt8, UInt8, UInt8) =
            (load(at: index), load(at: index &+ length / 2), load(at: count &- 1))
        return UInt64(first) | UInt64(middle) &<< UInt64(truncatingIfNeeded: 8 &* (length / 2))
            | UInt64(last) &<< UInt64(truncatingIfNeeded: 8 &* length &- 8)
    }

    /// The number at `index`, its first byte the lowest; 0 where it does not fit.
    @inlinable
    @inline(__always)
    func load<Number: FixedWidthInteger & BitwiseCopyable>(at index: Int) -> Number {
        guard index >= 0, index <= count &- MemoryLayout<Number>.size else { return 0 }
        // SAFETY: the number's bytes lie in the span, as was just seen.
        return unsafe Number(
            littleEndian: bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: index, as: Number.self))
    }

    /// The sixteen bytes from `index` on; 0 where there are not so many.
    @inlinable
    @inline(__always)
    func load16(at index: Int) -> SIMD16<UInt8> {
        guard index >= 0, index <= count &- 16 else { return SIMD16() }
        // SAFETY: sixteen bytes lie in the span from there, as was just seen.
        return unsafe bytes.unsafeLoadUnaligned(
            fromUncheckedByteOffset: index, as: SIMD16<UInt8>.self)
    }

    /// The first bytes of `range`, eight at most, as a number that begins with the first: 0x474554 for `GET`. 0 for none.
    @inlinable
    @inline(__always)
    public func number(_ range: Range<Int>) -> UInt64 {
        let length = min(range.upperBound &- range.lowerBound, 8)
        guard length > 0 else { return 0 }
        let start = range.lowerBound
        let word = start <= count &- 8 ? word(at: start) : lastWord(from: start)
        return word.byteSwapped &>> UInt64(truncatingIfNeeded: 64 &- 8 &* length)
    }
}

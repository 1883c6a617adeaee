/// A growing run of bytes: appended at its end, consumed from its front.
///
/// One owner, never shared and never copied implicitly. An empty buffer made by `init()` holds no memory.
/// Only bytes that were written can be read, so uninitialised memory never reaches the wire.
@safe
public struct ByteBuffer: ~Copyable {
    // SAFETY: `base` is nil or an allocation of `room` bytes owned by this value alone;
    // 0 <= head <= tail <= room, and bytes head..<tail are initialised.
    @usableFromInline
    var base: UnsafeMutableRawPointer?
    @usableFromInline
    var room: Int
    @usableFromInline
    var head: Int
    @usableFromInline
    var tail: Int

    /// An empty buffer with room for `capacity` bytes; with 0 nothing is allocated.
    public init(capacity: Int = 0) {
        room = max(0, capacity)
        unsafe base =
            capacity > 0 ? .allocate(byteCount: capacity, alignment: 16) : nil
        head = 0
        tail = 0
    }

    /// A buffer that holds a copy of `bytes`.
    public init(copying bytes: Span<UInt8>) {
        self.init(capacity: bytes.count)
        append(bytes)
    }

    deinit {
        unsafe base?.deallocate()
    }

    /// How many bytes the buffer has room for, those already consumed included.
    @inlinable
    public var capacity: Int { room }

    /// How many bytes can be read.
    @inlinable
    public var count: Int { tail &- head }

    /// Whether there is nothing to read.
    @inlinable
    public var isEmpty: Bool { tail == head }

    /// The byte at `index`, counted from the first unread one, or nil past the end.
    public func byte(at index: Int) -> UInt8? {
        guard index >= 0, index < count, let base = unsafe base else { return nil }
        return unsafe base.load(fromByteOffset: head &+ index, as: UInt8.self)
    }

    // MARK: - Appending

    /// Makes room for `additional` more bytes, growing at least by half when it must grow.
    @inlinable
    public mutating func reserve(_ additional: Int) {
        guard additional > capacity &- tail else { return }
        grow(by: additional, within: .max)
    }

    /// Makes room for `additional` more bytes in a buffer that will hold no more than `most` in the end.
    ///
    /// Grows by half up to half of `most`, and then to all of it. So the capacity is never above `most`, and
    /// above 64 bytes it is at most twice what was needed, where nothing was consumed; and while bytes move to their new place, both places
    /// together hold no more than `most` of them. What is needed beyond `most` is given all the same.
    public mutating func reserve(_ additional: Int, within most: Int) {
        guard additional > capacity &- tail else { return }
        grow(by: additional, within: most)
    }

    @inline(never)
    @usableFromInline
    mutating func grow(by additional: Int, within most: Int) {
        let live = count
        // A buffer whose consumed front makes enough room is moved down instead of made bigger.
        if let base = unsafe base, additional <= capacity &- live, head >= capacity / 2 {
            unsafe base.copyMemory(from: base + head, byteCount: live)
        } else {
            let needed = live + additional
            let half = most / 2
            let bounded = needed > half ? most : min(max(capacity + capacity / 2, 64), half)
            let wanted = max(needed, bounded)
            let larger = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
            if let base = unsafe base {
                unsafe larger.copyMemory(from: base + head, byteCount: live)
                unsafe base.deallocate()
            }
            unsafe base = larger
            room = wanted
        }
        head = 0
        tail = live
    }

    /// Appends one byte.
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        guard let base = unsafe base else { return }
        unsafe base.storeBytes(of: byte, toByteOffset: tail, as: UInt8.self)
        tail &+= 1
    }

    /// Appends a copy of `bytes`.
    @inlinable
    public mutating func append(_ bytes: Span<UInt8>) {
        reserve(bytes.count)
        guard !bytes.isEmpty, let base = unsafe base else { return }
        let destination = unsafe base + tail
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe destination.copyMemory(from: start, byteCount: source.count)
        }
        tail &+= bytes.count
    }

    /// Appends a copy of what can be read in `other`.
    public mutating func append(_ other: borrowing ByteBuffer) {
        other.withSpan { append($0) }
    }

    /// Appends a literal.
    public mutating func append(_ literal: StaticString) {
        reserve(literal.utf8CodeUnitCount)
        guard literal.hasPointerRepresentation, let base = unsafe base else {
            return append(utf8: "\(literal)")
        }
        unsafe (base + tail).copyMemory(
            from: literal.utf8Start, byteCount: literal.utf8CodeUnitCount)
        tail &+= literal.utf8CodeUnitCount
    }

    /// Appends the UTF-8 of `string`.
    public mutating func append(utf8 string: String) {
        append(string.utf8Span.span)
    }

    /// Appends `value` in decimal digits.
    public mutating func append(decimal value: Int) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        // 20 digits hold any 64-bit number.
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        repeat {
            first &-= 1
            digits[first] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        append(digits.span.extracting(first..<20))
    }

    /// Appends room for up to `count` bytes and lets `body` write some of them.
    ///
    /// `body` gets zero-filled bytes, and returns how many of the first ones it keeps; anything
    /// outside 0...count counts as the nearer end.
    public mutating func append(count: Int, _ body: (inout MutableSpan<UInt8>) -> Int) {
        guard count > 0 else { return }
        reserve(count)
        guard let base = unsafe base else { return }
        let bytes = unsafe (base + tail).initializeMemory(
            as: UInt8.self, repeating: 0, count: count)
        var span = unsafe MutableSpan(_unsafeStart: bytes, count: count)
        tail &+= min(max(body(&span), 0), count)
    }

    // MARK: - Reading

    /// Lends the unread bytes.
    @inlinable
    public borrowing func withSpan<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(Span(_unsafeElements: unread))
    }

    /// Lends the unread bytes for change in place.
    @inlinable
    public mutating func withMutableSpan<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = unsafe MutableSpan(_unsafeElements: unread)
        return try body(&span)
    }

    /// The unread bytes where they are: for whoever keeps the buffer unchanged as long as somebody, such as the kernel,
    /// still reads them there.
    package var bytesInPlace: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(unread) }

    @usableFromInline
    var unread: UnsafeMutableBufferPointer<UInt8> {
        // Without memory there are no bytes either.
        let start = unsafe base.map { unsafe ($0 + head).assumingMemoryBound(to: UInt8.self) }
        return unsafe .init(start: start, count: count)
    }

    /// A copy of the unread bytes.
    public func copied() -> [UInt8] {
        unsafe [UInt8](unread)
    }

    // MARK: - Consuming

    /// Forgets the first `count` unread bytes (all of them when there are fewer).
    public mutating func removeFirst(_ count: Int) {
        head &+= min(max(count, 0), self.count)
        if head == tail {
            head = 0
            tail = 0
        }
    }

    /// Forgets everything past the first `count` unread bytes.
    public mutating func truncate(to count: Int) {
        tail = head &+ min(max(count, 0), self.count)
    }

    /// Forgets all bytes, and gives the memory to a buffer that has none.
    @inlinable
    @inline(__always)
    package mutating func giveMemory(to other: inout ByteBuffer) {
        guard other.capacity == 0 else { return }
        removeAll()
        unsafe other.base = base
        other.room = room
        unsafe base = nil
        room = 0
    }

    /// Forgets all bytes; keeps the memory unless told otherwise.
    @inlinable
    public mutating func removeAll(keepingCapacity: Bool = true) {
        head = 0
        tail = 0
        guard !keepingCapacity else { return }
        unsafe base?.deallocate()
        unsafe base = nil
        room = 0
    }
}

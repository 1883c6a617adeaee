import RNodeBytes

/// The buffers of a ring: each is the kernel's until a completion brings it, then a stream's until its bytes are taken.
///
/// A few are offered at first, and more whenever the kernel finds none: memory follows what arrives.
struct RingBuffers: ~Copyable {
    /// So many are offered at first, and again each time they were too few.
    static var step: Int { 32 }

    private enum Place: UInt8 {
        case unused, kernel, stream
    }

    private let ring: any CompletionRing
    private var places: [Place]
    /// Of a buffer that a stream has: which bytes are not taken yet, and which buffer comes behind it.
    private var starts: [Int32]
    private var ends: [Int32]
    private var nexts: [UInt16]
    private var offeredCount = 0

    /// Where a stream's buffers begin and end.
    struct Queue {
        fileprivate var first = RingBuffers.none
        fileprivate var last = RingBuffers.none
        /// The bytes in them.
        private(set) var byteCount = 0

        var isEmpty: Bool { first == RingBuffers.none }

        fileprivate mutating func changeCount(by difference: Int) {
            byteCount &+= difference
        }
    }

    fileprivate static var none: UInt16 { .max }

    init(ring: any CompletionRing) {
        self.ring = ring
        let count = min(max(ring.bufferCount, 0), Int(UInt16.max))
        places = Array(repeating: .unused, count: count)
        starts = Array(repeating: 0, count: count)
        ends = starts
        nexts = Array(repeating: Self.none, count: count)
    }

    /// Offers more to the kernel, if there are any. Whether there were.
    @discardableResult
    mutating func offerMore() -> Bool {
        let end = min(offeredCount &+ Self.step, places.count)
        guard offeredCount < end else { return false }
        for number in offeredCount..<end { offer(UInt16(truncatingIfNeeded: number)) }
        offeredCount = end
        return true
    }

    private mutating func offer(_ number: UInt16) {
        places[Int(number)] = .kernel
        ring.offer(number)
    }

    /// Takes a buffer that the kernel has filled behind those of `queue`. False for one that the kernel did not have, or
    /// more bytes than fit: nothing is taken then.
    mutating func take(_ number: UInt16, count: Int, into queue: inout Queue) -> Bool {
        guard Int(number) < places.count, places[Int(number)] == .kernel, count > 0,
            count <= ring.bufferBytes
        else { return false }
        places[Int(number)] = .stream
        starts[Int(number)] = 0
        ends[Int(number)] = Int32(truncatingIfNeeded: count)
        nexts[Int(number)] = Self.none
        if queue.isEmpty {
            queue.first = number
        } else {
            nexts[Int(queue.last)] = number
        }
        queue.last = number
        queue.changeCount(by: count)
        return true
    }

    /// Gives a buffer that nobody wants back to the kernel; one that the kernel has already is left alone.
    mutating func reject(_ number: UInt16) {
        guard Int(number) < places.count, places[Int(number)] == .kernel else { return }
        offer(number)
    }

    /// Copies as many bytes as fit out of `queue`, whose buffers are offered again. How many.
    mutating func copy(from queue: inout Queue, into bytes: inout MutableSpan<UInt8>) -> Int {
        var filled = 0
        while !queue.isEmpty, filled < bytes.count {
            let number = Int(queue.first)
            let start = Int(starts[number])
            let count = ring.withBuffer(queue.first, count: Int(ends[number])) {
                bytes.replace(from: filled, by: $0.extracting(start...))
            }
            filled &+= count
            queue.changeCount(by: 0 &- count)
            starts[number] = Int32(truncatingIfNeeded: start &+ count)
            if starts[number] == ends[number] { offerFirst(of: &queue) }
        }
        return filled
    }

    /// Moves all bytes of `queue` behind those of `kept`.
    mutating func move(from queue: inout Queue, to kept: inout ByteBuffer) {
        while !queue.isEmpty {
            let number = Int(queue.first)
            let start = Int(starts[number])
            ring.withBuffer(queue.first, count: Int(ends[number])) { filledBytes in
                kept.append(filledBytes.extracting(start...))
            }
            queue.changeCount(by: start &- Int(ends[number]))
            offerFirst(of: &queue)
        }
    }

    /// Throws the bytes of `queue` away.
    mutating func drop(_ queue: inout Queue) {
        while !queue.isEmpty { offerFirst(of: &queue) }
        queue = Queue()
    }

    private mutating func offerFirst(of queue: inout Queue) {
        let number = queue.first
        queue.first = nexts[Int(number)]
        if queue.isEmpty { queue.last = Self.none }
        offer(number)
    }

    /// How many buffers streams hold. By whoever runs the loop.
    var heldCount: Int { places.count { $0 == .stream } }
}

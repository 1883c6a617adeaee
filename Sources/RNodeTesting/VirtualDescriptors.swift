public import RNodeIO

/// Something behind a virtual descriptor, which says what it is ready for whenever it is asked.
///
/// ``InMemoryTransport`` and ``InMemoryListener`` are two; a test may bring its own.
public protocol VirtualSource: AnyObject {
    /// What it is ready for at this moment.
    var readiness: Readiness { get }
}

/// The descriptors of a test without a kernel.
///
/// Numbers are handed out as a kernel does, the lowest free one first, so a number that was closed comes
/// back soon and an event for its old owner would reach the new one. Backends that share a table can
/// hand streams to one another. Not for use from two threads at once.
public final class VirtualDescriptors {
    /// The first number handed out, far from those of real descriptors.
    public static let first: Int32 = 1_000_000

    /// A number, and what is behind it. Weak: a stream holds its table, and a test may leave it open.
    private struct Entry {
        weak var source: (any VirtualSource)?
        var isOpen = true
    }

    private var entries: [Entry] = []
    private var lowestFree = 0
    /// How many descriptors are open; a test of leaks expects 0 at its end.
    public private(set) var openCount = 0

    /// An empty table.
    public init() {}

    /// A number for `source`, which is its own until ``close(_:)``, and which somebody else keeps.
    public func open(_ source: any VirtualSource) -> Int32 {
        while lowestFree < entries.count, entries[lowestFree].isOpen { lowestFree += 1 }
        if lowestFree == entries.count {
            entries.append(Entry(source: source))
        } else {
            entries[lowestFree] = Entry(source: source)
        }
        openCount += 1
        return VirtualDescriptors.first + Int32(lowestFree)
    }

    /// Frees a number. One that is not open is left alone.
    public func close(_ descriptor: Int32) {
        guard let place = place(of: descriptor), entries[place].isOpen else { return }
        entries[place] = Entry(source: nil, isOpen: false)
        lowestFree = min(lowestFree, place)
        openCount -= 1
    }

    /// What is behind a number, or nil when it is not open.
    public func source(of descriptor: Int32) -> (any VirtualSource)? {
        place(of: descriptor).flatMap { entries[$0].source }
    }

    private func place(of descriptor: Int32) -> Int? {
        let place = Int(descriptor) - Int(VirtualDescriptors.first)
        return entries.indices.contains(place) ? place : nil
    }
}

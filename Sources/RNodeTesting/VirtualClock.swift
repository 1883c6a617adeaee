public import RNodeBytes
import Synchronization

/// A clock that a test moves by hand.
///
/// It stands still until it is advanced, so a test of a ten-second timeout takes no time and always
/// comes out the same. May be read from any thread; advance it from one at a time.
public final class VirtualClock: Sendable {
    private let nanoseconds: Atomic<Int64>
    private let wallMilliseconds: Atomic<Int64>
    /// What is left of a wall-clock millisecond, in nanoseconds.
    private let wallRest = Atomic<Int64>(0)

    /// A clock that shows `start`.
    ///
    /// - Parameters:
    ///   - start: Any instant, so that a test can begin near the end of time.
    ///   - wallClockMilliseconds: The wall clock at the start; 2025-01-01T00:00:00Z unless told otherwise.
    public init(
        startingAt start: MonotonicInstant = MonotonicInstant(nanoseconds: 0),
        wallClockMilliseconds: Int64 = 1_735_689_600_000
    ) {
        nanoseconds = Atomic(start.nanoseconds)
        wallMilliseconds = Atomic(wallClockMilliseconds)
    }

    /// The instant it shows.
    public var now: MonotonicInstant {
        MonotonicInstant(nanoseconds: nanoseconds.load(ordering: .acquiring))
    }

    /// Moves both clocks forwards; a negative duration moves neither. Saturates at the end of time.
    public func advance(by duration: Duration) {
        advance(to: now.advanced(by: max(duration, .zero)))
    }

    /// Moves both clocks forwards to `instant`; one in the past moves neither.
    public func advance(to instant: MonotonicInstant) {
        let passed = now.nanoseconds(until: instant)
        guard passed > 0 else { return }
        nanoseconds.store(instant.nanoseconds, ordering: .releasing)
        let rest = wallRest.load(ordering: .relaxed) &+ passed % 1_000_000
        wallRest.store(rest % 1_000_000, ordering: .relaxed)
        let milliseconds = passed / 1_000_000 &+ rest / 1_000_000
        let (sum, overflow) = wallClockMilliseconds.addingReportingOverflow(milliseconds)
        setWallClock(milliseconds: overflow ? .max : sum)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var wallClockMilliseconds: Int64 {
        wallMilliseconds.load(ordering: .acquiring)
    }

    /// Sets the wall clock alone, forwards or backwards, as an administrator would.
    public func setWallClock(milliseconds: Int64) {
        wallMilliseconds.store(milliseconds, ordering: .releasing)
    }
}

/// Names one scheduled timer; harmless once the timer has fired or was cancelled.
package struct TimerID: Hashable, Sendable {
    let index: UInt32
    let generation: UInt32

    /// The name of no timer; cancelling it does nothing.
    package static let none = TimerID(index: .max, generation: .max)
}

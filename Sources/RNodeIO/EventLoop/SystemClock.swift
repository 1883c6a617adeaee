/// The machine's clock, for what is decided before a loop runs.
package enum SystemClock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package static func wallClockMilliseconds() -> Int64 { SystemCalls.wallClockMilliseconds() }
}

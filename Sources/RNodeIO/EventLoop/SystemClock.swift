#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The machine's clock and cores, for what is decided before a loop runs.
package enum SystemClock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package static func wallClockMilliseconds() -> Int64 { SystemCalls.wallClockMilliseconds() }

    /// How many cores this process may use, at least one.
    package static var coreCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}

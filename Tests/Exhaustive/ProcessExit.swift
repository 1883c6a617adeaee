#if canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Ends the process.
func exit(with status: Int32) -> Never {
    exit(status)
}

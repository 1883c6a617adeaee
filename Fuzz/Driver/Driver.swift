#if canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The target that `FUZZ_TARGET` names.
private let target: FuzzTarget = {
    guard let name = unsafe getenv("FUZZ_TARGET"),
        let target = FuzzTarget.named(unsafe String(cString: name))
    else { stop("FUZZ_TARGET must be one of \(FuzzTarget.all.map(\.name))") }
    return target
}()

/// What libFuzzer calls with each input: ends the process when a property does not hold.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // SAFETY: libFuzzer lends `count` bytes for the length of this call.
    let input = unsafe Span(_unsafeStart: bytes, count: count)
    do throws(Finding) {
        try target.run(input)
    } catch {
        stop("FINDING in \(target.name): \(error)")
    }
    return 0
}

private func stop(_ reason: String) -> Never {
    // Not `print`: nothing may stay in a buffer when the process ends.
    let line = Array("\(reason)\n".utf8)
    _ = unsafe write(2, line, line.count)
    abort()
}

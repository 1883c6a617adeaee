#if os(Linux)
    import CLinux
#endif
#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// Opening files beneath a directory. All of it may block: never on a loop's thread.

extension SystemCalls {
    /// A directory to open files beneath.
    ///
    /// - Throws: `IOError` when there is none at `path`.
    package static func openDirectory(_ path: String) throws(IOError) -> FileDescriptor {
        guard !path.utf8.contains(0) else { throw IOError("open", code: EINVAL) }
        // SAFETY: reads a NUL-terminated path.
        let result = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        return FileDescriptor(owning: try check(result, "open"))
    }

    /// A file for reading, beneath `directory` whatever `path` says: neither `..` nor a link leads out.
    ///
    /// - Throws: `IOError`; `EXDEV` for a path that leads out, `ENOSYS` where the system cannot say (before
    ///   Linux 5.6, and elsewhere), `EPERM` where a sandbox forbids asking.
    package static func openFile(
        beneath directory: borrowing FileDescriptor, path: String
    ) throws(IOError) -> FileDescriptor {
        guard !path.utf8.contains(0) else { throw IOError("openat2", code: EINVAL) }
        #if os(Linux)
            // A pipe or a device must not make the open wait.
            let flags = UInt64(O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
            let raw = directory.rawValue
            let resolve = CLINUX_RESOLVE_BENEATH | CLINUX_RESOLVE_NO_MAGICLINKS
            var result: Int32 = -1
            // A rename during the walk makes the kernel ask for another try; 16 in a row are hostile.
            for _ in 0..<16 {
                // SAFETY: reads a NUL-terminated path.
                result = unsafe clinux_openat2(raw, path, flags, 0, resolve)
                if result >= 0 || (errno != EINTR && errno != EAGAIN) { break }
            }
            return FileDescriptor(owning: try check(result, "openat2"))
        #else
            throw IOError("openat2", code: ENOSYS)
        #endif
    }
}

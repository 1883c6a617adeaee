#if os(Linux)
    internal import CLinux
#endif
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Files, read whole. Blocks: never call it on a loop's thread.
package enum SystemFile {
    /// Reads the regular file `path` beneath the directory `root`.
    ///
    /// A path that leads out of the root (by `..`, an absolute path or a link) is refused by the kernel: `openat2` with
    /// `RESOLVE_BENEATH`, Linux 5.6 or later. Throws `EFBIG` for a file of more than `byteCountMax` bytes.
    package static func read(
        _ path: String, beneath root: String, byteCountMax: Int
    ) throws(IOError) -> [UInt8] {
        let relative = String(path.drop { $0 == "/" })
        guard !relative.isEmpty, !relative.utf8.contains(0), !root.utf8.contains(0) else {
            throw IOError("openat2", code: ENOENT)
        }
        let directory = try openDirectory(root)
        let file = try open(relative, beneath: directory)
        return try contents(of: file, byteCountMax: byteCountMax)
    }

    private static func openDirectory(_ path: String) throws(IOError) -> FileDescriptor {
        // SAFETY: the string is NUL-terminated for the call and holds no NUL of its own (checked above).
        let descriptor = unsafe path.withCString {
            unsafe systemOpen($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw IOError("open", code: errno) }
        return FileDescriptor(owning: descriptor)
    }

    private static func open(
        _ path: String, beneath directory: borrowing FileDescriptor
    ) throws(IOError) -> FileDescriptor {
        #if os(Linux)
            let flags = UInt64(O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            let resolve = CLINUX_RESOLVE_BENEATH | CLINUX_RESOLVE_NO_MAGICLINKS
            // SAFETY: as above; the kernel reads the path during the call only.
            let descriptor = unsafe path.withCString {
                unsafe clinux_openat2(directory.rawValue, $0, flags, 0, resolve)
            }
            guard descriptor >= 0 else { throw IOError("openat2", code: errno) }
            return FileDescriptor(owning: descriptor)
        #else
            // No openat2: without the kernel's word that a path stays beneath the root none is opened.
            throw IOError("openat2", code: ENOSYS)
        #endif
    }

    private static func contents(
        of file: borrowing FileDescriptor, byteCountMax: Int
    ) throws(IOError) -> [UInt8] {
        var status = stat()
        guard unsafe fstat(file.rawValue, &status) == 0 else {
            throw IOError("fstat", code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw IOError("open", code: EISDIR) }
        guard status.st_size <= byteCountMax else { throw IOError("read", code: EFBIG) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(status.st_size))
        var piece = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= byteCountMax {
            // SAFETY: the buffer is valid for its own count during the call.
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe systemRead(file.rawValue, $0.baseAddress, $0.count)
            }
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw IOError("read", code: errno)
            }
            bytes.append(contentsOf: piece.prefix(count))
        }
        throw IOError("read", code: EFBIG)
    }
}

private func systemOpen(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 {
    unsafe open(path, flags)
}

private func systemRead(
    _ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int
) -> Int {
    unsafe read(descriptor, bytes, count)
}

extension IOError {
    /// Whether it says that a file is not there, or not for everybody.
    package var isMissingFile: Bool {
        [ENOENT, ENOTDIR, EISDIR, EXDEV, ELOOP, EACCES, ENAMETOOLONG, EINVAL, ENXIO].contains(code)
    }
}

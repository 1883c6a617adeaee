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

/// A regular file that is open for reading. Blocks: never call it on a loop's thread.
package struct SystemFile: ~Copyable {
    private let descriptor: FileDescriptor
    /// Its length when it was opened.
    package let byteCount: Int
    /// When it was modified last, in nanoseconds since 1970.
    package let modifiedNanoseconds: Int64

    /// Opens the regular file `path` beneath the directory `root`.
    ///
    /// A path that leads out of the root (by `..`, an absolute path or a link) is refused by the kernel: `openat2` with
    /// `RESOLVE_BENEATH`, Linux 5.6 or later. Throws `EFBIG` for a file of more than `byteCountMax` bytes.
    package init(
        _ path: String, beneath root: String, byteCountMax: Int
    ) throws(IOError) {
        let relative = String(path.drop { $0 == "/" })
        guard !relative.isEmpty, !relative.utf8.contains(0), !root.utf8.contains(0) else {
            throw IOError("openat2", code: ENOENT)
        }
        let directory = try Self.openDirectory(root)
        let file = try Self.open(relative, beneath: directory)
        var status = stat()
        // SAFETY: writes one stat of this frame.
        guard unsafe fstat(file.rawValue, &status) == 0 else {
            throw IOError("fstat", code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw IOError("open", code: EISDIR) }
        guard status.st_size <= byteCountMax else { throw IOError("open", code: EFBIG) }
        descriptor = file
        byteCount = Int(status.st_size)
        let (seconds, isOver) = Int64(status.modificationTime.tv_sec)
            .multipliedReportingOverflow(by: 1_000_000_000)
        modifiedNanoseconds =
            isOver ? .max : seconds &+ Int64(status.modificationTime.tv_nsec)
    }

    /// Reads the bytes of `range`, which is inside the file. Throws `EIO` when the file has become shorter.
    package borrowing func read(_ range: Range<Int>) throws(IOError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var done = 0
        while done < bytes.count {
            let count = try read(into: &bytes, from: done, at: range.lowerBound + done)
            guard count > 0 else { throw IOError("pread", code: EIO) }
            done += count
        }
        return bytes
    }

    /// Reads a whole file, also one of the kernel's, whose length is told by its end only.
    ///
    /// Throws `EFBIG` for more than `byteCountMax` bytes.
    package static func read(
        _ path: String, beneath root: String, byteCountMax: Int
    ) throws(IOError) -> [UInt8] {
        let file = try SystemFile(path, beneath: root, byteCountMax: byteCountMax)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while bytes.count <= byteCountMax {
            let count = try file.read(into: &piece, from: 0, at: bytes.count)
            if count == 0 { return bytes }
            bytes.append(contentsOf: piece.prefix(count))
        }
        throw IOError("pread", code: EFBIG)
    }

    /// Reads what is at `offset` of the file into `bytes` behind `start`; says how much, 0 at the file's end.
    private borrowing func read(
        into bytes: inout [UInt8], from start: Int, at offset: Int
    ) throws(IOError) -> Int {
        while true {
            // SAFETY: the buffer is valid for its own count during the call, and `start` is inside it.
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(
                    descriptor.rawValue, buffer.baseAddress?.advanced(by: start),
                    buffer.count - start, off_t(offset))
            }
            if count >= 0 { return count }
            if errno != EINTR { throw IOError("pread", code: errno) }
        }
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
}

// SAFETY: the caller lends a NUL-terminated path for this call.
private func systemOpen(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 {
    unsafe open(path, flags)
}

extension stat {
    /// When the contents changed last.
    fileprivate var modificationTime: timespec {
        #if canImport(Darwin)
            st_mtimespec
        #else
            st_mtim
        #endif
    }
}

extension IOError {
    /// Whether it says that a file is not there, or not for everybody.
    package var isMissingFile: Bool {
        [ENOENT, ENOTDIR, EISDIR, EXDEV, ELOOP, EACCES, ENAMETOOLONG, EINVAL, ENXIO].contains(code)
    }
}

import Glibc
import Testing

@testable import RNodeIO

@Suite("Files beneath a root (A14)") struct SystemFileTests {
    @Test("A file is read up to its limit; nothing leads out of the root")
    func beneath() throws {
        let root = Sockets.path() + ".d"
        try #require(unsafe mkdir(root, 0o700) == 0)
        defer {
            unsafe unlink(root + "/in")
            unsafe unlink(root + "/out")
            unsafe unlink(root + "/pipe")
            unsafe rmdir(root)
        }
        let file = FileDescriptor(owning: unsafe open(root + "/in", O_CREAT | O_WRONLY, 0o600))
        try #require(unsafe write(file.rawValue, "hello", 5) == 5)
        file.close()
        try #require(unsafe symlink("/etc/passwd", root + "/out") == 0)
        try #require(unsafe mkfifo(root + "/pipe", 0o600) == 0)
        let opened = try SystemFile("/in", beneath: root, byteCountMax: 5)
        #expect(opened.byteCount == 5)
        #expect(opened.modifiedNanoseconds > 0)
        let (whole, part, none) = try (opened.read(0..<5), opened.read(1..<3), opened.read(5..<5))
        #expect(whole == Array("hello".utf8))
        #expect(part == Array("el".utf8))
        #expect(none.isEmpty)
        // A file that has become shorter, as this range pretends, is an error and no short answer.
        do throws(IOError) {
            _ = try opened.read(3..<6)
            Issue.record("bytes that are not there were read")
        } catch {
            #expect(error.code == EIO)
        }
        #expect(Self.code("in", root, limit: 4) == EFBIG)
        for (path, code) in [
            ("..", EXDEV), ("out", EXDEV), ("../x", EXDEV), ("a/../../x", ENOENT),
            ("none", ENOENT), ("in\0", ENOENT), ("", ENOENT), (".", EISDIR), ("pipe", EISDIR),
        ] {
            #expect(Self.code(path, root) == code, "\(path)")
        }
        #expect(Self.code("in", "/nowhere") == ENOENT)
        #expect(Self.code("in", root + "/in") == ENOTDIR)
    }

    private static func code(_ path: String, _ root: String, limit: Int = 100) -> Int32? {
        Sockets.code {
            _ = try SystemFile(path, beneath: root, byteCountMax: limit)
        }
    }
}

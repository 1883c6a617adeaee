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
        #expect(try SystemFile.read("/in", beneath: root, byteCountMax: 5) == Array("hello".utf8))
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
        Sockets.code { try SystemFile.read(path, beneath: root, byteCountMax: limit) }
    }
}

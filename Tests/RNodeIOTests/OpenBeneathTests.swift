import Glibc
import Testing

@testable import RNodeIO

@Suite("Files beneath a directory (A14)") struct OpenBeneathTests {
    @Test("A file is opened; nothing leads out of its directory")
    func beneath() throws {
        let root = Sockets.path() + ".d"
        try #require(unsafe mkdir(root, 0o700) == 0)
        defer {
            unsafe unlink(root + "/in")
            unsafe unlink(root + "/out")
            unsafe rmdir(root)
        }
        FileDescriptor(owning: unsafe open(root + "/in", O_CREAT | O_WRONLY, 0o600)).close()
        try #require(unsafe symlink("/etc/passwd", root + "/out") == 0)
        let directory = try SystemCalls.openDirectory(root)
        let file = try SystemCalls.openFile(beneath: directory, path: "in")
        #expect(fcntl(file.rawValue, F_GETFD) & FD_CLOEXEC != 0)
        for (path, code) in [
            ("..", EXDEV), ("/etc/passwd", EXDEV), ("out", EXDEV), ("../x", EXDEV),
            ("a/../../x", ENOENT), ("none", ENOENT), ("in\0", EINVAL), ("", ENOENT),
        ] {
            #expect(Self.code(beneath: directory, path: path) == code, "\(path)")
        }
    }

    @Test("What is no directory is an error")
    func noDirectory() {
        for (path, code) in [("/nowhere", ENOENT), ("/etc/passwd", ENOTDIR), ("/\0", EINVAL)] {
            do throws(IOError) {
                try SystemCalls.openDirectory(path).close()
                Issue.record("\(path) was opened")
            } catch {
                #expect(error.code == code)
            }
        }
    }

    private static func code(beneath directory: borrowing FileDescriptor, path: String) -> Int32? {
        do throws(IOError) {
            try SystemCalls.openFile(beneath: directory, path: path).close()
            return nil
        } catch {
            return error.code
        }
    }
}

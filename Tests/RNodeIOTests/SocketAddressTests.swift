import Glibc
import Testing

@testable import RNodeIO

@Suite("Socket addresses") struct SocketAddressTests {
    @Test(
        "Addresses are read, and written the same",
        arguments: [
            ("127.0.0.1:80", SocketAddress.ip(host: "127.0.0.1", port: 80)),
            ("0.0.0.0:0", .ip(host: "0.0.0.0", port: 0)),
            ("[::1]:65535", .ip(host: "::1", port: 65535)),
            ("[2001:db8::8:800:200c:417a]:443", .ip(host: "2001:db8::8:800:200c:417a", port: 443)),
            ("localhost:8080", .ip(host: "localhost", port: 8080)),
            ("/run/rnode.sock", .unix(path: "/run/rnode.sock")),
            ("/a:80", .unix(path: "/a:80")),
        ])
    func readAndWritten(text: String, address: SocketAddress) {
        #expect(SocketAddress(parsing: text) == address)
        #expect(address.description == text)
    }

    @Test(
        "Anything else is nil",
        arguments: [
            "", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
            "127.0.0.1:+1", "127.0.0.1:8O", "127.0.0.1:080000", "::1:80", "[::1]", "[::1]80",
            "[::1]:",
            "[]:80", "[127.0.0.1]:80", "[localhost]:80", "[::1:80", "[::g]:80", "a b:80", "a\0b:80",
            "a\u{7F}:80", "/a\0b", "127.0.0.1:99999999999999999999", "127.0.0.1:٣",
        ])
    func refused(text: String) {
        #expect(SocketAddress(parsing: text) == nil)
    }

    @Test("A path is at most as long as the system allows")
    func pathLimit() {
        #expect(SystemAddress.pathBytesMax == 107)
        for (count, isAllowed) in [(106, true), (107, true), (108, false), (1080, false)] {
            let path = "/" + String(repeating: "x", count: count - 1)
            #expect((SocketAddress(parsing: path) != nil) == isAllowed)
        }
    }

    @Test(
        "Through the kernel's form and back",
        arguments: [
            SocketAddress.ip(host: "1.2.3.4", port: 5), .ip(host: "255.255.255.255", port: 65535),
            .ip(host: "::", port: 1), .ip(host: "fe80::1:2", port: 80), .unix(path: "/tmp/é"),
        ])
    func roundTrip(address: SocketAddress) throws {
        #expect(try SystemCalls.numeric(address).socketAddress == address)
    }

    @Test("IPv4 inside IPv6 is told as IPv4")
    func mapped() throws {
        let mapped = try SystemCalls.numeric(.ip(host: "::ffff:10.0.0.7", port: 9))
        #expect(mapped.socketAddress == .ip(host: "10.0.0.7", port: 9))
        let other = try SystemCalls.numeric(.ip(host: "::ffff:0:a00:7", port: 9))
        #expect(other.socketAddress != .ip(host: "10.0.0.7", port: 9))
    }

    @Test("Of addresses, only :: is the wildcard of IPv6")
    func wildcard() throws {
        #expect(try SystemCalls.numeric(.ip(host: "::", port: 0)).isIPv6Wildcard)
        #expect(try !SystemCalls.numeric(.ip(host: "::1", port: 0)).isIPv6Wildcard)
        #expect(try !SystemCalls.numeric(.ip(host: "0.0.0.0", port: 0)).isIPv6Wildcard)
    }

    @Test("What a kernel gives is no trap, whatever its length")
    func lengths() {
        for count in 0...200 {
            let bytes = [UInt8](repeating: 1, count: count)
            let address = unsafe bytes.withUnsafeBytes { unsafe SystemAddress(copying: $0) }
            #expect((address != nil) == (count <= 128))
            #expect(address?.socketAddress != .ip(host: "", port: 0))
        }
    }
}

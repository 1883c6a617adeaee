import RNodeIO
import Testing

@testable import RNodeApp

@Suite("Connections per address")
struct ConnectionsPerAddressTests {
    @Test(
        "An IPv4 address counts as itself, an IPv6 one as its /64",
        arguments: [
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("2001:db8::1", "2001:db8:0:0::/64"),
            ("::1", "0:0:0:0::/64"),
            ("::", "0:0:0:0::/64"),
            ("fe80::1%eth0", "fe80:0:0:0::/64"),
            ("2001:db8:1::2:3:4:5", "2001:db8:1:0::/64"),
        ])
    func addresses(_ host: String, _ key: String) {
        #expect(ConnectionsPerAddress.address(of: .ip(host: host, port: 1)) == key)
    }

    @Test("Peers of a Unix path are not told apart, so not counted")
    func paths() {
        #expect(ConnectionsPerAddress.address(of: .unix(path: "/run/x")) == nil)
    }

    @Test("The table is empty when the connections are gone, however many addresses came")
    func isBounded() {
        let table = ConnectionsPerAddress(max: 2)
        for number in 0..<10_000 {
            #expect(table.admit("a\(number)") && table.admit("a\(number)"))
            #expect(!table.admit("a\(number)"))
        }
        #expect(table.addressCount == 10_000)
        for number in 0..<10_000 {
            table.release("a\(number)")
            table.release("a\(number)")
        }
        #expect(table.addressCount == 0)
        table.release("nobody")
        #expect(table.addressCount == 0)
    }
}

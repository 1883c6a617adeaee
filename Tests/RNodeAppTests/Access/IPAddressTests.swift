import RNodeIO
import RoomHistories
import Testing

@testable import RNodeApp

@Suite("IP addresses and networks")
struct IPAddressTests {
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("192.0.2.255", "192.0.2.255"), ("::", "::"), ("::1", "::1"),
        ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:db8::1:2:3:4:5", "2001:db8:0:1:2:3:4:5"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:0:0:5:0:0:0", "1::5:0:0:0"),
        ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"), ("fe80::", "fe80::"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ])
    func `an address is read, and written in one form`(text: String, form: String) {
        #expect(IPAddress(text)?.description == form)
        #expect(IPAddress(form) == IPAddress(text))
    }

    @Test(arguments: [
        "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.-4", "1.2.3.4 ", "0x1.2.3.4",
        "1.2.3.4:80", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::",
        "::1.2.3", "1.2.3.4::", "::1%eth0", "[::1]", "1:2:3:4:5:6:7:1.2.3.4", "localhost",
        "١.2.3.4",
        "1::2:3:4:5:6:7:8",
    ])
    func `anything else is none`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [
        ("192.0.2.1:80", "192.0.2.1"), (" 192.0.2.1\t", "192.0.2.1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"),
    ])
    func `an entry may have a port and brackets`(entry: String, form: String) {
        #expect(IPAddress(entry: entry)?.description == form)
    }

    @Test(arguments: [
        "unknown", "_hidden", "192.0.2.1:", "192.0.2.1:123456", "192.0.2.1:8o", "[192.0.2.1]",
        "[2001:db8::1", "2001:db8::1]", "[2001:db8::1]x", "[2001:db8::1]:", "\"192.0.2.1\"", "[]",
    ])
    func `an entry that is no address is none`(entry: String) {
        #expect(IPAddress(entry: entry) == nil)
    }

    @Test func `IPv6 is read as the system reads it, in 20,000 texts`() {
        var random = SplitMix(seed: 7)
        let alphabet = Array("0123456789abcdef::::....")
        let valid = ["2001:db8::1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "::", "fe80::1:0:0:1"]
        var accepted = 0
        for _ in 0..<20_000 {
            var text = Array(valid[Int(random.next() % 5)])
            for _ in 0..<(random.next() % 4) where !text.isEmpty {
                let place = Int(random.next() % UInt64(text.count))
                let letter = alphabet[Int(random.next() % UInt64(alphabet.count))]
                switch random.next() % 3 {
                case 0: text[place] = letter
                case 1: text.insert(letter, at: place)
                default: text.remove(at: place)
                }
            }
            let address = String(text)
            guard address.contains(":") else { continue }
            let isSystems = SocketAddress(parsing: "[\(address)]:1") != nil
            #expect((IPAddress(address) != nil) == isSystems, "\(address)")
            accepted += isSystems ? 1 : 0
        }
        #expect(accepted > 2_000)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("10.0.0.0/8", "::10.1.2.3", false),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1/32", "192.0.2.2", false),
        ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("::/0", "192.0.2.1", true), ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::", false), ("::1/128", "::1", true), ("::1", "::2", false),
        ("fe80::/10", "febf::1", true), ("fe80::/10", "fec0::1", false),
        ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.128", true),
    ])
    func `a network holds what begins like it`(network: String, address: String, isIn: Bool) throws
    {
        let network = try #require(IPNetwork(network))
        #expect(network.contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.1/8", "::/129",
        "::1/0", "10.0.0.0/0x8", "example.org", "10.0.0.0/ 8",
    ])
    func `a network that is none is refused, and one with bits behind its prefix`(text: String) {
        #expect(IPNetwork(text) == nil)
    }
}

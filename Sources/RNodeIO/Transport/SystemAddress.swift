#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An address as the kernel has it: a family's own structure in storage that is big enough for any.
struct SystemAddress {
    private(set) var storage = sockaddr_storage()
    private(set) var length: socklen_t = 0

    /// The most bytes of a path, without its final NUL: 107 on Linux, 103 on macOS.
    static let pathBytesMax = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// Room for an address that the kernel will write.
    init() {
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    }

    /// A numeric IPv4 or IPv6 address; nil when `host` is anything else.
    init?(host: String, port: UInt16) {
        if let address = SystemAddress.parseIPv4(host) {
            self.init(ipv4: address, port: port)
        } else if let address = SystemAddress.parseIPv6(host) {
            self.init(ipv6: address, port: port)
        } else {
            return nil
        }
    }

    init(ipv4 address: in_addr, port: UInt16) {
        var value = sockaddr_in()
        value.sin_family = sa_family_t(AF_INET)
        value.sin_port = port.bigEndian
        value.sin_addr = address
        #if canImport(Darwin)
            value.sin_len = UInt8(MemoryLayout<sockaddr_in>.size)
        #endif
        store(value)
    }

    init(ipv6 address: in6_addr, port: UInt16) {
        var value = sockaddr_in6()
        value.sin6_family = sa_family_t(AF_INET6)
        value.sin6_port = port.bigEndian
        value.sin6_addr = address
        #if canImport(Darwin)
            value.sin6_len = UInt8(MemoryLayout<sockaddr_in6>.size)
        #endif
        store(value)
    }

    /// A path of the file system; nil when it is empty, too long, or holds a NUL.
    init?(path: String) {
        let bytes = path.utf8
        guard (1...SystemAddress.pathBytesMax).contains(bytes.count), !bytes.contains(0) else {
            return nil
        }
        var value = sockaddr_un()
        value.sun_family = sa_family_t(AF_UNIX)
        // SAFETY: at most pathBytesMax bytes are written into this frame's own sun_path, which was
        // zeroed and has one more byte for the NUL.
        unsafe withUnsafeMutableBytes(of: &value.sun_path) { unsafe $0.copyBytes(from: bytes) }
        #if canImport(Darwin)
            value.sun_len = UInt8(MemoryLayout<sockaddr_un>.size)
        #endif
        store(value)
    }

    /// A name in Linux's abstract namespace, which is no file; nil when it is empty or too long, and on other systems.
    init?(abstractName name: [UInt8]) {
        #if os(Linux)
            guard (1...SystemAddress.pathBytesMax).contains(name.count) else { return nil }
            var value = sockaddr_un()
            value.sun_family = sa_family_t(AF_UNIX)
            // SAFETY: as above; the NUL that makes a name abstract stands before it.
            unsafe withUnsafeMutableBytes(of: &value.sun_path) { path in
                unsafe UnsafeMutableRawBufferPointer(rebasing: path.dropFirst()).copyBytes(
                    from: name)
            }
            store(value)
            // Every byte within the length is part of the name.
            let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
            length = socklen_t(start + 1 + name.count)
        #else
            return nil
        #endif
    }

    /// A copy of what the kernel or the resolver gave; nil when it is longer than any address.
    init?(copying bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= MemoryLayout<sockaddr_storage>.size else { return nil }
        // SAFETY: `bytes` lives for this call, and its size was checked against this value's storage.
        unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.copyMemory(from: bytes) }
        length = socklen_t(bytes.count)
    }

    private mutating func store<Value>(_ value: Value) {
        // SAFETY: every sockaddr_… is plain bytes, fewer than sockaddr_storage; both live in this frame.
        unsafe withUnsafeBytes(of: value) { source in
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.copyMemory(from: source) }
        }
        length = socklen_t(MemoryLayout<Value>.size)
    }

    private func load<Value>(_ empty: Value) -> Value {
        var value = empty
        // SAFETY: plain bytes, as many as a sockaddr_… has, from a larger storage; both live in this frame.
        unsafe withUnsafeMutableBytes(of: &value) { target in
            unsafe withUnsafeBytes(of: storage) {
                unsafe target.copyMemory(from: .init(rebasing: $0.prefix(target.count)))
            }
        }
        return value
    }

    /// Lends the address to a call that reads it.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        // SAFETY: sockaddr_storage is made to be seen as any sockaddr; the pointer is for this call only.
        unsafe withUnsafePointer(to: storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, length)
            }
        }
    }

    /// Lends the storage to a call that writes an address and its length there.
    mutating func withMutablePointer<Result>(
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
    ) -> Result {
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // SAFETY: as above; the kernel writes at most `length` bytes, the size of the storage.
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe withUnsafeMutablePointer(to: &length) { unsafe body(address, $0) }
            }
        }
        // A truncated address would report more than was written.
        length = min(length, socklen_t(MemoryLayout<sockaddr_storage>.size))
        return result
    }
}

// MARK: - Text

extension SystemAddress {
    /// The family: `AF_INET`, `AF_INET6` or `AF_UNIX`.
    var family: Int32 { Int32(storage.ss_family) }

    /// Whether this is an address of an IP family.
    var isIP: Bool { family == AF_INET || family == AF_INET6 }

    /// Whether this is `::`, every address of the machine.
    var isIPv6Wildcard: Bool {
        guard family == AF_INET6 else { return false }
        let address = load(sockaddr_in6()).sin6_addr
        // SAFETY: reads the 16 bytes of a local value.
        return unsafe withUnsafeBytes(of: address) { unsafe $0.allSatisfy { $0 == 0 } }
    }

    /// This address as text. A family that is not ours, and a socket without a name, is an empty path.
    var socketAddress: SocketAddress {
        if family == AF_INET { return ipv4Text }
        if family == AF_INET6 { return ipv6Text }
        return .unix(path: family == AF_UNIX ? pathText : "")
    }

    private var ipv4Text: SocketAddress {
        let value = load(sockaddr_in())
        return .ip(
            host: SystemAddress.text(of: value.sin_addr), port: UInt16(bigEndian: value.sin_port))
    }

    private var ipv6Text: SocketAddress {
        let value = load(sockaddr_in6())
        let port = UInt16(bigEndian: value.sin6_port)
        if let mapped = SystemAddress.mappedIPv4(in: value.sin6_addr) {
            return .ip(host: SystemAddress.text(of: mapped), port: port)
        }
        let scope = value.sin6_scope_id == 0 ? "" : "%\(value.sin6_scope_id)"
        return .ip(host: SystemAddress.text(of: value.sin6_addr) + scope, port: port)
    }

    private var pathText: String {
        let value = load(sockaddr_un())
        let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let written = max(0, Int(length) - start)
        // SAFETY: reads at most the bytes of a local value's sun_path.
        return unsafe withUnsafeBytes(of: value.sun_path) { bytes in
            unsafe String(decoding: bytes.prefix(written).prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

extension SystemAddress {
    static func parseIPv4(_ text: String) -> in_addr? {
        var address = in_addr()
        // SAFETY: inet_pton reads a NUL-terminated string and writes one in_addr of this frame.
        guard unsafe inet_pton(AF_INET, text, &address) == 1 else { return nil }
        return address
    }

    static func parseIPv6(_ text: String) -> in6_addr? {
        var address = in6_addr()
        // SAFETY: inet_pton reads a NUL-terminated string and writes one in6_addr of this frame.
        guard unsafe inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        return address
    }

    /// The IPv4 address inside `::ffff:a.b.c.d`, as a dual-stack listener reports its IPv4 peers.
    static func mappedIPv4(in address: in6_addr) -> in_addr? {
        // SAFETY: reads the 16 bytes of a local value.
        unsafe withUnsafeBytes(of: address) { bytes in
            guard unsafe bytes.prefix(10).allSatisfy({ $0 == 0 }), unsafe bytes[10] == 0xFF,
                unsafe bytes[11] == 0xFF
            else { return nil }
            return unsafe bytes.loadUnaligned(fromByteOffset: 12, as: in_addr.self)
        }
    }

    static func text(of address: in_addr) -> String {
        // SAFETY: reads the four bytes of a local value, in network order.
        unsafe withUnsafeBytes(of: address) { unsafe "\($0[0]).\($0[1]).\($0[2]).\($0[3])" }
    }

    static func text(of address: in6_addr) -> String {
        // SAFETY: inet_ntop writes at most INET6_ADDRSTRLEN bytes, NUL included, into this frame's bytes.
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) {
            var address = address
            guard let start = $0.baseAddress,
                let text = unsafe inet_ntop(AF_INET6, &address, start, socklen_t(INET6_ADDRSTRLEN))
            else { return "::" }
            return unsafe String(cString: text)
        }
    }
}

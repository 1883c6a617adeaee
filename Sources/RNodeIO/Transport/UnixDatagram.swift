#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A message to a Unix socket that takes datagrams.
package enum UnixDatagram {
    /// Sends `bytes` as one datagram to the socket at a path, or to the abstract one (unix(7)) whose name follows an `@`.
    ///
    /// Does not wait: throws `EAGAIN` when the receiver's queue is full, `EINVAL` for what is neither an absolute path nor
    /// a name, `ENAMETOOLONG` for what does not fit; otherwise what the system said.
    package static func send(_ bytes: Span<UInt8>, to receiver: String) throws(IOError) {
        let address = try address(of: receiver)
        let socket = try SystemCalls.makeSocket(family: AF_UNIX, type: SystemCalls.datagramType)
        _ = try SystemCalls.connect(socket, to: address)
        switch SystemCalls.send(socket.rawValue, bytes) {
        case .bytes: return
        case .wouldBlock: throw IOError("send", code: EAGAIN)
        case .failed(let error): throw error
        }
    }

    private static func address(of receiver: String) throws(IOError) -> SystemAddress {
        if receiver.utf8.first == UInt8(ascii: "@") {
            let name = receiver.utf8.dropFirst()
            guard let address = SystemAddress(abstractName: Array(name)) else {
                let isTooLong = name.count > SystemAddress.pathBytesMax
                throw IOError("connect", code: isTooLong ? ENAMETOOLONG : EINVAL)
            }
            return address
        }
        guard receiver.utf8.first == UInt8(ascii: "/") else {
            throw IOError("connect", code: EINVAL)
        }
        return try SystemCalls.numeric(.unix(path: receiver))
    }
}

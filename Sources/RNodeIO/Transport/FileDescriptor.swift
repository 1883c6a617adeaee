/// The owner of one open descriptor of the system.
///
/// There is one owner, so a descriptor is closed once: by ``close()``, or when its owner goes away.
/// Closing twice does not compile. An owner may be moved to another thread.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The system's number, valid as long as this owner lives; negative when it owns nothing.
    public let rawValue: Int32

    /// Takes over an open descriptor, which nobody else may close from now on.
    public init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// An owner of nothing.
    static var none: FileDescriptor { FileDescriptor(owning: -1) }

    deinit {
        if rawValue >= 0 { SystemCalls.close(rawValue) }
    }

    /// Closes the descriptor now.
    public consuming func close() {
        if rawValue >= 0 { SystemCalls.close(rawValue) }
        discard self
    }

    /// Gives the descriptor away without closing it.
    public consuming func release() -> Int32 {
        let released = rawValue
        discard self
        return released
    }
}

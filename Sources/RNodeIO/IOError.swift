/// A call to the system that failed: which call, on what, and the system's error number.
public struct IOError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call that failed, as the system names it.
    public let call: StaticCall
    /// The system's error number (`errno`).
    public let code: Int32

    /// A failure of `call` with the system's error number `code`.
    public init(_ call: StaticCall, code: Int32) {
        self.call = call
        self.code = code
    }

    /// A call's name, always a literal.
    public struct StaticCall: Hashable, Sendable, ExpressibleByStringLiteral {
        let name: String

        public init(stringLiteral name: StaticString) {
            self.name = "\(name)"
        }
    }

    public var description: String {
        "\(call.name): \(IOError.text(of: code)) (errno \(code))"
    }
}

extension IOError {
    static func text(of code: Int32) -> String { "error \(code)" }
}

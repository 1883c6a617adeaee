/// A call to the system that failed: which call, and the system's error number.
///
/// An error is a value: nothing below a connection traps or raises a signal because a call failed.
public struct IOError: Error, Hashable, Sendable, CustomStringConvertible {
    // The number first: a result that may be this error then fills four registers, and none of them in parts.
    /// The system's error number (`errno`).
    public let code: Int32
    /// The call that failed, as the system names it.
    public let call: StaticCall

    /// A failure of `call` with the system's error number `code`.
    public init(_ call: StaticCall, code: Int32) {
        self.call = call
        self.code = code
    }

    /// A call's name, always a literal.
    public struct StaticCall: Hashable, Sendable, ExpressibleByStringLiteral,
        CustomStringConvertible
    {
        let name: String

        /// The name of a call, such as `"recv"`.
        public init(stringLiteral name: StaticString) {
            self.name = "\(name)"
        }

        /// The name.
        public var description: String { name }
    }

    /// The call, the system's text for the error, and its number.
    public var description: String {
        "\(call.name): \(IOError.text(of: code)) (errno \(code))"
    }

    /// The system's text for an error number, in the language of the C locale.
    public static func text(of code: Int32) -> String {
        SystemCalls.errorText(code)
    }
}

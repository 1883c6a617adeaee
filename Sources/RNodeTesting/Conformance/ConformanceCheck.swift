/// What an implementation of a seam got wrong.
public struct ConformanceFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was expected, and what was found.
    public let description: String

    /// A failure in words.
    public init(_ description: String) {
        self.description = description
    }
}

/// One thing every implementation of a seam must do; `Subject` says how to make and drive one.
///
/// Checks need no test framework: they throw what went wrong. With Swift Testing, all of a seam's checks
/// are one parameterised test:
///
/// ```swift
/// @Test(arguments: TransportConformance.checks)
/// func conforms(_ check: ConformanceCheck<TransportConformance>) throws {
///     try check.run(on: TransportConformance { try MyTransport.pair() })
/// }
/// ```
public struct ConformanceCheck<Subject>: Sendable, CustomStringConvertible {
    /// What must be so, in a sentence.
    public let description: String
    private let body: @Sendable (Subject) throws -> Void

    init(_ description: String, _ body: @escaping @Sendable (Subject) throws -> Void) {
        self.description = description
        self.body = body
    }

    /// Makes what it needs of `subject`, and throws ``ConformanceFailure`` if it does not do this, or
    /// whatever the subject itself throws.
    public func run(on subject: Subject) throws {
        do {
            try body(subject)
        } catch let failure as ConformanceFailure {
            throw ConformanceFailure("\(description): \(failure.description)")
        }
    }
}

/// Throws unless `condition` holds.
func expect(_ condition: Bool, _ failure: @autoclosure () -> String) throws(ConformanceFailure) {
    guard condition else { throw ConformanceFailure(failure()) }
}

/// Throws unless `found` is `expected`.
func expect<Value: Equatable>(
    _ found: Value, is expected: Value, _ what: String
) throws(ConformanceFailure) {
    guard found == expected else {
        throw ConformanceFailure("\(what) is \(found), not \(expected)")
    }
}

/// How much structure a JSON text from outside may have.
///
/// An HTTP body beyond it is answered with 400; on a WebSocket such a text is an ordinary message.
public struct JSONLimits: Hashable, Sendable {
    /// How many objects and arrays may be inside one another; 32, at most 64.
    public var depthMax = 32
    /// How many keys one object may have; 256.
    public var keysMax = 256
    /// How many digits one number may have, those of its exponent included; 32.
    public var numberDigitsMax = 32

    /// The deepest `depthMax` there can be: a reader keeps one bit for each level.
    package static let depthCeiling = 64

    /// The limits of the handbook.
    public init() {}

    /// The name and the range of the first field that is out of range, or nil.
    package var invalidField: (name: String, range: ClosedRange<Int>)? {
        let fields: [(name: String, value: Int, range: ClosedRange<Int>)] = [
            ("depthMax", depthMax, 1...Self.depthCeiling),
            ("keysMax", keysMax, 1...65_535),
            ("numberDigitsMax", numberDigitsMax, 1...1_000),
        ]
        return fields.first { !$0.range.contains($0.value) }.map { ($0.name, $0.range) }
    }
}

/// Why an answer cannot be written: always the server's own mistake, never the peer's.
///
/// Nothing of the answer has been written when this is thrown; answer 500 instead.
public struct ResponseEncodingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in words.
    public let description: String

    private init(_ description: String) {
        self.description = description
    }

    /// The status is outside 200–599.
    public static let status = Self("A status must be within 200...599")
    /// A field's name is not a token (RFC 9110 section 5.1).
    public static let fieldName = Self("A field name must be a token")
    /// A field's value holds a control byte (RFC 9110 section 5.5).
    public static let fieldValue = Self("A field value must not hold control bytes")
    /// The body's length is not known here: encode the head with its length, then write the body.
    public static let unknownLength = Self("A file's head needs its length")
    /// A length below zero was given.
    public static let negativeLength = Self("A length must not be negative")
}

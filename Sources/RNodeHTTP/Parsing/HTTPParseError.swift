public import HTTPTypes

/// Why a request was refused: what to answer, and a reason fixed in the source.
///
/// The reason never holds a byte the client sent. After any of these the connection closes, and
/// nothing behind the fault is parsed.
public struct HTTPParseError: Error, Hashable, Sendable, CaseIterable {
    package enum Kind: UInt8, CaseIterable, Sendable {
        case badLineEnd, badEmptyLine, badRequestLine, badMethod, unknownMethod, badTarget
        case targetTooLong, tooManySegments, tooManyQueryPairs, badVersion, unsupportedVersion
        case badFieldName, badFieldValue, foldedField, fieldNameTooLarge, fieldTooLarge
        case tooManyFields, headTooLarge
        case badHost, missingHost, misdirected, badContentLength, badTransferEncoding,
            conflictingLengths
        case bodyOnUpgrade, bodyOnConnect, bodyTooLarge, badChunk, chunkSizeTooLong,
            chunkExtensionTooLarge, chunkExtensionsTooLarge, badTrailer
        case unknownExpectation, headerTimeout, requestTimeout, bodyTooSlow
    }

    package let kind: Kind

    init(_ kind: Kind) {
        self.kind = kind
    }

    /// Every error there is.
    public static let allCases = Kind.allCases.map(HTTPParseError.init)

    /// The status to answer.
    public var status: HTTPResponse.Status {
        switch kind {
        case .badLineEnd, .badEmptyLine, .badRequestLine, .badMethod, .badTarget, .badVersion,
            .badFieldName, .badFieldValue, .foldedField, .badHost, .missingHost,
            .badContentLength, .badTransferEncoding, .conflictingLengths, .bodyOnUpgrade,
            .bodyOnConnect,
            .badChunk, .chunkSizeTooLong, .chunkExtensionTooLarge, .chunkExtensionsTooLarge,
            .badTrailer:
            .badRequest
        case .targetTooLong, .tooManySegments, .tooManyQueryPairs: .uriTooLong
        case .fieldNameTooLarge, .fieldTooLarge, .tooManyFields, .headTooLarge:
            .requestHeaderFieldsTooLarge
        case .headerTimeout, .requestTimeout, .bodyTooSlow: .requestTimeout
        case .bodyTooLarge: .contentTooLarge
        case .misdirected: .misdirectedRequest
        case .unknownExpectation: .expectationFailed
        case .unknownMethod: .notImplemented
        case .unsupportedVersion: .httpVersionNotSupported
        }
    }

    /// A sentence for people.
    public var reason: String {
        switch kind {
        case .badLineEnd: "A line must end in CRLF"
        case .badEmptyLine: "Too many empty lines before the request"
        case .badRequestLine: "Malformed request line"
        case .badMethod: "Malformed method"
        case .unknownMethod: "Unknown method"
        case .badTarget: "Malformed request target"
        case .targetTooLong: "Request line too long"
        case .tooManySegments: "Too many path segments"
        case .tooManyQueryPairs: "Too many query parameters"
        case .badVersion: "Malformed HTTP version"
        case .unsupportedVersion: "Unsupported HTTP version"
        case .badFieldName: "Malformed field name"
        case .badFieldValue: "Malformed field value"
        case .foldedField: "Folded fields are not accepted"
        case .fieldNameTooLarge: "Field name too large"
        case .fieldTooLarge: "Field too large"
        case .tooManyFields: "Too many fields"
        case .headTooLarge: "Header fields too large"
        case .badHost: "Malformed Host"
        case .missingHost: "Missing Host"
        case .misdirected: "This connection is not secured"
        case .badContentLength: "Malformed Content-Length"
        case .badTransferEncoding: "Transfer-Encoding must be chunked, once, on HTTP/1.1"
        case .conflictingLengths: "Content-Length and Transfer-Encoding together"
        case .bodyOnUpgrade: "An upgrade request must not have a body"
        case .bodyOnConnect: "A CONNECT request must not have a body"
        case .bodyTooLarge: "Body too large"
        case .badChunk: "Malformed chunk"
        case .chunkSizeTooLong: "Chunk size too long"
        case .chunkExtensionTooLarge: "Chunk extension too large"
        case .chunkExtensionsTooLarge: "Chunk extensions too large"
        case .badTrailer: "Malformed trailer"
        case .unknownExpectation: "Unknown expectation"
        case .headerTimeout: "The header fields took too long"
        case .requestTimeout: "The request took too long"
        case .bodyTooSlow: "The body came too slowly"
        }
    }
}

extension HTTPParseError: CustomStringConvertible {
    /// The status code and the reason.
    public var description: String { "\(status.code) \(reason)" }
}

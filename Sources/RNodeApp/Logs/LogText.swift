/// Text for a log line, of which a client may have made a part.
enum LogText {
    /// The longest that is logged, in bytes.
    static let byteCountMax = 1_024

    /// Cut to its longest, and without what a terminal or a reader of lines would obey: controls (C0, DEL, C1), line and
    /// paragraph separators, and marks of writing direction become `\u{…}`.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            if escaped.utf8.count >= byteCountMax { return escaped + "…" }
            if isObeyed(scalar) {
                escaped += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    /// What an error that a callback threw says of itself. One of decoding says only its kind: the rest of its text is
    /// made of what the client sent.
    static func text(of error: any Error) -> String {
        switch error {
        case let error as DecodingError: decoding(error)
        case is EncodingError: "EncodingError"
        default: escaped("\(error)")
        }
    }

    private static func decoding(_ error: DecodingError) -> String {
        switch error {
        case .typeMismatch: "DecodingError.typeMismatch"
        case .valueNotFound: "DecodingError.valueNotFound"
        case .keyNotFound: "DecodingError.keyNotFound"
        case .dataCorrupted: "DecodingError.dataCorrupted"
        @unknown default: "DecodingError"
        }
    }
}
